"""Decisions from a real log: what came of offers, under which consents, and what is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from log_files import change, rows
from offer_log import SCOPES, TECHNIQUES, after, begun, consent, ended, offer, rated, said, talk, write

from recommender.decisions import Context, Decision, DecisionTable
from recommender.reward import reward
from session_log.care_events import PersonConsentSet
from session_log.erasure import erase_person
from session_log.events import Event
from session_log.location import LogPlaces
from session_log.offers import Illegible, decisions_of_all, own_talks
from session_log.reader import reading
from session_log.writer import SessionLog

FIRST, SECOND, THIRD = TECHNIQUES[:3]
Learnt = Callable[..., list[Decision]]


@pytest.fixture
def learnt(places: LogPlaces) -> Learnt:
    """Writes talks, and reads the decisions of all."""

    def learn(*talks: Iterable[Event]) -> list[Decision]:
        with SessionLog.open(places) as log:
            write(log, *talks)
        return of_all(places)[0]

    return learn


def of_all(places: LogPlaces) -> tuple[list[Decision], int]:
    illegible = Illegible()
    with reading(places) as reader:
        return list(decisions_of_all(reader, illegible)), illegible.rows


def came_of(learnt: Learnt, *events: Event) -> dict[str, tuple[float | None, float]]:
    found = learnt(talk("t-1", "p-1", events))
    return {row.technique: (row.reward, row.evidence) for row in found}


# What came of an offer --------------------------------------------------------------------------------


def test_each_place_of_an_offer_is_a_decision(learnt: Learnt) -> None:
    first, second, third = learnt(talk("t-1", "p-1", [offer("t-1"), said("t-1", f"{FIRST}-0", True)]))
    assert [row.technique for row in (first, second, third)] == [FIRST, SECOND, THIRD]
    assert [row.place for row in (first, second, third)] == [0, 1, 2]
    assert second.propensity == pytest.approx(1 / 5)
    assert second.alternatives == pytest.approx(dict.fromkeys(set(TECHNIQUES) - {FIRST}, 1 / 5))
    assert first.person == "p-1"
    assert first.context == Context("anger", 7, None)
    assert first.day == pytest.approx(after(1).timestamp() / 86_400)


def test_what_helped_was_taken_up_and_the_others_were_not(learnt: Learnt) -> None:
    found = came_of(learnt, offer("t-1"), said("t-1", f"{SECOND}-0", True))
    assert found == {
        FIRST: tuple(reward(chosen=False)),
        SECOND: tuple(reward(chosen=True, helped=True)),
        THIRD: tuple(reward(chosen=False)),
    }


def test_where_none_helped_nobody_knows_what_was_tried(learnt: Learnt) -> None:
    no = [said("t-1", f"{technique}-0", False) for technique in (FIRST, SECOND, THIRD)]
    found = came_of(learnt, offer("t-1"), *no)
    assert set(found.values()) == {tuple(reward(helped=False))}


def test_one_that_is_named_as_no_help_was_tried(learnt: Learnt) -> None:
    found = came_of(learnt, offer("t-1"), said("t-1", f"{SECOND}-0", False))
    assert found[SECOND] == tuple(reward(chosen=True, helped=False))
    assert found[FIRST] == tuple(reward(chosen=False))


def test_without_a_word_nothing_is_known(learnt: Learnt) -> None:
    found = came_of(learnt, offer("t-1"), rated("t-1", 2, "after"))
    assert set(found.values()) == {(None, 0.0)}


def test_the_last_word_counts(learnt: Learnt) -> None:
    found = came_of(
        learnt, offer("t-1"), said("t-1", f"{FIRST}-0", False), said("t-1", f"{FIRST}-0", True, 12)
    )
    assert found[FIRST] == tuple(reward(chosen=True, helped=True))


def test_distress_counts_for_what_was_tried_alone(learnt: Learnt) -> None:
    found = came_of(
        learnt,
        rated("t-1", 8, "before", 0.5),
        offer("t-1"),
        said("t-1", f"{FIRST}-0", True),
        rated("t-1", 5, "after"),
        rated("t-1", 4, "after", 12),
    )
    assert found[FIRST] == tuple(reward(chosen=True, helped=True, before=8, after=4))
    assert found[SECOND] == tuple(reward(chosen=False))


def test_distress_rated_between_offer_and_trial_is_that_before_it(learnt: Learnt) -> None:
    found = came_of(
        learnt,
        offer("t-1"),
        rated("t-1", 9, "before", 2),
        said("t-1", f"{FIRST}-0", True),
        rated("t-1", 7, "after"),
        rated("t-1", 1, "before", 20),
    )
    assert found[FIRST] == tuple(reward(chosen=True, helped=True, before=9, after=7))


def test_feedback_belongs_to_the_latest_offer_that_had_the_suggestion(learnt: Learnt) -> None:
    again = offer("t-1", 20, (FIRST, THIRD))
    found = learnt(talk("t-1", "p-1", [offer("t-1"), again, said("t-1", f"{FIRST}-0", True, 30)]))
    assert [row.reward for row in found] == [None, None, None, 1.0, 0.0]


def test_feedback_before_an_offer_and_on_what_was_never_shown_is_passed_over(learnt: Learnt) -> None:
    found = came_of(learnt, said("t-1", f"{FIRST}-0", True, 0.5), offer("t-1"), said("t-1", "other", True))
    assert set(found.values()) == {(None, 0.0)}


def test_feedback_of_another_talk_is_of_that_talk(learnt: Learnt) -> None:
    found = learnt(
        talk("t-1", "p-1", [offer("t-1")]),
        talk("t-2", "p-1", [said("t-2", f"{FIRST}-0", True)]),
    )
    assert {row.reward for row in found} == {None}


@pytest.mark.parametrize(
    "shown", [offer("t-1", mood=None), offer("t-1", learnable=False)], ids=["no mood", "no propensities"]
)
def test_offers_without_what_learning_needs_are_passed_over(learnt: Learnt, shown: Event) -> None:
    assert learnt(talk("t-1", "p-1", [shown, said("t-1", f"{FIRST}-0", True)])) == []


def test_the_decisions_are_usable(learnt: Learnt) -> None:
    found = learnt(talk("t-1", "p-1", [offer("t-1"), said("t-1", f"{FIRST}-0", True)]))
    assert len(DecisionTable.of(found, TECHNIQUES).usable()) == 3


def test_more_talks_than_a_page_are_read_newest_first(learnt: Learnt) -> None:
    talks = []
    for number in range(450):
        events = talk(f"t-{number}", f"p-{number}", [offer(f"t-{number}")])
        shift = after(number) - after(0)
        talks.append([replace(event, at=event.at + shift) for event in events])
    found = learnt(*talks)
    assert [row.person for row in found[::3]] == [f"p-{number}" for number in reversed(range(450))]


# Consents ---------------------------------------------------------------------------------------------


def happened(talk_id: str = "t-1") -> list[Event]:
    return [offer(talk_id), said(talk_id, f"{FIRST}-0", True)]


@pytest.mark.parametrize("missing", SCOPES)
def test_without_each_of_the_consents_nothing_is_learnt(learnt: Learnt, missing: str) -> None:
    scopes = [scope for scope in SCOPES if scope != missing]
    assert learnt(talk("t-1", "p-1", happened(), scopes)) == []


def test_of_an_anonymous_talk_nothing_is_learnt(learnt: Learnt) -> None:
    assert learnt(talk("t-1", None, happened())) == []


@pytest.mark.parametrize("scope", SCOPES)
def test_an_offer_before_a_consent_is_not_covered_by_it(learnt: Learnt, scope: str) -> None:
    others = [other for other in SCOPES if other != scope]
    late = [offer("t-1"), consent("t-1", scope, True, 5), *[said("t-1", f"{FIRST}-0", True)]]
    assert learnt([*begun("t-1", "p-1", others), *late]) == []


def test_an_offer_after_a_consent_is_covered_by_it(learnt: Learnt) -> None:
    later = [consent("t-1", "research", True, 5), offer("t-1", 6), said("t-1", f"{FIRST}-0", True)]
    assert len(learnt([*begun("t-1", "p-1", SCOPES[1:]), *later])) == 3


def test_research_that_was_withdrawn_later_in_the_talk_is_withdrawn(learnt: Learnt) -> None:
    assert learnt(talk("t-1", "p-1", [*happened(), consent("t-1", "research", False, 20)])) == []


def test_text_that_is_kept_no_longer_leaves_what_was_kept(learnt: Learnt) -> None:
    assert len(learnt(talk("t-1", "p-1", [*happened(), consent("t-1", "store_text", False, 20)]))) == 3


@pytest.mark.parametrize("scope", SCOPES)
def test_a_person_who_refuses_a_consent_for_all_talks_is_not_learnt_from(
    places: LogPlaces, learnt: Learnt, scope: str
) -> None:
    talks = [talk("t-1", "p-1", happened()), talk("t-2", "p-2", happened("t-2"))]
    assert len(learnt(*talks)) == 6
    refused = PersonConsentSet(
        subject="p-1", at=after(99), scope=scope, granted=False, version="1", given_by="page"
    )
    assert {row.person for row in learnt([refused])} == {"p-2"}
    assert len(learnt([replace(refused, granted=True, at=after(100), event_id="again")])) == 6


# Erasing, damage --------------------------------------------------------------------------------------


def test_an_erased_talk_gives_nothing(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        write(log, talk("t-1", "p-1", happened()), talk("t-2", "p-2", happened("t-2")))
        assert log.erase_talk("t-1")
        assert {row.person for row in of_all(places)[0]} == {"p-2"}
        assert log.perform(lambda t: erase_person(t, "p-2")).result(30) == 1
    assert of_all(places) == ([], 0)


def test_rows_that_cannot_be_read_are_counted_and_left_out(places: LogPlaces, learnt: Learnt) -> None:
    assert len(learnt(talk("t-1", "p-1", happened()), talk("t-2", "p-2", happened("t-2")))) == 6
    shown = "talk_id = 't-1' AND event_kind = 'suggestions_shown'"
    assert change(places.database, f"UPDATE events SET content = zeroblob(80) WHERE {shown}") == 1
    found, illegible = of_all(places)
    assert ({row.person for row in found}, illegible) == ({"p-2"}, 1)


def test_a_talk_whose_key_is_gone_is_left_out(places: LogPlaces, learnt: Learnt) -> None:
    learnt(talk("t-1", "p-1", happened()), talk("t-2", "p-2", happened("t-2")))
    change(places.database, "UPDATE keys SET wrapped = zeroblob(60) WHERE owner = 'talk:t-1'")
    found, illegible = of_all(places)
    assert ({row.person for row in found}, illegible) == ({"p-2"}, 2)


def test_a_consent_that_cannot_be_read_may_have_been_a_revocation(places: LogPlaces, learnt: Learnt) -> None:
    learnt(talk("t-1", "p-1", [*happened(), consent("t-1", "store_text", False, 20)]))
    last = "(SELECT max(sequence) FROM events WHERE event_kind = 'consent_set')"
    change(places.database, f"UPDATE events SET facts = '{{}}' WHERE sequence = {last}")
    assert of_all(places) == ([], 1)


# One's own talks --------------------------------------------------------------------------------------


def own(places: LogPlaces, person: str = "p-1", but: str = "now") -> tuple[list[str], tuple[str, ...]]:
    with reading(places) as reader:
        found = own_talks(reader, person, but=but, illegible=Illegible())
    return [row.technique for row in found.decisions if row.reward is not None], found.helped


def test_for_oneself_ones_own_talks_are_read_without_consent_to_research(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        write(
            log,
            talk("t-1", "p-1", happened(), ("store_text", "emotion")),
            talk("t-2", "p-2", [offer("t-2"), said("t-2", f"{THIRD}-0", True)]),
        )
    assert own(places) == ([FIRST, SECOND, THIRD], (f"{FIRST}-0",))
    assert own(places, "nobody") == ([], ())


def test_the_talk_under_way_and_erased_ones_are_not_among_them(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        write(log, talk("t-1", "p-1", happened()), talk("t-2", "p-1", happened("t-2")))
        log.erase_talk("t-1")
    assert own(places, but="t-2") == ([], ())
    assert own(places)[1] == (f"{FIRST}-0",)


def test_what_helped_is_told_newest_first_once_and_by_the_last_word(places: LogPlaces) -> None:
    def rating(number: int, *words: tuple[str, bool]) -> list[Event]:
        talk_id = f"t-{number}"
        events = [said(talk_id, name, helped, 2 + place) for place, (name, helped) in enumerate(words)]
        shift = after(1000 * number) - after(0)
        return [replace(e, at=e.at + shift) for e in talk(talk_id, "p-1", events)]

    with SessionLog.open(places) as log:
        write(
            log,
            rating(1, ("a", True), ("b", True), ("c", False)),
            rating(2, ("c", True), ("b", False), ("d", True)),
            rating(3, ("a", True)),
        )
        assert own(places)[1] == ("a", "d", "c")
        write(log, rating(4, *((f"many-{number}", True) for number in range(12))))
    assert own(places)[1] == tuple(f"many-{number}" for number in range(11, 1, -1))


def test_only_the_latest_talks_are_read(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        for number in range(103):
            shift = after(1000 * number) - after(0)
            events = talk(f"t-{number}", "p-1", [said(f"t-{number}", f"s-{number}", number < 3)])
            write(log, [replace(event, at=event.at + shift) for event in events])
    assert rows(places.database, "SELECT count(*) FROM talks") == [(103,)]
    assert own(places)[1] == ()


def test_a_talk_that_is_still_open_counts_already(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        write(log, [*begun("t-1", "p-1"), *happened()])
        assert len(of_all(places)[0]) == 3
        write(log, [ended("t-1")])
