"""Letters to sounds by a small network: what each letter of a sentence stands for, and what follows a word.

The network sees all letters of a sentence with the words' borders; see `letter_tagger_network` for its
parts. This file runs the exported graph with onnxruntime; its metadata hold the letters and the sounds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from tts_voices.voice import VoiceError

__all__ = ["LetterTagger", "Tags", "word_spans"]

_UNKNOWN = 0


@dataclass(frozen=True, slots=True)
class Tags:
    """Logarithms of probabilities: of each sound [letters, sounds], and that a word is linked [words]."""

    sounds: NDArray[np.float32]
    linked: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LetterTagger:
    """A trained network with its tables; `sounds[n]` is the sound of column n. Safe for several threads."""

    session: ort.InferenceSession
    letters: dict[str, int]
    sounds: tuple[str, ...]

    @staticmethod
    def load(path: Path) -> LetterTagger:
        """The tagger in the ONNX file `path`; raises `VoiceError` where it can't be used."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            tables = json.loads(session.get_modelmeta().custom_metadata_map["tables"])
            letters = {letter: number for number, letter in enumerate(tables["letters"], _UNKNOWN + 1)}
            return LetterTagger(session, letters, tuple(tables["sounds"]))
        except Exception as error:  # onnxruntime raises many types of its own
            raise VoiceError(f"{path} is no letter tagger: train and export it again") from error

    def tag(self, sequences: list[str]) -> list[Tags]:
        """The tags of each sequence: words divided by single spaces, not empty; unknown letters may occur."""
        return [self._tag(sequence) for sequence in sequences]

    def _tag(self, sequence: str) -> Tags:
        numbers = np.array([[self.letters.get(letter, _UNKNOWN) for letter in sequence]], dtype=np.int64)
        spans = word_spans(sequence)
        ends = np.array([[end - 1 for _, end in spans]], dtype=np.int64)
        word_of = np.zeros((1, len(sequence)), dtype=np.int64)
        for number, (start, end) in enumerate(spans):
            word_of[0, start : end + 1] = number
        sounds, linked = self.session.run(None, {"letters": numbers, "ends": ends, "word_of": word_of})
        return Tags(sounds[0], linked[0])


def word_spans(sequence: str) -> list[tuple[int, int]]:
    """Start and end of each word of a `sequence` whose words are divided by single spaces."""
    spans = []
    start = 0
    for word in sequence.split(" "):
        spans.append((start, start + len(word)))
        start += len(word) + 1
    return spans
