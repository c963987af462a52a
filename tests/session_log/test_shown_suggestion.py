"""What of an offer is kept so that it can be learnt from, beside offers of before that have less."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from offer_log import offer, talk, write

from session_log import sealed
from session_log.events import ShownSuggestion, SuggestionsShown
from session_log.export import Selection, json_export
from session_log.ingest import event_of
from session_log.kinds import AnyEvent, split
from session_log.location import LogPlaces
from session_log.reader import read_talk, reading
from session_log.shown_suggestion import MOST_ALTERNATIVES, shown_suggestions
from session_log.timeline import event_values, talk_lines
from session_log.verify import verify
from session_log.writer import SessionLog

ITEM = ("s-1", "breathing", 0.5, 0.25, 0)
HOSTILE = st.one_of(
    st.floats(),
    st.integers(),
    st.text(max_size=5),
    st.none(),
    st.booleans(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.floats(), max_size=3),
)


def offers_of(places: LogPlaces, talk_id: str = "t-1") -> list[AnyEvent]:
    with reading(places) as reader:
        return reader.events(talk_id, (SuggestionsShown,))


def test_an_offer_is_the_same_after_the_log(places: LogPlaces) -> None:
    made = replace(offer("t-1"), night=True)
    with SessionLog.open(places) as log:
        write(log, talk("t-1", "p-1", [made]))
    assert offers_of(places) == [made]
    assert verify(places) == []


def test_all_of_an_offer_is_sealed(places: LogPlaces) -> None:
    facts, content = split(offer("t-1"))
    assert json.loads(facts) == {}
    assert content is not None
    assert b"anger" in content


def test_an_offer_comes_out_of_an_export_as_it_went_in(places: LogPlaces) -> None:
    made = offer("t-1")
    assert event_of(json.loads(json.dumps(event_values(made)))) == made
    with SessionLog.open(places) as log:
        write(log, talk("t-1", "p-1", [made]))
    with reading(places) as reader:
        document = json.loads("".join(json_export(reader, Selection(person="p-1"))))
    stored = [value for value in document["talks"][0]["events"] if value["event"] == "suggestions_shown"]
    assert event_of(stored[0]) == made


def test_a_line_of_a_talk_tells_what_was_offered(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        write(log, talk("t-1", "p-1", [offer("t-1")]))
    summary, happened = read_talk(places, "t-1")
    assert any("slow_breathing-0" in line for line in talk_lines(summary, happened))


def test_rows_of_before_are_read_as_they_are_and_verified(
    places: LogPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_before(event: AnyEvent) -> tuple[str, bytes | None]:
        facts, content = split(event)
        if not isinstance(event, SuggestionsShown):
            return facts, content
        assert content is not None
        values = json.loads(content)
        items = [item[:5] for item in values["suggestions"]]
        return facts, json.dumps({"turn_id": values["turn_id"], "suggestions": items}).encode()

    monkeypatch.setattr(sealed, "split", as_before)
    with SessionLog.open(places) as log:
        write(log, talk("t-1", "p-1", [offer("t-1")]))
    monkeypatch.undo()
    (old,) = offers_of(places)
    assert old == replace(offer("t-1", learnable=False, mood=None, distress=None), event_id=old.event_id)
    assert verify(places) == []


def test_without_consent_to_emotion_an_offer_is_kept_without_its_mood(places: LogPlaces) -> None:
    made = replace(offer("t-1"), night=False)
    with SessionLog.open(places) as log:
        write(log, talk("t-1", "p-1", [made], ("store_text", "research")))
    assert offers_of(places) == [replace(made, mood=None, distress=None, night=None)]


def test_without_consent_to_text_an_offer_is_not_kept(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        write(log, talk("t-1", "p-1", [offer("t-1")], ("emotion", "research")))
    assert offers_of(places) == []


def test_an_offer_has_a_place_in_a_set() -> None:
    made = offer("t-1")
    assert {made, replace(made)} == {made}


@pytest.mark.parametrize(
    "item",
    [
        ITEM,
        (*ITEM, 0.5),
        (*ITEM, 1.0, {"breathing": 1.0}),
        (*ITEM, 5e-324, {"breathing": 0.9995, "rest": 0.0}),
        (*ITEM, None, None),
        [*ITEM, 0.5, {f"t-{number}": 1 / MOST_ALTERNATIVES for number in range(MOST_ALTERNATIVES)}],
    ],
)
def test_what_fits_is_taken(item: tuple[object, ...]) -> None:
    (shown,) = shown_suggestions([item])
    assert isinstance(shown, ShownSuggestion)
    assert tuple(shown)[: len(item)] == tuple(item)


@pytest.mark.parametrize(
    "item",
    [
        ITEM[:4],
        (*ITEM, 0.5, {"breathing": 1.0}, "more"),
        (*ITEM, 0.0),
        (*ITEM, -0.1),
        (*ITEM, 1.01),
        (*ITEM, math.nan),
        (*ITEM, True),
        (*ITEM, "0.5"),
        (*ITEM, 0.5, {}),
        (*ITEM, 0.5, {"breathing": 0.9}),
        (*ITEM, 0.5, {"breathing": 1.002}),
        (*ITEM, 0.5, {"breathing": 2.0, "rest": -1.0}),
        (*ITEM, 0.5, {"breathing": math.inf}),
        (*ITEM, 0.5, {"": 1.0}),
        (*ITEM, 0.5, {1: 1.0}),
        (*ITEM, 0.5, [["breathing", 1.0]]),
        (*ITEM, 0.5, {f"t-{number}": 1 / 65 for number in range(65)}),
    ],
)
def test_what_does_not_fit_is_refused_without_being_quoted(item: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match=r"^must ") as refused:
        shown_suggestions([item])
    assert "breathing" not in str(refused.value)


@given(HOSTILE, HOSTILE)
def test_whatever_comes_is_in_bounds_or_refused(propensity: object, alternatives: object) -> None:
    try:
        (shown,) = shown_suggestions([(*ITEM, propensity, alternatives)])
    except ValueError:
        return
    assert shown.technique_propensity is None or 0.0 < shown.technique_propensity <= 1.0
    assert shown.alternatives is None or math.isclose(sum(shown.alternatives.values()), 1.0, abs_tol=1e-3)


@pytest.mark.parametrize(
    ("field", "value"),
    [("mood", "fury"), ("mood", ""), ("mood", 3), ("distress", 11), ("distress", -1), ("distress", 6.5)]
    + [("distress", True), ("night", "yes"), ("night", 1)],
)
def test_a_context_that_cannot_be_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"SuggestionsShown\.{field} must"):
        replace(offer("t-1"), **{field: value})
