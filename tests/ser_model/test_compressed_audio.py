import sys

import numpy as np
import pytest
import soundfile
from speech_like import speech_like

from ser_model.errors import ManifestError
from ser_model.recordings import read_recording, recording_length_s

av = pytest.importorskip("av", reason="PyAV encodes the files of these tests")

KINDS = [
    ("voice.m4a", "ipod", "aac"),
    ("voice.m4a", "ipod", "alac"),
    ("voice.aac", "adts", "aac"),
    ("voice.webm", "webm", "libopus"),
]


def encoded(path, container, codec, *, channels=1, seconds=2.0):
    """Writes a tone of 440 Hz at 48 kHz."""
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV cannot encode {codec}")
    tone = 0.5 * np.sin(2.0 * np.pi * 440.0 * np.arange(int(48_000 * seconds)) / 48_000)
    layout = "stereo" if channels == 2 else "mono"
    frame = av.AudioFrame.from_ndarray(
        np.tile(tone.astype(np.float32), (channels, 1)), format="fltp", layout=layout
    )
    frame.sample_rate = 48_000
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=48_000, layout=layout)
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    return path


@pytest.mark.parametrize(("name", "container", "codec"), KINDS)
@pytest.mark.parametrize("channels", [1, 2])
def test_what_libsndfile_cannot_decode_is_decoded(tmp_path, name, container, codec, channels):
    path = encoded(tmp_path / name, container, codec, channels=channels)
    samples = read_recording(path)
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(32_000, abs=1_100)  # AAC begins and ends with filled frames
    middle = samples[8_000:24_000]
    amplitudes = np.abs(np.fft.rfft(middle)) / 8_000.0
    assert amplitudes.argmax() == 440
    assert amplitudes.max() == pytest.approx(0.5, abs=0.05)
    assert recording_length_s(path) is None


def test_the_content_counts_and_not_the_ending(tmp_path):
    path = encoded(tmp_path / "voice.wav", "ipod", "aac")
    assert len(read_recording(path)) > 30_000


@pytest.mark.parametrize(("name", "container", "codec"), KINDS)
def test_a_cut_file_is_refused(tmp_path, name, container, codec):
    path = encoded(tmp_path / name, container, codec)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ManifestError, match="cut short"):
        read_recording(path)


@pytest.mark.parametrize(
    "start", [b"\x00\x00\x00\x20ftypM4A ", b"\x1aE\xdf\xa3", b"\xff\xf1\x4c\x40"], ids=["M4A", "WebM", "AAC"]
)
def test_a_right_beginning_with_garbage_after_it_is_refused(tmp_path, start):
    (tmp_path / "a.m4a").write_bytes(start + bytes(range(256)) * 20)
    with pytest.raises(ManifestError, match=r"a\.m4a: ") as refused:
        read_recording(tmp_path / "a.m4a")
    assert "\n" not in str(refused.value)


def test_a_film_without_sound_is_refused(tmp_path):
    if "mpeg4" not in av.codecs_available:
        pytest.skip("this PyAV cannot encode a film")
    with av.open(str(tmp_path / "film.mp4"), "w") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), dtype=np.uint8), format="rgb24")
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    with pytest.raises(ManifestError, match="without a sound track"):
        read_recording(tmp_path / "film.mp4")


def test_a_playlist_that_points_elsewhere_is_not_followed(tmp_path):
    soundfile.write(tmp_path / "secret.wav", speech_like(), 16_000)
    (tmp_path / "list.m4a").write_text(f"#EXTM3U\n#EXTINF:3,\nfile://{tmp_path}/secret.wav\n#EXT-X-ENDLIST\n")
    with pytest.raises(ManifestError, match="no sound"):
        read_recording(tmp_path / "list.m4a")


def test_without_pyav_the_format_is_named_and_what_to_do(tmp_path, monkeypatch):
    path = encoded(tmp_path / "voice.m4a", "ipod", "aac")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ManifestError, match=r"is M4A \(MPEG-4\).*convert it to WAV or FLAC"):
        read_recording(path)
