import numpy as np
import pytest

from bot.audio import StreamResampler, pcm16_from_samples, samples_from_pcm16


def test_samples_survive_the_way_through_bytes():
    samples = np.array([-32768, -1, 0, 1, 32767], dtype=np.int16)
    assert np.array_equal(samples_from_pcm16(pcm16_from_samples(samples)), samples)


def tone(rate_hz, seconds=2.0, frequency_hz=440.0):
    time = np.arange(int(rate_hz * seconds)) / rate_hz
    return (np.sin(2 * np.pi * frequency_hz * time) * 16_000).astype(np.int16)


SIMPLE = [
    (24_000, 16_000),
    (16_000, 24_000),
    (24_000, 8_000),
    (8_000, 24_000),
    (8_000, 16_000),
    (16_000, 8_000),
]


@pytest.mark.parametrize(("from_hz", "to_hz"), [*SIMPLE, (22_050, 24_000)])
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


@pytest.mark.parametrize(("from_hz", "to_hz"), SIMPLE)
def test_a_stream_sample_by_sample_is_the_same_as_whole(from_hz, to_hz):
    source = tone(from_hz, 0.1)
    stream = StreamResampler(from_hz, to_hz)
    parts = [stream.convert(source[index : index + 1]) for index in range(len(source))]
    joined = np.concatenate([*parts, stream.convert(source[:0], last=True)])
    whole = StreamResampler(from_hz, to_hz).convert(source, last=True)
    assert len(joined) == len(whole)
    assert np.abs(joined.astype(int) - whole.astype(int)).max() <= 1


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
    signs = converted[200:-200] >= 0
    assert (np.diff(signs) != 0).sum() <= 2 * 300 + 10


def level_db(samples):
    """Level of the middle against that of a sine of 16,000."""
    middle = samples[len(samples) // 4 : -len(samples) // 4].astype(float)
    return 20 * np.log10(max(1e-3, np.sqrt(np.mean(middle**2))) / (16_000 / np.sqrt(2)))


@pytest.mark.parametrize(("from_hz", "to_hz"), SIMPLE)
def test_speech_passes_unchanged_at_its_time_and_what_would_fold_back_does_not(from_hz, to_hz):
    lower = min(from_hz, to_hz) / 2
    for share in (0.05, 0.5, 0.88):
        converted = StreamResampler(from_hz, to_hz).convert(tone(from_hz, 1.0, share * lower), last=True)
        assert len(converted) == to_hz
        error = converted.astype(int) - tone(to_hz, 1.0, share * lower).astype(int)
        assert np.abs(error[200:-200]).max() <= 8
    for frequency_hz in np.arange(1.02, from_hz / 2 / lower, 0.2) * lower:
        converted = StreamResampler(from_hz, to_hz).convert(tone(from_hz, 1.0, frequency_hz), last=True)
        assert level_db(converted) < -75


@pytest.mark.parametrize(("from_hz", "to_hz"), SIMPLE)
def test_a_live_stream_is_held_back_by_a_few_milliseconds_only(from_hz, to_hz):
    stream = StreamResampler(from_hz, to_hz)
    frame = from_hz // 50
    taken = given = 0
    for _ in range(100):
        taken += frame
        given += len(stream.convert(np.zeros(frame, dtype=np.int16)))
        assert 0 <= taken / from_hz - given / to_hz < 0.007


def test_no_sample_is_lost_or_doubled_in_a_long_stream():
    stream = StreamResampler(24_000, 16_000)
    pieces = [np.zeros(piece, dtype=np.int16) for piece in (7, 24_001, 0, 1, 2_399)]
    taken = given = 0
    for _ in range(200):
        for piece in pieces:
            taken += len(piece)
            given += len(stream.convert(piece))
    given += len(stream.convert(pieces[2], last=True))
    assert given == -(-taken * 2 // 3)
