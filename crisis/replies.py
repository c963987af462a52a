"""The fixed replies in a crisis, from `data/crisis/replies.jsonl`, with the numbers of the country in them.

Finitely many (level × kind × language × country), so that all can be reviewed and rendered beforehand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from crisis.guard import DATA_FOLDER
from crisis.lexicon import REMEDY
from crisis.lines import Line, LineTable, default_line_table
from language import LANGUAGES, split_sentences

__all__ = [
    "ADDITIONS",
    "RepliesError",
    "Reply",
    "ReplyTable",
    "before_question",
    "default_reply_table",
    "reply",
    "sentence",
]

_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_PLACES = frozenset(
    {"crisis", "crisis_or_emergency", "crisis_short", "emergency", "medical", "or_helpline", "police"}
)
ADDITIONS = ("minor", "nobody", "calling", "reached", "unreached", "ask_country", "numbers", "continued")
"""Kinds of level 0 that are no replies: sentences that are said beside them."""


class RepliesError(ValueError):
    """The table of replies can't be used; the message names the line to correct."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said and shown: `text` in full, with the numbers to say, and the `lines` to tap."""

    text: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ReplyTable:
    """The reply texts by level, kind and language, and the lines that go into them."""

    texts: dict[tuple[int, str, str], str]
    line_table: LineTable

    @classmethod
    def load(cls, folder: Path = DATA_FOLDER, line_table: LineTable | None = None) -> ReplyTable:
        """The replies of `folder`; raises `RepliesError` if one is malformed or missing.

        There must be one for levels 1, 2 and 3 of kind "suicide" in each language, on which every other kind
        falls back, and each of the `ADDITIONS`.
        """
        path = folder / "replies.jsonl"
        texts: dict[tuple[int, str, str], str] = {}
        try:
            rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8"
            raise RepliesError(f"{path}: can't be read ({reason}); {REMEDY}") from error
        for number, row in enumerate(rows, start=1):
            try:
                entry = json.loads(row)
                text = entry["text"]
                unknown = set(re.findall(r"\{(\w*)\}", text)) - _PLACES
                if not isinstance(text, str) or not text.strip():
                    raise ValueError("text must be a sentence")
                if unknown or entry["language"] not in LANGUAGES or entry["level"] not in range(4):
                    raise ValueError("unknown place, language or level")
                texts[int(entry["level"]), str(entry["kind"]), str(entry["language"])] = text
            except KeyError as error:
                raise RepliesError(f"{path}, line {number}: {error} is missing; correct the line") from error
            except (TypeError, ValueError) as error:
                raise RepliesError(f"{path}, line {number}: {error}; correct the line") from error
        needed = [(level, "suicide") for level in (1, 2, 3)] + [(0, kind) for kind in ADDITIONS]
        for language in LANGUAGES:
            for level, kind in needed:
                if (level, kind, language) not in texts:
                    raise RepliesError(
                        f"{path}: has no reply of level {level}, kind {kind}, {language}: is it cut off? "
                        f"{REMEDY.capitalize()}"
                    )
        return cls(texts, line_table or LineTable.load(folder))

    def reply(
        self,
        level: int,
        language: str,
        country: str | None,
        kind: str = "suicide",
        *,
        minor: bool = False,
    ) -> Reply:
        """The reply for `level` 0 to 3 and `kind`, in `language` ("en" where it is none of ours).

        Level 0 has a reply for kind "third_person" only (someone is worried about another); every
        other level 0 gives an empty text, and `ADDITIONS` are for `sentence`. Level 1 asks a question and
        shows no numbers, except where its text names one. A kind without a reply of its level takes its
        next graver one. Who is under age (`minor`) is also told to turn to a grown-up. Raises ValueError
        for another level.
        """
        if level not in range(4):
            raise ValueError(f"level {level} is not 0, 1, 2 or 3")
        language = language if language in LANGUAGES else "en"
        graver = range(level, 4) if level else (0,)
        spoken = kind if kind not in ADDITIONS else "suicide"
        fitting = (self.texts.get((own, spoken, language)) for own in graver)
        text = next(filter(None, fitting), None) or self.texts.get((level, "suicide", language), "")
        if minor and text:
            text = before_question(text, self.texts[0, "minor", language], language)
        shown = self.line_table.lines(country, language)
        numbers_said = level >= 2 or "{" in text
        return Reply(_fill(text, shown, language), shown if numbers_said else ())

    def sentence(self, kind: str, language: str, country: str | None) -> str:
        """One of the `ADDITIONS`, in `language` ("en" where it is none of ours)."""
        language = language if language in LANGUAGES else "en"
        return _fill(self.texts[0, kind, language], self.line_table.lines(country, language), language)

    def every(self, countries: tuple[str | None, ...]) -> Iterator[tuple[int, str, str, str | None, Reply]]:
        """Each reply there is for `countries`, with its level, kind, language and country."""
        for level, kind, language in self.texts:
            for country in countries if kind not in ADDITIONS else ():
                yield level, kind, language, country, self.reply(level, language, country, kind)


@lru_cache(maxsize=1)
def default_reply_table() -> ReplyTable:
    """The table of the repository's own data, loaded once."""
    return ReplyTable.load(line_table=default_line_table())


def reply(
    level: int, language: str, country: str | None, kind: str = "suicide", *, minor: bool = False
) -> Reply:
    """`ReplyTable.reply` of the default table."""
    return default_reply_table().reply(level, language, country, kind, minor=minor)


def sentence(kind: str, language: str, country: str | None) -> str:
    """`ReplyTable.sentence` of the default table."""
    return default_reply_table().sentence(kind, language, country)


def before_question(text: str, addition: str, language: str) -> str:
    """`text` with `addition` in it, before the question at its end, so that the question stays the last."""
    if not addition:
        return text
    sentences = split_sentences(text, language)
    asks = bool(sentences) and sentences[-1].endswith(("?", "؟"))
    place = len(sentences) - asks
    return " ".join((*sentences[:place], addition, *sentences[place:]))


def _fill(text: str, shown: tuple[Line, ...], language: str) -> str:
    persian = language == "fa"
    emergency = _number(shown, ("emergency",), persian)
    places = {
        "emergency": emergency,
        "medical": _number(shown, ("ambulance", "emergency"), persian),
        "police": _number(shown, ("police", "emergency"), persian),
        "crisis": _sentence(shown, persian),
        "crisis_short": _number(shown, ("crisis", "emergency"), persian),
        "crisis_or_emergency": _both(shown, persian),
        "or_helpline": _or_helpline(shown, persian),
    }
    filled = re.sub(r"\{(\w+)\}", lambda place: places[place.group(1)], text)
    return re.sub(r"[,،](?=[.,،؟?])", "", filled)  # the comma that closes an insertion, at a sentence's end


def _number(shown: tuple[Line, ...], kinds: tuple[str, ...], persian: bool) -> str:
    line = next((line for kind in kinds for line in shown if line.kind == kind), None)
    local = "شمارهٔ اضطراری محل خودتان" if persian else "your local emergency number"
    if line is None:
        return local
    number = _written(line.number, persian)
    if line.country == "*":
        return (
            f"{local}، در بسیاری از کشورها {number}،" if persian else f"{local}, in many countries {number},"
        )
    if not line.verified_on:
        return f"{number} (تأییدنشده) یا {local}" if persian else f"{number} (not verified) or {local}"
    return number


def _sentence(shown: tuple[Line, ...], persian: bool) -> str:
    line = next((line for line in shown if line.kind == "crisis"), None)
    if line is None:
        address = next((line.number for line in shown if line.kind == "directory"), "findahelpline.com")
        if persian:
            return f"در نشانی {address} خط کمک کشورتان را پیدا می‌کنید"
        return f"You can find a helpline for your country on {address}"
    number = _written(line.number, persian)
    named = (
        line.name
        if number in line.name
        else f"{line.name}، {number}،"
        if persian
        else f"{line.name} on {number}"
    )
    return f"می‌توانید با {named} تماس بگیرید" if persian else f"You can call {named}"


def _or_helpline(shown: tuple[Line, ...], persian: bool) -> str:
    if not any(line.kind == "crisis" for line in shown):
        return ""
    number = _number(shown, ("crisis",), persian)
    return f" یا {number}" if persian else f" or {number}"


def _both(shown: tuple[Line, ...], persian: bool) -> str:
    helpline, emergency = _sentence(shown, persian), _number(shown, ("emergency",), persian)
    if persian:
        return f"{helpline}. اگر همین حالا در خطر هستید، با {emergency} تماس بگیرید"
    return f"{helpline}. If you are in danger now, call {emergency}"


def _written(number: str, persian: bool) -> str:
    return number.translate(_PERSIAN_DIGITS) if persian else number
