"""Makes a corpus out of a teacher's speech: what it is given to say, what is held out, the files.

Resumable: a recording that is there is not spoken again. English is spoken by Festival, Persian by espeak-ng.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from tqdm import tqdm

from language import speakable
from tts_voices.features import SAMPLE_RATE_HZ
from tts_voices.pronunciation.persian import PersianReader
from tts_voices.pronunciation.persian_ezafe import ezafe_symbols
from tts_voices.pronunciation.persian_notation import UNSTRESSED_WORDS, reading_symbols
from tts_voices.pronunciation.persian_tokens import tokens
from tts_voices.pronunciation.phones import CLOSING_MARKS, OPENING, PAUSE
from tts_voices.training.corpus import LESSONS_FILE
from tts_voices.training.teachers.espeak import WORD_END, spoken_by_espeak
from tts_voices.training.teachers.festival import spoken_by_festival
from tts_voices.training.teaching_texts import english_word_lines, own_sentences, persian_word_lines

__all__ = ["SPLITS", "teach_english", "teach_persian"]

SPLITS = ("train", "test", "unseen_words")
"""Sentences to learn from; sentences kept apart; lines of words that no sentence to learn from has."""

_LEVEL_DB = -23.0
_LONGEST_S = 14.0
_SEED = 9
_BATCH = 100


@dataclass(frozen=True, slots=True)
class _Row:
    split: str
    text: str
    words: tuple[tuple[str, ...], ...] = ()


def teach_english(root: Path, folder: Path, sentences: int, lines: int, held_out: int) -> int:
    """Lets Festival speak `sentences` of our own and `lines` of random words into `folder`.

    `held_out` further sentences, and a third as many lines of words that occur in none of those to learn
    from, are kept apart. Returns the number of lessons.
    """
    own = _shuffled(own_sentences(root, "en"))
    known = {word for text in own for word in re.findall(r"[a-z']+", text.lower())}
    unseen = english_word_lines(held_out // 3, _SEED + 1, known)
    apart = known | {word for text in unseen for word in re.findall(r"[a-z']+", text.lower())}
    rows = [_Row("test", text) for text in own[:held_out]]
    rows += [_Row("train", text) for text in own[held_out : held_out + sentences]]
    rows += [_Row("train", text) for text in english_word_lines(lines, _SEED, apart)]
    rows += [_Row("unseen_words", text) for text in unseen]
    return _write(rows, folder, _festival)


def teach_persian(root: Path, folder: Path, sentences: int, lines: int, held_out: int) -> int:
    """As `teach_english`, by espeak-ng, which is given the sounds of our own front end."""
    reader = PersianReader.load()
    own = _shuffled(own_sentences(root, "fa"))
    rows = [_persian_row("test", text, reader) for text in own[:held_out]]
    rows += [_persian_row("train", text, reader) for text in own[held_out : held_out + sentences]]
    rows += [_made_up_row("train", line) for line in persian_word_lines(lines, _SEED)]
    rows += [_made_up_row("unseen_words", line) for line in persian_word_lines(held_out // 3, _SEED + 1)]
    return _write([row for row in rows if row.words], folder, _espeak)


def _shuffled(texts: list[str]) -> list[str]:
    random.Random(_SEED).shuffle(texts)  # noqa: S311 - no secret
    return texts


def _persian_row(split: str, text: str, reader: PersianReader) -> _Row:
    sentence = tokens(speakable(text, "fa"))
    words: list[tuple[str, ...]] = []
    for token, (reading, linked) in zip(sentence, reader.words(sentence), strict=True):
        if token.kind == "mark":
            if words and words[-1] != (PAUSE,):
                words.append((PAUSE,))
        elif token.kind == "persian":
            sounds = reading_symbols(reading, stressed=token.text not in UNSTRESSED_WORDS)
            words.append((*sounds, *(ezafe_symbols(sounds[-1], token.text) if linked and sounds else ())))
    while words and words[-1] == (PAUSE,):
        words.pop()
    mark = text.rstrip()[-1:]
    return _Row(split, text, (*words, (mark if mark in CLOSING_MARKS else ".",)) if words else ())


def _made_up_row(split: str, line: list[list[str]]) -> _Row:
    return _Row(split, "", tuple(map(tuple, line)))


Spoken = tuple[tuple[str, ...], NDArray[np.float32], tuple[float, ...]]


def _festival(rows: list[_Row]) -> Iterator[Spoken | None]:
    for spoken in spoken_by_festival([row.text for row in rows], SAMPLE_RATE_HZ):
        yield None if spoken is None else (spoken.symbols, spoken.samples, spoken.ends_s)


def _espeak(rows: list[_Row]) -> Iterator[Spoken | None]:
    utterances = []
    for row in rows:
        symbols = [OPENING]
        for word in row.words[:-1]:
            symbols += [*word] if word == (PAUSE,) else [*word, WORD_END]
        utterances.append([*symbols, *row.words[-1]])
    for symbols, samples in zip(utterances, spoken_by_espeak(utterances, SAMPLE_RATE_HZ), strict=True):
        plain = tuple(symbol for symbol in symbols if symbol != WORD_END)
        yield None if samples is None else (plain, samples, ())


def _write(rows: list[_Row], folder: Path, speak: Callable[[list[_Row]], Iterator[Spoken | None]]) -> int:
    """Speaks what is not there yet, in batches, each of them written before the next begins."""
    (folder / "wavs").mkdir(parents=True, exist_ok=True)
    path = folder / LESSONS_FILE
    done = {json.loads(line)["id"] for line in path.read_text().splitlines()} if path.exists() else set()
    left = [(f"{number:05d}", row) for number, row in enumerate(rows) if f"{number:05d}" not in done]
    count = len(done)
    with tqdm(total=len(rows), initial=len(done), desc="speaking") as bar:
        for start in range(0, len(left), _BATCH):
            batch = left[start : start + _BATCH]
            lines = []
            for (name, row), spoken in zip(batch, speak([row for _, row in batch]), strict=True):
                bar.update()
                if spoken is None or len(spoken[1]) > _LONGEST_S * SAMPLE_RATE_HZ:
                    continue
                lines.append(_stored(name, row, spoken, folder))
            with path.open("a", encoding="utf-8") as file:
                file.writelines(lines)
            count += len(lines)
    return count


def _stored(name: str, row: _Row, spoken: Spoken, folder: Path) -> str:
    symbols, samples, ends = spoken
    level = 10 ** (_LEVEL_DB / 20) / max(float(np.sqrt(np.mean(samples**2))), 1e-6)
    sound = np.clip(samples * level, -0.99, 0.99)
    soundfile.write(folder / "wavs" / f"{name}.wav", sound, SAMPLE_RATE_HZ, subtype="PCM_16")
    fields = {"id": name, "split": row.split, "text": row.text, "symbols": " ".join(symbols)}
    return json.dumps(fields | {"ends": [round(end, 4) for end in ends]}, ensure_ascii=False) + "\n"
