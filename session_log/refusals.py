"""The scopes that persons have revoked for all their talks: by the database, and by what waits to be written.

A decision holds from the moment it is handed in. Once it is written, or isn't wanted any more, the database
alone says what holds, so that of an erased person nothing stays here.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterable, Mapping

from session_log.care_events import PersonConsentSet
from session_log.kinds import KINDS
from session_log.sealed import SealedEvent, unseal

__all__ = ["Refusals"]


class Refusals:
    """May be used from several threads.

    Args:
        stored: person → the scopes that the database says are revoked.
    """

    def __init__(self, stored: Mapping[str, Collection[str]]) -> None:
        self._lock = threading.Lock()
        self._stored = dict(stored)
        self._waiting: dict[str, PersonConsentSet] = {}  # by event id, in the order of their writing

    def of(self, person: str) -> frozenset[str]:
        """What a person has revoked."""
        with self._lock:
            refused = set(self._stored.get(person, ()))
            for decision in self._waiting.values():
                if decision.subject != person:
                    continue
                if decision.granted:
                    refused.discard(decision.scope)
                else:
                    refused.add(decision.scope)
        return frozenset(refused)

    def note(self, decision: PersonConsentSet) -> None:
        """Takes note of a decision that is handed in; the latest of a scope counts."""
        with self._lock:
            self._waiting[decision.event_id] = decision

    def note_left_behind(self, events: Iterable[SealedEvent]) -> None:
        """Takes note of decisions that an earlier process left in the spool; other events change nothing.

        They are written before all that was handed in here.
        """
        decisions: dict[str, PersonConsentSet] = {}
        for event in events:
            if event.kind != KINDS[PersonConsentSet]:
                continue
            with contextlib.suppress(ValueError, TypeError, KeyError):  # of a version to come
                decision = unseal(event, None)
                if isinstance(decision, PersonConsentSet):
                    decisions[decision.event_id] = decision
        with self._lock:
            self._waiting = decisions | self._waiting

    def follow(self, stored: Mapping[str, Collection[str]], settled: Iterable[str]) -> None:
        """Takes over what the database says now.

        Args:
            stored: of all persons for whom it has changed.
            settled: ids of events that wait no more, decisions or not.
        """
        with self._lock:
            self._stored.update(stored)
            for person, scopes in stored.items():
                if not scopes:
                    del self._stored[person]
            for event_id in settled:
                self._waiting.pop(event_id, None)
