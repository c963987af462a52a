import numpy as np
import pytest
from speech_like import speech_like

from ser_model.degradations import (
    at_level,
    band_limited,
    faster,
    full_band,
    in_room,
    through_mu_law,
    tilted,
    trimmed,
    with_noise,
)
from ser_model.speech_level import active_level_db

RATE_HZ = 16_000

SAME_LENGTH = {
    "noise": lambda samples: with_noise(samples, 10.0, np.random.default_rng(0), -3.0),
    "room": lambda samples: in_room(samples, 0.4, 3.0, np.random.default_rng(0)),
    "mu_law": through_mu_law,
    "band": lambda samples: band_limited(samples, 300.0, 3_400.0),
    "full_band": lambda samples: full_band(samples, -6.0, np.random.default_rng(0)),
    "level": lambda samples: at_level(samples, 20.0),
    "tilt": lambda samples: tilted(samples, 3.0),
}


def white(seconds=4.0):
    return (0.1 * np.random.default_rng(1).standard_normal(int(seconds * RATE_HZ))).astype(np.float32)


def band_db(samples, low_hz, high_hz):
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    hz = np.fft.rfftfreq(len(samples), 1.0 / RATE_HZ)
    return 10.0 * np.log10(power[(hz >= low_hz) & (hz < high_hz)].mean() + 1e-20)


@pytest.mark.parametrize("name", SAME_LENGTH)
@pytest.mark.parametrize("count", [0, 1, 16, 4_801, 48_000])
def test_length_and_type_stay_and_the_input_is_untouched(name, count):
    samples = speech_like()[:count]
    before = samples.copy()
    result = SAME_LENGTH[name](samples)
    assert result.shape == samples.shape
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    assert np.array_equal(samples, before)


@pytest.mark.parametrize("name", SAME_LENGTH)
def test_the_same_seed_gives_the_same(name):
    assert np.array_equal(SAME_LENGTH[name](speech_like()), SAME_LENGTH[name](speech_like()))


@pytest.mark.parametrize("snr_db", [20.0, 5.0, -5.0])
@pytest.mark.parametrize("slope", [0.0, -3.0, -6.0])
def test_noise_lies_so_far_below_the_active_speech(snr_db, slope):
    samples = np.concatenate([speech_like(), np.zeros(RATE_HZ * 5, dtype=np.float32)])
    noise = with_noise(samples, snr_db, np.random.default_rng(0), slope) - samples
    noise_db = 10.0 * np.log10(np.mean(noise.astype(np.float64) ** 2))
    assert active_level_db(samples) - noise_db == pytest.approx(snr_db, abs=0.1)
    per_octave = (band_db(noise, 3_000, 5_000) - band_db(noise, 750, 1_250)) / 2.0
    assert per_octave == pytest.approx(slope, abs=0.5)


def test_silence_gets_no_noise():
    silence = np.zeros(RATE_HZ, dtype=np.float32)
    assert np.array_equal(with_noise(silence, 10.0, np.random.default_rng(0), 0.0), silence)


def test_a_room_answers_with_its_energy_and_decays_by_60_db():
    click = np.zeros(2 * RATE_HZ, dtype=np.float32)
    click[0] = 1.0
    heard = in_room(click, 0.5, 6.0, np.random.default_rng(0)).astype(np.float64)
    assert heard[0] == pytest.approx(1.0, abs=1e-3)
    assert -10.0 * np.log10(np.sum(heard[1:] ** 2)) == pytest.approx(6.0, abs=0.1)
    early, late = heard[500:1_300], heard[500 + 4_000 : 1_300 + 4_000]
    assert 10.0 * np.log10(np.mean(early**2) / np.mean(late**2)) == pytest.approx(30.0, abs=2.0)
    assert np.abs(heard[RATE_HZ:]).max() < 1e-6


def test_mu_law_ends_at_4_khz_and_adds_little():
    result = through_mu_law(band_limited(white(), 300.0, 3_400.0))
    assert band_db(result, 4_500, 8_000) < band_db(result, 500, 3_000) - 50.0
    narrow = band_limited(speech_like(), 0.0, 3_400.0)
    error = through_mu_law(narrow) - narrow
    assert 10.0 * np.log10(np.mean(narrow**2) / np.mean(error**2)) > 30.0


def test_a_band_keeps_its_middle_and_nothing_else():
    samples = white()
    result = band_limited(samples, 300.0, 3_400.0)
    assert band_db(result, 500, 3_000) == pytest.approx(band_db(samples, 500, 3_000), abs=0.1)
    assert band_db(result, 0, 250) < band_db(samples, 0, 250) - 80.0
    assert band_db(result, 4_000, 8_000) < band_db(samples, 4_000, 8_000) - 80.0


def test_a_band_without_ends_keeps_all():
    assert band_limited(white(), 0.0, 8_000.0) == pytest.approx(white(), abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_full_band_fills_what_the_corpora_lack_and_keeps_the_rest(seed):
    corpus = band_limited(white(), 0.0, 5_500.0)
    result = full_band(corpus, 0.0, np.random.default_rng(seed))
    assert band_db(result, 5_600, 7_900) > band_db(corpus, 3_000, 5_000) - 10.0
    assert band_db(result - corpus, 0, 4_700) < band_db(corpus, 0, 4_700) - 60.0


def test_the_upper_band_sounds_when_the_voice_does():
    corpus = band_limited(speech_like(), 0.0, 5_500.0)
    corpus[:RATE_HZ] = 0.0
    upper = band_limited(full_band(corpus, 0.0, np.random.default_rng(0)), 6_000.0, 8_000.0)
    assert np.mean(upper[: RATE_HZ - 800] ** 2) < 1e-3 * np.mean(upper[RATE_HZ:] ** 2)


def test_level_changes_by_decibels_and_clips_at_full_scale():
    samples = speech_like()
    assert at_level(samples, -20.0) == pytest.approx(samples / 10.0, abs=1e-6)
    assert np.abs(at_level(samples, 40.0)).max() == 1.0


@pytest.mark.parametrize("factor", [0.88, 1.0, 1.13])
def test_faster_changes_tempo_and_pitch(factor):
    tone = np.sin(2.0 * np.pi * 1_000.0 * np.arange(2 * RATE_HZ) / RATE_HZ).astype(np.float32)
    result = faster(tone, factor)
    assert len(result) == round(len(tone) / factor)
    peak = np.abs(np.fft.rfft(result[:RATE_HZ])).argmax()
    assert peak == pytest.approx(1_000.0 * factor, abs=1.0)


def test_tilt_turns_about_1_khz():
    samples = white()
    result = tilted(samples, -3.0)
    assert band_db(result, 950, 1_050) == pytest.approx(band_db(samples, 950, 1_050), abs=0.3)
    assert band_db(result, 3_900, 4_100) == pytest.approx(band_db(samples, 3_900, 4_100) - 6.0, abs=0.3)


def test_trimming_leaves_the_margins():
    silence = np.zeros(2 * RATE_HZ, dtype=np.float32)
    voice = white(1.0)
    result = trimmed(np.concatenate([silence, voice, silence]), 0.1, 0.3)
    assert len(result) == pytest.approx(1.4 * RATE_HZ, abs=320)
    assert np.abs(result[:1_500]).max() == 0.0


@pytest.mark.parametrize(
    "samples", [white(1.0), np.zeros(RATE_HZ, dtype=np.float32)], ids=["voice", "silence"]
)
def test_trimming_adds_nothing(samples):
    assert np.array_equal(trimmed(samples, 0.5, 0.5), samples)
