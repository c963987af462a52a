"""What a talk remembers from one turn to the next. No I/O."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from bot.commands import SpeakingStyle, UnderstandingFailed, Understood
from bot.personal_memory import Corrections, PersonalMemory, no_corrections
from bot.session_config import SessionConfig
from emotion import EmotionEstimate

__all__ = ["CRISIS_LEVEL", "TalkIdentity", "TalkLimits", "TalkState", "Turn"]

CRISIS_LEVEL = 2
"""The level from which a talk stays with the danger: no suggestions any more."""

_SPOKEN_TO_SOFTLY = frozenset(("sadness", "fear"))
_REMEMBERED_TEXTS = 6
_REMEMBERED_TURNS = 64
_REMEMBERED_SUGGESTIONS = 256


@dataclass(frozen=True, slots=True)
class TalkLimits:
    """When a talk ends by itself, and when the user is asked for patience.

    Attributes:
        idle_ms: time without a word of either side.
        longest_ms: time since the beginning.
        slow_reply_ms: time after which a reply that has not begun is announced.
        resume_ms: time for which it waits after its socket broke, for clients that can come back.
    """

    idle_ms: int = 300_000
    longest_ms: int = 3_600_000
    slow_reply_ms: int = 3_000
    resume_ms: int = 30_000


@dataclass(frozen=True, slots=True)
class TalkIdentity:
    """What the token said about the talk, and the deployer's country.

    `refused` are the scopes that the person has revoked for all talks, whatever a token grants.
    `contraindications` are names out of `data/bilingual_suggestions/contraindications.csv`.
    """

    talk_id: str
    subject: str | None
    clinic: str | None
    purpose: str
    language: str | None
    country: str | None
    client: str
    default_country: str | None = None
    grants: frozenset[str] = frozenset()
    consents_by: str = "client"
    refused: frozenset[str] = frozenset()
    contraindications: frozenset[str] = frozenset()


@dataclass(slots=True)
class Turn:
    """One turn of the user, spoken or typed.

    Attributes:
        source: "voice" or "typed".
        start_ms: beginning in the input audio, padding included.
        attempt: number of the newest recognition; older results are stale.
        recognising: whether the newest recognition is under way.
        ended: whether the user has finished.
        answered: whether its answer is settled: complete, given by the crisis guard, or failed.
        intent: what the dialogue engine took it for; "crisis" where the guard answered.
        times_ms: wall clock of the steps "ended", "text", "asked" and "reply", milliseconds since the epoch.
    """

    item_id: str
    source: str
    language: str = "en"
    text: str = ""
    start_ms: int = 0
    voiced_ms: int = 0
    attempt: int = 0
    recognising: bool = False
    ended: bool = False
    result: Understood | UnderstandingFailed | None = None
    answered: bool = False
    intent: str | None = None
    times_ms: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class TalkState:
    """The facts that several parts of a talk need.

    Attributes:
        granted: consents in force.
        not_offered: consents that can't be granted here.
        mood: fused mood of the latest spoken turn, None without consent.
        pinned_language: the language that the user asked to be answered in.
        heard_language: the language of the latest turn.
        crisis_level: the highest level of the talk, 0–3.
        minor: whether the user has said that they are under age.
        named_country: the country that the user named when nobody else had.
        shown: ids of the latest suggestions offered.
        recent: the latest turns and crisis replies, which the crisis guard reads a new turn against.
        turns: the latest turns by id.
        resumed: whether the client has come back after a break; it may send again what it had sent before.
        memory: what the person's earlier talks tell, None without consent.
        corrections: what feedback has taught.
    """

    identity: TalkIdentity
    config: SessionConfig
    granted: set[str]
    mood: EmotionEstimate | None = None
    pinned_language: str | None = None
    heard_language: str = "en"
    disclosed: bool = False
    crisis_level: int = 0
    minor: bool = False
    named_country: str | None = None
    distress: int | None = None
    shown: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_SUGGESTIONS))
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_TEXTS))
    turns: dict[str, Turn] = field(default_factory=dict)
    resumed: bool = False
    not_offered: frozenset[str] = frozenset()
    memory: PersonalMemory | None = None
    corrections: Corrections = no_corrections

    def remember(self, turn: Turn) -> None:
        """Adds a turn; of more than a talk can need, the oldest that are over are forgotten."""
        self.turns.pop(turn.item_id, None)
        self.turns[turn.item_id] = turn
        if len(self.turns) > _REMEMBERED_TURNS:
            del self.turns[next(iter(self.turns))]

    @property
    def language(self) -> str:
        """The language in which to say something of our own accord."""
        return self.pinned_language or self.config.language or self.identity.language or self.heard_language

    @property
    def style(self) -> SpeakingStyle:
        """How to speak: softer to somebody who sounds sad or afraid; plainly in danger, to be understood."""
        mood = self.mood.label if self.mood is not None else None
        return "soft" if mood in _SPOKEN_TO_SOFTLY and self.crisis_level < CRISIS_LEVEL else "plain"

    @property
    def country(self) -> str | None:
        """Whose numbers are shown: the token's, the client's, the deployer's, else the user's own word."""
        own = self.config.hamdel.country if self.config.hamdel is not None else None
        return self.identity.country or own or self.identity.default_country or self.named_country

    @property
    def consented_to_emotion(self) -> bool:
        """Whether feelings may be inferred."""
        return "emotion" in self.granted and "emotion" not in self.not_offered

    @property
    def keeps_sound(self) -> bool:
        """Whether the sound of the person's turns is kept."""
        return "store_audio" in self.granted and self.identity.subject is not None
