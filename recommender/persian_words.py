"""Words of a Persian text: half-space compounds stay whole, and can be taken apart.

The input is what `language.fold(text, "fa")` makes of a text, so letters, half-spaces and digits have one
form already. A compound such as «کتاب‌خانه» is one word; `parts` gives its pieces for a table that does
not know the whole.
"""

from __future__ import annotations

import re

__all__ = ["HALF_SPACE", "is_persian", "parts", "persian_words"]

HALF_SPACE = "\u200c"
_LETTERS = "ءآأؤئابتثجحخدذرزسشصضطظعغفقلمنهوپچژکگی"
_LETTER = frozenset(_LETTERS)
_WORD = re.compile(f"[{_LETTERS}]+(?:{HALF_SPACE}[{_LETTERS}]+)*")
_BOUND_LIST = """
می نمی ها های هایی هام هات هاش هایم هایت هایش تر ترین ام ات اش ای اند ایم اید ی
"""
_BOUND = frozenset(_BOUND_LIST.split())


def persian_words(folded: str) -> list[str]:
    """Words of Persian letters in order; digits, marks and other scripts are left out.

    Args:
        folded: what `language.fold` makes of the text.
    """
    return _WORD.findall(folded)


def is_persian(word: str) -> bool:
    """Whether a word begins with a Persian letter."""
    return word[:1] in _LETTER


def parts(word: str) -> tuple[str, ...]:
    """Pieces of a half-space compound that mean something alone; empty for a simple word.

    «دل‌تنگی» gives دل and تنگی, «کتاب‌ها» gives کتاب alone: endings are no words.
    """
    pieces = word.split(HALF_SPACE)
    if len(pieces) == 1:
        return ()
    return tuple(piece for piece in pieces if piece not in _BOUND)
