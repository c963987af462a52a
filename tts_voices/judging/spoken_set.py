"""A folder of spoken sentences: the sound of each, what was to be said, and what recognisers heard in it.

`manifest.json` names the voice, the language and the sentences; `wavs/ID.wav` hold the sound (a teacher's
set points to the recordings of its corpus instead); `phones.jsonl` and `words.jsonl` what was heard, a line
a sentence, so that a run that broke off goes on where it ended. What was heard counts only for the very sound
and the very recogniser it came from.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from tts_voices.voice import VoiceError

__all__ = [
    "Heard",
    "Sentence",
    "SpokenSet",
    "listen",
    "open_set",
    "read_heard",
    "read_sound",
    "refer",
    "render",
    "resampled",
]

_MANIFEST = "manifest.json"
_FORMAT = 1
_NAME = re.compile(r"[\w-]{1,100}", re.ASCII)

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is to be said, and where its sound lies: a path within the set's folder, or an absolute one."""

    name: str
    split: str
    text: str
    symbols: tuple[str, ...]
    sound: str


@dataclass(frozen=True, slots=True)
class SpokenSet:
    """The sentences of a folder, as one voice says them."""

    folder: Path
    language: str
    voice: str
    sentences: tuple[Sentence, ...]

    def path(self, sentence: Sentence) -> Path:
        """The file with the sound of a sentence."""
        return self.folder / sentence.sound


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser heard in a sentence: phones, or words, separated by spaces."""

    name: str
    recogniser: str
    sound_sha256: str
    text: str


def refer(sentences: Sequence[Sentence], language: str, voice: str, folder: Path) -> SpokenSet:
    """Makes a set of recordings that are there already, such as the lessons of a teacher."""
    spoken = SpokenSet(folder, language, voice, tuple(sentences))
    missing = next((one.name for one in sentences if not spoken.path(one).is_file()), None)
    if missing is not None:
        raise VoiceError(f"the recording of {missing} is not there")
    _begin(spoken)
    return spoken


def render(
    sentences: Sequence[Sentence],
    language: str,
    voice: str,
    speak: Callable[[Sentence], NDArray[np.int16]],
    sample_rate_hz: int,
    folder: Path,
) -> SpokenSet:
    """Speaks the sentences into a folder; sound that is there from an earlier run is kept.

    Args:
        sentences: their `sound` is chosen here.
        language: "en" or "fa".
        voice: its name; a voice that was trained anew needs another name, or another folder.
        speak: gives the samples, shape [n], of a sentence; none where nothing can be spoken.
        sample_rate_hz: of what `speak` gives.
        folder: made if it is not there.

    Raises:
        VoiceError: from `speak`, if the folder holds another set, or if it can't be written.
    """
    placed = tuple(
        Sentence(one.name, one.split, one.text, one.symbols, f"wavs/{one.name}.wav") for one in sentences
    )
    spoken = SpokenSet(folder, language, voice, placed)
    _begin(spoken)
    for sentence in tqdm(placed, desc=f"{voice} speaks", unit="sentence", disable=None):
        path = spoken.path(sentence)
        if path.exists():
            continue
        partial = path.with_suffix(".partial")
        try:
            soundfile.write(partial, speak(sentence), sample_rate_hz, subtype="PCM_16", format="WAV")
            partial.replace(path)
        except (OSError, soundfile.LibsndfileError) as error:
            raise VoiceError(f"{path} can't be written ({error})") from error
    return spoken


def open_set(folder: Path) -> SpokenSet:
    """The set in a folder; raises `VoiceError` where there is none or it is damaged."""
    path = folder / _MANIFEST
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if fields["format"] != _FORMAT:
            raise VoiceError(f"{path} is of another version: render it anew")
        sentences = tuple(
            Sentence(one["name"], one["split"], one["text"], tuple(one["symbols"]), one["sound"])
            for one in fields["sentences"]
        )
        spoken = SpokenSet(folder, str(fields["language"]), str(fields["voice"]), sentences)
        _require_names(sentences)
    except FileNotFoundError:
        raise VoiceError(f"{folder} holds no spoken sentences: render them first") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VoiceError(f"{path} is no list of spoken sentences: render it anew ({error!r})") from error
    return spoken


def listen(
    spoken: SpokenSet,
    kind: str,
    recogniser: str,
    hear: Callable[[Path], str],
    splits: Sequence[str] | None = None,
    at_most: int | None = None,
) -> None:
    """Lets a recogniser hear the sentences it has not heard yet; each answer is written at once.

    Args:
        spoken: the set.
        kind: "phones" or "words".
        recogniser: what tells this recogniser from others.
        hear: what it hears in a file.
        splits: only sentences of these; all where it is None.
        at_most: only the first of them.
    """
    chosen = [one for one in spoken.sentences if splits is None or one.split in splits][:at_most]
    known = {name for name, one in read_heard(spoken, kind).items() if one.recogniser == recogniser}
    path = _heard_path(spoken, kind)
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write("\n")  # ends a line that was broken off
            for sentence in tqdm(chosen, desc=f"{kind} of {spoken.voice}", unit="sentence", disable=None):
                if sentence.name in known:
                    continue
                sound = spoken.path(sentence)
                heard = Heard(sentence.name, recogniser, _sha256(sound), hear(sound))
                file.write(json.dumps(asdict(heard), ensure_ascii=False) + "\n")
                file.flush()
    except OSError as error:
        raise VoiceError(f"{path} can't be written, or a recording read ({error.strerror})") from error


def read_heard(spoken: SpokenSet, kind: str) -> dict[str, Heard]:
    """What was last heard in each sentence's present sound; lines that say nothing are passed over."""
    try:
        lines = _heard_path(spoken, kind).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise VoiceError(f"{_heard_path(spoken, kind)} can't be read ({error.strerror})") from error
    found: dict[str, Heard] = {}
    for line in lines:
        try:
            heard = Heard(**json.loads(line))
        except (ValueError, TypeError):
            continue
        if all(isinstance(value, str) for value in asdict(heard).values()):
            found[heard.name] = heard
    present = {one.name: spoken.path(one) for one in spoken.sentences if one.name in found}
    return {
        name: found[name]
        for name, path in present.items()
        if path.is_file() and found[name].sound_sha256 == _sha256(path)
    }


def read_sound(path: Path) -> tuple[Samples, int]:
    """A recording as mono samples, shape [n], n may be 0, and its rate; `VoiceError` if it can't be read."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise VoiceError(f"{path} can't be read as sound ({error})") from error
    return samples.mean(axis=1), int(rate)


def resampled(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Mono samples at another rate, shape [about n · to_hz / from_hz]."""
    if from_hz == to_hz or not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, from_hz, to_hz), dtype=np.float32)


def _begin(spoken: SpokenSet) -> None:
    """Writes the manifest, or makes sure that the one that is there says the same."""
    _require_names(spoken.sentences)
    path = spoken.folder / _MANIFEST
    if path.exists():
        if open_set(spoken.folder) != spoken:
            raise VoiceError(f"{spoken.folder} holds other sentences or another voice: choose another folder")
        return
    fields = {
        "format": _FORMAT,
        "language": spoken.language,
        "voice": spoken.voice,
        "sentences": [asdict(one) for one in spoken.sentences],
    }
    partial = path.with_suffix(".partial")
    try:
        (spoken.folder / "wavs").mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(fields, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise VoiceError(f"{path} can't be written ({error.strerror})") from error


def _require_names(sentences: Sequence[Sentence]) -> None:
    """Names become file names, so that they must be plain, and each stands for one sentence."""
    names = [one.name for one in sentences]
    if len(set(names)) < len(names):
        raise VoiceError("two sentences have the same name")
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise VoiceError(
                "the name of a sentence must be 1 to 100 letters, digits, hyphens or underscores"
            )


def _heard_path(spoken: SpokenSet, kind: str) -> Path:
    return spoken.folder / f"{kind}.jsonl"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
