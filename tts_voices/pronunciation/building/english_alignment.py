"""Which sounds each letter of an English word gives.

Expectation-maximisation with the best path (Black, Lenzo and Pagel 1998, "Issues in building general letter
to sound rules"): each letter gives no, one or two sounds.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict

__all__ = ["Sounds", "align"]

Sounds = tuple[str, ...]

_Costs = dict[str, dict[Sounds, float]]
_UNSEEN = 14.0


def align(pairs: list[tuple[str, Sounds]], rounds: int = 4) -> list[list[Sounds] | None]:
    """For each word the sounds of each of its letters, or None where a letter would need three.

    `pairs`: a word in lower case and its symbols. Stress does not count.
    """
    plain = [(word, tuple(symbol.rstrip("01") for symbol in said)) for word, said in pairs]
    costs = _first_costs(plain)
    found: list[list[int] | None] = []
    for _ in range(rounds):
        found = [_best_path(word, said, costs) for word, said in plain]
        costs = _costs(plain, found)
    return [
        None if lengths is None else _cut(said, lengths)
        for (_, said), lengths in zip(pairs, found, strict=True)
    ]


def _cut(said: Sounds, lengths: list[int]) -> list[Sounds]:
    parts, place = [], 0
    for length in lengths:
        parts.append(said[place : place + length])
        place += length
    return parts


def _first_costs(pairs: list[tuple[str, Sounds]]) -> _Costs:
    counts: dict[str, Counter[Sounds]] = defaultdict(Counter)
    for word, said in pairs:
        scale = len(said) / max(1, len(word))
        for place, letter in enumerate(word):
            middle = int((place + 0.5) * scale)
            for near in range(max(0, middle - 1), min(len(said), middle + 2)):
                counts[letter][said[near : near + 1]] += 2 if near == middle else 1
    for letter, counter in counts.items():
        total = sum(counter.values())
        counter[()] = total // 6
        for one in list(counter):
            for other in ("s", "z", "uw", "ah", "ax", "ng"):
                if len(one) == 1:
                    counter[(*one, other)] = max(1, counter[one] // 60)
        counts[letter] = counter
    return _logarithms(counts)


def _logarithms(counts: dict[str, Counter[Sounds]]) -> _Costs:
    return {
        letter: {said: -math.log(count / counter.total()) for said, count in counter.items() if count}
        for letter, counter in counts.items()
    }


def _costs(pairs: list[tuple[str, Sounds]], found: list[list[int] | None]) -> _Costs:
    counts: dict[str, Counter[Sounds]] = defaultdict(Counter)
    for (word, said), lengths in zip(pairs, found, strict=True):
        if lengths is not None:
            for letter, part in zip(word, _cut(said, lengths), strict=True):
                counts[letter][part] += 1
    return _logarithms(counts)


def _best_path(word: str, said: Sounds, costs: _Costs) -> list[int] | None:
    count = len(said)
    if not word or count > 2 * len(word):
        return None
    best = [0.0] + [math.inf] * count
    steps: list[list[int]] = []
    for letter in word:
        table = costs.get(letter, {})
        now, step = [math.inf] * (count + 1), [0] * (count + 1)
        for place in range(count + 1):
            for length in (0, 1, 2):
                if place >= length and best[place - length] < math.inf:
                    part = said[place - length : place]
                    cost = best[place - length] + table.get(part, _UNSEEN + 4 * (length == 2))
                    if cost < now[place]:
                        now[place], step[place] = cost, length
        best = now
        steps.append(step)
    lengths, place = [], count
    for step in reversed(steps):
        lengths.append(step[place])
        place -= step[place]
    return lengths[::-1]
