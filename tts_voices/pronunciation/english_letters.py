"""English words that no dictionary has: from letters to sounds.

A network names for each letter the sounds it gives ("" for a silent one, "k s" for an x). It reads the whole
word before it decides, by two bidirectional recurrent layers. Trained by
`tts_voices.pronunciation.building.english_letters_training`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from tts_voices.pronunciation.phones import is_vowel
from tts_voices.voice import VoiceError

__all__ = ["LETTERS", "LONGEST_WORD", "NETWORK", "LetterReader", "letter_ids", "stressed_once"]

NETWORK = Path(__file__).with_name("weights") / "english_letters.onnx"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONGEST_WORD = 40
"""Letters; what is longer is read in pieces."""


def letter_ids(word: str) -> list[int]:
    """Numbers from 1 for the letters a to z of a word in lower case, within word ends (27 and 28)."""
    return [27, *(LETTERS.index(letter) + 1 for letter in word), 28]


def stressed_once(symbols: Sequence[str]) -> list[str]:
    """The symbols, with stress on the first full vowel where no vowel has any."""
    said = list(symbols)
    if not any(symbol.endswith("1") for symbol in said):
        for place, symbol in enumerate(said):
            if is_vowel(symbol, "en") and symbol != "ax":
                said[place] = symbol[:-1] + "1"
                break
    return said


@dataclass(frozen=True, slots=True)
class LetterReader:
    """The network and the sounds that it chooses from."""

    session: Any
    sounds: tuple[tuple[str, ...], ...]

    @classmethod
    def load(cls, network: Path = NETWORK) -> LetterReader:
        """The network that ships; raises `VoiceError` where it is missing or damaged."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(
                network.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
            names = json.loads(session.get_modelmeta().custom_metadata_map["sounds"])
        except Exception as error:  # onnxruntime's errors share no class
            raise VoiceError(f"{network.name} can't be read; bring it back from the repository") from error
        return cls(session, tuple(tuple(name.split()) for name in names))

    def symbols(self, word: str) -> list[str]:
        """The symbols of a word of the letters a to z; [] where there is no letter."""
        letters = "".join(letter for letter in word.lower() if letter in LETTERS)
        said: list[str] = []
        for start in range(0, len(letters), LONGEST_WORD):
            ids = np.array([letter_ids(letters[start : start + LONGEST_WORD])], dtype=np.int64)
            scores = self.session.run(None, {"letters": ids})[0]
            for chosen in scores[0, 1:-1].argmax(axis=1):
                said.extend(self.sounds[chosen])
        return stressed_once(said)
