"""One transaction on the log: events appended in order, and jobs that read and write together."""

from __future__ import annotations

import json
from dataclasses import replace

from sqlite_utils import Database

from session_log import store
from session_log.care_events import PersonConsentSet, QuestionnaireAnswered
from session_log.chain import Head
from session_log.consent import CONTENT_EVENTS, ConsentLedger
from session_log.data_keys import DataKey, DataKeys, SealError
from session_log.events import EVENT_CLASSES, ConsentSet, TalkStarted
from session_log.kinds import KINDS, AnyEvent, owner, sealed_fields, talk_of
from session_log.sealed import SealedEvent, seal
from session_log.summaries import summarise

__all__ = ["Transaction", "revokes_audio"]

_CONTENT = frozenset(KINDS[kind] for kind in CONTENT_EVENTS)
_DECISION = KINDS[PersonConsentSet]
_CONSENTS = (KINDS[ConsentSet], _DECISION)

Beside = tuple[set[str], set[str], set[str]]


class Transaction:
    """What may be done while a transaction is open; good for that one alone.

    Args:
        database: with the transaction open.
        keys: the log's data keys.

    Attributes:
        database, keys: as given, for jobs.
        erased_talks, erased_persons, stale_backups: of what other files have to be rid of once this is done.
        refusals: person → the scopes revoked for all their talks, of those for whom it may have changed;
            complete after `finish`.
        revoked_audio: the talks of which the consent to sound was revoked; complete after `finish`.
    """

    def __init__(self, database: Database, keys: DataKeys) -> None:
        self.database = database
        self.keys = keys
        self.erased_talks: set[str] = set()
        self.erased_persons: set[str] = set()
        self.stale_backups: set[str] = set()
        self.refusals: dict[str, set[str]] = {}
        self.revoked_audio: set[str] = set()
        self._chain = store.Chain(database, keys.log_key(database).secret)
        self._to_summarise: set[str] = set()
        self._deciding: set[str] = set()
        self._silenced: set[str] = set()

    @property
    def head(self) -> Head:
        """The newest row."""
        return self._chain.head

    def key_of(self, name: str) -> DataKey:
        """The data key of something that is no talk, made where there is none yet.

        Raises:
            SealError: where the stored one cannot be opened.
        """
        key = self.keys.find(self.database, name)
        if key is None:
            key, wrapped = self.keys.make(name)
            query = "INSERT INTO keys (owner, master_id, wrapped) VALUES (?, ?, ?)"
            self.database.execute(query, (wrapped.owner, wrapped.master_id, wrapped.wrapped))
        return key

    def append(self, event: AnyEvent) -> bool:
        """Appends an event whose writer answers for its consents.

        Returns:
            False where an event of this id is stored already.

        Raises:
            UnfittingEventError: as `Chain.append`.
        """
        key, new_key = None, None
        if sealed_fields(type(event)):
            key = self.keys.find(self.database, owner(event))
            if key is None:
                key, new_key = self.keys.make(owner(event))
        sealed = seal(event, key, new_key)
        written = self.append_sealed(sealed)
        if new_key is not None and not (written and sealed.key is not None):
            self.keys.forget(new_key.owner)  # it was not stored
        return written

    def append_as_consented(self, event: AnyEvent) -> bool | None:
        """Appends what of an event the stored consents of its talk and its person allow.

        A person's own answers need `store_text`: that they have not refused it for all talks and, of answers
        about a talk, that it is granted there. For what others write about a person, its writer answers.

        Returns:
            None where they allow nothing; otherwise as `append`.
        """
        talk_id = talk_of(event)
        if isinstance(event, QuestionnaireAnswered) and self._refuses(event, "store_text"):
            return None
        if talk_id is None:
            return self.append(event)
        if not isinstance(event, (*EVENT_CLASSES, QuestionnaireAnswered)):
            return None if store.is_erased(self.database, talk_id) else self.append(event)
        ledger = ConsentLedger()
        try:
            consents = store.read_events(self.database, self.keys, talk_id, (TalkStarted, ConsentSet))
        except SealError:  # rows that somebody changed allow nothing
            consents = []
        for earlier in consents:
            ledger.apply(earlier)
        if store.is_erased(self.database, talk_id):
            ledger.mark_erased(talk_id)
        ledger.apply(event)
        allowed = ledger.may_store(event)
        return None if allowed is None else self.append(allowed)

    def savepoint(self) -> Beside:
        """What this transaction has to do beside the database so far, for `undo_to_savepoint`."""
        return set(self.erased_talks), set(self.erased_persons), set(self.stale_backups)

    def undo_to_savepoint(self, before: Beside) -> None:
        """Takes note that the database was rolled back to an earlier point of this transaction."""
        self.erased_talks, self.erased_persons, self.stale_backups = before
        self._chain.head = store.last_row(self.database)
        self.keys.forget_all_but_the_log()  # one that was made since stands nowhere any more

    def append_sealed(self, event: SealedEvent) -> bool:
        """Appends an event that is sealed already; otherwise as `append`."""
        written = self._chain.append(event)
        if written and event.talk_id is not None:
            self._to_summarise.add(event.talk_id)
        if written and event.kind == _DECISION and event.person is not None:
            self._deciding.add(event.person)
        if written and event.kind in _CONSENTS and revokes_audio(event.kind, event.facts):
            if event.talk_id is not None:
                self.revoked_audio.add(event.talk_id)
            elif event.person is not None:
                self._silenced.add(event.person)
        return written

    def append_unless_erased(self, event: SealedEvent) -> bool | None:
        """Appends an event sealed earlier; of a talk erased meanwhile without its content and key.

        Returns:
            None where the event is content altogether; otherwise as `append`.
        """
        if event.content is not None and event.talk_id and store.is_erased(self.database, event.talk_id):
            if event.kind in _CONTENT:
                return None
            event = replace(event, content=None, key=None)
        return self.append_sealed(event)

    def finish(self) -> None:
        """Brings the summaries of talks that are over up to date, and reads `refusals` and `revoked_audio`.

        To be called before COMMIT.
        """
        for talk_id in sorted(self._to_summarise):
            summarise(self.database, self.keys, talk_id)
        self._to_summarise.clear()
        for person in self._deciding | self.erased_persons:
            self.refusals[person] = store.read_refusals_of(self.database, person)
        query = "SELECT talk_id FROM talks WHERE person = ?"
        for person in self._silenced:
            self.revoked_audio.update(row[0] for row in self.database.execute(query, (person,)).fetchall())

    def _refuses(self, event: QuestionnaireAnswered, scope: str) -> bool:
        try:
            decisions = store.read_person_events(self.database, self.keys, event.subject, (PersonConsentSet,))
        except SealError:  # rows that somebody changed allow nothing
            return True
        refused = False
        for decision in decisions:
            if isinstance(decision, PersonConsentSet) and decision.scope == scope:
                # What came while it was refused is not covered by a later grant.
                refused = not decision.granted or (refused and event.at < decision.at)
        return refused


def revokes_audio(kind: str, facts: str) -> bool:
    """Whether a consent's facts revoke the one to sound.

    Args:
        kind: of the event; any but a consent revokes nothing.
        facts: as JSON.

    Raises:
        ValueError, TypeError, KeyError: where the facts are none of a consent.
    """
    if kind not in _CONSENTS:
        return False
    values = json.loads(facts)
    return values["scope"] == "store_audio" and not values["granted"]
