"""Finds and cuts the loops into which a speech recogniser falls when it fails to end a sentence."""

from __future__ import annotations

import re
import zlib

from language import detect_script_language, normalise

__all__ = ["compression_ratio", "cut_loop"]

_CERTAIN_WORDS = 4


def compression_ratio(text: str) -> float:
    """Bytes of the text by bytes of its zlib form; above 2.4 it repeats itself (Whisper's own measure)."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def cut_loop(text: str) -> str | None:
    """Keeps one round of a phrase that is said over and over up to the end of the text.

    The last word is dropped first, since a loop ends where the limit cut it. A phrase counts as a loop
    when it came twice and at least four words (or the whole, if shorter) of a third time. A recogniser that
    loops in Persian spells the rounds differently (ي and ی, «می خوام» and «می‌خوام»), so they are brought into
    one spelling first.

    Returns:
        The text up to the end of the first round, or None where its end is no loop.
    """
    one_spelling = normalise(text, "fa") if detect_script_language(text) == "fa" else text
    words = one_spelling.split()[:-1]
    keys = [re.sub(r"\W", "", word).casefold() for word in words]
    for period in range(1, len(keys) // 2 + 1):
        covered = period
        while covered < len(keys) and keys[-1 - covered] == keys[-1 - covered + period]:
            covered += 1
        if covered >= 2 * period + min(period, _CERTAIN_WORDS):
            return " ".join(words[: len(words) - covered + period])
    return None
