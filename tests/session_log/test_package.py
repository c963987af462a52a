from __future__ import annotations

import pytest

import session_log
from session_log.writer import SessionLog


def test_the_package_offers_the_gateways_names() -> None:
    assert session_log.SessionLog is SessionLog
    assert all(getattr(session_log, name) for name in session_log.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Diary'"):
        _ = session_log.Diary  # type: ignore[attr-defined]
