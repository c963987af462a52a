"""Who has the right to write, and how to see it without taking it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from session_log import writer_lock
from session_log.writer_lock import LogInUseError, claim, holds, is_held, release


def test_a_log_has_one_writer_at_a_time(path: Path) -> None:
    claimed = claim(path)
    assert holds(claimed, path)
    with pytest.raises(LogInUseError):
        claim(path)
    release(claimed)
    release(claim(path))


def test_it_can_be_seen_and_stays_with_its_holder(path: Path) -> None:
    claimed = claim(path)
    assert is_held(path)
    assert is_held(path)
    with pytest.raises(LogInUseError):
        claim(path)
    release(claimed)
    assert not is_held(path)


def test_looking_makes_no_file(path: Path) -> None:
    assert not is_held(path)
    assert not path.parent.exists()


def test_whoever_looks_at_that_moment_keeps_nobody_from_claiming(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(claim(path))
    looking = os.open(path.with_name(f"{path.name}.writer"), os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH | fcntl.LOCK_NB)
    monkeypatch.setattr(writer_lock.time, "sleep", lambda pause_s: os.close(looking))
    release(claim(path))
