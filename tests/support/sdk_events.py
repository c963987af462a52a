"""The event classes of the stock Python `openai` SDK, and a check that an event fits its class exactly."""

import typing

from openai import BaseModel as SdkModel
from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent

__all__ = ["CLIENT_EVENTS", "SERVER_EVENTS", "validate"]

_BESIDE_SESSION = {"object", "id", "expires_at"}  # the SDK's session class does not list what the API shows


def _classes(union):
    members = [cls for cls in typing.get_args(typing.get_args(union)[0]) if isinstance(cls, type)]
    return {typing.get_args(cls.model_fields["type"].annotation)[0]: cls for cls in members}


CLIENT_EVENTS = _classes(RealtimeClientEvent)
SERVER_EVENTS = _classes(RealtimeServerEvent)


def validate(raw):
    """Fails unless an event fits its class without coercion, and has no field that the class lacks."""
    assert raw["type"] in SERVER_EVENTS
    model = SERVER_EVENTS[raw["type"]].model_validate(raw, strict=True)
    assert set(_unknown_fields(model, "")) <= {f".session.{name}" for name in _BESIDE_SESSION}


def _unknown_fields(model, where):
    found = [f"{where}.{name}" for name in model.model_extra or {}]
    for name in type(model).model_fields:
        value = getattr(model, name)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, SdkModel):
                found += _unknown_fields(part, f"{where}.{name}")
    return found
