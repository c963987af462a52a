"""The buttons of closed questions over the socket of a real `rasa run`: what a press says is understood."""

from __future__ import annotations

from typing import Any

import pytest
from turn_socket import ask, connect, names_of

Turn = tuple[str, dict[str, Any]]

UNSURE = {"recognition": {"confidence": 0.4, "alternatives": []}}
ARGUED = {"en": "I had an argument with my neighbour", "fa": "امروز با همکارم حرف زدم"}
SAD = {"en": "I feel sad", "fa": "غمگینم"}
MISHEARD = {"en": "بله", "fa": "Yeah."}
FEELINGS = ["anger", "fear", "sadness", "happiness", "neutral"]
GLAD, SORRY = "utter_glad_it_helped", "utter_sorry_not_helped"


async def press_each(server: Any, turns: list[Turn], *, language: str) -> list[tuple[list[str | None], Any]]:
    """Leads to a question, once for each of its buttons, and presses that one: names of replies and end."""
    pressed: list[tuple[list[str | None], Any]] = []
    buttons: list[dict[str, str]] = []
    async with connect(server) as socket:
        while not pressed or len(pressed) < len(buttons):
            sender = f"press-{language}-{turns[0][0]}-{len(turns)}-{len(pressed)}"
            for number, (text, metadata) in enumerate(turns):
                frames = await ask(socket, sender, str(number), text, language=language, **metadata)
            asked = [frame for frame in frames if frame["type"] == "message"][-1]
            buttons = asked["buttons"]
            assert buttons, asked["name"]
            assert [set(button) for button in buttons] == [{"title", "payload"}] * len(buttons)
            payload = buttons[len(pressed)]["payload"]
            frames = await ask(socket, sender, "pressed", payload, language=language)
            pressed.append((names_of(frames), frames[-1]))
    return pressed


@pytest.mark.parametrize("language", ["en", "fa"])
async def test_each_feeling_that_is_pressed_is_the_mood(rasa_server: Any, language: str) -> None:
    pressed = await press_each(rasa_server, [(ARGUED[language], {})], language=language)
    assert [done["mood"] for _, done in pressed] == FEELINGS


@pytest.mark.parametrize("language", ["en", "fa"])
async def test_whether_a_suggestion_helped_can_be_pressed(rasa_server: Any, language: str) -> None:
    [(yes, _), (no, _)] = await press_each(rasa_server, [(SAD[language], {})], language=language)
    assert (yes[-1], no[0]) == (GLAD, SORRY)


@pytest.mark.parametrize("language", ["en", "fa"])
async def test_a_misheard_answer_is_confirmed_or_taken_back_by_a_press(
    rasa_server: Any, language: str
) -> None:
    turns: list[Turn] = [(SAD[language], {}), (MISHEARD[language], UNSURE)]
    [(yes, _), (no, _)] = await press_each(rasa_server, turns, language=language)
    assert (yes[-1], no[0]) == (GLAD, SORRY)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "I wish I were dead"), ("fa", "کاش مرده بودم")], ids=["en", "fa"]
)
async def test_a_press_answers_the_question_about_safety(rasa_server: Any, language: str, words: str) -> None:
    [(yes, danger), (no, safe)] = await press_each(rasa_server, [(words, {})], language=language)
    assert (yes, danger["crisis"]) == (["utter_crisis"], True)
    assert (no, safe["crisis"]) == (["utter_glad_safe"], False)
