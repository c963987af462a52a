"""Which reading a word has in its sentence: allowed by its vowel marks, and likeliest to the tagger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tts_voices.pronunciation.persian_letters import aligned, chunk_cost
from tts_voices.pronunciation.persian_notation import VOWEL_LETTERS, unstressed

__all__ = ["allowed", "decoded", "likelihood"]

FATHA, KASRA, DAMMA = "\u064e", "\u0650", "\u064f"
SHADDA, SUKUN, TANWIN = "\u0651", "\u0652", "\u064b"
_ENDINGS = {FATHA: ("a", "an"), KASRA: ("e", "ey"), DAMMA: ("o", "ow"), TANWIN: ("an",)}
_WRITTEN_VOWEL = {FATHA: "a", KASRA: "e", DAMMA: "o"}
_NOT_PERMITTED = -30.0
_NOT_LEARNED = -12.0


def likelihood(letters: str, reading: str, scores: NDArray[np.float32], sounds: dict[str, int]) -> float:
    """How likely the letters [letters, sounds] with their `scores` stand for `reading`: a logarithm."""
    found = aligned(letters, unstressed(reading))
    if found is None:
        return _NOT_PERMITTED
    return sum(
        float(scores[place, sounds[part]]) if part in sounds else _NOT_LEARNED
        for place, part in enumerate(found[1])
    )


def allowed(letters: str, reading: str, marks: tuple[str, ...]) -> bool:
    """Whether `reading` agrees with the vowel marks written behind the letters."""
    if not any(marks):
        return True
    found = aligned(letters, unstressed(reading))
    if found is None:
        return False
    parts = [*found[1], ""]
    last = len(letters) - 1
    return all(
        _agrees(parts[place], parts[place + 1], mark, is_last=place == last)
        for place, written in enumerate(marks)
        for mark in written
    )


def _agrees(part: str, following: str, mark: str, *, is_last: bool) -> bool:
    if mark == KASRA and is_last and not part.endswith("e"):
        return True  # the ezafe, which is not part of a reading
    if mark == DAMMA and following in ("u", "o", "ow"):
        return part != "" and part[-1] not in VOWEL_LETTERS
    if mark in _ENDINGS:
        return part.endswith(_ENDINGS[mark])
    if mark == SUKUN:
        return not part.endswith(tuple(VOWEL_LETTERS)) or part in ("i", "u", "A")
    if mark == SHADDA:
        return len(part) > 1 and part[0] == part[1]
    return True


def decoded(
    letters: str, scores: NDArray[np.float32], sounds: tuple[str, ...], marks: tuple[str, ...]
) -> str:
    """The sounds that `scores` [letters, sounds] find likeliest for a word, vowel marks obeyed.

    One pass from left to right keeps the best way for each state of the syllable: no vowel follows a vowel, a
    word opens with one consonant at most, no more than two close it, none is doubled behind another.
    """
    ways: dict[_Syllable, tuple[float, str]] = {_Syllable(0, started=False): (0.0, "")}
    for place, letter in enumerate(letters):
        is_last = place == len(letters) - 1
        following = "u" if letters[place + 1 : place + 2] == "و" else ""
        offers = _offers(letter, scores[place], sounds, marks[place], following, is_last=is_last)
        reached: dict[_Syllable, tuple[float, str]] = {}
        for state, (score, said) in ways.items():
            for chance, part in offers:
                penalty, after = state.then(part)
                total = score + chance - penalty
                if after not in reached or total > reached[after][0]:
                    reached[after] = (total, said + part)
        ways = reached
    return max((score - _PENALTY * (state.consonants > 2), said) for state, (score, said) in ways.items())[1]


_PENALTY = 5.0


@dataclass(frozen=True, slots=True)
class _Syllable:
    """How many consonants stand at the end (up to 3), and whether a vowel has been there."""

    consonants: int
    started: bool

    def then(self, part: str) -> tuple[float, _Syllable]:
        """The penalty for going on with `part`, and the state after it."""
        consonants, started, penalty = self.consonants, self.started, 0.0
        for number, sound in enumerate(part):
            if sound in VOWEL_LETTERS:
                broken = started and consonants == 0 or not started and consonants > 1
                consonants, started = 0, True
            else:
                broken = consonants > 2 or (number > 0 and part[number - 1] == sound and consonants > 1)
                consonants = min(consonants + 1, 3)
            penalty += _PENALTY * broken
        return penalty, _Syllable(consonants, started=started)


def _offers(
    letter: str,
    scores: NDArray[np.float32],
    sounds: tuple[str, ...],
    written: str,
    following: str,
    *,
    is_last: bool,
) -> list[tuple[float, str]]:
    """Up to six likely sounds of a letter, the likeliest first."""
    order = np.argsort(-scores)
    likely = [(float(scores[n]), sounds[n]) for n in order if chunk_cost(letter, sounds[n]) is not None]
    # A kasra on a word's last letter is the ezafe.
    binding = [mark for mark in written if not (mark == KASRA and is_last)]
    fitting = [
        (score, part)
        for score, part in likely
        if all(
            _agrees(part, "u" if mark == DAMMA and not part else "", mark, is_last=is_last)
            for mark in binding
        )
    ]
    if binding and not fitting:
        base = next((part[:1] for _, part in likely if part and part[0] not in VOWEL_LETTERS), "")
        doubled = base * 2 if SHADDA in binding else base
        vowel = next((_WRITTEN_VOWEL[mark] for mark in binding if mark in _WRITTEN_VOWEL), "")
        return [(0.0, "an" if TANWIN in binding else doubled + vowel)]
    return (fitting or likely or [(0.0, "")])[:6]
