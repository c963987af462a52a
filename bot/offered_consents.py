"""Which consents a deployer offers: what the law at its place and its settings leave."""

from __future__ import annotations

from bot.settings import Settings

__all__ = ["not_offered"]


def not_offered(settings: Settings) -> frozenset[str]:
    """The scopes that can't be granted: inferring feelings where it is forbidden, sound that is not kept."""
    withheld: set[str] = set()
    if not settings.jurisdiction.rules.emotion_inference:
        withheld |= {"emotion", "camera"}
    if settings.session_log.audio_days == 0:
        withheld.add("store_audio")
    return frozenset(withheld)
