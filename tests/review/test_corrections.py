"""Corrections as training data: what is written, and what is left out."""

from __future__ import annotations

import csv
import json
import random
from datetime import timedelta
from pathlib import Path

import pytest
from review_caseload import CONSENTED, NOW, keep_talk, talk_events

from review.__main__ import main
from review.corrections import Corrections, write_corrections
from ser_model.manifest import read_manifest
from ser_model.recordings import read_recording
from session_log import SessionLog
from session_log.care_events import LabelReviewed, PersonConsentSet
from session_log.events import ConsentSet
from session_log.location import LogPlaces
from session_log.reader import reading
from session_log.verify import verify

RESEARCH = (*CONSENTED, "store_audio", "research")


@pytest.fixture
def log(tmp_path: Path):
    with SessionLog.open(tmp_path / "log" / "session_log.sqlite") as log:
        yield log


def written(log: SessionLog, folder: Path) -> Corrections:
    assert log.flush()
    with reading(log.places) as reader:
        return write_corrections(reader, folder, random.Random(1))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def reviewed(log: SessionLog, talk_id: str, turn: int, emotion: str, person: str = "p") -> None:
    event = LabelReviewed(
        subject=person,
        talk_id=talk_id,
        turn_id=f"{talk_id}/turn {turn}",
        at=NOW,
        author="therapist",
        was="sadness",
        emotion=emotion,
        model="fused-1",
    )
    assert log.record(event)


def test_the_manifest_of_sound_is_accepted_by_the_speech_model(log, tmp_path):
    keep_talk(log, talk_events("t", "p", NOW, scopes=RESEARCH), sound_of="t/turn 0")
    reviewed(log, "t", 0, "fear")
    written(log, tmp_path / "out")
    (row,) = read_manifest(tmp_path / "out" / "speech.csv")
    assert (row.emotion, row.language) == ("fear", "fa")
    assert row.split in ("train", "valid", "test")
    assert len(read_recording(row.path)) == pytest.approx(8_000, rel=0.05)


def test_words_come_with_the_label_that_people_gave(log, tmp_path):
    keep_talk(log, talk_events("t", "p", NOW, language="en", scopes=RESEARCH))
    reviewed(log, "t", 0, "fear")
    written(log, tmp_path / "out")
    table = {row["text"]: row["emotion"] for row in rows(tmp_path / "out" / "text.csv")}
    # Of the second turn the person themself said that it was sadness.
    assert table == {"I could not sleep again.": "fear", "My boss shouted at me.": "sadness"}


def test_a_persons_own_word_beats_the_therapists(log, tmp_path):
    keep_talk(log, talk_events("t", "p", NOW, language="en", scopes=RESEARCH))
    reviewed(log, "t", 1, "fear")
    written(log, tmp_path / "out")
    assert [row["emotion"] for row in rows(tmp_path / "out" / "text.csv")] == ["sadness"]


def test_without_consent_to_research_nothing_is_written(log, tmp_path):
    keep_talk(log, talk_events("t", "p", NOW))
    result = written(log, tmp_path / "out")
    assert (result.texts, result.sounds) == (0, 0)
    assert result.left_out == {"research not consented to, or revoked": 1}
    assert not (tmp_path / "out" / "text.csv").exists()


@pytest.mark.parametrize("where", ["same talk", "later talk", "all talks"])
def test_a_revocation_takes_everything_out(log, tmp_path, where):
    events = talk_events("t", "p", NOW, scopes=RESEARCH)
    revoked = {"scope": "research", "granted": False, "version": "1", "given_by": "voice"}
    after = NOW + timedelta(minutes=4, seconds=10)
    if where == "same talk":
        events.append(ConsentSet(talk_id="t", at=after, **revoked))
    keep_talk(log, events)
    if where == "later talk":
        later = talk_events("u", "p", NOW + timedelta(days=1))
        keep_talk(log, [*later, ConsentSet(talk_id="u", at=later[-1].at, **revoked)])
    if where == "all talks":
        assert log.record(PersonConsentSet(subject="p", at=after, **revoked))
    assert written(log, tmp_path / "out").texts == 0


def test_what_was_said_before_the_consent_is_left_out(log, tmp_path):
    events = talk_events("t", "p", NOW, language="en")
    granted = ConsentSet(
        talk_id="t",
        at=NOW + timedelta(seconds=90),
        scope="research",
        granted=True,
        version="1",
        given_by="voice",
    )
    keep_talk(log, sorted([*events, granted], key=lambda event: event.at))
    reviewed(log, "t", 0, "fear")
    written(log, tmp_path / "out")
    assert [row["text"] for row in rows(tmp_path / "out" / "text.csv")] == ["My boss shouted at me."]


def test_an_erased_talk_gives_nothing(log, tmp_path):
    keep_talk(log, talk_events("t", "p", NOW, scopes=RESEARCH))
    assert log.erase_talk("t")
    assert written(log, tmp_path / "out").texts == 0


def test_unclear_is_no_label_to_learn(log, tmp_path):
    keep_talk(log, talk_events("t", "p", NOW, scopes=RESEARCH))
    reviewed(log, "t", 0, "unclear")
    result = written(log, tmp_path / "out")
    assert result.left_out["no mood but unclear"] == 1
    assert result.texts == 1


def test_nothing_leads_back_to_a_person_and_all_their_turns_are_in_one_split(log, tmp_path):
    for person in ("person-one", "person-two"):
        for number in range(3):
            talk_id = f"{person}-talk-{number}"
            sound = f"{talk_id}/turn 1"
            keep_talk(log, talk_events(talk_id, person, NOW, scopes=RESEARCH), sound_of=sound)
    written(log, tmp_path / "out")
    table = rows(tmp_path / "out" / "speech.csv")
    by_speaker = {(row["speaker"], row["split"]) for row in table}
    assert len(table) == 6
    assert len(by_speaker) == 2
    everything = "".join(path.read_text(errors="replace") for path in (tmp_path / "out").glob("*.*"))
    everything += "".join(path.name for path in (tmp_path / "out").rglob("*"))
    assert "person-" not in everything
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "out").rglob("*"))


def test_the_command_notes_its_use_and_says_what_was_left_out(tmp_path, capsys):
    database = tmp_path / "log" / "session_log.sqlite"
    with SessionLog.open(database) as log:
        keep_talk(log, talk_events("t", "p", NOW, scopes=RESEARCH))
    out = tmp_path / "out"
    assert main(["corrections", "--out", str(out), "--database", str(database)]) == 0
    assert "sound not kept" in capsys.readouterr().out
    assert json.loads((out / "left_out.json").read_text())["texts"] == 1
    with reading(database) as reader:
        query = "SELECT facts FROM events WHERE event_kind = 'access_noted'"
        (facts,) = reader.database.execute(query).fetchone()
    assert json.loads(facts)["action"] == "corrections_exported"


def test_the_log_is_that_of_the_settings_with_its_key_and_head(tmp_path, capsys, monkeypatch):
    places = LogPlaces.of(tmp_path / "a.sqlite", tmp_path / "elsewhere.key", tmp_path / "elsewhere.head")
    SessionLog.open(places).close()
    endpoints = tmp_path / "endpoints.yml"
    section = f"{{path: {places.database}, key_file: {places.key_file}, head_file: {places.head_file}}}"
    endpoints.write_text(f"hamdel: {{session_log: {section}}}\n")
    monkeypatch.setenv("HAMDEL_ENDPOINTS", str(endpoints))
    assert main(["corrections", "--out", str(tmp_path / "out")]) == 0
    assert verify(places) == []


def test_while_a_server_has_the_log_the_command_writes_nothing(log, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["corrections", "--out", str(out), "--database", str(log.places.database)]) == 2
    assert "stop the server and call this again" in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_that_is_there_is_left_alone(tmp_path, capsys):
    database = tmp_path / "log" / "session_log.sqlite"
    SessionLog.open(database).close()
    assert main(["corrections", "--out", str(tmp_path), "--database", str(database)]) == 2
    assert "is there already" in capsys.readouterr().err
