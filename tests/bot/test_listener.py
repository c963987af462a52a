"""The ear with the real voice activity detector and speech of espeak-ng."""

import subprocess
import time

import numpy as np
import pytest
import soundfile
import soxr

from bot.endpointing import SpeechEnded, SpeechLasting, SpeechStarted, SpeechSustained
from bot.listener import LISTENING_RATE_HZ, Listener
from bot.voice_activity import VoiceActivity, load_voice_activity_model

RATE_HZ = 24_000


@pytest.fixture(scope="module")
def model():
    return load_voice_activity_model()


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    """One second of silence, a sentence, two seconds of silence: PCM16 at 24 kHz."""
    path = tmp_path_factory.mktemp("speech") / "sentence.wav"
    subprocess.run(["espeak-ng", "-w", str(path), "I had a very hard day at work today."], check=True)
    samples, rate_hz = soundfile.read(path, dtype="float32")
    sentence = soxr.resample(samples, rate_hz, RATE_HZ)
    silence = np.zeros(RATE_HZ, dtype=np.float32)
    whole = np.concatenate((silence, sentence, silence, silence))
    return (whole * 32767).astype("<i2").tobytes(), len(sentence) / RATE_HZ


def listen(listener, pcm, piece=1_920):
    events = []
    for start in range(0, len(pcm), piece):
        events.extend(listener.append(pcm[start : start + piece]))
    return events


def test_a_sentence_is_found_where_it_is(model, speech):
    pcm, seconds = speech
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=600)
    events = listen(listener, pcm)
    assert isinstance(events[0], SpeechStarted)
    ended = [event for event in events if isinstance(event, SpeechEnded)]
    assert len(ended) == 1
    assert abs(ended[0].start_ms - 1_000) < 200
    assert abs(ended[0].end_ms - 1_000 - seconds * 1_000) < 400


def test_pieces_of_any_size_give_the_same_events(model, speech):
    pcm, _ = speech
    runs = [
        listen(Listener(model, client_rate_hz=RATE_HZ, patience_ms=600), pcm, piece) for piece in (334, 9_600)
    ]
    assert runs[0] == runs[1]


def test_the_audio_of_a_stretch_can_be_had(model, speech):
    pcm, _ = speech
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=600)
    listen(listener, pcm[: RATE_HZ * 2 * 2])
    audio = listener.audio(1_000, 1_500)
    assert len(audio) == LISTENING_RATE_HZ // 2
    assert np.abs(audio).max() > 0.05
    assert np.abs(listener.audio(0, 900)).max() < 0.01


@pytest.mark.parametrize("patience_ms", [200, 350])
def test_a_turn_that_pauses_and_ends_in_one_piece_still_has_its_beginning(model, speech, patience_ms):
    pcm, seconds = speech
    repeated = pcm[: RATE_HZ * 2] + pcm[RATE_HZ * 2 : -RATE_HZ * 4] * 3 + pcm[-RATE_HZ * 4 :]
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=patience_ms)
    for start in range(0, len(repeated), 9_600):
        for event in listener.append(repeated[start : start + 9_600]):
            if isinstance(event, SpeechEnded):
                length_ms = event.end_ms - event.start_ms
                assert len(listener.audio(event.start_ms, event.end_ms)) == length_ms * 16


def test_what_was_forgotten_is_gone(model, speech):
    pcm, _ = speech
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=600)
    listen(listener, pcm[: RATE_HZ * 2 * 2])
    listener.forget()
    assert len(listener.audio(0, 1_800)) == 0


def test_an_hour_of_silence_is_not_kept(model):
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=600)
    listen(listener, bytes(RATE_HZ * 2 * 60), piece=RATE_HZ * 2)
    assert len(listener.audio(0, 60_000)) <= 5 * LISTENING_RATE_HZ


def chords(time):
    note = time % 0.5
    root = np.choose((time // 0.5).astype(int) % 4, (220.0, 293.7, 329.6, 246.9))
    sound = sum(
        np.sin(2 * np.pi * root * 2 ** (step / 12) * harmonic * time) / harmonic
        for step in (0, 4, 7)
        for harmonic in range(1, 6)
    )
    return 0.12 * sound * np.minimum(1, 20 * note) * np.exp(-2 * note)


NO_SPEECH = {
    "silence": np.zeros_like,
    "tone": lambda time: 0.3 * np.sin(2 * np.pi * 440 * time),
    "faint noise": lambda time: np.random.default_rng(1).normal(0, 0.05, len(time)),
    "loud noise": lambda time: np.random.default_rng(1).normal(0, 0.3, len(time)),
    "chords": chords,
    "full-scale square wave": lambda time: np.sign(np.sin(2 * np.pi * 150 * time)),
    "offset": lambda time: np.full_like(time, 0.9),
    "alternating full scale": lambda time: np.where(np.arange(len(time)) % 2, 1.0, -1.0),
}


def pcm_of(sound):
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()


@pytest.mark.parametrize("kind", NO_SPEECH)
def test_what_is_no_speech_begins_no_turn_and_leaves_the_ear_whole(model, speech, kind):
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=600)
    assert listen(listener, pcm_of(NO_SPEECH[kind](np.arange(RATE_HZ * 6) / RATE_HZ)), piece=9_600) == []
    ended = [event for event in listen(listener, speech[0]) if isinstance(event, SpeechEnded)]
    assert len(ended) == 1
    assert abs(ended[0].start_ms - 7_000) < 400


def test_a_minute_of_silence_begins_no_turn(model):
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=600)
    assert listen(listener, bytes(RATE_HZ * 2 * 60), piece=9_600) == []


SPOILT = {
    "clipped": lambda samples: 20 * samples,
    "offset": lambda samples: 0.6 * samples + 0.3,
    "very quiet": lambda samples: 0.005 * samples,
    "in noise": lambda samples: 0.5 * samples + np.random.default_rng(1).normal(0, 0.02, len(samples)),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_spoilt_speech_is_still_found_where_it_is(model, speech, kind):
    pcm, seconds = speech
    spoilt = pcm_of(SPOILT[kind](np.frombuffer(pcm, dtype="<i2").astype(np.float64) / 32768))
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=600)
    events = listen(listener, spoilt)
    assert [type(event) for event in events][-1] is SpeechEnded
    assert abs(events[0].start_ms - 1_000) < 400
    assert abs(events[-1].end_ms - 1_000 - seconds * 1_000) < 500


def test_no_bytes_change_nothing_and_an_odd_number_is_refused(model, speech):
    pcm, _ = speech
    listener, other = (Listener(model, client_rate_hz=RATE_HZ, patience_ms=600) for _ in range(2))
    events = []
    for start in range(0, len(pcm), 9_600):
        assert listener.append(b"") == []
        with pytest.raises(ValueError, match="odd number"):
            listener.append(b"\x00\x7f\x00")
        events.extend(listener.append(pcm[start : start + 9_600]))
    assert events == listen(other, pcm, piece=9_600)


def test_four_mebibytes_at_once_are_heard_and_not_kept_for_long(model, speech):
    pcm, seconds = speech
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=600)
    whole = bytes((4 << 20) - len(pcm)) + pcm
    started = time.monotonic()
    events = listener.append(whole)
    assert time.monotonic() - started < 5
    (ended,) = (event for event in events if isinstance(event, SpeechEnded))
    assert len(listener.audio(ended.start_ms, ended.end_ms)) == (ended.end_ms - ended.start_ms) * 16
    assert abs(ended.end_ms - ended.start_ms - seconds * 1_000) < 500
    listen(listener, bytes(RATE_HZ * 2 * 4), piece=9_600)
    assert len(listener.audio(0, 10**6)) <= 4 * LISTENING_RATE_HZ


def test_push_to_talk_ends_only_by_hand(model, speech):
    pcm, _ = speech
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=600)
    listener.configure(automatic=False, threshold=0.5, patience_ms=600)
    assert not [event for event in listen(listener, pcm) if isinstance(event, SpeechEnded)]
    assert isinstance(listener.end_utterance()[0], SpeechEnded)


def test_a_stream_in_pieces_has_the_probabilities_of_the_whole(model):
    samples = np.random.default_rng(2).normal(0, 0.1, 512 * 40).astype(np.float32)
    whole = VoiceActivity(model).probabilities(samples)
    stream = VoiceActivity(model)
    pieces = [
        stream.probabilities(samples[start : start + 512 * 3]) for start in range(0, len(samples), 1_536)
    ]
    assert np.allclose(np.concatenate(pieces), whole, atol=1e-5)


def test_a_sentence_is_told_from_a_back_channel_while_it_is_spoken(model, speech):
    pcm, _ = speech
    events = listen(Listener(model, client_rate_hz=RATE_HZ, patience_ms=600), pcm)
    kinds = [type(event) for event in events]
    assert kinds.index(SpeechLasting) < kinds.index(SpeechSustained) < kinds.index(SpeechEnded)


def test_the_bots_own_voice_in_the_microphone_is_not_taken_for_the_users(model, speech):
    pcm, _ = speech
    sentence = pcm[RATE_HZ * 2 : -RATE_HZ * 4]
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=600)
    delay = RATE_HZ * 2 // 10  # 100 ms
    heard = bytes(RATE_HZ * 2) + bytes(delay) + sentence * 3 + bytes(RATE_HZ * 2)
    sent = bytes(RATE_HZ * 2) + sentence * 3
    found = []
    for start in range(0, len(heard), 4_800):
        piece = sent[start : start + 4_800]
        if any(piece):
            listener.played(piece, RATE_HZ)
        found.extend(listener.append(heard[start : start + 4_800]))
    assert SpeechSustained not in [type(event) for event in found]
    listener.silenced()
    kinds = [type(event) for event in listen(listener, pcm)]
    assert SpeechSustained in kinds
