import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpus_files import write_sounds

from ser_model.corpora import Flaw, Recording
from ser_model.corpora.soundness import sound_ones


def recording(path: Path, speaker: str = "1", emotion: str = "anger") -> Recording:
    return Recording(path, "made", speaker, "", emotion, "en", "train")


def test_sound_recordings_are_kept_with_their_durations(tmp_path):
    write_sounds(tmp_path, ["a.wav"], seconds=0.5)
    write_sounds(tmp_path, ["b.flac"], seconds=1.25, rate_hz=44_100)
    kept = sound_ones([recording(tmp_path / "a.wav"), recording(tmp_path / "b.flac")])
    assert kept.complaints == ()
    assert kept.durations_s == pytest.approx((0.5, 1.25))


def test_each_unfit_recording_is_named_with_what_is_wrong(tmp_path):
    write_sounds(tmp_path, ["good.wav", "cut.flac"])
    (tmp_path / "nothing.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("not a sound")
    (tmp_path / "cut.flac").write_bytes((tmp_path / "cut.flac").read_bytes()[:20])
    soundfile.write(tmp_path / "no frames.wav", np.zeros(0), 8_000)
    soundfile.write(tmp_path / "silent.wav", np.zeros(8_000), 8_000)
    soundfile.write(tmp_path / "nan.wav", np.full(8_000, np.nan), 8_000, subtype="FLOAT")
    write_sounds(tmp_path, ["short.wav"], seconds=0.29)
    write_sounds(tmp_path, ["just.wav"], seconds=0.3)
    kept = sound_ones([recording(path) for path in sorted(tmp_path.iterdir())])
    assert [one.path.name for one in kept.recordings] == ["good.wav", "just.wav"]
    flaws = {
        complaint.where.rpartition("/")[2].partition(":")[0]: complaint.flaw for complaint in kept.complaints
    }
    assert flaws == {
        "cut.flac": Flaw.UNDECODABLE,
        "nan.wav": Flaw.UNDECODABLE,
        "no frames.wav": Flaw.EMPTY,
        "nothing.wav": Flaw.EMPTY,
        "short.wav": Flaw.SHORT,
        "silent.wav": Flaw.EMPTY,
        "text.wav": Flaw.UNDECODABLE,
    }


def test_of_copies_the_first_is_kept(tmp_path):
    write_sounds(tmp_path, ["a.wav"])
    for name in ("b.wav", "c.wav"):
        shutil.copy(tmp_path / "a.wav", tmp_path / name)
    kept = sound_ones([recording(tmp_path / f"{name}.wav") for name in "abc"])
    assert [one.path.name for one in kept.recordings] == ["a.wav"]
    assert [complaint.flaw for complaint in kept.complaints] == [Flaw.COPY, Flaw.COPY]


@pytest.mark.parametrize(("speaker", "emotion"), [("1", "fear"), ("2", "anger")])
def test_the_same_sound_under_two_labels_or_speakers_is_left_out(tmp_path, speaker, emotion):
    write_sounds(tmp_path, ["a.wav", "c.wav"])
    shutil.copy(tmp_path / "a.wav", tmp_path / "b.wav")
    kept = sound_ones(
        [
            recording(tmp_path / "a.wav"),
            recording(tmp_path / "b.wav", speaker, emotion),
            recording(tmp_path / "c.wav"),
        ]
    )
    assert [one.path.name for one in kept.recordings] == ["c.wav"]
    assert Counter(complaint.flaw for complaint in kept.complaints) == {Flaw.CONTRADICTION: 1}
    assert "b.wav = " in kept.complaints[0].where
