"""The lexicon of a language: signals of a crisis, harmless phrases and the circumstances of both.

A lexicon is a file of JSON Lines. Each line has a `role`:

- `macro`: a piece of pattern that later lines use as `{id}`.
- `signal`: a pattern with `level` 1 to 3, `kind`, and optionally `person` ("third": about somebody else;
  "any": whoever it is about; default "self") and `negatable` (default true).
- `idiom`: a harmless phrase; signals that it touches don't count.
- `plan`: time, means or preparation; raises an active thought to level 3.
- `negation_before`, `negation_after`: right before or after a signal, takes it back;
  `negation_exempt`: before a signal, keeps it in spite of that ("why don't I …").
- `hyperbole`: before a signal of suicide: it may be no more than a manner of speaking, so we ask.
- `reported`: before a signal: somebody else's words; `fiction`: a film, a song, an essay.
- `first_subject`, `third_subject`: whom a signal is about, by the nearest.
- `past`, `past_form`, `present`: when, and a verb in the past; `joke`: taken back as a joke.
- `question`: one of our own questions; `yes` and `no` say what that answer to it means, each
  `{"level": 0–3, "kind": …}`, with kind "same" for the danger that was spoken of before; a missing one
  means nothing. `affirmation`, `denial`: a yes, a no; `doubt`: as good as a no where we asked for safety.
- `minor`: somebody under age speaks.
- `compact`: phrases found in spaced-out letters, written without spaces.

Patterns are Python regular expressions over the form that `crisis.wording` makes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crisis.wording import phonetic

__all__ = [
    "LEVELS",
    "REMEDY",
    "SAME_KIND",
    "Cue",
    "Lexicon",
    "LexiconError",
    "Question",
    "Signal",
    "load_lexicon",
]

LEVELS = (0, 1, 2, 3)
REMEDY = "restore it from the repository: git checkout -- data/crisis"
"""What mends a damaged file of this folder; part of the errors' messages."""

SAME_KIND = "same"
"""In place of a kind: the danger that was spoken of before the question."""

_SIGNAL_KEYS = {"role", "id", "level", "kind", "person", "pattern", "negatable"}
_NEEDED_ROLES = frozenset(
    {"idiom", "plan", "negation_before", "negation_exempt", "reported", "first_subject", "third_subject"}
    | {
        "past",
        "present",
        "joke",
        "affirmation",
        "denial",
        "doubt",
        "compact",
        "fiction",
        "past_form",
        "minor",
    }
)
_CUE_ROLES = _NEEDED_ROLES | {"negation_after", "hyperbole"}


class LexiconError(ValueError):
    """A line of a lexicon can't be used; the message names file and line and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A pattern that speaks for a crisis of `level` 1 to 3 and `kind`."""

    id: str
    level: int
    kind: str
    person: str
    negatable: bool
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Cue:
    """A pattern of one of the other roles."""

    id: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Question:
    """A question of ours: the level (0 to 3) and kind that a yes or a no to it means; None: nothing."""

    id: str
    pattern: re.Pattern[str]
    yes: tuple[int, str] | None
    no: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Signals, our own questions and, by role, cues of one language."""

    language: str
    signals: tuple[Signal, ...]
    questions: tuple[Question, ...]
    cues: dict[str, tuple[Cue, ...]]

    def first(self, role: str, text: str) -> re.Match[str] | None:
        """The first match of any cue of `role` in `text`, or None."""
        for cue in self.cues.get(role, ()):
            match = cue.pattern.search(text)
            if match:
                return match
        return None


def load_lexicon(path: Path, language: str) -> Lexicon:
    """The lexicon in `path`; raises `LexiconError` if the file or a line of it is unusable.

    A lexicon without suicide signals of each level, or without a role that the guard asks for, is no
    lexicon: an empty file, or one that was cut off, must not leave the guard deaf.
    """
    macros: dict[str, str] = {}
    signals: list[Signal] = []
    questions: list[Question] = []
    cues: dict[str, list[Cue]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"{path}: can't be read ({_reason(error)}); {REMEDY}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            role = entry["role"]
            source = _expand(entry["pattern"], macros)
            if language == "fa":
                source = phonetic(source)
            if role == "macro":
                macros[entry["id"]] = source
            elif role == "signal":
                signals.append(_signal(entry, source))
            elif role == "question":
                yes, no = (_meaning(entry.get(answer)) for answer in ("yes", "no"))
                questions.append(Question(entry["id"], re.compile(source), yes, no))
            elif role in _CUE_ROLES:
                cues.setdefault(role, []).append(Cue(entry["id"], re.compile(source)))
            else:
                raise ValueError(f"unknown role {role!r}")
        except (KeyError, TypeError, ValueError, re.error) as error:
            raise LexiconError(f"{path}, line {number}: {_reason(error)}; correct the line") from error
    _check_whole(path, signals, questions, cues)
    by_role = {role: tuple(found) for role, found in cues.items()}
    return Lexicon(language, tuple(signals), tuple(questions), by_role)


def _check_whole(
    path: Path, signals: list[Signal], questions: list[Question], cues: dict[str, list[Cue]]
) -> None:
    levels = {signal.level for signal in signals if signal.kind == "suicide"}
    lacking = [f"suicide signals of level {level}" for level in LEVELS[1:] if level not in levels]
    lacking += sorted(_NEEDED_ROLES - set(cues))
    lacking += [] if questions else ["questions"]
    if lacking:
        raise LexiconError(f"{path}: has no {', '.join(lacking)}: is it cut off? {REMEDY.capitalize()}")


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing or no macro"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return getattr(error, "strerror", None) or str(error)


def _expand(pattern: str, macros: dict[str, str]) -> str:
    return re.sub(r"\{([A-Z]+)\}", lambda match: macros[match.group(1)], pattern)


def _meaning(answer: Any) -> tuple[int, str] | None:
    if answer is None:
        return None
    if answer["level"] not in LEVELS:
        raise ValueError("level must be 0, 1, 2 or 3")
    return answer["level"], str(answer["kind"])


def _signal(entry: dict[str, Any], source: str) -> Signal:
    unknown = set(entry) - _SIGNAL_KEYS
    if unknown:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    if entry["level"] not in LEVELS[1:]:
        raise ValueError("level must be 1, 2 or 3")
    person = entry.get("person", "self")
    if person not in {"self", "third", "any"}:
        raise ValueError("person must be self, third or any")
    return Signal(
        entry["id"], entry["level"], entry["kind"], person, entry.get("negatable", True), re.compile(source)
    )
