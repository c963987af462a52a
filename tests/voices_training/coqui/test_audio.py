import numpy as np
import pytest
from coqui_layout import audio_block
from TTS.utils.audio import AudioProcessor

from tts_voices.coqui.audio import OURS, conversion, mel_definition
from tts_voices.features import log_mel
from tts_voices.voice import VoiceError

RATE = 22_050


def voiced(rate, seconds=2.0):
    """A gliding tone with many overtones through two formants, and some breath."""
    times = np.arange(int(rate * seconds)) / rate
    phase = 2 * np.pi * np.cumsum(130 + 25 * np.sin(2 * np.pi * 1.5 * times)) / rate
    chance = np.random.default_rng(1)
    sound = 0.004 * chance.standard_normal(len(times))
    for number in range(1, 60):
        hz = number * 130
        strength = np.exp(-(((hz - 600) / 500) ** 2)) + 0.4 * np.exp(-(((hz - 2200) / 900) ** 2)) + 0.01
        sound += 0.1 * strength * np.sin(number * phase)
    return (0.5 * sound).astype(np.float32)


def natural(audio, folder, sound):
    definition = mel_definition(audio, folder)
    frames = AudioProcessor(audio).melspectrogram(sound)
    scale = definition.scale
    return definition, np.clip(frames, scale.lowest, scale.highest) * scale.factor + scale.shift


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"symmetric_norm": False},
        {"signal_norm": False},
        {"log_func": "np.log", "spec_gain": 1, "signal_norm": False},
        {"max_norm": 1.0, "clip_norm": False, "min_level_db": -80, "ref_level_db": 0},
    ],
)
def test_frames_of_the_same_definition_are_ours_exactly(tmp_path, changes):
    definition, frames = natural(audio_block(**changes), tmp_path, voiced(RATE))
    change = conversion(definition, OURS)
    assert change.mixture is None
    ours = log_mel(voiced(RATE)).T
    loud = ours > -4
    assert loud.mean() > 0.3
    assert np.abs(frames - ours)[loud].max() < 1e-3


@pytest.mark.parametrize(
    "changes",
    [
        {"mel_fmax": None},
        {"mel_fmin": 50.0, "mel_fmax": 7600.0},
        {"sample_rate": 24_000},
        {"preemphasis": 0.97},
    ],
)
def test_other_bands_and_rates_come_near(tmp_path, changes):
    audio = audio_block()
    for name, value in changes.items():
        setattr(audio, name, value)
    definition, frames = natural(audio, tmp_path, voiced(audio.sample_rate))
    change = conversion(definition, OURS)
    made = change.mixture @ frames + change.shift
    times = np.clip(
        (np.arange(int(made.shape[1] * change.pace)) + 0.5) / change.pace - 0.5, 0, made.shape[1] - 1
    )
    made = np.stack([np.interp(times, np.arange(made.shape[1]), row) for row in made])
    ours = log_mel(voiced(RATE)).T
    count = min(made.shape[1], ours.shape[1])
    apart = (made[:, :count] - ours[:, :count])[ours[:, :count] > -4]
    assert np.abs(apart).mean() < 0.35
    assert abs(apart.mean()) < 0.15


@pytest.mark.parametrize(
    "changes",
    [
        {"sample_rate": 4_000},
        {"num_mels": 4},
        {"hop_length": 0},
        {"win_length": 4_096},
        {"mel_fmin": 9_000.0},
        {"mel_fmax": 20_000.0},
        {"preemphasis": 1.0},
        {"min_level_db": 5},
        {"max_norm": -1.0},
        {"log_func": "np.sqrt"},
    ],
)
def test_impossible_numbers_are_refused(tmp_path, changes):
    audio = audio_block()
    for name, value in changes.items():
        setattr(audio, name, value)
    with pytest.raises(VoiceError):
        mel_definition(audio, tmp_path)


def test_hop_and_window_may_be_given_in_milliseconds(tmp_path):
    audio = audio_block()
    audio.hop_length, audio.win_length = None, None
    audio.frame_shift_ms, audio.frame_length_ms = 10, 40
    definition = mel_definition(audio, tmp_path)
    processor = AudioProcessor(audio)
    assert (definition.hop, definition.window) == (processor.hop_length, processor.win_length)
