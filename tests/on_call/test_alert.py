from dataclasses import FrozenInstanceError, fields
from datetime import datetime, timedelta, timezone

import pytest

from on_call.alert import Alert, new_alert_id


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("alert_id", ""),
        ("alert_id", "a.b"),
        ("alert_id", "a\n"),
        ("level", 0),
        ("level", 4),
        ("kind", "I want to die"),
        ("kind", "خودکشی"),
        ("raised_at", datetime(2026, 11, 20)),
        ("raised_at", datetime(2026, 11, 20, tzinfo=timezone(timedelta(hours=3)))),
    ],
)
def test_a_wrong_field_is_named(make_alert, field, value):
    with pytest.raises(ValueError, match=rf"Alert\.{field}"):
        make_alert(**{field: value})


def test_an_alert_has_no_place_for_words_and_cannot_be_changed(alert):
    assert {field.name for field in fields(Alert)} == {
        "alert_id", "talk_id", "clinic", "subject", "level", "kind", "country", "language", "raised_at",
    }  # fmt: skip
    with pytest.raises(FrozenInstanceError):
        alert.level = 1


@pytest.mark.parametrize(("field", "value"), [("language", "auto"), ("country", "Iran"), ("country", "ir")])
def test_no_alert_stumbles_over_a_strange_language_or_country(make_alert, field, value):
    assert getattr(make_alert(**{field: value}), field) is None


def test_each_alert_gets_an_id_of_its_own(make_alert):
    ids = {new_alert_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(make_alert(alert_id=each).alert_id == each for each in ids)
