from __future__ import annotations

import logging
from typing import Any

import pytest
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection

from actions.failure import discreet_failure


class Failing:
    def name(self) -> str:
        return "action_failing"

    @discreet_failure
    def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
        raise ValueError(tracker.events[-1]["text"])


def test_an_action_that_raises_refuses_to_run_and_quotes_nobody(
    tracker: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(ActionExecutionRejection) as refused:
        Failing().run(CollectingDispatcher(), tracker(("marmalade", "share", "fear", None)), {})
    assert refused.value.action_name == "action_failing"
    assert "ValueError" in refused.value.message
    assert "marmalade" not in refused.value.message
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
    assert "action_failing failed with ValueError (test_failure.py:" in caplog.text
    assert "marmalade" not in caplog.text


async def test_every_action_that_the_server_registers_refuses_instead_of_raising() -> None:
    executor = ActionExecutor()
    executor.register_package("actions")
    assert set(executor.actions) == {
        "action_recommend",
        "action_feedback",
        "action_explain_suggestions",
        "action_route",
        "action_restart",
        "action_back",
    }
    for name in executor.actions:
        broken = {"sender_id": "s", "slots": None, "latest_message": None, "events": None}
        with pytest.raises(ActionExecutionRejection):
            await executor.run({"next_action": name, "tracker": broken})
