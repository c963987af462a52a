"""`python -m review admin`: lets the first administrator in, or one who lost password and recovery codes."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.settings import SettingsError, load_settings
from review.accounts import AccountError, find_by_login, has_administrator, plain_login
from review.setup_file import Setup, write_setup
from session_log import SessionLogError
from session_log.reader import reading

__all__ = ["add_admin_arguments", "run_admin"]


def add_admin_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = (
        "Prints a link, good once and for 24 hours, under which the server that runs (or the next that "
        "starts) lets somebody set a password and a second factor, and makes them administrator."
    )
    parser.add_argument("--login", required=True, metavar="NAME", help="the name to sign in with")
    parser.add_argument(
        "--reset",
        action="store_true",
        help="also where there is an administrator; an account of this name loses its password and second "
        "factor as soon as the link is used",
    )
    parser.add_argument("--address", metavar="URL", help="of the server (default: by endpoints.yml)")
    parser.add_argument("--database", type=Path, metavar="FILE", help="session log (default: the server's)")


def run_admin(options: argparse.Namespace) -> int:
    """Runs the command; gives the exit status."""
    try:
        settings = load_settings()
        database = options.database or settings.session_log.places.database
        login = plain_login(options.login)
        if database.exists() and not options.reset:
            _check_free(database, login)
        token = write_setup(database, Setup(login, options.reset), datetime.now(UTC))
    except AccountError as error:
        return _refuse(_REASONS[error.code])
    except OSError as error:
        return _refuse(f"the link cannot be left beside the session log ({error.strerror})")
    except (SettingsError, SessionLogError) as error:
        return _refuse(str(error))
    server = settings.server
    address = options.address or f"http://localhost:{server.port}"
    print(f"Open this once, within 24 hours, while the server runs:\n\n{address}/review/invitation/{token}\n")
    return 0


_REASONS = {
    "login_wrong": "the name must be 3 to 64 letters, digits, or . _ - + @",
    "administrator_exists": "there is an administrator, who can invite others; --reset makes one anyhow",
    "login_taken": "there is an account of this name; take another, or --reset it",
}


def _check_free(database: Path, login: str) -> None:
    with reading(database) as reader:
        if has_administrator(reader.database):
            raise AccountError("administrator_exists")
        if find_by_login(reader.database, login) is not None:
            raise AccountError("login_taken")


def _refuse(reason: str) -> int:
    print(f"review: {reason}", file=sys.stderr)
    return 2
