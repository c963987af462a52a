"""How many events a second the session log's writer stores, and a large synthetic log to time reads on.

`python -m benchmarks.session_log --talks N --keep DIR --json OUT`: hands talks of 30 events to a writer with
one processor core, as a gateway does (consents, sealing, spool, chain, SQLite with full synchronisation),
and then makes a log of N talks in bulk. All of it is made up: persons, clinics and words are numbered
and named synthetic.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from session_log.events import (
    ConsentSet,
    CrisisFlagged,
    DisclosureGiven,
    DistressRated,
    Event,
    MoodEstimated,
    ReplyGiven,
    ShownSuggestion,
    SuggestionFeedback,
    SuggestionsShown,
    TalkEnded,
    TalkStarted,
    TurnHeard,
)
from session_log.location import LogPlaces
from session_log.schema import SessionLogError
from session_log.transaction import Transaction
from session_log.writer import SessionLog

__all__ = ["EVENTS_PER_TALK", "main", "synthetic_talk"]

EVENTS_PER_TALK = 30

_SCOPES = ("talk", "store_text", "emotion", "share")
_TURNS = 5
_TALKS_PER_PERSON = 20
_PERSONS_PER_CLINIC = 100
_FIRST_DAY = datetime(2025, 11, 20, 7, 0, 0, tzinfo=UTC)
_WORDS = {
    "en": "synthetic turn: I could not sleep, and at work everything was too much for me again",
    "fa": "نوبت ساختگی: دیشب نتوانستم بخوابم و امروز همه چیز در محل کار برایم زیاد بود",
}
_REPLIES = {"en": "synthetic reply: that sounds very hard.", "fa": "پاسخ ساختگی: خیلی سخت به نظر می‌رسد."}
_MOODS = ("neutral", "happiness", "sadness", "anger", "fear")
_CRISIS_EVERY = 20
_BULK_TALKS = 50
_BULK_UNDER_WAY = 4
_BACK_PRESSURE = 2_000
_PATIENCE_S = 600.0


def main(arguments: list[str] | None = None) -> int:
    """Runs the benchmark; 0 done, 2 on bad input."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.session_log", description=__doc__)
    parser.add_argument(
        "--talks", type=int, default=100_000, help="of the large log; 0: none (default: 100000)"
    )
    parser.add_argument("--live-talks", type=int, default=300, help="to time the writer with (default: 300)")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="leave the large log here (default: nowhere)"
    )
    parser.add_argument("--json", type=Path, metavar="OUT")
    args = parser.parse_args(arguments)
    if args.talks < 0 or args.live_talks < 1:
        parser.error("--talks must be at least 0 and --live-talks at least 1")
    if args.keep is not None and args.keep.exists() and any(args.keep.iterdir()):
        parser.error(f"{args.keep} is not empty")
    try:
        with tempfile.TemporaryDirectory() as folder:
            report: dict[str, Any] = {
                "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
                "load": os.getloadavg()[0],
                "synthetic": True,
                "events_per_talk": EVENTS_PER_TALK,
                "writer": _time_writer(_places(Path(folder) / "live" / "log.sqlite"), args.live_talks),
            }
            if args.talks:
                large = (args.keep or Path(folder) / "large") / "session_log.sqlite"
                report["large_log"] = _fill(_places(large), args.talks)
    except SessionLogError as error:
        print(error, file=sys.stderr)
        return 2
    text = json.dumps(report, ensure_ascii=False, indent=2)
    if args.json is not None:
        args.json.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


def synthetic_talk(number: int) -> Iterator[Event]:
    """Yields the events of a made-up talk, alike for the same number, whose text and mood may be stored."""
    chance = random.Random(number)  # noqa: S311 - figures, not secrets
    person = number // _TALKS_PER_PERSON
    start = _FIRST_DAY + timedelta(minutes=(number * 7919) % 525_600, seconds=chance.random() * 60)
    language = "fa" if person % 2 else "en"
    talk_id = f"synthetic-talk-{number:07d}"
    passed = 0.0

    def at() -> datetime:
        nonlocal passed
        passed += chance.uniform(0.2, 8.0)
        return start + timedelta(seconds=passed)

    yield TalkStarted(
        talk_id=talk_id,
        at=start,
        subject=f"synthetic-person-{person:06d}",
        clinic=f"synthetic-clinic-{person // _PERSONS_PER_CLINIC:04d}",
        purpose="therapy",
        language=language,
        country="IR" if language == "fa" else "GB",
        client="synthetic",
    )
    for scope in _SCOPES:
        yield ConsentSet(
            talk_id=talk_id, at=start, scope=scope, granted=True, version="synthetic", given_by="token"
        )
    yield DisclosureGiven(
        talk_id=talk_id, at=at(), version="synthetic", language=language, spoken=True, shown=True
    )
    for turn in range(_TURNS):
        turn_id = f"{talk_id}-{turn}"
        yield TurnHeard(
            talk_id=talk_id,
            turn_id=turn_id,
            at=at(),
            language=language,
            text=_WORDS[language],
            source="voice",
            confidence=round(chance.uniform(0.4, 1.0), 3),
            duration_ms=chance.randrange(800, 12_000),
        )
        for modality in ("speech", "fused"):
            yield _mood(talk_id, turn_id, at(), modality, chance)
        yield ReplyGiven(
            talk_id=talk_id,
            turn_id=turn_id,
            at=at(),
            language=language,
            text=_REPLIES[language],
            intent="synthetic",
            status="completed",
        )
    turn_id = f"{talk_id}-{_TURNS - 1}"
    shown = tuple(ShownSuggestion(f"synthetic-{n}", "breathing", 0.9 - n / 10, 0.3, n) for n in range(3))
    yield SuggestionsShown(talk_id=talk_id, turn_id=turn_id, at=at(), suggestions=shown)
    if number % _CRISIS_EVERY == 0:
        yield CrisisFlagged(
            talk_id=talk_id, turn_id=turn_id, at=at(), level=2, kind="self_harm", lines_shown=("112",)
        )
    else:
        helped = chance.random() < 0.6
        yield SuggestionFeedback(talk_id=talk_id, at=at(), suggestion_id="synthetic-0", helped=helped)
    yield DistressRated(talk_id=talk_id, at=at(), value=chance.randrange(11), moment="after")
    yield TalkEnded(talk_id=talk_id, at=at(), reason="client_left")


def _mood(talk_id: str, turn_id: str, at: datetime, modality: str, chance: random.Random) -> MoodEstimated:
    weights = {label: chance.random() for label in _MOODS}
    total = sum(weights.values())
    probabilities = {label: weight / total for label, weight in weights.items()}
    return MoodEstimated(
        talk_id=talk_id,
        turn_id=turn_id,
        at=at,
        modality=modality,
        label=max(probabilities, key=lambda label: probabilities[label]),
        probabilities=probabilities,
        model="synthetic-1",
        threshold=0.3,
        abstained=False,
        validated=False,
    )


def _places(database: Path) -> LogPlaces:
    # All named here, since the environment may name those of a real log.
    keys = database.parent / "keys"
    return LogPlaces.of(database, keys / f"{database.stem}.key", keys / f"{database.stem}.head")


def _time_writer(places: LogPlaces, talks: int) -> dict[str, Any]:
    cores = os.sched_getaffinity(0)
    events = [event for number in range(talks) for event in synthetic_talk(number)]
    os.sched_setaffinity(0, {max(cores)})
    try:
        with SessionLog.open(places) as log:
            start_s, start_cpu_s = time.perf_counter(), time.process_time()
            for event in events:
                log.record(event)
                if log.health().queued > _BACK_PRESSURE:
                    log.flush(_PATIENCE_S)
            log.flush(_PATIENCE_S)
            elapsed_s = time.perf_counter() - start_s
            cpu_s = time.process_time() - start_cpu_s
            health = log.health()
    finally:
        os.sched_setaffinity(0, cores)
    return {
        "cores": 1,
        "events": health.written,
        "lost": health.dropped + health.refused + health.withheld,
        "seconds": round(elapsed_s, 2),
        "processor_seconds": round(cpu_s, 2),
        "events_per_second": round(health.written / elapsed_s),
    }


def _fill(places: LogPlaces, talks: int) -> dict[str, Any]:
    start_s = time.perf_counter()
    with SessionLog.open(places) as log:
        under_way: list[Future[None]] = []
        for first in tqdm(range(0, talks, _BULK_TALKS), unit=f"{_BULK_TALKS} talks", disable=None):
            some = range(first, min(first + _BULK_TALKS, talks))
            under_way.append(log.perform(partial(_append, numbers=some)))
            if len(under_way) >= _BULK_UNDER_WAY:
                under_way.pop(0).result(_PATIENCE_S)
        for future in under_way:
            future.result(_PATIENCE_S)
    return {
        "database": str(places.database),
        "talks": talks,
        "events": talks * EVENTS_PER_TALK,
        "bytes": places.database.stat().st_size,
        "seconds": round(time.perf_counter() - start_s, 1),
    }


def _append(transaction: Transaction, numbers: range) -> None:
    for number in numbers:
        for event in synthetic_talk(number):
            transaction.append(event)


if __name__ == "__main__":
    sys.exit(main())
