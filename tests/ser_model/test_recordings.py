import os
import tracemalloc

import numpy as np
import pytest
import soundfile
from speech_like import speech_like

from ser_model.errors import ManifestError
from ser_model.recordings import LONGEST_S, read_recording, recording_blocks, recording_length_s


def tone(rate_hz, seconds=1.0, hz=440.0):
    return 0.5 * np.sin(2.0 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz)


def loudest_hz(samples):
    return np.abs(np.fft.rfft(samples[:16_000], 16_000)).argmax()


@pytest.mark.parametrize(
    ("name", "rate_hz", "details"),
    [
        ("a.wav", 16_000, {}),
        ("a.wav", 8_000, {}),
        ("a.wav", 192_000, {}),
        ("a.wav", 44_100, {"subtype": "PCM_U8"}),
        ("a.wav", 48_000, {"subtype": "PCM_24"}),
        ("a.wav", 48_000, {"subtype": "FLOAT"}),
        ("a.wav", 8_000, {"subtype": "ULAW"}),
        ("a.flac", 96_000, {}),
        ("a.ogg", 44_100, {}),
        ("a.opus", 48_000, {"format": "OGG", "subtype": "OPUS"}),
        ("a.mp3", 44_100, {}),
    ],
    ids=lambda value: str(value),
)
def test_every_usual_format_becomes_mono_at_16_khz(tmp_path, name, rate_hz, details):
    soundfile.write(tmp_path / name, tone(rate_hz), rate_hz, **details)
    samples = read_recording(tmp_path / name)
    assert samples.dtype == np.float32
    assert samples.flags.c_contiguous
    assert len(samples) == pytest.approx(16_000, abs=2)
    assert loudest_hz(samples) == pytest.approx(440, abs=1)
    assert np.abs(samples[1_000:-1_000]).max() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("ending", ["raw", "wav", "mp3", "txt", ""])
@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3", "OGG"])
def test_the_content_counts_and_not_the_ending(tmp_path, ending, kind):
    path = tmp_path / f"voice.{ending}"
    with path.open("wb") as file:
        soundfile.write(file, tone(16_000), 16_000, format=kind)
    assert loudest_hz(read_recording(path)) == pytest.approx(440, abs=1)


def test_blocks_join_without_a_seam(tmp_path):
    samples = tone(44_100, seconds=20.0)
    soundfile.write(tmp_path / "long.wav", samples, 44_100, subtype="FLOAT")
    blocks = list(recording_blocks(tmp_path / "long.wav"))
    assert len(blocks) > 2
    whole = np.concatenate(blocks)
    expected = tone(16_000, seconds=20.0)
    assert len(whole) == len(expected)
    assert whole[1_000:-1_000] == pytest.approx(expected[1_000:-1_000], abs=1e-3)


def test_stereo_becomes_the_mean(tmp_path):
    left, right = tone(16_000, hz=300.0), tone(16_000, hz=700.0)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], axis=1), 16_000, subtype="FLOAT")
    assert read_recording(tmp_path / "a.wav") == pytest.approx((left + right) / 2.0, abs=1e-6)


def test_a_channel_that_is_silent_halves_the_other(tmp_path):
    voice = speech_like()
    soundfile.write(tmp_path / "a.wav", np.stack([voice, 0.0 * voice], axis=1), 16_000, subtype="FLOAT")
    assert read_recording(tmp_path / "a.wav") == pytest.approx(voice / 2.0, abs=1e-6)


def test_opposite_channels_do_not_cancel_the_voice(tmp_path):
    voice = np.concatenate([np.zeros(20 * 16_000, dtype=np.float32), speech_like()])
    soundfile.write(tmp_path / "a.wav", np.stack([0.8 * voice, -voice], axis=1), 16_000, subtype="FLOAT")
    assert read_recording(tmp_path / "a.wav") == pytest.approx(-voice, abs=1e-6)


def test_a_file_without_samples_is_empty(tmp_path):
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 8_000)
    assert read_recording(tmp_path / "empty.wav").shape == (0,)
    assert list(recording_blocks(tmp_path / "empty.wav")) == []


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000, 192_000])
def test_one_millisecond_is_one_millisecond(tmp_path, rate_hz):
    soundfile.write(tmp_path / "a.wav", tone(rate_hz, seconds=0.001), rate_hz)
    assert len(read_recording(tmp_path / "a.wav")) == 16


def test_a_clipped_recording_stays_as_it_is(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.clip(10.0 * tone(16_000), -1.0, 1.0), 16_000)
    samples = read_recording(tmp_path / "a.wav")
    assert np.mean(np.abs(samples) > 0.999) > 0.8
    assert np.abs(samples).max() <= 1.0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_what_is_no_sample_is_refused_with_its_place(tmp_path, value):
    samples = tone(8_000, seconds=40.0)
    samples[36 * 8_000] = value
    soundfile.write(tmp_path / "a.wav", samples, 8_000, subtype="FLOAT")
    with pytest.raises(ManifestError, match=r"a\.wav: holds NaN, infinity.*export it anew"):
        read_recording(tmp_path / "a.wav")


def test_whole_numbers_stored_as_floating_point_are_read(tmp_path):
    soundfile.write(tmp_path / "a.wav", 32_768.0 * tone(16_000), 16_000, subtype="FLOAT")
    assert np.abs(read_recording(tmp_path / "a.wav")).max() == pytest.approx(16_384.0, rel=0.01)


def garbage(path):
    path.write_bytes(bytes(range(256)) * 8)


def text(path):
    path.write_text("not a sound\n" * 100)


def picture(path):
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2_000))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_bytes(b""), "cannot be decoded"),
        (garbage, "cannot be decoded"),
        (text, "damaged, cut short or no sound"),
        (picture, "damaged, cut short or no sound"),
        (lambda path: path.symlink_to("/dev/zero"), "no regular file"),
    ],
    ids=["missing", "folder", "empty", "garbage", "text", "picture", "device"],
)
@pytest.mark.parametrize("name", ["voice.wav", "voice.raw", "voice.m4a"])
def test_what_is_no_recording_is_refused_with_its_reason(tmp_path, name, make, words):
    make(tmp_path / name)
    with pytest.raises(ManifestError, match=words) as refused:
        read_recording(tmp_path / name)
    assert str(refused.value).startswith(f"{tmp_path / name}: ")
    assert "\n" not in str(refused.value)
    assert recording_length_s(tmp_path / name) is None


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(ManifestError, match="no regular file"):
        read_recording(tmp_path / "pipe.wav")


@pytest.mark.parametrize("name", ["a.flac", "a.mp3"])
def test_a_cut_file_is_refused(tmp_path, name):
    soundfile.write(tmp_path / name, speech_like(10.0), 16_000)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ManifestError, match="cut short"):
        read_recording(tmp_path / name)


def test_of_a_cut_wav_the_rest_is_read(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(16_000, seconds=2.0), 16_000)
    whole = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(whole[: 44 + 32_000])
    assert len(read_recording(tmp_path / "a.wav")) == 16_000


@pytest.mark.parametrize("rate_hz", [1, 2_000, 2_000_000])
def test_an_impossible_rate_is_refused(tmp_path, rate_hz):
    soundfile.write(tmp_path / "a.wav", tone(16_000), rate_hz)
    with pytest.raises(ManifestError, match=f"{rate_hz:,} samples a second"):
        read_recording(tmp_path / "a.wav")


@pytest.fixture
def two_hours(tmp_path):
    """A sparse file of two hours of digital silence, 8 kHz, 16 bits."""
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(0), 8_000)
    size = 2 * 3_600 * 8_000 * 2
    header = bytearray(path.read_bytes()[:44])
    header[4:8] = (36 + size).to_bytes(4, "little")
    header[40:44] = size.to_bytes(4, "little")
    path.write_bytes(header)
    os.truncate(path, 44 + size)
    return path


def test_two_hours_are_no_utterance(two_hours):
    with pytest.raises(ManifestError, match=r"longer than 5 minutes.*predict --windows"):
        read_recording(two_hours)


def test_two_hours_are_decoded_in_little_memory(two_hours):
    assert recording_length_s(two_hours) == 7_200.0
    tracemalloc.start()
    try:
        count = sum(len(block) for block in recording_blocks(two_hours))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 7_200 * 16_000
    assert peak < 20e6


def test_the_longest_utterance_is_read(tmp_path):
    count = int(LONGEST_S * 8_000)
    soundfile.write(tmp_path / "a.flac", np.zeros(count), 8_000)
    assert len(read_recording(tmp_path / "a.flac")) == 2 * count
    soundfile.write(tmp_path / "a.flac", np.zeros(count + 80), 8_000)
    with pytest.raises(ManifestError, match="no utterance"):
        read_recording(tmp_path / "a.flac")
