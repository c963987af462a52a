from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pyotp
import pytest

from review.second_factor import (
    RECOVERY_CODES,
    enrolment_address,
    matching_step,
    new_recovery_codes,
    new_secret,
    plain_code,
    qr_picture,
    recovery_digest,
)

NOW = datetime(2026, 11, 20, 12, 0, 10, tzinfo=UTC)
# RFC 6238, appendix B: the ASCII secret of the SHA-1 rows, at 59 s; the last six of 94287082.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def test_codes_are_those_of_the_standard():
    assert matching_step(RFC_SECRET, "287082", datetime.fromtimestamp(59, UTC), 0) == 1


@pytest.mark.parametrize(("seconds", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_one_step_before_and_after_count(seconds, good):
    secret = new_secret()
    code = pyotp.TOTP(secret).at(NOW + timedelta(seconds=seconds))
    assert (matching_step(secret, code, NOW, 0) is not None) == good


def test_a_used_step_and_all_before_it_count_no_more():
    secret = new_secret()
    codes = [pyotp.TOTP(secret).at(NOW + timedelta(seconds=seconds)) for seconds in (-30, 0, 30)]
    used = matching_step(secret, codes[1], NOW, 0)
    assert [matching_step(secret, code, NOW, used) is not None for code in codes] == [False, False, True]


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "12 456", "¹²³⁴⁵⁶"])
def test_what_is_no_code_never_counts(code):
    assert matching_step(new_secret(), code, NOW, 0) is None


def test_typed_codes_are_read_kindly():
    assert plain_code(" 123 456 ") == "123456"
    assert plain_code("۱۲۳٤٥٦") == "123456"
    assert plain_code("abcde-fghjk") == "ABCDEFGHJK"
    assert len(plain_code("1" * 10_000)) <= 64


def test_recovery_codes_differ_and_are_kept_as_digests_of_one_account():
    codes = new_recovery_codes()
    assert len(set(codes)) == RECOVERY_CODES == 10
    assert recovery_digest(b"k", "u-1", codes[0]) != recovery_digest(b"k", "u-2", codes[0])
    assert recovery_digest(b"k", "u-1", codes[0]) != recovery_digest(b"l", "u-1", codes[0])


def test_the_picture_is_an_svg_without_script_and_the_address_names_the_account():
    address = enrolment_address(RFC_SECRET, "anna+1@clinic")
    assert address.startswith("otpauth://totp/Hamdel:anna")
    assert f"secret={RFC_SECRET}" in address
    picture = unquote(qr_picture(address))
    assert picture.startswith("data:image/svg+xml")
    assert "script" not in picture
