"""Persian spelled so that espeak-ng's rules read it right: vowels marked where they go wrong.

Persian writing leaves short vowels out; espeak-ng guesses some of them wrongly and draws a silent final
"ه" out. Marking a vowel can also spoil a word that its rules knew, so that only words are listed here
whose phonemes were seen to be better; the tests look at them again.
"""

from __future__ import annotations

import re

__all__ = ["SHORT_FINAL_E", "VOWELS_MARKED", "marked_persian"]

_WORD = re.compile("[\u0621-\u063a\u0641-\u0655\u067e\u0686\u0698\u06a9\u06af\u06cc\u200c]+")

_SHORT_FINAL_E_WORDS = """
که به چه همه خسته شماره خانه درباره شده گرفته گذاشته هفته برنامه اجازه تازه ساده سینه دیده بله می‌کنه
اندازه وسیله
"""
SHORT_FINAL_E = frozenset(_SHORT_FINAL_E_WORDS.split())
"""Words whose final "ه" is a short e, to be written as the vowel mark."""

VOWELS_MARKED = {
    "مهربان": "مِهرَبان",
    "مهربانی": "مِهرَبانی",
    "می‌دهم": "می‌دَهَم",
}
"""Words whose short vowels are guessed wrongly, and their spelling with marks."""


def marked_persian(text: str) -> str:
    """`text` with vowel marks for espeak-ng; words that bear a mark already stay as they are."""
    return _WORD.sub(lambda word: _marked(word.group()), text)


def _marked(word: str) -> str:
    if word in SHORT_FINAL_E:
        return word[:-1] + "\u0650"
    return VOWELS_MARKED.get(word, word)
