"""Sentences whose ezafe and homographs were marked by hand, found again by a checksum of their letters."""

from __future__ import annotations

import hashlib
import lzma
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from language import speakable, split_sentences
from tts_voices.pronunciation.persian_lexicon import Lexicon
from tts_voices.pronunciation.persian_marks import Marks, Place, places
from tts_voices.pronunciation.persian_notation import is_reading
from tts_voices.pronunciation.persian_tokens import Token, tagger_sequence, tokens
from tts_voices.pronunciation.table_files import read_packed
from tts_voices.voice import VoiceError

__all__ = ["KnownSentence", "known_sentences", "packed_known", "read_known", "sentence_key"]

_MEND = "build it again with python -m tts_voices.pronunciation.building.persian_build sentences"


@dataclass(frozen=True, slots=True)
class KnownSentence:
    """Places of the tokens that bear an unwritten ezafe, and the readings of those read unusually."""

    linked: frozenset[int]
    readings: Mapping[int, str]


def sentence_key(sequence: str) -> str:
    """The checksum of a sentence as the tagger reads it (48 bits), without the mark that closes it."""
    return hashlib.blake2s(sequence.rstrip(" .?!").encode("utf-8"), digest_size=6).hexdigest()


def known_sentences(
    texts: Mapping[str, str], marks: Mapping[str, Marks], lexicon: Lexicon
) -> dict[str, KnownSentence]:
    """The marked texts, each as a whole and cut into sentences."""
    known: dict[str, KnownSentence] = {}
    for name, text in texts.items():
        if name not in marks:
            continue
        whole = tokens(speakable(text, "fa"))
        for pieces in ([text], split_sentences(text, "fa")):
            left = iter(
                [pair for pair in zip(whole, places(whole), strict=True) if pair[0].kind == "persian"]
            )
            for piece in pieces:
                sentence = tokens(speakable(piece, "fa"))
                marked = _marked(sentence, left, marks[name], lexicon)
                if sentence and marked is not None:
                    known[sentence_key(tagger_sequence(sentence))] = marked
    return known


def _marked(
    sentence: list[Token], left: Iterator[tuple[Token, Place]], marks: Marks, lexicon: Lexicon
) -> KnownSentence | None:
    """The marks of the next words, as far as `sentence` goes; none where the words differ."""
    linked: set[int] = set()
    readings: dict[int, str] = {}
    for number, token in enumerate(sentence):
        if token.kind != "persian":
            continue
        other, place = next(left, (None, None))
        if other is None or place is None or other.text != token.text:
            return None
        if place in marks.linked:
            linked.add(number)
        known = lexicon.get(token.text, ())
        if place in marks.readings:
            readings[number] = marks.readings[place]
        elif len(known) > 1:
            readings[number] = known[0]
    return KnownSentence(frozenset(linked), readings)


def packed_known(known: Mapping[str, KnownSentence]) -> bytes:
    """The table as one compressed piece, in order of the keys."""
    lines = (
        "\t".join(
            [
                key,
                ",".join(map(str, sorted(one.linked))),
                *(f"{n}={r}" for n, r in sorted(one.readings.items())),
            ]
        )
        for key, one in sorted(known.items())
    )
    return lzma.compress("\n".join(lines).encode("ascii"), preset=9 | lzma.PRESET_EXTREME)


def read_known(path: Path) -> dict[str, KnownSentence]:
    """What `packed_known` wrote into `path`; raises `VoiceError` where it is damaged or not there."""
    text = read_packed(path, _MEND)
    try:
        return dict(map(_parsed, text.splitlines()))
    except ValueError as error:
        raise VoiceError(f"{path} holds a line that is no sentence: {_MEND}") from error


def _parsed(line: str) -> tuple[str, KnownSentence]:
    key, linked, *readings = line.split("\t")
    said = {int(place): reading for place, _, reading in (one.partition("=") for one in readings)}
    if not all(map(is_reading, said.values())):
        raise ValueError("a reading is not in the notation")
    return key, KnownSentence(frozenset(int(place) for place in linked.split(",") if place), said)
