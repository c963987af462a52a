"""The real crisis guard, watched."""

from functools import lru_cache

import crisis

__all__ = ["WatchedGuard"]


class WatchedGuard:
    """The real guard, and what it found in the step under way."""

    def __init__(self):
        self.level = 0
        self.replies = []

    def begin_step(self):
        self.level = 0
        self.replies = []

    def assess(self, text, *, language=None, context=(), alternatives=(), distressed=False, uncertain=False):
        found = _assess(text, language, tuple(context), tuple(alternatives), distressed, uncertain)
        self.level = max(self.level, found.level)
        return found

    def reply(self, level, language, country, kind="suicide", *, minor=False):
        reply = crisis.reply(level, language, country, kind, minor=minor)
        if level >= 2:
            self.replies.append(reply)
        return reply

    lines = staticmethod(crisis.lines)
    sentence = staticmethod(crisis.sentence)
    named_country = staticmethod(crisis.named_country)


@lru_cache(20_000)
def _assess(text, language, context, alternatives, distressed, uncertain):
    return crisis.assess(
        text,
        language=language,
        context=context,
        alternatives=alternatives,
        distressed=distressed,
        uncertain=uncertain,
    )
