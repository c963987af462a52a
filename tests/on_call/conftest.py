"""Alerts and contacts of nobody."""

from datetime import UTC, datetime

import pytest

from on_call.alert import Alert
from on_call.rota import Contact

RAISED = datetime(2026, 11, 20, 19, 44, 5, tzinfo=UTC)


@pytest.fixture
def make_alert():
    def make(**changes):
        fields = {
            "alert_id": "alert_1",
            "talk_id": "talk-1",
            "clinic": "clinic-1",
            "subject": "p-17",
            "level": 3,
            "kind": "suicide",
            "country": "IR",
            "language": "fa",
            "raised_at": RAISED,
        }
        return Alert(**{**fields, **changes})

    return make


@pytest.fixture
def alert(make_alert):
    return make_alert()


@pytest.fixture
def contact():
    """Makes a contact that is reached by mail unless something else is said."""

    def make(name="First", **fields):
        return Contact(name, **(fields or {"email": f"{name.lower()}@clinic.example"}))

    return make
