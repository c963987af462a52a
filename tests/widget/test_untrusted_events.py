"""What comes from the server is shown as text, whatever it holds, and what makes no sense is passed over."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

CRISIS = {"type": "hamdel.crisis", "level": 2, "country": "GB", "lines": [], "text": "Please call."}


@pytest.fixture
def talking(open_page: Any) -> Any:
    """A page in a talk by voice."""
    watched = open_page()
    watched.begin()
    watched.in_state("listening")
    return watched


def test_hostile_text_stays_text(scripted_gateway: Any, talking: Any, script: Any) -> None:
    attack = '<img src="x" onerror="document.title=1"><script>1</script>'
    scripted_gateway.send(
        *script.user_turn("u1", attack),
        *script.reply("a1", attack),
        {
            "type": "hamdel.suggestions",
            "items": [{"id": "x", "en": attack, "fa": attack, "technique": attack}],
        },
        {
            **CRISIS,
            "text": attack,
            "lines": [{"name": attack, "number": "javascript:alert()", "kind": attack}],
        },
        {"type": "hamdel.disclosure", "text": attack},
    )
    expect(talking.page.locator(".turn--note")).to_have_text(attack)
    assert talking.page.locator("img, main script, #crisis a").count() == 0
    assert talking.complaints == []


def test_what_no_browser_should_trust_does_not_stop_the_talk(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    nothing = {"toString": 1, "valueOf": None}
    kinds = ("hamdel.choices", "hamdel.crisis", "hamdel.emotion", "hamdel.suggestions", "response.done")
    for kind in (*kinds, "error"):
        scripted_gateway.send(
            {"type": kind},
            {"type": kind, "item_id": "u0", "modality": "constructor", "label": "__proto__"},
            {"type": kind, "lines": [nothing, {"name": nothing, "number": nothing}], "text": nothing},
            {"type": kind, "items": [{"id": "a", "en": "Rest.", "technique": nothing, "technique_name": 3}]},
            {"type": kind, "error": nothing, "response": {"output": [None, nothing], "status": nothing}},
        )
    scripted_gateway.send(
        {"type": "hasOwnProperty", "item": nothing}, *script.user_turn("u0", "on it goes", "constructor")
    )
    expect(talking.turns("user").locator(".turn__text")).to_have_text("on it goes")
    assert talking.complaints == []


def test_direction_controls_turn_nothing_around_but_the_text_they_stand_in(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    page = talking.page
    override = "\u202eabc \u2067def"
    scripted_gateway.send(
        *script.user_turn("u1", override, "fear"),
        *script.reply("a1", "I hear you."),
        {**CRISIS, "lines": [{"name": override, "number": "\u202e116 123", "kind": "call"}]},
    )
    expect(talking.turns("user").locator(".turn__text")).to_have_text(override)
    expect(page.locator(".crisis__number")).to_have_text("116 123")
    left_edges = """(element) => {
        const range = document.createRange();
        const letters = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
        return [0, 1].map((n) => {
            range.setStart(letters, n);
            range.setEnd(letters, n + 1);
            return range.getBoundingClientRect().left;
        });
    }"""
    for untouched in (".turn--user .turn__mood", ".turn--assistant .turn__text", ".crisis__action"):
        first, second = page.locator(untouched).evaluate(left_edges)
        assert first < second, untouched


def test_malformed_events_do_not_stop_the_talk(scripted_gateway: Any, talking: Any, script: Any) -> None:
    scripted_gateway.send(
        {"type": "hamdel.suggestions"},
        {"type": "hamdel.suggestions", "items": [None, {"id": 4}, {"id": "a", "en": ""}]},
        {"type": "hamdel.latency", "total": "soon"},
        {"type": "hamdel.duck", "gain_db": None},
        {"type": "response.output_audio.delta", "item_id": "a0", "delta": "%%"},
        {"type": "response.done"},
        {"type": "hamdel.of_tomorrow"},
        *script.user_turn("u1", "still here"),
    )
    expect(talking.turns("user").locator(".turn__text")).to_have_text("still here")
    assert talking.complaints == []
