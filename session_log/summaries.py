"""What a talk comes to, sealed beside it once it is over: so that a caseload need not open every turn."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlite_utils import Database

from session_log import store
from session_log.data_keys import DataKey, DataKeys, SealError
from session_log.events import (
    DistressRated,
    LabelCorrected,
    MoodEstimated,
    SuggestionFeedback,
    SuggestionsShown,
)
from session_log.kinds import AnyEvent, talk_owner
from session_log.master_keys import WrongKeyError

__all__ = ["TalkDigest", "fold", "open_summary", "summarise"]

_ABOUT = "summary "


@dataclass(frozen=True, slots=True)
class TalkDigest:
    """What a list shows of a talk's content.

    Attributes:
        moods: turns by the label that counts: the person's own word, else the fused or only estimate.
        distress_before, distress_after: first and last rating, 0–10; None where there is none.
        suggestions: how many were offered; helped, unhelpful: what the person said of them.
    """

    moods: dict[str, int] = field(default_factory=dict)
    distress_before: int | None = None
    distress_after: int | None = None
    suggestions: int = 0
    helped: int = 0
    unhelpful: int = 0


def fold(events: Sequence[AnyEvent]) -> TalkDigest:
    """Sums up the events of a talk."""
    moods: dict[str, str] = {}
    rated = [event for event in events if isinstance(event, DistressRated)]
    for event in events:
        if isinstance(event, MoodEstimated) and (event.modality == "fused" or event.turn_id not in moods):
            moods[event.turn_id] = event.label
    for event in events:
        if isinstance(event, LabelCorrected):
            moods[event.turn_id] = event.emotion
    before = [event.value for event in rated if event.moment == "before"]
    after = [event.value for event in rated if event.moment == "after"]
    feedback = [event.helped for event in events if isinstance(event, SuggestionFeedback)]
    return TalkDigest(
        moods=dict(sorted(Counter(moods.values()).items())),
        distress_before=before[0] if before else None,
        distress_after=after[-1] if after else None,
        suggestions=sum(len(event.suggestions) for event in events if isinstance(event, SuggestionsShown)),
        helped=sum(feedback),
        unhelpful=len(feedback) - sum(feedback),
    )


def summarise(database: Database, keys: DataKeys, talk_id: str) -> None:
    """Seals the summary of a talk that is over; of one without content there is none."""
    over = "SELECT 1 FROM talks WHERE talk_id = ? AND ended_at IS NOT NULL"
    if database.execute(over, (talk_id,)).fetchone() is None:
        return
    try:
        key = keys.find(database, talk_owner(talk_id))
        if key is None:
            return
        digest = fold(store.read_events(database, keys, talk_id))
    except (SealError, WrongKeyError):  # `verify` tells of changed rows
        return
    sealed = key.seal(json.dumps(asdict(digest)).encode(), _ABOUT + talk_id)
    database.execute("UPDATE talks SET summary = ? WHERE talk_id = ?", (sealed, talk_id))


def open_summary(key: DataKey, talk_id: str, sealed: bytes) -> TalkDigest:
    """The summary of a talk.

    Raises:
        SealError: where it was changed.
    """
    try:
        values: dict[str, Any] = json.loads(key.open(sealed, _ABOUT + talk_id))
        return TalkDigest(**values)
    except (ValueError, TypeError) as error:
        raise SealError from error
