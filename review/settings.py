"""The section `hamdel.review` of the deployer's settings, checked when it is read."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

__all__ = ["ReviewSettings"]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone such as Europe/Berlin or UTC") from None
    return name


class ReviewSettings(BaseModel):
    """The review application.

    Whoever does nothing for `idle_minutes` is signed off, and everybody after `longest_hours`. An invitation
    is good for `invitation_hours`. Times are shown in `timezone`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    idle_minutes: int = Field(default=15, ge=1, le=60)
    longest_hours: int = Field(default=12, ge=1, le=24)
    invitation_hours: int = Field(default=72, ge=1, le=336)
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
