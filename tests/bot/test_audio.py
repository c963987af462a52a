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
