from __future__ import annotations

import hashlib
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_log.chain import FIRST_LINK, Head, HeadError, LinkedRow, digest, link, read_head, write_head

KEY = b"k" * 32
ROW = LinkedRow(7, "event", "talk", "turn_heard", "2026-11-20T08:00:00.000000+00:00", b"f" * 32, b"c" * 32)


def test_the_digest_of_nothing_is_nothing_and_of_content_its_sha_256() -> None:
    assert digest(None) == b""
    assert digest(b"x") == hashlib.sha256(b"x").digest()
    assert digest(b"") != digest(None)


@pytest.mark.parametrize(
    "other",
    [
        {"sequence": 8},
        {"event_id": "event2"},
        {"talk_id": "talk2"},
        {"talk_id": None},
        {"talk_id": ""},
        {"kind": "talk_ended"},
        {"at": "2026-11-20T08:00:00.000001+00:00"},
        {"facts_digest": b"g" * 32},
        {"content_digest": b""},
        {"event_id": "eventtalk", "talk_id": ""},
        {"talk_id": "talkturn", "kind": "_heard"},
        {"event_id": "even", "talk_id": "ttalk"},
    ],
)
def test_every_part_of_a_row_is_linked(other: dict[str, object]) -> None:
    changed = replace(ROW, **other)  # type: ignore[arg-type]
    assert link(KEY, FIRST_LINK, changed) != link(KEY, FIRST_LINK, ROW)


def test_a_link_depends_on_the_key_and_on_the_row_before() -> None:
    first = link(KEY, FIRST_LINK, ROW)
    assert len(first) == 32
    assert first == link(KEY, FIRST_LINK, ROW)
    assert first != link(b"l" * 32, FIRST_LINK, ROW)
    assert first != link(KEY, first, ROW)


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_head_reads_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, sequence: int, newest: bytes
) -> None:
    file = tmp_path_factory.mktemp("head") / "log.head"
    write_head(file, KEY, Head(sequence, newest))
    assert read_head(file, KEY) == Head(sequence, newest)


def test_a_head_is_readable_by_its_owner_alone_and_leaves_nothing_beside(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "log.head"
    write_head(file, KEY, Head(1, bytes(32)))
    write_head(file, KEY, Head(2, bytes(32)))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_without_a_file_there_is_no_head(tmp_path: Path) -> None:
    assert read_head(tmp_path / "log.head", KEY) is None


def test_a_head_written_with_another_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "log.head"
    write_head(file, b"l" * 32, Head(1, bytes(32)))
    with pytest.raises(HeadError, match="changed, or belongs to another"):
        read_head(file, KEY)


@pytest.mark.parametrize("name", ["sequence", "link", "mac"])
def test_a_head_of_which_a_value_was_changed_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "log.head"
    write_head(file, KEY, Head(1, bytes(32)))
    values = json.loads(file.read_text())
    values[name] = {"sequence": 2, "link": "11" * 32, "mac": "00" * 32}[name]
    file.write_text(json.dumps(values))
    with pytest.raises(HeadError, match="changed"):
        read_head(file, KEY)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"sequence": 1}',
        b'{"sequence": "x", "link": "00", "mac": ""}',
        b'{"sequence": -1, "link": "00", "mac": ""}',
        b'{"sequence": 9223372036854775808, "link": "00", "mac": ""}',
        b'{"sequence": 1, "link": "zz", "mac": ""}',
        b'{"sequence": Infinity, "link": "00", "mac": ""}',
        b"[" * 100_000,
        b'{"sequence": null, "link": "00", "mac": ""}',
    ],
)
def test_a_file_that_holds_no_head_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "log.head"
    file.write_bytes(content)
    with pytest.raises(HeadError, match="holds no head"):
        read_head(file, KEY)


def test_a_mac_that_is_no_ascii_is_refused_as_any_other(tmp_path: Path) -> None:
    file = tmp_path / "log.head"
    file.write_text('{"sequence": 1, "link": "00", "mac": "\\u0663"}', encoding="ascii")
    with pytest.raises(HeadError):
        read_head(file, KEY)


def test_a_head_that_cannot_be_written_leaves_the_older_one(tmp_path: Path) -> None:
    file = tmp_path / "log.head"
    write_head(file, KEY, Head(1, bytes(32)))
    (tmp_path / "log.head.new").mkdir()
    with pytest.raises(OSError, match="log.head.new"):
        write_head(file, KEY, Head(2, bytes(32)))
    assert read_head(file, KEY) == Head(1, bytes(32))
