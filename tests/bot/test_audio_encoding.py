import io

import numpy as np
import pytest
import soundfile

from bot.audio_encoding import ALAW, ENCODINGS, MULAW, PCM16, SAMPLE_RATE_HZ, SoundDecoder, SoundEncoder

TELEPHONE = [pytest.param(MULAW, "ULAW", id="pcmu"), pytest.param(ALAW, "ALAW", id="pcma")]


def tone(rate_hz, seconds=1.0, frequency_hz=440.0):
    time = np.arange(int(rate_hz * seconds)) / rate_hz
    return (np.sin(2 * np.pi * frequency_hz * time) * 16_000).astype(np.int16)


def encoded(encoding, samples, piece=960):
    encoder = SoundEncoder(encoding)
    pieces = [
        encoder.encode(samples[start : start + piece].tobytes()) for start in range(0, len(samples), piece)
    ]
    return pieces, encoder.encode(b"", last=True)


def test_the_encodings_are_those_of_the_realtime_dialect():
    assert {name: encoding.sample_rate_hz for name, encoding in ENCODINGS.items()} == {
        "audio/pcm": 24_000,
        "audio/pcmu": 8_000,
        "audio/pcma": 8_000,
    }


@pytest.mark.parametrize(("encoding", "expected"), [(PCM16, 960), (MULAW, 160), (ALAW, 160)])
def test_a_duration_has_its_number_of_bytes(encoding, expected):
    assert encoding.bytes_of(20) == expected
    assert encoding.bytes_of(0) == 0


def test_pcm_goes_through_as_it_is():
    pieces, rest = encoded(PCM16, tone(SAMPLE_RATE_HZ))
    assert b"".join(pieces) == tone(SAMPLE_RATE_HZ).tobytes()
    assert rest == b""


@pytest.mark.parametrize(("encoding", "law"), TELEPHONE)
@pytest.mark.parametrize("piece", [37, 960, 24_000])
def test_speech_is_the_same_for_whoever_knows_the_law(encoding, law, piece):
    source = tone(SAMPLE_RATE_HZ)
    pieces, rest = encoded(encoding, source, piece)
    whole = b"".join(pieces) + rest
    assert len(whole) == 8_000
    heard, _ = soundfile.read(
        io.BytesIO(whole), format="RAW", subtype=law, samplerate=8_000, channels=1, dtype="int16"
    )
    error = (heard.astype(int) - tone(8_000).astype(int))[100:-100]
    assert np.sqrt(np.mean(error**2)) < 16_000 / np.sqrt(2) / 10 ** (35 / 20)  # 35 dB: what eight bits can


@pytest.mark.parametrize(("encoding", "law"), TELEPHONE)
def test_what_is_held_back_of_a_reply_is_less_than_ten_milliseconds(encoding, law):
    pieces, rest = encoded(encoding, tone(SAMPLE_RATE_HZ))
    assert 0 < len(rest) < 80
    assert len(b"".join(pieces)) + len(rest) == 8_000


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("piece_ms", [1, 40, 1_000])
def test_what_was_encoded_is_decoded_at_its_time(encoding, piece_ms):
    pieces, rest = encoded(encoding, tone(SAMPLE_RATE_HZ))
    data = b"".join(pieces) + rest
    decoder = SoundDecoder(encoding, 16_000)
    step = encoding.bytes_of(piece_ms)
    parts = [decoder.decode(data[start : start + step]) for start in range(0, len(data), step)]
    samples = np.concatenate([*parts, decoder.decode(b"", last=True)])
    assert len(samples) == 16_000
    error = (samples.astype(int) - tone(16_000).astype(int))[200:-200]
    assert np.sqrt(np.mean(error**2)) < 16_000 / np.sqrt(2) / 10 ** (34 / 20)


def test_half_a_sample_is_refused_and_eight_bits_have_no_halves():
    with pytest.raises(ValueError, match="odd number"):
        SoundDecoder(PCM16, 16_000).decode(b"\1\2\3")
    assert len(SoundDecoder(MULAW, 8_000).decode(b"\1\2\3")) == 3
