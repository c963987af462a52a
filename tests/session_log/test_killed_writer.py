"""kill -9 at random moments: what was handed in is in the log, once.

`HAMDEL_KILLS` sets how often; `HAMDEL_KILLS=200` is the long run.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

from log_files import assert_sound, rows

from session_log.chain import FIRST_LINK, link
from session_log.location import LogPlaces
from session_log.log_file import LogFile
from session_log.reader import reading
from session_log.store import linked_row
from session_log.writer import SessionLog

KILLS = int(os.environ.get("HAMDEL_KILLS", "12"))

WRITER = """
import itertools, os, sys
from datetime import datetime, timezone
from session_log.care_events import PersonConsentSet
from session_log.events import *
from session_log.writer import SessionLog

def told(event):
    # After record() has returned, and at once: what is printed here was promised to be kept.
    if log.record(event):
        os.write(1, f"{event.event_id}\\n".encode())

log = SessionLog.open(sys.argv[1], queue_size=int(sys.argv[3]))
os.write(1, b"ready\\n")
for number in itertools.count():
    now = lambda: datetime.now(timezone.utc)
    about = {"talk_id": f"{sys.argv[2]}-{number}"}
    turn = {**about, "turn_id": "1"}
    told(TalkStarted(**about, at=now(), subject="s", purpose="therapy", language="en", client="test"))
    for scope in ("store_text", "emotion"):
        told(ConsentSet(**about, at=now(), scope=scope, granted=True, version="1", given_by="token"))
    for count in range(20):
        told(TurnHeard(**turn, at=now(), language="en", text="words " * 20, source="typed"))
        told(SuggestionsShown(**turn, at=now(), suggestions=(("a", "breathing", 0.5, 0.5, 0),)))
        told(ReplyGiven(**turn, at=now(), language="en", text="more words", status="completed"))
    told(CrisisFlagged(**turn, at=now(), level=2, kind="self_harm", lines_shown=("112",)))
    told(PersonConsentSet(subject="s", at=now(), scope="research", granted=False, version="1", given_by="page"))
    told(TalkEnded(**about, at=now(), reason="idle"))
"""


def killed_after(path: Path, name: str, moment: random.Random) -> list[str]:
    """Runs a writer until it is killed; returns the ids of the events that it had handed in."""
    queue_size = moment.choice((10, 10_000))
    command = [sys.executable, "-c", WRITER, str(path), name, str(queue_size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        ids: list[bytes] = []
        some = threading.Event()
        enough = moment.randrange(0, 400)

        def read() -> None:
            assert writer.stdout is not None
            if enough == 0:
                some.set()
            for line in writer.stdout:
                ids.append(line)
                if len(ids) >= enough:
                    some.set()

        reader = threading.Thread(target=read)
        reader.start()
        assert some.wait(60)
        some.clear()
        threading.Event().wait(moment.random() * 0.05)
        writer.kill()
        reader.join()
    return [line.decode().strip() for line in ids if line.endswith(b"\n")]


def assert_chain_is_whole(places: LogPlaces) -> None:
    file = LogFile(places)
    try:
        previous = FIRST_LINK
        for expected, columns in enumerate(file.database.query("SELECT * FROM events ORDER BY sequence"), 1):
            assert columns["sequence"] == expected
            previous = link(file.log_key, previous, linked_row(columns))
            assert previous == columns["link"]
    finally:
        file.close()


def test_whatever_was_handed_in_is_in_the_log_exactly_once_after_a_kill(
    path: Path, places: LogPlaces
) -> None:
    moment = random.Random(20261121)
    handed_in: list[str] = []
    waited = rejected = 0
    for number in range(KILLS):
        handed_in += killed_after(path, f"run{number}", moment)
        with SessionLog.open(path) as log:  # the next server
            waited += log.health().spooled
            assert log.flush(120)
            health = log.health()
            assert (health.spooled, health.refused, health.withheld, health.dropped) == (0, 0, 0, 0)
            rejected += health.spool_rejected
    stored = Counter(str(event_id) for (event_id,) in rows(path, "SELECT event_id FROM events"))
    lost = [event_id for event_id in handed_in if event_id not in stored]
    doubled = [event_id for event_id, count in stored.items() if count > 1]
    print(
        f"{KILLS} kills: {len(handed_in)} events handed in, {len(stored)} stored, {len(lost)} lost, "
        f"{len(doubled)} doubled, {waited} seen waiting in the spool at a start, {rejected} cut lines"
    )
    assert len(handed_in) > 20 * KILLS
    assert (lost, doubled) == ([], [])
    assert len(set(handed_in)) == len(handed_in)
    assert rows(path, "SELECT count(*) FROM events WHERE event_kind = 'chain_broken'") == [(0,)]
    assert_sound(path)
    assert_chain_is_whole(places)
    with reading(path) as reader:  # all content opens
        total = sum(len(reader.events(talk.talk_id)) for talk in reader.talks(1_000_000))
    (about_persons,) = rows(path, "SELECT count(*) FROM events WHERE talk_id IS NULL")
    assert total + int(str(about_persons[0])) == len(stored)
