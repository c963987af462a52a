"""How much silence ends the turn under way: the session's, the mood's, and that of the words. No I/O."""

from __future__ import annotations

from bot.commands import ChangePatience, ConfigureListening, UnderstandingFailed, Understood
from bot.outbox import Outbox
from bot.session_config import TurnDetection
from bot.talk_state import TalkState
from bot.turn_end import Cue, cued_patience_ms, longest_patience_ms, turn_end_cue

__all__ = ["Patience"]

_SADNESS_PATIENCE_MS = 1_000
_NO_DETECTION_THRESHOLD = 0.5
_STALLED_MS = 3_000
"""A client that sends no audio for so long has stopped: silence will not come either."""


class Patience:
    """Tells the listener how long to wait, first for every pause, then for the one under way.

    Until the words before a pause are known, no reply could begin: so long it may last longer than the
    patience, which is settled when they come.

    Args:
        state: the talk.
        outbox: takes commands.
        deployer_ms: silence that ends a turn where the client has not chosen one.
    """

    def __init__(self, *, state: TalkState, outbox: Outbox, deployer_ms: int) -> None:
        self._state = state
        self._outbox = outbox
        self._deployer_ms = deployer_ms
        self._pause_end_ms: int | None = None
        self._paused_at_ms = 0.0

    def configure(self) -> None:
        """Sets turn detection to what the session and the latest mood ask for."""
        detection = self._detection
        if detection is None:
            self._outbox.emit(ConfigureListening(False, _NO_DETECTION_THRESHOLD, self._deployer_ms))
            return
        base_ms = self._base_ms(detection)
        grace_ms = longest_patience_ms(base_ms) - base_ms if _heeds_words(detection) else 0
        self._outbox.emit(ConfigureListening(True, detection.threshold, base_ms, grace_ms))

    def pause(self, end_ms: int, *, understanding: bool) -> None:
        """The speaker has paused at `end_ms`; `understanding`: what they said is being recognised."""
        detection = self._detection
        if understanding:
            self._pause_end_ms, self._paused_at_ms = end_ms, self._outbox.now_ms
        elif detection is not None and _heeds_words(detection):  # there are no words to wait for
            self._outbox.emit(ChangePatience(end_ms, self._base_ms(detection)))

    def go_on(self) -> None:
        """The pause is over: the speaker goes on, or the turn has ended."""
        self._pause_end_ms = None

    def judge(self, result: Understood | UnderstandingFailed) -> None:
        """The words before the pause are known, or will not be."""
        detection = self._detection
        if self._pause_end_ms is None or detection is None or not _heeds_words(detection):
            return
        cue = Cue.NONE
        if isinstance(result, Understood):
            cue = turn_end_cue(result.text, result.language, confidence=result.confidence)
        patience_ms = cued_patience_ms(self._base_ms(detection), cue)
        self._outbox.emit(ChangePatience(self._pause_end_ms, patience_ms))

    def tick(self) -> None:
        """Time passes: a pause in which no more audio comes at all ends the turn too, a little later."""
        detection = self._detection
        if self._pause_end_ms is None or detection is None or not _heeds_words(detection):
            return
        longest_ms = longest_patience_ms(self._base_ms(detection)) + _STALLED_MS
        if self._outbox.now_ms - self._paused_at_ms >= longest_ms:
            self._outbox.emit(ChangePatience(self._pause_end_ms, 0))

    @property
    def _detection(self) -> TurnDetection | None:
        return self._state.config.audio.input.turn_detection

    def _base_ms(self, detection: TurnDetection) -> int:
        if detection.silence_duration_ms is not None:
            return detection.silence_duration_ms
        mood = self._state.mood
        sad = mood is not None and mood.label == "sadness"
        return max(_SADNESS_PATIENCE_MS, self._deployer_ms) if sad else self._deployer_ms


def _heeds_words(detection: TurnDetection) -> bool:
    """Whether words may change the patience: a client that named a silence gets exactly that."""
    return detection.type == "semantic_vad" or detection.silence_duration_ms is None
