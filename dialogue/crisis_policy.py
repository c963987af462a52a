"""Policy: where the guard speaks, a form ends, and a gap in the rules is no silence."""

from __future__ import annotations

from typing import Any

from rasa.core.constants import POLICY_PRIORITY
from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from dialogue.crisis_paths import CRISIS, CRISIS_CONCERN, GUARD_INTENTS, KEPT_INTENTS, WORRY_FOR_OTHER
from dialogue.crisis_record import CRISIS_RESPONSE

__all__ = ["CrisisInterruption"]

_PRIORITY = 100
"""Above that of any policy of Rasa's, the highest of which is 4."""

_SURER_THAN_FALLBACK = 0.5
"""Above `core_fallback_threshold` of config.yml, below the certainty of a rule."""

_RESPONSES = {
    CRISIS: CRISIS_RESPONSE,
    CRISIS_CONCERN: "utter_check_safety",
    WORRY_FOR_OTHER: "utter_worry_for_other",
    **dict.fromkeys(KEPT_INTENTS, "utter_crisis_numbers"),
}
_STAY = "utter_stay_safe"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class CrisisInterruption(Policy):  # type: ignore[misc]
    """Says what the guard says where the rules of data/rules/crisis.yml can't.

    Rasa lets a form go before every rule: a crisis reply would wait until the form has what it asks for.
    Here the form ends first. And an event from outside may leave a talk in a state that no rule knows;
    then this policy is surer than Rasa's fallback, which would take the turn back. Where a rule fits, the
    rule decides.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The policy's priority, its only setting."""
        return {POLICY_PRIORITY: _PRIORITY}

    def train(
        self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any
    ) -> Resource:
        """Learns nothing."""
        return self._resource

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, **kwargs: Any
    ) -> PolicyPrediction:
        """Chooses the guard's response: certain inside a form, less than any rule elsewhere."""
        probabilities = self._default_predictions(domain)
        latest = tracker.latest_message
        intent = latest.intent.get("name") if latest else None
        if intent not in GUARD_INTENTS and not (intent in KEPT_INTENTS and tracker.get_slot("crisis")):
            return self._prediction(probabilities)
        in_form = tracker.active_loop_name is not None
        spoken = not in_form and _has_spoken(tracker)
        answered = intent == CRISIS and tracker.get_slot("crisis_answered")
        response = ACTION_LISTEN_NAME if spoken or answered else _RESPONSES.get(intent, _STAY)
        # Rules know turns that follow a pause; after anything else, Rasa would take the answer for given.
        out_of_turn = not spoken and tracker.latest_action_name != ACTION_LISTEN_NAME
        certain = in_form or out_of_turn
        probabilities[domain.index_for_action(response)] = 1.0 if certain else _SURER_THAN_FALLBACK
        return self._prediction(
            probabilities,
            is_no_user_prediction=certain,  # as a form's own prediction is, which would go first otherwise
            optional_events=_end_of_form(tracker) if in_form else [],
        )


def _end_of_form(tracker: DialogueStateTracker) -> list[Event]:
    asked = tracker.get_slot(REQUESTED_SLOT)
    # The words were no answer, though the form may have taken them for one already.
    emptied = [SlotSet(asked, None)] if asked in tracker.slots else []
    return [ActiveLoop(None), SlotSet(REQUESTED_SLOT, None), *emptied]


def _has_spoken(tracker: DialogueStateTracker) -> bool:
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            return False
        if isinstance(event, ActionExecuted) and (event.action_name or "").startswith("utter_"):
            return True
    return False
