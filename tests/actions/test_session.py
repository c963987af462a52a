from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.session import ActionBack, ActionRestart


@pytest.mark.parametrize(
    ("action", "events"), [(ActionRestart(), ["restart"]), (ActionBack(), ["rewind"] * 2)]
)
def test_a_command_works_outside_a_crisis_and_does_nothing_during_one(
    tracker: Any, action: Any, events: list[str]
) -> None:
    calm = action.run(CollectingDispatcher(), tracker(crisis=False), {})
    assert [event["event"] for event in calm] == events
    assert action.run(CollectingDispatcher(), tracker(crisis=True), {}) == []
