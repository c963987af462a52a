from __future__ import annotations

import pytest

from dialogue.metadata import TurnMetadata
from dialogue.turn_language import turn_language


@pytest.mark.parametrize(
    ("text", "gateway", "intent", "chosen", "expected"),
    [
        ("hello", None, None, None, "en"),
        ("سلام", None, None, None, "fa"),
        ("10", None, None, None, None),
        ("10", None, None, "fa", "fa"),
        ("hello", None, None, "fa", "fa"),
        ("hello", "fa", None, "en", "fa"),
        ("speak Persian", "en", "change_language_fa", "en", "fa"),
        ("انگلیسی", "fa", "change_language_en", None, "en"),
    ],
)
def test_the_wish_comes_before_the_gateway_before_an_earlier_choice_before_the_script(
    text: str, gateway: str | None, intent: str | None, chosen: str | None, expected: str | None
) -> None:
    metadata = TurnMetadata(language=gateway)
    assert turn_language(text, metadata=metadata, intent=intent, chosen=chosen) == expected
