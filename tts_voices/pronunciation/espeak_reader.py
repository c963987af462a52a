"""Symbols of a voice that learnt from the International Phonetic Alphabet as espeak-ng writes it.

espeak-ng is licensed under the GPL 3; it is neither linked nor shipped, only run as a program where the
operator has installed it. Marks are kept out of what it reads and put back between the pieces, as the
training of such voices does.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess  # noqa: S404 - a fixed program without a shell; the text goes to its standard input
from dataclasses import dataclass

from language import speakable
from tts_voices.persian_reading import marked_persian
from tts_voices.pronunciation.enclosing import enclosed, single_symbols
from tts_voices.voice import VoiceError
from tts_voices.voice_files import VoiceDescription

__all__ = ["EspeakReader", "phonetic"]

_PROGRAM = "espeak-ng"
_INSTALL = "this voice reads with it; install it with: apt-get install espeak-ng"
_LONGEST_TEXT = 5_000
_TIMEOUT_S = 5  # less than the patience of the speaker, who would take the voice for a hanging one
_VOICES = {"en": "en-us", "fa": "fa"}
_MARKS = re.compile(r'((?:\s*[;:,.!?¡¿—…"«»“”]+\s*)+)')
_LANGUAGE_SWITCH = re.compile(r"\(.+?\)")
# Voices of English learnt after a cleaner that leaves these marks out.
_ENGLISH_MARKS = str.maketrans({";": ",", ":": ",", "-": " "})
# Persian «،» and «؟» end a clause for espeak-ng and leave no symbol: the only pause learnt is the stop.
_PERSIAN_MARKS = str.maketrans({",": ".", ";": ".", "?": "."})


@dataclass(frozen=True, slots=True)
class EspeakReader:
    """The reader of one voice; `known` are the phones and marks that it has symbols for."""

    description: VoiceDescription
    known: frozenset[str]
    program: str = _PROGRAM

    @classmethod
    def load(cls, description: VoiceDescription, program: str = _PROGRAM) -> EspeakReader:
        """The reader of the voice described; raises `VoiceError` where espeak-ng is not installed."""
        if shutil.which(program) is None:
            raise VoiceError(f"{program} is not there: {_INSTALL}")
        return cls(description, single_symbols(description), program)

    def symbols(self, text: str) -> list[str]:
        """The voice's symbols of `text`, empty where it has no word; phones unknown to it are left out.

        Raises `VoiceError` where espeak-ng fails or the text is longer than 5,000 characters.
        """
        language = self.description.language
        spoken = speakable(text.replace("’", "'"), language)
        if len(spoken) > _LONGEST_TEXT:
            raise VoiceError("the text is too long for one sentence: split it with language.split_sentences")
        if language == "fa":
            spoken = marked_persian(spoken).translate(_PERSIAN_MARKS)
        else:
            spoken = spoken.translate(_ENGLISH_MARKS)
        phones = phonetic(" ".join(spoken.split()), _VOICES[language], program=self.program)
        found = [phone for phone in phones if phone in self.known]
        if not any(symbol.isalpha() for symbol in found):
            return []
        return enclosed(found, self.description)


def phonetic(text: str, voice: str, *, program: str = _PROGRAM) -> str:
    """`text` as espeak-ng's `voice` pronounces it, with the marks of the text between the clauses."""
    pieces = _MARKS.split(text)
    # Words and marks take turns; a piece without a letter would leave no line.
    worded = [place for place in range(0, len(pieces), 2) if re.search(r"\w", pieces[place])]
    if not worded:
        return ""
    lines = _lines("\n\n".join(pieces[place].strip() for place in worded), voice, program)
    if len(lines) != len(worded):
        # A clause longer than espeak-ng takes at once, or broken by a sign of its own.
        return ", ".join(lines) + (pieces[-2] if len(pieces) > 1 and not pieces[-1] else "")
    for place, line in zip(worded, lines, strict=True):
        pieces[place] = line
    return "".join(piece for place, piece in enumerate(pieces) if place % 2 or place in worded)


def _lines(text: str, voice: str, program: str) -> list[str]:
    found = shutil.which(program)
    if found is None:
        raise VoiceError(f"{program} is not there: {_INSTALL}")
    try:
        done = subprocess.run(
            [found, "-q", "--ipa", "-b", "1", "-v", voice, "--stdin"],
            input=text.encode("utf-8"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            timeout=_TIMEOUT_S,
            check=True,
        )
    except OSError as error:
        raise VoiceError(f"{program} can't be run ({error.strerror}): {_INSTALL}") from error
    except subprocess.TimeoutExpired:
        raise VoiceError(f"{program} gave no phones for {_TIMEOUT_S} s; is the machine overloaded?") from None
    except subprocess.CalledProcessError as error:
        reason = f"{program} broke off (status {error.returncode}); check it with: espeak-ng --version"
        raise VoiceError(reason) from None
    lines = done.stdout.decode("utf-8", "replace").split("\n")
    return [line for line in (_LANGUAGE_SWITCH.sub("", raw).strip() for raw in lines) if line]
