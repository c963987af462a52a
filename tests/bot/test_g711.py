"""Telephone speech against libsndfile, which reads and writes the same codes."""

import io

import numpy as np
import pytest
import soundfile

from bot import g711

EVERY_SAMPLE = np.arange(-32_768, 32_768).astype(np.int16)
EVERY_CODE = bytes(range(256))
LAWS = [
    pytest.param("ULAW", g711.mulaw_from_samples, g711.samples_from_mulaw, id="mulaw"),
    pytest.param("ALAW", g711.alaw_from_samples, g711.samples_from_alaw, id="alaw"),
]


@pytest.mark.parametrize(("law", "encode", "decode"), LAWS)
def test_every_sample_has_the_code_that_libsndfile_gives_it(law, encode, decode):
    written = io.BytesIO()
    soundfile.write(written, EVERY_SAMPLE, 8_000, format="RAW", subtype=law)
    assert encode(EVERY_SAMPLE) == written.getvalue()


@pytest.mark.parametrize(("law", "encode", "decode"), LAWS)
def test_every_code_is_the_sample_that_libsndfile_reads(law, encode, decode):
    read, _ = soundfile.read(
        io.BytesIO(EVERY_CODE), format="RAW", subtype=law, samplerate=8_000, channels=1, dtype="int16"
    )
    assert np.array_equal(decode(EVERY_CODE), read)


@pytest.mark.parametrize(("law", "encode", "decode"), LAWS)
def test_a_code_that_is_read_and_written_again_is_the_same_sound(law, encode, decode):
    samples = decode(EVERY_CODE)
    assert np.array_equal(decode(encode(samples)), samples)


@pytest.mark.parametrize(("law", "encode", "decode"), LAWS)
def test_no_sample_is_further_from_its_code_than_half_a_step(law, encode, decode):
    error = np.abs(decode(encode(EVERY_SAMPLE)).astype(int) - EVERY_SAMPLE.astype(int))
    # Sixteen steps from one power of two to the next; below the first, steps of 8 (μ-law) and 16 (A-law).
    assert (error <= np.maximum(np.abs(EVERY_SAMPLE.astype(int)) / 32 + 8, 16))[1:-640].all()
    assert error.max() <= 32_768 - 32_124


@pytest.mark.parametrize(("law", "encode", "decode"), LAWS)
def test_nothing_is_nothing_and_pieces_of_an_array_are_taken(law, encode, decode):
    assert encode(np.zeros(0, dtype=np.int16)) == b""
    assert len(decode(b"")) == 0
    assert encode(EVERY_SAMPLE[::2]) == encode(EVERY_SAMPLE)[::2]


def test_silence_has_its_usual_codes():
    assert g711.mulaw_from_samples(np.zeros(2, dtype=np.int16)) == b"\xff\xff"
    assert g711.alaw_from_samples(np.zeros(2, dtype=np.int16)) == b"\xd5\xd5"
