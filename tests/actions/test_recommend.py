from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.last_exercise import FIXED_EXERCISE
from actions.recommend import ActionRecommend, suggestions_text
from language.ordinals import ordinal
from recommender import SUGGESTIONS_SHOWN, ModelFileError, Recommender, Suggestion
from recommender.suggestions import DEFAULT_DIRECTORY as SUGGESTIONS


@pytest.fixture(scope="module")
def action() -> ActionRecommend:
    return ActionRecommend()


def recommender_of(pairs: Sequence[Suggestion]) -> Recommender:
    """The real recommender with these suggestions alone."""
    whole = Recommender.load()
    whole._suggestions = tuple(pairs)
    of_mood = {mood: [pair for pair in pairs if pair.mood == mood] for mood in whole._of_mood}
    whole._of_mood = of_mood
    return whole


def run(action: ActionRecommend, tracker: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    dispatcher = CollectingDispatcher()
    events = action.run(dispatcher, tracker, {})
    return dispatcher.messages, {event["name"]: event["value"] for event in events}


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("mood", ["anger", "fear", "sadness", "happiness"])
def test_suggestions_are_spoken_and_shown(
    action: ActionRecommend, tracker: Any, mood: str, language: str
) -> None:
    messages, slots = run(action, tracker(("it happened again", "share", mood, None), language=language))
    (message,) = messages
    shown = message["custom"]["suggestions"]
    positions = [message["text"].index(f"{ordinal(place, language)}: ") for place in range(SUGGESTIONS_SHOWN)]
    assert positions == sorted(positions)
    assert [item[language] in message["text"] for item in shown] == [True] * SUGGESTIONS_SHOWN
    assert set(shown[0]) == {
        *("id", "en", "fa", "technique", "family", "score"),
        *("propensity", "technique_propensity", "alternatives"),
    }
    assert all(0 < item["propensity"] <= item["technique_propensity"] <= 1 for item in shown)
    for item in shown:
        assert item["technique"] in item["alternatives"]
        assert sum(item["alternatives"].values()) == pytest.approx(1, abs=1e-3)
        assert all(float(f"{share:.6g}") == share for share in item["alternatives"].values())
    assert message["custom"]["context"] == {"mood": mood, "distress": None, "night": None}
    assert slots["suggestions"] == "offered"
    assert slots["suggestions_last"] == [item["id"] for item in shown]


def test_what_was_shown_before_is_left_out(action: ActionRecommend, tracker: Any) -> None:
    shown: list[str] = []
    for _ in range(5):
        turn = ("x", "share", "sadness", None)
        messages, slots = run(action, tracker(turn, suggestions_shown=shown))
        fresh = {item["id"] for item in messages[0]["custom"]["suggestions"]}
        assert not fresh & set(shown)
        shown = slots["suggestions_shown"]
    assert len(shown) == 5 * SUGGESTIONS_SHOWN


def test_nothing_comes_twice_before_all_were_shown(tracker: Any) -> None:
    few = [pair for pair in Recommender.load().suggestions if pair.mood == "fear"][:10]
    action = ActionRecommend(lambda: recommender_of(few))
    shown: list[str] = []
    while True:
        turn = ("another one", "ask_another", "unclear", {"distress": 5})
        tracked = tracker(("x", "share", "fear", None), turn, suggestions_shown=shown)
        messages, slots = run(action, tracked)
        if slots["suggestions"] == "exhausted":
            break
        fresh = [item["id"] for item in messages[-1]["custom"]["suggestions"]]
        assert not set(fresh) & set(shown)
        shown = slots["suggestions_shown"]
    at_distress_5 = {pair.id for pair in few if pair.distress_min <= 5 <= pair.distress_max}
    assert set(shown) == at_distress_5


def test_during_a_crisis_it_refuses_by_itself(action: ActionRecommend, tracker: Any) -> None:
    messages, slots = run(action, tracker(("I feel sad", "feel_sadness", "sadness", None), crisis=True))
    assert [message["response"] for message in messages] == ["utter_stay_safe"]
    assert all(not message["custom"] for message in messages)
    assert slots == {"suggestions": "unavailable"}


def test_without_any_mood_so_far_it_asks_for_one(action: ActionRecommend, tracker: Any) -> None:
    messages, slots = run(action, tracker(("what would you suggest", "ask_another", "unclear", None)))
    assert messages == []
    assert slots == {"suggestions": "mood_needed"}


def test_a_no_is_reported_with_what_was_refused(action: ActionRecommend, tracker: Any) -> None:
    turns = [("x", "share", "fear", None), ("no", "deny", "unclear", None)]
    messages, _ = run(action, tracker(*turns, suggestions_last=["fear-001"]))
    feedback = {"helpful": False, "suggestion": None, "suggestions": ["fear-001"]}
    assert messages[0]["custom"] == {"feedback": feedback}
    assert len(messages[1]["custom"]["suggestions"]) == SUGGESTIONS_SHOWN


def test_a_model_that_cannot_be_loaded_ends_in_no_error_and_is_tried_again(tracker: Any) -> None:
    tries = []

    def load() -> Recommender:
        tries.append(1)
        if len(tries) < 3:
            raise ModelFileError("card.json is missing; train the recommender")
        return Recommender.load()

    action = ActionRecommend(load)
    turn = ("x", "share", "fear", None)
    assert run(action, tracker(turn)) == ([], {"suggestions": "unavailable"})
    assert run(action, tracker(turn))[1]["suggestions"] == "offered"


def test_a_failing_recommender_is_not_heard_of_by_the_person(tracker: Any, caplog: Any) -> None:
    class Broken:
        suggestions = ()

        def suggest(self, mood: str, **request: Any) -> list[Any]:
            raise RuntimeError(request["text"])

    action = ActionRecommend(Broken)  # type: ignore[arg-type]
    messages, slots = run(action, tracker(("marmalade", "share", "fear", None)))
    assert (messages, slots) == ([], {"suggestions": "unavailable"})
    assert "RuntimeError" in caplog.text
    assert "marmalade" not in caplog.text


def test_lead_ins_change_from_one_offer_to_the_next() -> None:
    texts = {
        suggestions_text(["a.", "b.", "c."], language="en", mood="fear", times_offered=times)
        for times in range(3)
    }
    assert len(texts) == 3
    assert all(text.endswith("First: a. Second: b. Third: c.") for text in texts)


def test_each_offer_begins_with_the_next_lead_in(action: ActionRecommend, tracker: Any) -> None:
    shown: list[str] = []
    lead_ins = set()
    for _ in range(3):
        messages, slots = run(action, tracker(("x", "share", "fear", None), suggestions_shown=shown))
        lead_ins.add(messages[0]["text"].split(":")[0])
        shown = slots["suggestions_shown"]
    assert len(lead_ins) == 3


@pytest.mark.parametrize(("language", "end"), [("en", "Number nine: i."), ("fa", "شمارهٔ نُه: i.")])
def test_more_suggestions_than_there_are_ordinals_can_be_spoken(language: str, end: str) -> None:
    sentences = [f"{letter}." for letter in "abcdefghi"]
    assert suggestions_text(sentences, language=language, mood="fear", times_offered=0).endswith(end)


def test_the_moment_of_an_offer_is_told_with_it(action: ActionRecommend, tracker: Any) -> None:
    messages, _ = run(action, tracker(("x", "share", "fear", {"distress": 7})))
    assert messages[0]["custom"]["context"] == {"mood": "fear", "distress": 7, "night": None}


def test_what_the_clinic_set_is_never_offered(action: ActionRecommend, tracker: Any) -> None:
    named = ["breathing_difficulty", "limited_mobility", "no_such_thing", 7]
    barred = {"breathing_difficulty", "limited_mobility"}
    against = {pair.id for pair in Recommender.load().suggestions if pair.contraindications & barred}
    shown: list[str] = []
    for _ in range(8):
        turn = ("x", "share", "fear", {"contraindications": named})
        messages, slots = run(action, tracker(turn, suggestions_shown=shown))
        assert slots["contraindications"] == sorted(barred)
        shown = slots["suggestions_shown"]
    assert not against & set(shown)


@pytest.mark.parametrize(
    ("words", "language"), [("I'm so scared, and I have asthma", "en"), ("می‌ترسم، آسم هم دارم", "fa")]
)
def test_what_the_person_told_is_never_offered(
    action: ActionRecommend, tracker: Any, words: str, language: str
) -> None:
    against = {
        pair.id for pair in Recommender.load().suggestions if "breathing_difficulty" in pair.contraindications
    }
    turn = (words, "feel_fear", "fear", None)
    shown: list[str] = []
    for _ in range(8):
        messages, slots = run(action, tracker(turn, language=language, suggestions_shown=shown))
        assert slots["contraindications"] == ["breathing_difficulty"]
        shown = slots["suggestions_shown"]
    assert not against & set(shown)


def test_corrections_reach_the_recommender_bounded_and_without_nonsense(tracker: Any) -> None:
    asked: list[dict[str, Any]] = []

    class Listening:
        suggestions = ()

        def suggest(self, mood: str, **request: Any) -> list[Any]:
            asked.append(request)
            return []

    action = ActionRecommend(Listening)  # type: ignore[arg-type]
    wild = {
        "slow_breathing": 9.0,
        "gratitude": float("nan"),
        "small_task": -0.25,
        "savouring": "1",
        "x": 10**400,
    }
    run(action, tracker(("x", "share", "fear", {"corrections": {"fear": wild}})))
    assert asked[0]["corrections"] == {"slow_breathing": 1.5, "small_task": -0.25, "x": 1.5}
    for nothing in (None, [], "slow_breathing", {"gratitude": True}):
        run(action, tracker(("x", "share", "fear", {"corrections": {"fear": nothing}})))
        assert not asked[-1]["corrections"]


def test_a_correction_moves_the_choice(action: ActionRecommend, tracker: Any) -> None:
    offered = {"up": 0, "down": 0}
    for way, correction in (("up", 1.5), ("down", -1.5)):
        for _ in range(30):
            turn = ("x", "share", "sadness", {"corrections": {"sadness": {"social_support": correction}}})
            messages, _ = run(action, tracker(turn))
            offered[way] += sum(
                item["technique"] == "social_support" for item in messages[0]["custom"]["suggestions"]
            )
    assert offered["up"] > offered["down"] + 5


HOSTILE: tuple[Any, ...] = (
    None,
    7,
    "x",
    [],
    {},
    [[]],
    [None, 3, {"a": 1}],
    {"driving": 1},
    ["x" * 10_000] * 5_000,
)


@pytest.mark.parametrize("key", ["contraindications", "corrections", "helped_before", "distress", "exclude"])
@pytest.mark.parametrize("value", HOSTILE)
def test_damaged_metadata_breaks_no_turn(action: ActionRecommend, tracker: Any, key: str, value: Any) -> None:
    messages, slots = run(action, tracker(("x", "share", "fear", {key: value})))
    assert len(messages[0]["custom"]["suggestions"]) == SUGGESTIONS_SHOWN
    assert slots["contraindications"] == []


@pytest.mark.parametrize("metadata", [None, 7, "x", ["contraindications"]])
def test_metadata_that_is_no_object_breaks_no_turn(
    action: ActionRecommend, tracker: Any, metadata: Any
) -> None:
    assert run(action, tracker(("x", "share", "fear", metadata)))[1]["suggestions"] == "offered"


def test_what_helped_before_comes_first_and_is_said_as_such(action: ActionRecommend, tracker: Any) -> None:
    helped = next(
        pair
        for pair in Recommender.load().suggestions
        if pair.mood == "fear" and "general" in pair.situation and pair.distress_min <= 5 <= pair.distress_max
    )
    for language, said in (("en", "Last time this helped you: "), ("fa", "دفعهٔ قبل این به شما کمک کرد: ")):
        turn = ("x", "share", "fear", {"helped_before": ["anger-001", "gone-999", helped.id]})
        messages, slots = run(action, tracker(turn, language=language))
        offered = messages[0]["custom"]["suggestions"]
        assert (said + helped.text(language)) in messages[0]["text"]
        assert f"{ordinal(1, language)}: " in messages[0]["text"]
        assert [offered[0]["id"], len(offered)] == [helped.id, SUGGESTIONS_SHOWN]
        assert len({item["id"] for item in offered}) == SUGGESTIONS_SHOWN
        assert len({item["family"] for item in offered}) >= 2
        assert (offered[0]["propensity"], offered[0]["technique_propensity"]) == (1, 1)
        assert offered[0]["alternatives"] == {helped.technique: 1}
        assert slots["suggestions_last"][0] == helped.id


def test_what_helped_before_comes_only_in_the_first_offer(action: ActionRecommend, tracker: Any) -> None:
    helped = next(
        pair for pair in Recommender.load().suggestions if pair.mood == "fear" and "general" in pair.situation
    )
    turn = ("x", "share", "fear", {"helped_before": [helped.id]})
    messages, _ = run(action, tracker(turn, suggestions_shown=["fear-900"]))
    assert "Last time" not in messages[0]["text"]


def test_what_helped_before_gives_way_to_what_holds_now(action: ActionRecommend, tracker: Any) -> None:
    helped = next(
        pair
        for pair in Recommender.load().suggestions
        if pair.mood == "fear" and "breathing_difficulty" in pair.contraindications
    )
    turn = ("I have asthma", "share", "fear", {"helped_before": [helped.id]})
    messages, _ = run(action, tracker(turn))
    assert "Last time" not in messages[0]["text"]
    assert helped.id not in [item["id"] for item in messages[0]["custom"]["suggestions"]]


@pytest.mark.parametrize("language", ["en", "fa"])
def test_where_nothing_is_left_it_is_said_with_one_grounding_exercise(
    action: ActionRecommend, tracker: Any, language: str
) -> None:
    everything = [pair.id for pair in Recommender.load().suggestions]
    turn = ("another", "ask_another", "anger", {"exclude": everything})
    messages, slots = run(action, tracker(turn, language=language, suggestions_last=["anger-001"]))
    (offered,) = messages[1]["custom"]["suggestions"]
    assert messages[0]["custom"]["feedback"]["helpful"] is False
    assert offered["family"] == "grounding"
    assert offered[language] in messages[1]["text"]
    assert ("تقصیر شما نیست" if language == "fa" else "isn't your fault") in messages[1]["text"]
    assert (slots["suggestions"], slots["suggestions_last"]) == ("exhausted", [offered["id"]])


@pytest.mark.parametrize("language", ["en", "fa"])
def test_where_not_even_an_exercise_is_left_a_fixed_sentence_is_said(tracker: Any, language: str) -> None:
    barred = [pair for pair in Recommender.load().suggestions if "driving" in pair.contraindications]
    action = ActionRecommend(lambda: recommender_of(barred))
    turn = ("x", "share", "fear", {"contraindications": ["driving"]})
    ((message,), slots) = run(action, tracker(turn, language=language))
    assert FIXED_EXERCISE[language] in message["text"]
    assert not message["custom"]
    assert (slots["suggestions"], slots["suggestions_last"]) == ("exhausted", [])


def test_at_the_wheel_with_every_other_contraindication_something_fitting_is_said(
    action: ActionRecommend, tracker: Any
) -> None:
    everything = sorted({name for pair in Recommender.load().suggestions for name in pair.contraindications})
    by_id = {pair.id: pair for pair in Recommender.load().suggestions}
    turn = ("x", "share", "sadness", {"contraindications": everything})
    messages, slots = run(action, tracker(turn))
    assert slots["contraindications"] == everything
    assert all(not by_id[identifier].contraindications for identifier in slots["suggestions_last"])
    assert messages[0]["text"]


def test_a_clinic_s_own_folder_is_offered_from(
    tracker: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = shutil.copytree(SUGGESTIONS, tmp_path / "clinic")
    kept = (folder / "fear.jsonl").read_text(encoding="utf-8").splitlines()[:40]
    own = [json.loads(line) | {"id": f"clinic-{number}"} for number, line in enumerate(kept)]
    (folder / "fear.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in own), encoding="utf-8"
    )
    monkeypatch.setenv("HAMDEL_SUGGESTIONS", str(folder))
    messages, _ = run(ActionRecommend(), tracker(("I am scared", "share", "fear", {})))
    offered = [item["id"] for item in messages[0]["custom"]["suggestions"]]
    assert offered
    assert all(name.startswith("clinic-") for name in offered)
