from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from session_log.care_events import NoteWritten, PersonConsentSet, QuestionnaireAnswered
from session_log.chain import Head
from session_log.data_keys import DataKeys
from session_log.derived import UnfittingEventError
from session_log.erasure import erase_person, erase_talk
from session_log.events import AudioKept, ConsentSet, Event, HandedOff, MoodEstimated, TalkEnded, TurnHeard
from session_log.kinds import AnyEvent
from session_log.location import LogPlaces
from session_log.log_file import LogFile
from session_log.sealed import seal
from session_log.store import read_events, read_person_events
from session_log.transaction import Transaction

Talk = Callable[..., list[Event]]
Many = Callable[..., list[AnyEvent]]


@pytest.fixture
def file(places: LogPlaces) -> Iterator[LogFile]:
    opened = LogFile(places)
    yield opened
    opened.close()


@pytest.fixture
def transaction(file: LogFile) -> Iterator[Transaction]:
    yield file.begin()
    file.database.rollback()


def of(kind: type, events: list[Event]) -> Event:
    return next(event for event in events if isinstance(event, kind))


def kinds(transaction: Transaction) -> list[type]:
    found = read_events(transaction.database, transaction.keys, "talk-1")
    return [type(event) for event in found]


def test_the_head_moves_with_each_event_that_is_new(transaction: Transaction, talk: Talk) -> None:
    first = talk()[0]
    assert transaction.head.sequence == 0
    assert transaction.append(first)
    head = transaction.head
    assert head.sequence == 1
    assert not transaction.append(first)
    assert transaction.head == head


def test_one_key_a_talk_and_one_a_person_is_made_when_it_is_needed(
    transaction: Transaction, talk: Talk, care: Many
) -> None:
    def owners() -> set[str]:
        return {row["owner"] for row in transaction.database["keys"].rows}

    for event in talk()[:4]:
        transaction.append(event)
    assert owners() == {"log"}
    for event in (*talk()[4:], *care()):
        transaction.append(event)
    assert owners() == {"log", "talk:talk-1", "person:subject-1"}


def test_late_events_follow_the_consents_that_are_stored(transaction: Transaction, talk: Talk) -> None:
    events = talk(scopes=("store_text",))
    for event in (*events[:2], events[-1]):
        transaction.append(event)
    assert transaction.append_as_consented(of(TurnHeard, events)) is True
    assert transaction.append_as_consented(of(TurnHeard, events)) is False
    assert transaction.append_as_consented(of(MoodEstimated, events)) is None
    revoked = replace(of(ConsentSet, events), granted=False, event_id="revoked")
    assert transaction.append_as_consented(revoked) is True
    assert transaction.append_as_consented(replace(of(TurnHeard, events), event_id="two")) is None
    assert transaction.append_as_consented(of(HandedOff, events)) is True
    (handed,) = read_events(transaction.database, transaction.keys, "talk-1", (HandedOff,))
    assert handed == replace(of(HandedOff, events), reason="withheld")


def test_sound_that_was_not_consented_is_not_noted(
    transaction: Transaction, talk: Talk, sound: AudioKept
) -> None:
    for event in talk()[:4]:
        transaction.append(event)
    assert transaction.append_as_consented(sound) is None


def test_content_of_an_unknown_talk_is_withheld_and_its_frame_does_not_fit(
    transaction: Transaction, talk: Talk
) -> None:
    assert transaction.append_as_consented(of(TurnHeard, talk())) is None
    with pytest.raises(UnfittingEventError):
        transaction.append_as_consented(of(TalkEnded, talk()))


def test_notes_are_for_their_writers_to_answer_for_until_the_talk_is_erased(
    transaction: Transaction, talk: Talk, care: Many
) -> None:
    for event in talk(scopes=()):
        transaction.append_as_consented(event)
    note, about_the_person = (event for event in care() if isinstance(event, NoteWritten))
    assert transaction.append_as_consented(note) is True
    erase_talk(transaction, "talk-1")
    assert transaction.append_as_consented(replace(note, event_id="later")) is None
    assert transaction.append_as_consented(about_the_person) is True
    found = read_person_events(transaction.database, transaction.keys, "subject-1", (NoteWritten,))
    assert found == [about_the_person]


def test_nothing_more_of_an_erased_talk_is_consented(transaction: Transaction, talk: Talk) -> None:
    for event in talk():
        transaction.append(event)
    erase_talk(transaction, "talk-1")
    assert transaction.append_as_consented(replace(of(TurnHeard, talk()), event_id="later")) is None


def test_what_was_sealed_before_its_talk_was_erased_loses_its_content_and_key(
    transaction: Transaction, talk: Talk
) -> None:
    for event in talk():
        transaction.append(event)
    key, wrapped = DataKeys(transaction.keys.masters).make("talk:talk-1")
    erase_talk(transaction, "talk-1")
    late = [replace(of(kind, talk()), event_id=str(kind)) for kind in (TurnHeard, HandedOff, ConsentSet)]
    rows = [seal(event, key, wrapped) for event in late]
    assert [transaction.append_unless_erased(row) for row in rows] == [None, True, True]
    assert transaction.keys.find(transaction.database, "talk:talk-1") is None


def test_going_back_to_a_savepoint_forgets_what_was_made_since(
    transaction: Transaction, talk: Talk, care: Many
) -> None:
    for event in talk("other"):
        transaction.append(event)
    erase_talk(transaction, "other")
    before, head = transaction.savepoint(), transaction.head
    transaction.database.execute("SAVEPOINT here")
    for event in (*talk(), *care()):
        transaction.append(event)
    erase_talk(transaction, "talk-1")
    transaction.database.execute("ROLLBACK TO here")
    transaction.undo_to_savepoint(before)
    assert transaction.head == head
    assert (transaction.erased_talks, transaction.erased_persons) == ({"other"}, set())
    assert transaction.keys.known("person:subject-1") is None
    # What is appended now brings a key of its own, and opens.
    for event in talk():
        assert transaction.append(event)
    assert kinds(transaction) == [type(event) for event in talk()]


def test_summaries_are_written_once_for_each_talk_at_the_end(transaction: Transaction, talk: Talk) -> None:
    for event in talk():
        transaction.append(event)
    query = "SELECT summary IS NOT NULL FROM talks"
    assert transaction.database.execute(query).fetchall() == [(0,)]
    transaction.finish()
    assert transaction.database.execute(query).fetchall() == [(1,)]
    transaction.finish()


def test_a_transaction_goes_on_where_the_log_ends(file: LogFile, talk: Talk) -> None:
    first = file.begin()
    for event in talk():
        first.append(event)
    file.database.execute("COMMIT")
    second = file.begin()
    assert second.head == first.head == Head(len(talk()), first.head.link)
    file.database.rollback()


def test_it_tells_what_persons_refuse_of_whom_that_changed(transaction: Transaction, care: Many) -> None:
    decision = care()[-1]
    transaction.append(decision)
    transaction.append_sealed(seal(care(subject="subject-2")[-1], None))
    transaction.finish()
    assert transaction.refusals == {"subject-1": {"share"}, "subject-2": {"share"}}


def test_of_an_erased_person_it_tells_what_they_decided_after_that(
    transaction: Transaction, care: Many
) -> None:
    decision = care()[-1]
    assert isinstance(decision, PersonConsentSet)
    transaction.append(decision)
    erase_person(transaction, "subject-1")
    transaction.append(replace(decision, scope="memory", event_id="later"))
    erase_person(transaction, "subject-2")
    transaction.finish()
    assert transaction.refusals == {"subject-1": {"memory"}, "subject-2": set()}


def test_paths_of_a_log_file_are_its_own(places: LogPlaces, file: LogFile) -> None:
    assert Path(file.database.execute("PRAGMA database_list").fetchone()[2]) == places.database


def test_answers_of_whoever_refuses_to_have_their_words_kept_are_withheld_by_the_core(
    transaction: Transaction, talk: Talk, care: Many
) -> None:
    for event in talk():
        transaction.append(event)
    given = next(event for event in care() if isinstance(event, QuestionnaireAnswered))
    decision = care()[-1]
    assert isinstance(decision, PersonConsentSet)

    def answer(event_id: str, talk_id: str | None = None, seconds: int = 0) -> bool | None:
        at = given.at + timedelta(seconds=seconds)
        event = replace(given, talk_id=talk_id, at=at, event_id=event_id)
        return transaction.append_as_consented(event)

    def decide(event_id: str, granted: bool, seconds: int, scope: str = "store_text") -> None:
        at = given.at + timedelta(seconds=seconds)
        transaction.append(replace(decision, scope=scope, granted=granted, at=at, event_id=event_id))

    assert (answer("1"), answer("2", "talk-1")) == (True, True)
    decide("a", False, 10, "store_audio")
    assert (answer("3"), answer("3")) == (True, False)
    decide("b", False, 20)
    assert (answer("4", seconds=30), answer("5", "talk-1", 30), answer("6", seconds=5)) == (None, None, None)
    decide("c", True, 40)
    assert (answer("7", seconds=30), answer("8", "talk-1", 30)) == (None, None), "given while it was refused"
    assert (answer("9", seconds=40), answer("10", "talk-1", 40)) == (True, True)
    other = replace(given, subject="subject-2", talk_id=None, event_id="other")
    assert transaction.append_as_consented(other) is True
    (note, *_) = (event for event in care() if isinstance(event, NoteWritten))
    decide("d", False, 50)
    assert transaction.append_as_consented(note) is True, "a therapist answers for their own notes"


def test_answers_follow_a_talk_that_keeps_no_words_and_decisions_that_somebody_changed(
    transaction: Transaction, talk: Talk, care: Many
) -> None:
    for event in talk(scopes=("talk",)):
        transaction.append(event)
    given = next(event for event in care() if isinstance(event, QuestionnaireAnswered))
    assert transaction.append_as_consented(given) is None
    transaction.append(replace(care()[-1], event_id="decided"))
    transaction.database.execute("UPDATE events SET facts = '{}' WHERE event_id = 'decided'")
    assert transaction.append_as_consented(replace(given, talk_id=None)) is None


def test_it_tells_of_which_talks_the_consent_to_sound_was_revoked(
    transaction: Transaction, talk: Talk, care: Many
) -> None:
    for talk_id in ("talk-1", "talk-2"):
        for event in talk(talk_id, scopes=("store_text", "store_audio")):
            transaction.append(event)
    granted = of(ConsentSet, talk())
    decision = care()[-1]
    assert isinstance(decision, PersonConsentSet)
    assert isinstance(granted, ConsentSet)
    transaction.append(replace(granted, scope="store_text", granted=False, event_id="1"))
    transaction.append(replace(decision, event_id="2"))
    transaction.append(replace(decision, scope="store_audio", granted=True, event_id="3"))
    transaction.finish()
    assert transaction.revoked_audio == set()
    transaction.append(replace(granted, scope="store_audio", granted=False, event_id="4"))
    transaction.finish()
    assert transaction.revoked_audio == {"talk-1"}
    transaction.append(replace(decision, scope="store_audio", granted=False, event_id="5"))
    transaction.finish()
    assert transaction.revoked_audio == {"talk-1", "talk-2"}
