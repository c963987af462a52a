"""The ear with telephone sound, and with another encoding in the middle of a talk."""

import itertools
import subprocess

import numpy as np
import pytest
import soundfile
import soxr

from bot.audio_encoding import ENCODINGS, PCM16, SoundEncoder
from bot.endpointing import SpeechEnded
from bot.listener import Listener
from bot.voice_activity import load_voice_activity_model

RATE_HZ = PCM16.sample_rate_hz


@pytest.fixture(scope="module")
def model():
    return load_voice_activity_model()


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    """One second of silence, a sentence, two seconds of silence: (n,) at 24 kHz; and the sentence's length."""
    path = tmp_path_factory.mktemp("speech") / "sentence.wav"
    subprocess.run(["espeak-ng", "-w", str(path), "I had a very hard day at work today."], check=True)
    samples, rate_hz = soundfile.read(path, dtype="int16")
    sentence = soxr.resample(samples, rate_hz, RATE_HZ)
    silence = np.zeros(RATE_HZ, dtype=np.int16)
    return np.concatenate((silence, sentence, silence, silence)), len(sentence) * 1_000 // RATE_HZ


def encoded(encoding, samples):
    encoder = SoundEncoder(encoding)
    pcm = samples.astype("<i2").tobytes()
    return encoder.encode(pcm) if encoding is PCM16 else encoder.encode(pcm) + encoder.encode(b"", last=True)


def listen(listener, data, piece):
    """The ends of speech, each with its audio, which is not kept for long."""
    ended = []
    for start in range(0, len(data), piece):
        for event in listener.append(data[start : start + piece]):
            if isinstance(event, SpeechEnded):
                ended.append(
                    (event, listener.audio(event.start_ms, event.end_ms), listener.audio(1_000, 2_000))
                )
    return ended


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("piece_ms", [20, 200])
def test_a_sentence_is_found_where_it_is_in_every_encoding(model, speech, encoding, piece_ms):
    samples, length_ms = speech
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=600)
    listener.use_encoding(encoding)
    ((ended, audio, _),) = listen(listener, encoded(encoding, samples), encoding.bytes_of(piece_ms))
    assert abs(ended.start_ms - 1_000) < 200
    assert abs(ended.end_ms - 1_000 - length_ms) < 400
    assert len(audio) == (ended.end_ms - ended.start_ms) * 16
    assert np.abs(audio).max() > 0.05


@pytest.mark.parametrize(("before", "after"), list(itertools.product(ENCODINGS.values(), repeat=2)))
def test_another_encoding_in_the_middle_of_a_sentence_loses_no_time_and_no_sound(
    model, speech, before, after
):
    samples, length_ms = speech
    middle = RATE_HZ * 3 // 2
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=600)
    listener.use_encoding(before)
    assert listen(listener, encoded(before, samples[:middle]), before.bytes_of(40)) == []
    listener.use_encoding(after)
    ((ended, _, heard),) = listen(listener, encoded(after, samples[middle:]), after.bytes_of(40))
    assert abs(ended.start_ms - 1_000) < 200
    assert abs(ended.end_ms - 1_000 - length_ms) < 400
    expected = soxr.resample(samples[RATE_HZ : 2 * RATE_HZ].astype(np.float32) / 32_768, RATE_HZ, 16_000)
    assert len(heard) == 16_000
    assert np.corrcoef(heard, expected)[0, 1] > 0.97


def test_an_odd_number_of_bytes_is_whole_in_eight_bits_only(model):
    listener = Listener(model, client_rate_hz=RATE_HZ, patience_ms=600)
    listener.use_encoding(ENCODINGS["audio/pcmu"])
    assert listener.append(b"\xff" * 161) == []
    listener.use_encoding(PCM16)
    with pytest.raises(ValueError, match="odd number"):
        listener.append(b"\xff" * 161)
