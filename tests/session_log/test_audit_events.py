from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace

import pytest

from session_log.audit_events import AUDIT_EVENTS, ROLES, AccessNoted
from session_log.kinds import AnyEvent, sealed_fields
from session_log.sealed import seal

Many = Callable[..., list[AnyEvent]]


def test_the_samples_have_every_kind_of_event(audit: Many) -> None:
    assert {type(event) for event in audit()} == set(AUDIT_EVENTS)


def test_nothing_of_them_is_sealed_since_nothing_of_them_is_content() -> None:
    assert not any(sealed_fields(kind) for kind in AUDIT_EVENTS)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("AccessNoted", "actor", ""),
        ("AccessNoted", "role", "owner"),
        ("AccessNoted", "action", "looked at it"),
        ("AccessNoted", "allowed", 0),
        ("AccessNoted", "detail", ""),
        ("AccountChanged", "change", "a whole sentence"),
        ("AccountChanged", "digest", "0" * 63),
        ("AccountChanged", "digest", "G" * 64),
        ("AccountChanged", "digest", None),
        ("AudioDeleted", "turn_id", None),
        ("AudioDeleted", "reason", ""),
        ("Erased", "rows", -1),
        ("Erased", "rows", 1.5),
        ("Erased", "digest", "F" * 64),
        ("Erased", "role", "nobody"),
        ("ChainBroken", "problem", "tail cut"),
        ("ChainBroken", "head_sequence", -1),
        ("ChainBroken", "last_sequence", None),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not(
    audit: Many, kind: str, field: str, value: object
) -> None:
    event = next(event for event in audit() if type(event).__name__ == kind)
    with pytest.raises(ValueError, match=rf"^{kind}\.{field} must ") as caught:
        replace(event, **{field: value})  # type: ignore[arg-type]
    if isinstance(value, str) and len(value) > 1:
        assert value not in str(caught.value)


def test_whose_data_it_was_stands_in_the_facts_alone_so_that_erasing_leaves_it(audit: Many) -> None:
    noted = audit()[0]
    assert isinstance(noted, AccessNoted)
    sealed = seal(noted, None)
    assert noted.person is not None
    assert sealed.person is None
    assert f'"person":"{noted.person}"' in sealed.facts


@pytest.mark.parametrize("role", ROLES)
def test_whoever_acts_has_one_of_a_few_roles(audit: Many, role: str) -> None:
    noted = audit()[0]
    assert isinstance(noted, AccessNoted)
    assert replace(noted, role=role).role == role


def test_events_cannot_be_changed(audit: Many) -> None:
    noted = audit()[0]
    assert isinstance(noted, AccessNoted)
    with pytest.raises(FrozenInstanceError):
        noted.allowed = False  # type: ignore[misc]
