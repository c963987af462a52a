"""What of an event is kept, decided and sealed at once for the talks that began in this process. No I/O.

The decision falls where the event is handed in, so that nothing unconsented ever reaches a disk, and a
consent that is revoked later can't reach back. What needs the database to be decided (what comes after
the end of its talk, and what people write about it) is shut whole (`undecided`) and left to the writer, who
opens it, asks, and takes it out of the spool.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from session_log.audit_events import AUDIT_EVENTS
from session_log.care_events import PersonConsentSet
from session_log.consent import ConsentLedger
from session_log.data_keys import DataKey, DataKeys, WrappedKey
from session_log.events import EVENT_CLASSES, AlertStep, AudioKept, CrisisFlagged, TalkEnded, TalkStarted
from session_log.kinds import AnyEvent, sealed_fields, talk_owner
from session_log.master_keys import MasterKeys
from session_log.sealed import SealedEvent, seal
from session_log.undecided import UNDECIDED, shut

__all__ = ["WITHHELD", "Admission"]

WITHHELD: Final = "withheld"
"""No consent allows to keep the event."""


class Admission:
    """Decides and seals. Not thread-safe.

    Args:
        masters: what wraps the keys of new talks.
    """

    def __init__(self, masters: MasterKeys) -> None:
        self._ledger = ConsentLedger()
        self._keys = DataKeys(masters)
        self._talk_keys: dict[str, tuple[DataKey, WrappedKey]] = {}
        self._key_of_undecided = self._keys.make(UNDECIDED)

    def admit(self, event: AnyEvent) -> SealedEvent | str:
        """Returns the event as it may be written, or shut for the writer to decide; or `WITHHELD`."""
        if isinstance(event, (AlertStep, PersonConsentSet, *AUDIT_EVENTS)):
            return seal(event, None)
        if not isinstance(event, EVENT_CLASSES):
            return shut(event, *self._key_of_undecided)
        known = self._ledger.knows(event.talk_id)
        if not known and isinstance(event, CrisisFlagged):
            return seal(replace(event, turn_id=None), None)
        if not known and not isinstance(event, TalkStarted):
            return shut(event, *self._key_of_undecided)
        self._ledger.apply(event)
        allowed = self._ledger.may_store(event)
        sealed: SealedEvent | str = WITHHELD
        if allowed is not None:
            key, wrapped = None, None
            if sealed_fields(type(allowed)):
                key, wrapped = self._key(event.talk_id)
            sealed = seal(allowed, key, wrapped)
        if isinstance(event, TalkEnded):
            self._ledger.forget(event.talk_id)
            self._talk_keys.pop(event.talk_id, None)
        return sealed

    def mark_erased(self, talk_id: str) -> None:
        """Forbids to keep anything more of a talk's content."""
        self._ledger.mark_erased(talk_id)
        self._talk_keys.pop(talk_id, None)

    def audio_key(self, talk_id: str, at: datetime) -> DataKey | None:
        """The key for the sound of a turn that was said at this time; None where it may not be kept."""
        draft = AudioKept(talk_id=talk_id, turn_id="draft", at=at, duration_ms=0, digest="draft")
        if self._ledger.may_store(draft) is None:
            return None
        return self._key(talk_id)[0]

    def talks(self) -> dict[str, WrappedKey | None]:
        """The talks under way, each with its wrapped key if it has one."""
        keys = self._talk_keys
        return {id_: keys[id_][1] if id_ in keys else None for id_ in self._ledger.talk_ids()}

    def _key(self, talk_id: str) -> tuple[DataKey, WrappedKey]:
        # The wrapped key goes with every event: whichever of them is written first brings it.
        if talk_id not in self._talk_keys:
            owner = talk_owner(talk_id)
            self._talk_keys[talk_id] = self._keys.make(owner)
            self._keys.forget(owner)
        return self._talk_keys[talk_id]
