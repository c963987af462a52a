"""How the first administrator is let in: whoever can write beside the session log may name them.

`python -m review admin` leaves a file beside the database (whose folder only the server's user can read) and
prints a link. Whoever opens the link in the running server sets password and second factor; the file is then
gone. So the command needs neither the right to write the log nor the server to be stopped, and no secret
passes through its arguments. The file holds the digest of the link's secret alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

__all__ = ["Setup", "claim_setup", "find_setup", "setup_path", "write_setup"]

_GOOD_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Setup:
    """Who becomes administrator; with `reset` also where there is one, or the login has another role."""

    login: str
    reset: bool


def setup_path(database: Path) -> Path:
    """Where the file is."""
    return database.with_name(f"{database.name}.review-setup")


def write_setup(database: Path, setup: Setup, now: datetime) -> str:
    """Writes the file, in place of an older one, and returns the secret of the link.

    Raises:
        OSError: where it can't be written.
    """
    token = secrets.token_urlsafe(32)
    path = setup_path(database)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    values = {
        "login": setup.login,
        "reset": setup.reset,
        "digest": _digest(token),
        "expires_at": (now + _GOOD_FOR).isoformat(),
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(values, file)
    return token


def find_setup(database: Path, token: str, now: datetime) -> Setup | None:
    """What the file says, if it is there, ours alone, still good, and of this secret."""
    try:
        descriptor = os.open(setup_path(database), os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
                return None
            values = json.loads(file.read(10_000))
        good = hmac.compare_digest(str(values["digest"]), _digest(token))
        if not good or now >= datetime.fromisoformat(values["expires_at"]):
            return None
        return Setup(login=str(values["login"]), reset=values["reset"] is True)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def claim_setup(database: Path) -> bool:
    """Removes the file; False where another request was first."""
    try:
        setup_path(database).unlink()
    except OSError:
        return False
    return True


def _digest(token: str) -> str:
    return hashlib.sha256(b"hamdel review setup 1\n" + token.encode()).hexdigest()
