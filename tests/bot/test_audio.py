import numpy as np
import pytest

from bot.audio import StreamResampler, pcm16_from_samples, samples_from_pcm16


def test_samples_survive_the_way_through_bytes():
    samples = np.array([-32768, -1, 0, 1, 32767], dtype=np.int16)
    assert np.array_equal(samples_from_pcm16(pcm16_from_samples(samples)), samples)


def tone(rate_hz, seconds=2.0, frequency_hz=440.0):
    time = np.arange(int(rate_hz * seconds)) / rate_hz
    return (np.sin(2 * np.pi * frequency_hz * time) * 16_000).astype(np.int16)


@pytest.mark.parametrize(("from_hz", "to_hz"), [(24_000, 16_000), (16_000, 24_000), (22_050, 24_000)])
@pytest.mark.parametrize("piece", [37, 960, 4_800])
def test_a_stream_in_pieces_is_the_same_as_whole_and_has_no_clicks(from_hz, to_hz, piece):
    source = tone(from_hz)
    stream = StreamResampler(from_hz, to_hz)
    starts = range(0, len(source), piece)
    pieces = [
        stream.convert(source[start : start + piece], last=start + piece >= len(source)) for start in starts
    ]
    joined = np.concatenate(pieces)
    whole = StreamResampler(from_hz, to_hz).convert(source, last=True)
    assert abs(len(joined) - len(source) * to_hz / from_hz) <= 2
    assert np.abs(joined.astype(int) - whole.astype(int)).max() <= 2
    # A tone of 440 Hz moves at most 2π·440/rate of its amplitude from sample to sample; a click more.
    step = np.abs(np.diff(joined.astype(int)))[200:-200].max()
    assert step <= 1.05 * 16_000 * 2 * np.pi * 440 / to_hz


def test_equal_rates_pass_through():
    source = tone(24_000)
    assert StreamResampler(24_000, 24_000).convert(source) is source


def test_no_bytes_are_no_samples():
    assert len(samples_from_pcm16(b"")) == 0
    stream = StreamResampler(24_000, 16_000)
    assert len(stream.convert(samples_from_pcm16(b""))) == 0
    source = tone(24_000)
    whole = StreamResampler(24_000, 16_000).convert(source)
    assert np.array_equal(stream.convert(source), whole)


@pytest.mark.parametrize("count", [1, 3, 4_799])
def test_an_odd_number_of_bytes_is_refused(count):
    with pytest.raises(ValueError, match=f"{count} bytes are an odd number"):
        samples_from_pcm16(bytes(count))


def test_a_full_scale_square_wave_is_clipped_and_does_not_wrap_around():
    time = np.arange(24_000) / 24_000
    square = np.where(np.sin(2 * np.pi * 300 * time) >= 0, 32_767, -32_768).astype(np.int16)
    converted = StreamResampler(24_000, 16_000).convert(square, last=True).astype(int)
    middle = converted[8_000 + 13 : 8_000 + 40]  # within one half wave of 26.7 samples, and beyond
    assert np.abs(converted).max() <= 32_768
    assert (np.abs(middle) > 20_000).sum() > 20
    # Overshoot that wrapped around would show as lone samples of the wrong sign.
    signs = np.sign(converted[200:-200])
    assert (np.diff(signs) != 0).sum() <= 2 * 300 + 10
