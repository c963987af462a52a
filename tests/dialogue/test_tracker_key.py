from __future__ import annotations

import base64
from pathlib import Path

import pytest

from dialogue.tracker_key import KEY_VARIABLE, SealBrokenError, TrackerKey, TrackerKeyError

KEY = TrackerKey(bytes(32))
OTHER = TrackerKey(bytes(31) + b"1")
WORDS = "خیلی ناراحتم zanzibarmarmalade".encode()


def test_what_was_sealed_opens_again_and_nothing_of_it_shows() -> None:
    row = KEY.row_of("somebody")
    wrapped, sealed = KEY.seal(row, WORDS)
    assert KEY.unseal(row, wrapped, sealed) == WORDS
    assert b"zanzibar" not in wrapped + sealed
    assert b"somebody" not in row


def test_the_same_words_never_look_the_same() -> None:
    row = KEY.row_of("somebody")
    assert KEY.seal(row, WORDS) != KEY.seal(row, WORDS)


@pytest.mark.parametrize("part", ["wrapped", "sealed"])
def test_any_byte_changed_is_found(part: str) -> None:
    row = KEY.row_of("somebody")
    whole = dict(zip(("wrapped", "sealed"), KEY.seal(row, WORDS), strict=True))
    for position in range(len(whole[part])):
        changed = bytearray(whole[part])
        changed[position] ^= 1
        with pytest.raises(SealBrokenError):
            KEY.unseal(row, **{**whole, part: bytes(changed)})


def test_a_talk_in_the_place_of_another_or_cut_does_not_open() -> None:
    wrapped, sealed = KEY.seal(KEY.row_of("one"), WORDS)
    for row, one, two in (
        (KEY.row_of("other"), wrapped, sealed),
        (KEY.row_of("one"), b"", sealed),
        (KEY.row_of("one"), wrapped, sealed[:5]),
    ):
        with pytest.raises(SealBrokenError):
            KEY.unseal(row, one, two)


def test_another_key_opens_nothing_and_names_other_rows() -> None:
    row = KEY.row_of("one")
    with pytest.raises(SealBrokenError):
        OTHER.unseal(row, *KEY.seal(row, WORDS))
    assert OTHER.row_of("one") != row
    assert OTHER.id != KEY.id


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "trackers.key"
    made = TrackerKey.load(path, {}, create=True)
    assert TrackerKey.load(path, {}, create=True).id == made.id
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_the_environments_key_comes_first_and_makes_no_file(tmp_path: Path) -> None:
    given = base64.urlsafe_b64encode(bytes(32)).decode()
    assert TrackerKey.load(tmp_path / "key", {KEY_VARIABLE: f" {given}\n"}, create=True).id == KEY.id
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", "short", "گلابتون", "A" * 44, "=" * 44])
def test_what_is_no_key_is_refused_without_repeating_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text, encoding="utf-8")
    for environment in ({}, {KEY_VARIABLE: text or "x"}):
        with pytest.raises(TrackerKeyError) as raised:
            TrackerKey.load(path, environment, create=True)
        assert not text or text not in str(raised.value)


def test_a_key_that_is_needed_and_away_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(TrackerKeyError, match="Put it back"):
        TrackerKey.load(tmp_path / "key", {}, create=False)
