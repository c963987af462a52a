"""What people's feedback teaches: learnt anew from the session log each day, used only where it pays.

Nothing is added to what was learnt before: what somebody erased, or whose consent was withdrawn, is forgotten
by the next learning. Whether it is used at all, `recommender.off_policy.pays` decides on held-out persons.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bot.learning_table import read_table
from bot.personal_memory import PersonalMemory
from recommender.bandit import LearntPreferences, PersonalPreferences
from recommender.decisions import Context, Decision, DecisionTable
from recommender.learnt_state import LearntStateError, preferences_from_text, preferences_to_text
from recommender.off_policy import pays
from recommender.suggestions import DEFAULT_DIRECTORY
from recommender.vocabulary import read_vocabulary
from session_log import SessionLog
from session_log.learnt import (
    DamagedLearntError,
    Learnt,
    forget_learnt,
    is_anything_learnt,
    keep_learnt,
    read_learnt,
    set_aside,
    set_aside_names,
)
from session_log.offers import Illegible, decisions_of_all, own_talks
from session_log.reader import reading

__all__ = ["FeedbackLearning"]

logger = logging.getLogger(__name__)

_DAY_S = 86_400.0
_RETRY_S = 3_600.0
_JOB_S = 60.0
_THREADS = 2  # a learning must not keep talks waiting for their memory
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known at one moment.

    Attributes:
        untaught: of today's techniques, without any feedback.
        population: what all taught, None while the rules alone decide.
    """

    untaught: LearntPreferences
    population: LearntPreferences | None

    @property
    def used(self) -> LearntPreferences:
        return self.population or self.untaught


class FeedbackLearning:
    """What was learnt, as long as the gateway runs.

    Args:
        log: is read, and keeps what was learnt.
        learn: the setting; without, what was learnt is deleted and the rules alone decide.
        suggestions: folder of the techniques.
        now: the time, UTC.

    Attributes:
        well: False after a state was found damaged or a learning failed, until one succeeds.
    """

    def __init__(
        self,
        log: SessionLog,
        *,
        learn: bool = True,
        suggestions: Path = DEFAULT_DIRECTORY,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._log = log
        self._learns = learn
        self._suggestions = suggestions
        self._now = now
        self._known: _Known | None = None
        self._learnt_at: datetime | None = None
        self._stopping = threading.Event()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="feedback")
        self.well = True

    def load(self) -> None:
        """Reads what was learnt last; where that can't be, the rules alone decide until the next learning.

        Whatever is wrong is logged and told by `well`: a gateway starts without what was learnt.
        """
        try:
            self._load()
        except Exception as error:  # whatever is wrong with it, talks go on without
            self._fail("what feedback has taught cannot be read; the rules alone decide", error)

    def learn(self) -> None:
        """Learns anew and keeps the result; for a worker thread, which it ends early after `close`.

        Raises:
            SessionLogError, TimeoutError: where the log can't be read or written.
            RecommenderError: where the techniques can't be read.
        """
        families, illegible = self._families(), Illegible()
        with reading(self._log.places) as reader:
            table = read_table(decisions_of_all(reader, illegible), families, self._stopping)
        if table is None:
            return
        verdict = pays(table, families)
        learnt = LearntPreferences(families)
        learnt.learn(table)
        at = self._now()
        kept = Learnt(at, preferences_to_text(learnt), verdict.pays, verdict.reason)
        self._log.perform(partial(keep_learnt, learnt=kept)).result(_JOB_S)
        self._known = _Known(LearntPreferences(families), learnt if verdict.pays else None)
        self._learnt_at, self.well = at, True
        if illegible.rows:
            logger.warning("learning left out %d rows of the log that cannot be read", illegible.rows)
        logger.info("feedback: %s", verdict.reason)

    def memory_of(self, person: str, but: str) -> PersonalMemory | None:
        """What one person's earlier talks tell, for a worker thread; None where they can't be read.

        Args:
            person: who consents to being remembered, now.
            but: the talk under way.
        """
        try:
            with reading(self._log.places) as reader:
                own = own_talks(reader, person, but=but, illegible=Illegible())
            return PersonalMemory(self._preferences(own.decisions), own.helped)
        except Exception as error:  # whatever is wrong with them, the talk goes on without
            logger.error("what helped in earlier talks cannot be read (%s)", type(error).__name__)
            return None

    async def recall(self, person: str, but: str) -> PersonalMemory | None:
        """As `memory_of`, in a thread of its own."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.memory_of, person, but)

    def corrections(self, context: Context, personal: PersonalPreferences | None) -> dict[str, float]:
        """Technique → correction within ±1.5; empty where the rules alone decide."""
        known = self._known
        if known is None or (known.population is None and personal is None):
            return {}
        corrections = known.used.corrections(context, personal)
        if not all(map(math.isfinite, corrections.values())):  # of feedback beyond all measure
            return {}
        return {name: round(value, _DIGITS) for name, value in corrections.items()}

    async def run(self, *, pause_s: float = _DAY_S) -> None:
        """Learns once a pause, the first time as soon as the last learning is as old, until cancelled."""
        if not self._learns:
            return
        wait_s = 0.0
        if self._learnt_at is not None:
            wait_s = max(0.0, min(pause_s, pause_s - (self._now() - self._learnt_at).total_seconds()))
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(wait_s)
                wait_s = pause_s
                try:
                    await loop.run_in_executor(self._threads, self.learn)
                except Exception as error:  # whatever fails in learning, talks go on with what is known
                    self._fail("learning from feedback failed; what was learnt before holds", error)
                    wait_s = min(pause_s, _RETRY_S)
        finally:
            self._stopping.set()

    def close(self) -> None:
        """Ends the threads; a learning under way gives up before it keeps anything, or keeps all of it."""
        self._stopping.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _load(self) -> None:
        if not self._learns:
            with reading(self._log.places) as reader:
                if not is_anything_learnt(reader.database):
                    return
            self._log.perform(forget_learnt).result(_JOB_S)
            return
        families = self._families()
        self._known = _Known(LearntPreferences(families), None)
        with reading(self._log.places) as reader:
            if names := set_aside_names(reader.database):
                logger.warning("%d damaged states of what feedback has taught are kept aside", len(names))
            try:
                learnt = read_learnt(reader.database, reader.keys)
                if learnt is None:
                    return
                population = preferences_from_text(learnt.preferences, families)
            except (DamagedLearntError, LearntStateError, ValueError) as error:
                self._fail("what feedback has taught is damaged and set aside; the rules alone decide", error)
                self._log.perform(partial(set_aside, at=self._now())).result(_JOB_S)
                return
        if learnt.pays:
            self._known = replace(self._known, population=population)
        self._learnt_at = learnt.at
        logger.info("feedback: %s", learnt.reason)

    def _preferences(self, decisions: Sequence[Decision]) -> PersonalPreferences | None:
        known = self._known
        if known is None:
            return None
        table = DecisionTable.of(decisions, known.used.techniques)
        preferences = PersonalPreferences.none().learnt(table, known.used)
        return preferences if preferences.weight else None

    def _families(self) -> dict[str, str]:
        techniques = read_vocabulary(self._suggestions).techniques
        return {name: technique.family for name, technique in techniques.items()}

    def _fail(self, what: str, error: Exception) -> None:
        self.well = False
        logger.error("%s (%s)", what, type(error).__name__)
