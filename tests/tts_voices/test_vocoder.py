import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_voice import FFT, HOP, MELS, tiny_vocoder

from tts_voices.vocoder import CONTEXT_FRAMES, OverlapAdd
from tts_voices.voice import VoiceError
from tts_voices.waveform_vocoder import open_vocoder

WINDOW = np.hanning(FFT + 1)[:-1]


@pytest.fixture(scope="module")
def vocoder(tmp_path_factory):
    path = tmp_path_factory.mktemp("vocoder") / "vocoder.onnx"
    path.write_bytes(tiny_vocoder())
    return open_vocoder(path, size=FFT, hop=HOP)


def mel(frames, seed=5):
    return np.random.default_rng(seed).standard_normal((1, MELS, frames)).astype(np.float32)


def spectra_of(samples):
    """The centred transform of samples, as PyTorch's `stft` defines it with zeros beyond the ends."""
    padded = np.pad(samples, FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP]
    return np.fft.rfft(frames * WINDOW, axis=1).astype(np.complex64)


def inverse(spectra):
    """The inverse transform by its definition, in double precision: every frame placed, summed, divided."""
    length = (len(spectra) - 1) * HOP + FFT
    total, weight = np.zeros(length), np.zeros(length)
    for place, spectrum in enumerate(spectra):
        span = slice(place * HOP, place * HOP + FFT)
        total[span] += np.fft.irfft(spectrum.astype(np.complex128), FFT) * WINDOW
        weight[span] += WINDOW**2
    ends = FFT // 2
    return (total / np.maximum(weight, 1e-8))[ends : length - ends]


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5, 17, 18, 19, 35, 36, 37, 53, 54, 55, 100, 257, 701])
def test_in_pieces_it_is_the_same_sound_as_at_once(vocoder, frames):
    given_mel = mel(frames)
    whole = vocoder.whole(given_mel)
    streamed = np.concatenate(list(vocoder.stream(given_mel)))
    assert len(whole) == len(streamed) == HOP * (frames - 1)
    assert np.abs(whole - streamed).max(initial=0) < 1e-4
    assert frames < 3 or np.abs(whole).max() > 0.01


def test_without_the_context_the_pieces_would_differ(vocoder, monkeypatch):
    """The network does look as far as the context reaches: the comparison above is not an empty one."""
    monkeypatch.setattr("tts_voices.vocoder.CONTEXT_FRAMES", CONTEXT_FRAMES - 1)
    given_mel = mel(200)
    streamed = np.concatenate(list(vocoder.stream(given_mel)))
    assert np.abs(vocoder.whole(given_mel) - streamed).max() > 1e-4


def test_the_first_piece_needs_few_frames(vocoder):
    calls = []
    original = vocoder._spectra
    vocoder._spectra = lambda frames: calls.append(frames.shape[2]) or original(frames)
    try:
        first = next(vocoder.stream(mel(500)))
    finally:
        del vocoder._spectra
    assert calls == [18 + CONTEXT_FRAMES]
    assert 0.1 < len(first) / 22_050 < 0.21


def test_pieces_stay_small_so_that_a_reply_can_be_broken_off(vocoder):
    longest = max(len(piece) for piece in vocoder.stream(mel(2_000)))
    assert longest / 22_050 < 2.0


def test_several_threads_may_use_it_at_once(vocoder):
    from concurrent.futures import ThreadPoolExecutor

    alone = vocoder.whole(mel(60))
    with ThreadPoolExecutor(4) as threads:
        for sound in threads.map(lambda _: np.concatenate(list(vocoder.stream(mel(60)))), range(8)):
            assert np.abs(sound - alone).max() < 1e-4


def test_overlap_add_gives_the_samples_back_whose_transform_it_gets():
    samples = np.random.default_rng(1).uniform(-1, 1, 40 * HOP).astype(np.float32)
    adder = OverlapAdd(FFT, HOP)
    found = np.concatenate([adder.add(spectra_of(samples)), adder.rest()])
    assert len(found) == len(samples)
    assert np.abs(found - samples).max() < 1e-4


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_overlap_add_is_the_inverse_transform_however_the_frames_come(sizes, seed):
    chance = np.random.default_rng(seed)
    count = sum(sizes)
    spectra = (chance.standard_normal((count, 513)) + 1j * chance.standard_normal((count, 513))).astype(
        np.complex64
    )
    # Of a real signal, as the inverse transform takes them.
    spectra[:, 0] = spectra[:, 0].real
    spectra[:, -1] = spectra[:, -1].real
    adder = OverlapAdd(FFT, HOP)
    starts = np.cumsum([0, *sizes])
    parts = [adder.add(spectra[start:end]) for start, end in zip(starts, starts[1:], strict=False)]
    found = np.concatenate([*parts, adder.rest()])
    expected = inverse(spectra)
    assert len(found) == len(expected) == HOP * (count - 1)
    assert np.abs(found - expected).max(initial=0) < 1e-4


@pytest.mark.parametrize("content", [b"", b"no network", tiny_vocoder()[:2_000]])
def test_a_damaged_network_is_refused_with_advice(tmp_path, content):
    path = tmp_path / "vocoder.onnx"
    path.write_bytes(content)
    with pytest.raises(VoiceError, match="install the voice again"):
        open_vocoder(path, size=FFT, hop=HOP)


def test_a_missing_network_is_refused_with_advice(tmp_path):
    with pytest.raises(VoiceError, match="can't be read.*install the voice again"):
        open_vocoder(tmp_path / "vocoder.onnx", size=FFT, hop=HOP)
