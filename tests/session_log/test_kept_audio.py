"""Sound in the log: only while it is consented to, sealed, and gone with the consent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from session_log import SessionLog, writer
from session_log.audio import AudioError, audio_path, open_audio
from session_log.audit_events import AudioDeleted
from session_log.care_events import PersonConsentSet
from session_log.events import AudioKept, ConsentSet, TalkStarted
from session_log.kinds import AnyEvent
from session_log.location import LogPlaces
from session_log.reader import reading

SOUND = b"OggS a planted sound"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def places(tmp_path: Path) -> LogPlaces:
    return LogPlaces.of(tmp_path / "log.sqlite")


@pytest.fixture
def log(places: LogPlaces) -> Iterator[SessionLog]:
    with SessionLog.open(places) as opened:
        yield opened


def begin(log: SessionLog, talk_id: str = "talk-1", subject: str | None = "p-1") -> None:
    log.record(
        TalkStarted(talk_id=talk_id, at=NOW, subject=subject, purpose="therapy", language="en", client="test")
    )


def consent(log: SessionLog, granted: bool, talk_id: str = "talk-1", seconds: float = 0) -> None:
    log.record(
        ConsentSet(
            talk_id=talk_id,
            at=NOW + timedelta(seconds=seconds),
            scope="store_audio",
            granted=granted,
            version="1",
            given_by="widget",
        )
    )


def keep(log: SessionLog, turn_id: str = "turn-1", talk_id: str = "talk-1", seconds: float = 1) -> bool:
    return log.keep_audio(talk_id, turn_id, SOUND, at=NOW + timedelta(seconds=seconds), duration_ms=900)


def stored(log: SessionLog, *kinds: type, talk_id: str = "talk-1") -> list[AnyEvent]:
    assert log.flush()
    with reading(log.places) as reader:
        return reader.events(talk_id, kinds)


def files(places: LogPlaces) -> list[Path]:
    return [path for path in places.audio.rglob("*") if path.is_file()]


def test_consented_sound_is_sealed_beside_the_log_and_opens_again(log: SessionLog, places: LogPlaces) -> None:
    begin(log)
    consent(log, True)
    assert keep(log)
    (event,) = stored(log, AudioKept)
    assert isinstance(event, AudioKept)
    assert (event.turn_id, event.duration_ms) == ("turn-1", 900)
    assert all(SOUND not in path.read_bytes() for path in files(places))
    with reading(places) as reader:
        key = reader.talk_key("talk-1")
    assert key is not None
    assert open_audio(places.audio, key, "talk-1", "turn-1") == SOUND


@pytest.mark.parametrize(
    "case", ["never granted", "revoked", "said before the grant", "anonymous", "unknown talk"]
)
def test_sound_without_consent_leaves_no_file(log: SessionLog, places: LogPlaces, case: str) -> None:
    if case != "unknown talk":
        begin(log, subject=None if case == "anonymous" else "p-1")
    if case == "anonymous":
        consent(log, True)
    if case == "revoked":
        consent(log, True)
        consent(log, False, seconds=0.5)
    if case == "said before the grant":
        consent(log, True, seconds=5)
    assert not keep(log)
    assert files(places) == []


def test_with_the_consent_the_sound_of_the_talk_goes(log: SessionLog, places: LogPlaces) -> None:
    begin(log)
    begin(log, "talk-2")
    for talk_id in ("talk-1", "talk-2"):
        consent(log, True, talk_id)
        assert keep(log, "turn-1", talk_id)
    assert keep(log, "turn-2")
    consent(log, False, seconds=2)
    deleted = stored(log, AudioDeleted)
    assert {(event.turn_id, event.reason) for event in deleted if isinstance(event, AudioDeleted)} == {
        ("turn-1", "consent_revoked"),
        ("turn-2", "consent_revoked"),
    }
    assert files(places) == [audio_path(places.audio, "talk-2", "turn-1")]


def test_a_second_revocation_deletes_nothing_twice(log: SessionLog) -> None:
    begin(log)
    consent(log, True)
    assert keep(log)
    consent(log, False, seconds=2)
    consent(log, False, seconds=3)
    assert len(stored(log, AudioDeleted)) == 1
    consent(log, True, seconds=4)
    assert keep(log, "turn-2", seconds=5)
    consent(log, False, seconds=6)
    assert len(stored(log, AudioDeleted)) == 2


def test_a_person_who_refuses_it_for_all_talks_has_all_of_it_deleted(
    log: SessionLog, places: LogPlaces
) -> None:
    for talk_id in ("talk-1", "talk-2"):
        begin(log, talk_id)
        consent(log, True, talk_id)
        assert keep(log, talk_id=talk_id)
    log.record(
        PersonConsentSet(
            subject="p-1", at=NOW, scope="store_audio", granted=False, version="1", given_by="page"
        )
    )
    assert len(stored(log, AudioDeleted)) == 1
    assert len(stored(log, AudioDeleted, talk_id="talk-2")) == 1
    assert files(places) == []


@pytest.mark.parametrize("between", ["revoked", "erased"])
def test_what_is_revoked_while_the_file_is_written_is_not_kept(
    log: SessionLog, places: LogPlaces, monkeypatch: pytest.MonkeyPatch, between: str
) -> None:
    written, go_on = threading.Event(), threading.Event()
    really_keep = writer.keep_audio

    def slow_disk(*arguments: object) -> str:
        digest = really_keep(*arguments)  # type: ignore[arg-type]
        written.set()
        assert go_on.wait(30)
        return digest

    monkeypatch.setattr(writer, "keep_audio", slow_disk)
    begin(log)
    consent(log, True)
    kept: list[bool] = []
    worker = threading.Thread(target=lambda: kept.append(keep(log)))
    worker.start()
    assert written.wait(30)
    if between == "revoked":
        consent(log, False, seconds=2)
    else:
        log.erase_talk("talk-1")
    go_on.set()
    worker.join(30)
    assert kept == [False]
    assert files(places) == []
    assert stored(log, AudioKept) == []


def test_erasing_the_talk_takes_its_sound_along(log: SessionLog, places: LogPlaces) -> None:
    begin(log)
    consent(log, True)
    assert keep(log)
    with reading(places) as reader:
        assert log.flush()
        key = reader.talk_key("talk-1")
    log.erase_talk("talk-1")
    assert files(places) == []
    assert key is not None
    with pytest.raises(AudioError):
        open_audio(places.audio, key, "talk-1", "turn-1")


def test_a_closed_log_keeps_no_sound(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        begin(log)
        consent(log, True)
    assert not keep(log)
    assert files(places) == []
