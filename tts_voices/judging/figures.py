"""Figures of a voice beside those of its teacher, from two sets of the same spoken sentences."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from language import detect_script_language, speakable
from tts_voices.judging.error_rates import (
    Edits,
    compare,
    fold_phones,
    rate,
    rate_difference,
    rate_ratio,
    text_units,
)
from tts_voices.judging.sound_checks import SoundCheck, check_sound, summarise
from tts_voices.judging.spoken_set import Heard, Sentence, SpokenSet, read_heard, read_sound
from tts_voices.voice import VoiceError

__all__ = ["DURATIONS_FILE", "report"]

DURATIONS_FILE = "durations.json"
"""Beside the spoken sentences of a voice whose networks tell how long each phoneme lasts."""

_MEASURE = {"en": "word error rate", "fa": "character error rate"}


def report(voice: SpokenSet, teacher: SpokenSet, seed: int = 0) -> dict[str, Any]:
    """The figures of a voice beside its teacher's on the same sentences.

    Rates come with 95 % bootstrap intervals over sentences; differences and ratios are paired. A sentence
    counts once the same recogniser has heard it from both; what nobody heard yet is None. Words are compared
    as the benchmark of recognition does it; `numbers_in_words` is the same after digits were read out, since
    the recogniser may write "4" where "four" was said.

    Raises:
        VoiceError: if the two sets have no sentence in common.
    """
    others = {one.name: one for one in teacher.sentences}
    pairs = [(one, others[one.name]) for one in voice.sentences if one.name in others]
    if not pairs or voice.language != teacher.language or any(ours.text != its.text for ours, its in pairs):
        raise VoiceError(f"{voice.folder} and {teacher.folder} do not hold the same sentences")
    return {
        "language": voice.language,
        "voice": voice.voice,
        "teacher": teacher.voice,
        "sentences": len(pairs),
        "phones": _phones(voice, teacher, pairs, seed),
        "words": _words(voice, teacher, pairs, seed),
        "sound": {
            "voice": asdict(summarise(_sound(voice, [ours for ours, _ in pairs]))),
            "teacher": asdict(summarise(_sound(teacher, [its for _, its in pairs]))),
        },
        "phoneme_durations": _durations(voice),
    }


_Pairs = Sequence[tuple[Sentence, Sentence]]


def _phones(voice: SpokenSet, teacher: SpokenSet, pairs: _Pairs, seed: int) -> dict[str, Any] | None:
    ours, its, recogniser = _heard_by_one(voice, teacher, "phones")
    rows = [
        (
            one.split,
            compare(fold_phones(one.symbols, voice.language), ours[one.name].text.split()),
            compare(fold_phones(other.symbols, voice.language), its[one.name].text.split()),
        )
        for one, other in pairs
        if one.name in ours and one.name in its
    ]
    if not rows:
        return None
    found: dict[str, Any] = {"recogniser": recogniser}
    for split in (*dict.fromkeys(split for split, _, _ in rows), "all"):
        some = [(mine, other) for of, mine, other in rows if split in (of, "all")]
        found[split] = _beside([mine for mine, _ in some], [other for _, other in some], seed)
    return found


def _words(voice: SpokenSet, teacher: SpokenSet, pairs: _Pairs, seed: int) -> dict[str, Any] | None:
    language = voice.language
    ours, its, recogniser = _heard_by_one(voice, teacher, "words")
    rows = [
        (one.text, ours[one.name].text, its[one.name].text)
        for one, _ in pairs
        if one.name in ours and one.name in its and detect_script_language(one.text) == language
    ]
    if not rows:
        return None
    read = [tuple(speakable(text, language) for text in row) for row in rows]
    return {
        "recogniser": recogniser,
        "measure": _MEASURE[language],
        **_beside(_edits(rows, 1, language), _edits(rows, 2, language), seed),
        "numbers_in_words": _beside(_edits(read, 1, language), _edits(read, 2, language), seed),
        "nothing_heard": {
            "voice": sum(not row[1] for row in rows),
            "teacher": sum(not row[2] for row in rows),
        },
    }


def _edits(rows: Sequence[tuple[str, ...]], place: int, language: str) -> list[Edits]:
    """What stands first in each row, against what stands at `place`."""
    return [compare(text_units(row[0], language), text_units(row[place], language)) for row in rows]


def _heard_by_one(
    voice: SpokenSet, teacher: SpokenSet, kind: str
) -> tuple[dict[str, Heard], dict[str, Heard], str | None]:
    """What the recogniser heard that heard the voice last, of both sets."""
    ours, its = read_heard(voice, kind), read_heard(teacher, kind)
    recogniser = list(ours.values())[-1].recogniser if ours else None
    mine, other = (
        {name: one for name, one in of.items() if one.recogniser == recogniser} for of in (ours, its)
    )
    return mine, other, recogniser


def _beside(mine: Sequence[Edits], other: Sequence[Edits], seed: int) -> dict[str, Any]:
    errors, lengths = [one.errors for one in mine], [one.length for one in mine]
    floor, floor_lengths = [one.errors for one in other], [one.length for one in other]
    return {
        "sentences": len(mine),
        "units": sum(lengths),
        "voice": _rates(mine, seed),
        "teacher": _rates(other, seed),
        "difference": asdict(rate_difference(errors, lengths, floor, floor_lengths, seed)),
        "ratio": asdict(rate_ratio(errors, floor, seed)),
    }


def _rates(edits: Sequence[Edits], seed: int) -> dict[str, Any]:
    lengths = [one.length for one in edits]
    counts = {
        "error": [one.errors for one in edits],
        "insertions_and_deletions": [one.insertions + one.deletions for one in edits],
        "insertions": [one.insertions for one in edits],
        "deletions": [one.deletions for one in edits],
        "substitutions": [one.substitutions for one in edits],
    }
    return {name: asdict(rate(parts, lengths, seed)) for name, parts in counts.items()}


def _sound(spoken: SpokenSet, sentences: Sequence[Sentence]) -> list[SoundCheck]:
    checks = []
    for one in sentences:
        samples, rate_hz = read_sound(spoken.path(one))
        checks.append(check_sound(samples, rate_hz, len(fold_phones(one.symbols, spoken.language))))
    return checks


def _durations(voice: SpokenSet) -> dict[str, Any] | None:
    path = voice.folder / DURATIONS_FILE
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise VoiceError(f"{path} can't be read: render the sentences anew") from error
    return found
