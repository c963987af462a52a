"""What monitoring may know of the gateway: counts and times, never words, voices, names or tokens.

Prometheus text format. Most numbers are read off the commands of the conversation core, so that counting
needs no code there: a new one is an attribute and a line in `observe` here, and a row in `docs/operation.md`.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from bot import commands as c
from session_log import events as log

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_STAGE_BUCKETS_S = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20)
_LAG_BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)


class Metrics:
    """All metrics of one gateway, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        registry = self._registry
        self.talks = Gauge("hamdel_talks", "Talks at present.", registry=registry)
        self.recogniser_queue = Gauge(
            "hamdel_recogniser_queue", "Utterances waiting or being recognised.", registry=registry
        )
        self.session_log_queue = Gauge(
            "hamdel_session_log_queue", "Session log events not yet written.", registry=registry
        )
        self.session_log_dropped = Gauge(
            "hamdel_session_log_dropped", "Session log events lost since the start.", registry=registry
        )
        self.session_log_spooled = Gauge(
            "hamdel_session_log_spooled",
            "Session log events on disk, not in the database.",
            registry=registry,
        )
        self.session_log_spool_failing = Gauge(
            "hamdel_session_log_spool_failing", "1 while the spool can't be written.", registry=registry
        )
        self.session_log_head_failing = Gauge(
            "hamdel_session_log_head_failing", "1 while the chain's head can't be written.", registry=registry
        )
        self.session_log_sound_to_delete = Gauge(
            "hamdel_session_log_sound_to_delete",
            "Talks whose sound is to be deleted since consent to it was revoked.",
            registry=registry,
        )
        self.retention_failures = Counter(
            "hamdel_retention_failures", "Runs of retention that did not come to an end.", registry=registry
        )
        self.dialogue_connected = Gauge(
            "hamdel_dialogue_connected", "1 while the dialogue engine is reachable.", registry=registry
        )
        self.tasks = Gauge("hamdel_tasks", "Tasks on the event loop.", registry=registry)
        self._loop_lag = Histogram(
            "hamdel_event_loop_lag_seconds",
            "How late the event loop is.",
            buckets=_LAG_BUCKETS_S,
            registry=registry,
        )
        self._ended = Counter(
            "hamdel_talks_ended", "Talks by reason of their end.", ["reason"], registry=registry
        )
        self._resumed = Counter(
            "hamdel_talks_resumed", "Times a talk went on over another connection.", registry=registry
        )
        self._refused = Counter("hamdel_talks_refused", "Talks refused.", ["code"], registry=registry)
        self._turns = Counter(
            "hamdel_turns", "Turns of users with words.", ["source", "language"], registry=registry
        )
        self._stages = Histogram(
            "hamdel_stage_seconds",
            "Stages of answered turns, from the end of speech to the first sound.",
            ["stage"],
            buckets=_STAGE_BUCKETS_S,
            registry=registry,
        )
        self._moods = Counter(
            "hamdel_moods",
            "Estimates of mood, abstained or not.",
            ["modality", "abstained"],
            registry=registry,
        )
        self._crises = Counter(
            "hamdel_crises", "Turns in which danger was found.", ["level"], registry=registry
        )
        self._errors = Counter(
            "hamdel_protocol_errors", "Errors sent to clients.", ["code"], registry=registry
        )
        self._recogniser_failures = Counter(
            "hamdel_recogniser_failures", "Utterances not recognised.", ["error"], registry=registry
        )
        self._dialogue_failures = Counter(
            "hamdel_dialogue_failures", "Turns the dialogue engine did not answer.", registry=registry
        )
        self._voice_failures = Counter(
            "hamdel_voice_failures", "Replies that no voice could speak.", registry=registry
        )

    def observe(self, command: c.Command) -> None:
        """Counts what a command of the conversation core tells."""
        match command:
            case c.Timing():
                for stage, milliseconds in command.stages_ms.items():
                    self._stages.labels(stage).observe(max(0, milliseconds) / 1000)
            case c.Record(log.TurnHeard() as turn):
                self._turns.labels(turn.source, turn.language).inc()
            case c.Record(log.MoodEstimated() as mood):
                self._moods.labels(mood.modality, str(mood.abstained).lower()).inc()
            case c.Record(log.CrisisFlagged() as crisis):
                self._crises.labels(str(crisis.level)).inc()
            case c.Record(log.TalkEnded() as end):
                self._ended.labels(end.reason).inc()
            case c.Send(event) if event["type"] == "error":
                self._errors.labels(event["error"]["code"]).inc()

    def talk_refused(self, code: str) -> None:
        """A talk was refused, with this error code."""
        self._refused.labels(code).inc()

    def talk_resumed(self) -> None:
        """A client came back to its talk."""
        self._resumed.inc()

    def recognition_failed(self, error: str) -> None:
        """An utterance was not recognised; `error` is the name of an exception class."""
        self._recogniser_failures.labels(error).inc()

    def dialogue_failed(self) -> None:
        """The dialogue engine left a turn without its answer."""
        self._dialogue_failures.inc()

    def voice_failed(self) -> None:
        """No voice could speak a reply."""
        self._voice_failures.inc()

    def loop_lagged(self, seconds: float) -> None:
        """The event loop was late by this much."""
        self._loop_lag.observe(seconds)

    def text(self) -> bytes:
        """All metrics in the Prometheus text format, `CONTENT_TYPE`."""
        return generate_latest(self._registry)
