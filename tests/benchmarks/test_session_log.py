from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks.session_log import EVENTS_PER_TALK, main, synthetic_talk
from session_log.location import LogPlaces
from session_log.reader import reading
from session_log.verify import verify


def test_the_writer_is_timed_and_nothing_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cores = os.sched_getaffinity(0)
    out = tmp_path / "out.json"
    assert main(["--talks", "0", "--live-talks", "4", "--json", str(out)]) == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    assert json.loads(capsys.readouterr().out) == report
    assert report["synthetic"] is True
    assert (report["writer"]["events"], report["writer"]["lost"]) == (4 * EVENTS_PER_TALK, 0)
    assert report["writer"]["events_per_second"] > 0
    assert os.sched_getaffinity(0) == cores


def test_the_large_log_is_a_whole_one(tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    assert main(["--talks", "120", "--live-talks", "1", "--keep", str(keep)]) == 0
    places = LogPlaces.of(keep / "session_log.sqlite")
    assert verify(places) == []
    with reading(places) as reader:
        assert len(reader.talks(1000)) == 120
        assert len(reader.events("synthetic-talk-0000119")) == EVENTS_PER_TALK
        assert reader.database.execute("SELECT count(*) FROM persons").fetchone() == (6,)


def test_a_talk_is_the_same_each_time_and_says_that_it_is_synthetic() -> None:
    for number in (0, 1, 20, 39):
        first, again = ([repr(event) for event in synthetic_talk(number)] for _ in range(2))
        assert [text.split("event_id=")[0] for text in first] == [
            text.split("event_id=")[0] for text in again
        ]
        assert len(first) == EVENTS_PER_TALK
        assert all("synthetic" in text for text in first)


def test_a_folder_that_holds_something_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(SystemExit) as refused:
        main(["--talks", "1", "--keep", str(tmp_path)])
    assert refused.value.code == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
