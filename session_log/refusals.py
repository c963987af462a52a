"""The scopes that persons have revoked for all their talks, as far as this process knows."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping

from session_log.care_events import PersonConsentSet
from session_log.kinds import KINDS
from session_log.sealed import SealedEvent, unseal

__all__ = ["Refusals"]


class Refusals:
    """May be used from several threads.

    Args:
        stored: person → the scopes that the database says are revoked.
    """

    def __init__(self, stored: Mapping[str, set[str]]) -> None:
        self._lock = threading.Lock()
        self._scopes = {person: set(scopes) for person, scopes in stored.items()}

    def of(self, person: str) -> frozenset[str]:
        """What a person has revoked."""
        with self._lock:
            return frozenset(self._scopes.get(person, ()))

    def note(self, event: PersonConsentSet) -> None:
        """Takes note of a decision; the latest of a scope counts."""
        with self._lock:
            refused = self._scopes.setdefault(event.subject, set())
            if event.granted:
                refused.discard(event.scope)
            else:
                refused.add(event.scope)

    def note_left_behind(self, event: SealedEvent) -> None:
        """Takes note of a decision that an earlier process left in the spool; other events change nothing."""
        if event.kind != KINDS[PersonConsentSet]:
            return
        with contextlib.suppress(ValueError, TypeError, KeyError):  # of a version to come
            decision = unseal(event, None)
            if isinstance(decision, PersonConsentSet):
                self.note(decision)
