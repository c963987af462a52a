"""What therapists corrected, written by the review, is training input beside a published corpus."""

import csv
import random
import shutil

import pytest
from corpus_files import CREMA_D, write_sounds
from review_caseload import CONSENTED, NOW, keep_talk, talk_events

from review.corrections import write_corrections
from ser_model.corpora import Source
from ser_model.corpora.crema_d import read
from ser_model.corpus import read_corpus
from ser_model.errors import CorpusError
from ser_model.recordings import read_recording
from session_log import SessionLog
from session_log.care_events import LabelReviewed
from session_log.reader import reading

PERSONS = 12


@pytest.fixture
def base(tmp_path):
    """A generated CREMA-D with its manifest."""
    folder = write_sounds(tmp_path / "crema-d", CREMA_D)
    rows = [
        f"{one.path.name},{one.corpus},{one.speaker},{one.emotion},{one.language},{one.split}"
        for one in read(Source(folder)).recordings
    ]
    head = "path,corpus,speaker,emotion,language,split"
    (folder / "manifest.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def corrected(tmp_path_factory):
    """A folder as `python -m review corrections` writes it: two corrected turns with sound of each person."""
    folder = tmp_path_factory.mktemp("log")
    with SessionLog.open(folder / "session_log.sqlite") as log:
        for number in range(PERSONS):
            for talk_id in (f"{number}-first", f"{number}-second"):
                person, turn_id = f"person-{number}", f"{talk_id}/turn 0"
                scopes = (*CONSENTED, "store_audio", "research")
                keep_talk(log, talk_events(talk_id, person, NOW, scopes=scopes), sound_of=turn_id)
                event = LabelReviewed(
                    subject=person,
                    talk_id=talk_id,
                    turn_id=turn_id,
                    at=NOW,
                    author="therapist",
                    was="sadness",
                    emotion="surprise",
                    model="fused-1",
                )
                assert log.record(event)
        assert log.flush()
        with reading(log.places) as reader:
            write_corrections(reader, folder / "corrected", random.Random(4))
    return folder / "corrected"


def test_corrections_are_read_beside_a_corpus_with_the_split_they_have(base, corrected):
    clips = read_corpus([base, corrected])
    added = [clip for clip in clips if clip.corpus == "corrected"]
    assert len(clips) == len(CREMA_D) + 2 * PERSONS
    assert {(clip.emotion, clip.language) for clip in added} == {("surprise", "fa")}
    splits = {(clip.speaker, clip.split) for clip in added}
    assert len(splits) == PERSONS
    with (corrected / "speech.csv").open(encoding="utf-8", newline="") as file:
        written = {corrected / row["path"]: row["split"] for row in csv.DictReader(file)}
    assert {clip.path: clip.split for clip in added} == written
    assert len(set(written.values())) > 1
    assert len(read_recording(added[0].path)) == pytest.approx(8_000, rel=0.05)


def test_they_are_learnt_from_only_where_they_are_named(base, corrected):
    assert {clip.corpus for clip in read_corpus(base)} == {"crema-d"}
    assert len(read_corpus([base, corrected / "speech.csv"])) == len(CREMA_D) + 2 * PERSONS


def test_a_correction_whose_sound_is_gone_is_an_error(base, corrected, tmp_path):
    shutil.copy(corrected / "speech.csv", tmp_path)
    with pytest.raises(CorpusError, match=f"{2 * PERSONS} recordings are missing"):
        read_corpus([base, tmp_path])
