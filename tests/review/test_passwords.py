import pytest
from argon2 import PasswordHasher

from review.passwords import NOBODYS_HASH, hash_password, password_fits, problem_with


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("seven herons", None),
        ("گذرواژهٔ بلند من", None),
        ("            a bc", None),
        ("11 letters!", "too_short"),
        ("", "too_short"),
        ("x" * 257, "too_long"),
        ("Password1234", "too_common"),
        ("abababababababab", "too_common"),
        ("anna.keller1", "too_common"),
        ("hamdel-anna.keller", "too_common"),
    ],
)
def test_only_length_and_commonness_count(password, problem):
    assert problem_with(password, "anna.keller") == problem


def test_a_password_fits_its_own_hash_alone():
    hashed = hash_password("seven herons wade")
    assert password_fits(hashed, "seven herons wade")
    assert not password_fits(hashed, "seven herons wadE")
    assert hashed.startswith("$argon2id$")


def test_the_same_letters_typed_on_another_keyboard_fit():
    assert password_fits(hash_password("cafe\u0301 au lait frais"), "caf\u00e9 au lait frais")


@pytest.mark.parametrize("password", ["", "anything", "x" * 100_000])
def test_nobody_s_hash_fits_nothing(password):
    assert not password_fits(NOBODYS_HASH, password)


def test_nobody_s_hash_takes_as_much_work_as_any():
    assert not PasswordHasher().check_needs_rehash(NOBODYS_HASH)


def test_a_damaged_hash_fits_nothing():
    assert not password_fits("$argon2id$nonsense", "anything")
