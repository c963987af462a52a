"""The normal form of a text: one spelling for what looks or sounds the same, nothing that is not read.

The order of the steps matters and follows what was found to work for Persian: composition, letters,
digits, marks that carry no sound, lengthened letters, half-spaces, white space.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from functools import lru_cache

from language.half_space import repair_half_spaces

__all__ = ["fold", "normalise"]

ZWNJ = "\u200c"

_PERSIAN_LETTERS = {
    ord(source): target
    for target, sources in {"ی": "يىېےۍ", "ک": "كڪڬ", "ه": "ةہەھۂۃ", "و": "ۆۊ", "هٔ": "ۀ"}.items()
    for source in sources
}
_QUOTES = {
    ord(source): target for target, sources in {"'": "‘’‛ʼ`´", '"': "“”„‟"}.items() for source in sources
}
_KEPT_SYMBOLS = frozenset("°©®™")
_COMBINING_SYMBOLS = frozenset("\u20e3\ufe0e\ufe0f")
_TATWEEL = "\u0640"
_HARAKAT = re.compile("[\u064b-\u0653\u0655-\u065f\u0670]")

_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_MARKDOWN_LINE_START = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-+•‣◦][ \t]+)", re.MULTILINE)
_MARKDOWN_MARK = re.compile(r"[*`]+|~~+|(?<!\w)_+(?=\w)|(?<=[^\W_])_+(?!\w)|(?<!\w)_+(?!\w)|(?<!\w)#+(?=\w)")
_LONG_LETTER = re.compile(r"(?!www\b)([^\W\d_])\1{2,}", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_REPEATED_MARK = re.compile(r"([!?؟،؛,;:])(?:\s*\1)+")
_ELLIPSIS = re.compile(r"…+\.*|\.{3,}…*(?:[.…])*")
_SPACE_BEFORE_MARK = re.compile(r"(?<=\w)\s+([،؛؟!?](?:\s|$)|[,;.…](?:\s|$))")
_DECIMAL_MARK = re.compile(r"(?<=\d)٫(?=\d)")
_THOUSANDS_MARK = re.compile(r"(?<=\d)[٬’'](?=\d{3}(?!\d))")

# English words whose doubled letter is part of the spelling: "feeel" is "feel", but "sooo" is "so".
_DOUBLED_LIST = """
accept address afford aggressive agree all anniversary annoyed annoying apple appointment arrest asleep
assault attack attention awfully bedroom been beer beginning better between bless blood bloody book boss
bottom breathless bullied bully bullying button call called calling carry class coffee cool cross
cruelly cuddle deep deeply depressed depressing depression different difficult doll door dress drill
effort embarrassed fall falling feel feeling feelings feels feet fell fill fool foolish foot free
freezing full fully funny good goodbye goodnight greet hell hello helpless homeless hopeless hurry ill
illness keep keeps kill killed killing kiss less little loneliness look looking loop loose loss lottery
marriage married meet meeting mess message messed middle miss missed missing mood moon need needed needs
off offer office pass passed passing pee pill pills pissed poor possible pressure pretty proof pull
really room roommate rubbish school scroll see seem seems seen sell session shall shoot sleep sleeping
sleepless sleepy small smell sniff soon sorry spell still stress stressed stressful struggle struggling
succeed suffer suffering suffocate suffocating supper support suppose sweet tall teeth tell telling
terrible terrified terrify three tomorrow too took tool traffic tree unhappy useless wall week weekend
well will willing wood wool worried worry worrying worthless yell yelled yelling yellow
"""
_DOUBLED = frozenset(_DOUBLED_LIST.split())


def normalise(text: str, language: str) -> str:
    """The normal form of `text`; `language` is "en" or "fa" (any other value: the neutral steps only).

    Composed Unicode (NFC); digits of every script in ASCII; no tatweel,
    direction marks, control characters, emoji or Markdown marks; letters repeated three or more times
    written once (or twice where English spells it so); single spaces, no line breaks. Persian text
    also gets Persian letters for Arabic ones and half-spaces (U+200C) where prefixes and suffixes were
    written with a space or with nothing. Letter case, punctuation and vowel marks stay.

    Never raises; idempotent; the result has at most four times the length of the input.
    """
    previous = text
    for _ in range(8):
        current = _normalise_once(previous, language)
        if current == previous:
            break
        previous = current
    return previous


def fold(text: str, language: str) -> str:
    """A form for matching: normal form, lower case, no vowel marks, straight quotes, one yeh for hamza.

    Half-spaces stay, since they divide words in Persian patterns; what only compares whole strings may
    replace them. Not for people to read.
    """
    folded = normalise(text, language).casefold().translate(_QUOTES)
    if language == "fa":
        folded = (
            _HARAKAT.sub("", folded)
            .replace("هٔ", "ه")
            .translate({ord("أ"): "ا", ord("إ"): "ا", ord("ؤ"): "و"})
        )
        folded = folded.replace("ء", "")
    elif not folded.isascii():
        folded = "".join(
            character
            for character in unicodedata.normalize("NFD", folded)
            if unicodedata.category(character) != "Mn" or "\u0600" <= character <= "\u06ff"
        )
    return normalise(folded, language)


def _normalise_once(text: str, language: str) -> str:
    text = unicodedata.normalize("NFC", text)
    if not text.isascii():
        text = "".join(map(_plain_form, text))
    if language == "fa":
        text = text.translate(_PERSIAN_LETTERS)
    text = _THOUSANDS_MARK.sub(",", _DECIMAL_MARK.sub(".", text)).replace("٪", "%")
    text = _MARKDOWN_LINK.sub(r"\1", text)
    text = _MARKDOWN_LINE_START.sub("", text)
    text = _MARKDOWN_MARK.sub("", text)
    if not (text.isascii() and text.isprintable()):
        text = "".join(filter(_is_read, text))
    text = text.replace("\u2028", " ").replace("\u2029", " ")
    text = _collapse_long_letters(text, language)
    text = _ELLIPSIS.sub("…", text)
    text = _REPEATED_MARK.sub(r"\1", text)
    text = " ".join(text.split())
    text = _SPACE_BEFORE_MARK.sub(r"\1", text)
    text = repair_half_spaces(text, persian=language == "fa")
    return unicodedata.normalize("NFC", " ".join(text.split()))


@lru_cache(maxsize=4_096)  # a text of 10,000 characters has few different ones
def _plain_form(character: str) -> str:
    if character.isascii():
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    code = ord(character)
    if 0xFB50 <= code <= 0xFDCF or 0xFE70 <= code <= 0xFEFC or 0xFF01 <= code <= 0xFF5E:
        plain = unicodedata.normalize("NFKC", character)
        return plain if len(plain) <= 3 else character
    return character


@lru_cache(maxsize=4_096)
def _is_read(character: str) -> bool:
    if character == ZWNJ or character in "\n\t\r\u2028\u2029":
        return True
    if character == _TATWEEL or character in _COMBINING_SYMBOLS or 0x1F3FB <= ord(character) <= 0x1F3FF:
        return False
    category = unicodedata.category(character)
    if category == "So":
        return character in _KEPT_SYMBOLS
    return category not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def _collapse_long_letters(text: str, language: str) -> str:
    if not _LONG_LETTER.search(text):
        return text
    if language == "en":
        return _WORD.sub(lambda match: _collapse_english_word(match.group()), text)
    return _LONG_LETTER.sub(lambda match: match.group()[0], text)


def _collapse_english_word(word: str) -> str:
    runs = [match.span() for match in _LONG_LETTER.finditer(word)]
    if not runs:
        return word
    once = _LONG_LETTER.sub(lambda match: match.group()[0], word)
    if len(runs) > 4:
        return once
    for lengths in itertools.product((1, 2), repeat=len(runs)):
        pieces, position = [], 0
        for (start, end), length in zip(runs, lengths, strict=True):
            pieces += [word[position:start], word[start : start + length]]
            position = end
        candidate = "".join(pieces) + word[position:]
        if candidate.casefold() in _DOUBLED:
            return candidate
    return once
