"""A small recogniser of phones that judges voices where nobody listens.

Log-mel frames go through dilated convolutions to a probability of each phone every 23 ms, learnt with
connectionist temporal classification (Graves and others, 2006) from a teacher's lessons and decoded greedily.
It sees a third of a second around each step and knows neither words nor grammar, so that it can't make up
for sounds that a voice swallowed. In training the level, timbre, pace and noise of the lessons vary a little,
since a voice never sounds quite like its teacher. Needs the environment of the voices' training.
"""

from __future__ import annotations

import hashlib
import math
import pickle  # noqa: S403 - only for the name of an error; files are read with weights_only
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from tts_voices.features import MELS, SAMPLE_RATE_HZ, log_mel
from tts_voices.judging.error_rates import compare, fold_phones
from tts_voices.judging.mel_jitter import jittered
from tts_voices.pronunciation.phones import MARKS, SYMBOLS
from tts_voices.training.corpus import Lesson, read_samples
from tts_voices.voice import VoiceError

__all__ = ["PhoneRecogniser", "greedy_phones", "phones_of", "recogniser_path", "train_recogniser"]

_CHANNELS = 160
_DILATIONS = (1, 2, 4, 1)
_STRIDE = 2
_LEVEL_DB = -23.0
_BATCH = 16
_LEARNING_RATE = 2e-3
_WARM_UP = 100
_CHECKED = 64
_CHECK_EVERY = 500
_NORMALISING = 400
_SHORTEST_S = 0.1
_LONGEST_S = 120
_BLANK = 0
_DAMAGE = (
    AttributeError,
    EOFError,
    KeyError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.PickleError,
)

Mel = NDArray[np.float32]
_Item = tuple[NDArray[np.float16], list[int]]


class _Network(nn.Module):
    """Frames [batch, 80, n] to log-probabilities [batch, (n + 1) // 2, phones + 1], the first the blank."""

    def __init__(self, phones: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(MELS, _CHANNELS, 5, padding=2)
        self.halving = nn.Conv1d(_CHANNELS, _CHANNELS, 3, stride=_STRIDE, padding=1)
        self.blocks = nn.ModuleList(
            nn.Conv1d(_CHANNELS, _CHANNELS, 3, padding=dilation, dilation=dilation) for dilation in _DILATIONS
        )
        self.norms = nn.ModuleList(nn.LayerNorm(_CHANNELS) for _ in _DILATIONS)
        self.drop = nn.Dropout(0.1)
        self.last = nn.Linear(_CHANNELS, phones + 1)

    def forward(self, frames: Tensor) -> Tensor:
        states = torch.relu(self.halving(torch.relu(self.first(frames))))
        for block, norm in zip(self.blocks, self.norms, strict=True):
            states = states + self.drop(torch.relu(norm(block(states).transpose(1, 2))).transpose(1, 2))
        return torch.log_softmax(self.last(states.transpose(1, 2)).float(), dim=-1)


@dataclass(frozen=True, slots=True)
class PhoneRecogniser:
    """A trained recogniser of one language; `identity` tells one training from another."""

    language: str
    phones: tuple[str, ...]
    identity: str
    network: nn.Module
    mean: Tensor
    deviation: Tensor

    @classmethod
    def load(cls, folder: Path, language: str) -> PhoneRecogniser:
        """The recogniser that `train_recogniser` left in `folder`; raises `VoiceError` if there is none."""
        path = recogniser_path(folder, language)
        try:
            identity = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
            stored = torch.load(path, map_location="cpu", weights_only=True)
            phones = tuple(stored["phones"])
            if stored["language"] != language or phones != phones_of(language):
                raise VoiceError(f"{path} knows other phones than those of {language!r}: train it anew")
            network = _Network(len(phones))
            network.load_state_dict(stored["network"])
            mean, deviation = stored["mean"], stored["deviation"]
            if not mean.shape == deviation.shape == (MELS,):
                raise ValueError("mean or deviation of another length")
        except FileNotFoundError:
            raise VoiceError(f"{path} is not there: train the recogniser first") from None
        except VoiceError:
            raise
        except _DAMAGE as error:
            raise VoiceError(f"{path} is no recogniser of phones: train it anew ({error})") from error
        return cls(language, phones, identity, network.eval(), mean, deviation)

    def recognise(self, samples: NDArray[np.float32]) -> list[str]:
        """The phones of an utterance, folded as `error_rates.fold_phones` does it.

        Args:
            samples: shape [n], mono, -1 to 1, at 22,050 Hz. Silence, and less than a tenth of a second,
                have no phones.

        Raises:
            VoiceError: for samples that are no finite numbers or last longer than two minutes.
        """
        if samples.ndim != 1 or not np.isfinite(samples).all():
            raise VoiceError("the samples must be one row of finite numbers")
        if len(samples) > _LONGEST_S * SAMPLE_RATE_HZ:
            raise VoiceError(f"the sound is longer than {_LONGEST_S} s: give it sentence by sentence")
        if len(samples) < _SHORTEST_S * SAMPLE_RATE_HZ or not np.any(samples):
            return []
        frames = (torch.from_numpy(_levelled_mel(samples)) - self.mean) / self.deviation
        with torch.no_grad():
            probabilities = self.network(frames.T[None])[0]
        return greedy_phones(probabilities.numpy(), self.phones)


def phones_of(language: str) -> tuple[str, ...]:
    """The phones of a language as they are compared, in the order of the network's outputs from 1 on."""
    try:
        return tuple(dict.fromkeys(symbol.rstrip("01") for symbol in SYMBOLS[language][len(MARKS) :]))
    except KeyError:
        raise VoiceError(
            f"there are no phones of {language!r}; choose from: {', '.join(sorted(SYMBOLS))}"
        ) from None


def recogniser_path(folder: Path, language: str) -> Path:
    """Where in `folder` the recogniser of a language is kept."""
    return folder / f"phone_recogniser_{language}.pt"


def greedy_phones(log_probabilities: NDArray[np.float32], phones: tuple[str, ...]) -> list[str]:
    """The likeliest output of each step, [steps, phones + 1], without repeats and blanks (output 0)."""
    best = log_probabilities.argmax(axis=1)
    new = np.append(True, best[1:] != best[:-1]) & (best != _BLANK)
    return [phones[place - 1] for place in best[new]]


def _levelled_mel(samples: NDArray[np.float32]) -> Mel:
    level = math.sqrt(float(np.mean(np.square(samples, dtype=np.float64))))
    return log_mel((samples * (10 ** (_LEVEL_DB / 20) / level)).astype(np.float32))


@dataclass
class _Run:
    """A network in training and all that is needed to go on with it."""

    network: _Network
    optimiser: torch.optim.AdamW
    mean: Tensor
    deviation: Tensor
    step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


def train_recogniser(lessons: list[Lesson], language: str, folder: Path, steps: int = 3_000) -> Path:
    """Trains on the lessons of the split "train" until `steps`, going on from what lies in `folder`.

    Every 500 steps the phone error of up to 64 lessons of "test" is printed and the state is kept.

    Returns:
        The file that `PhoneRecogniser.load` reads.

    Raises:
        VoiceError: if there is no lesson to train on, a recording can't be read, or another language or a
            damaged file lies in the way.
    """
    phones = phones_of(language)
    taught = _items([one for one in lessons if one.split == "train"], language, "reading")
    checked = _items([one for one in lessons if one.split == "test"][:_CHECKED], language)
    if not taught:
        raise VoiceError('no lesson is of the split "train": the recogniser has nothing to learn from')
    torch.manual_seed(0)
    path = recogniser_path(folder, language)
    folder.mkdir(parents=True, exist_ok=True)
    run = _begin(taught, phones)
    if path.exists():
        _resume(run, path, language)
    batches = _batches(taught, seed=run.step)
    jitter = np.random.default_rng(run.step)
    with tqdm(total=steps, initial=run.step, desc=f"phone recogniser {language}") as bar:
        while run.step < steps:
            loss = _step(run, next(batches), steps, jitter)
            bar.update()
            if run.step % _CHECK_EVERY == 0 or run.step == steps:
                figures = {"step": run.step, "loss": loss} | _check(run, checked, phones)
                run.history.append(figures)
                bar.write(", ".join(f"{name} {value:.4g}" for name, value in figures.items()))
                _save(run, path, language, phones)
    return path


def _items(lessons: list[Lesson], language: str, progress: str | None = None) -> list[_Item]:
    places = {phone: place for place, phone in enumerate(phones_of(language), 1)}
    items = []
    for lesson in tqdm(lessons, desc=progress, disable=progress is None):
        mel = _levelled_mel(read_samples(lesson.path)).astype(np.float16)
        items.append((mel, [places[phone] for phone in fold_phones(lesson.symbols, language)]))
    return items


def _begin(taught: list[_Item], phones: tuple[str, ...]) -> _Run:
    network = _Network(len(phones))
    frames = np.concatenate([mel for mel, _ in taught[:_NORMALISING]]).astype(np.float32)
    return _Run(
        network=network,
        optimiser=torch.optim.AdamW(network.parameters(), lr=_LEARNING_RATE, weight_decay=1e-2),
        mean=torch.from_numpy(frames.mean(axis=0)),
        deviation=torch.from_numpy(frames.std(axis=0) + 1e-3),
    )


def _resume(run: _Run, path: Path, language: str) -> None:
    PhoneRecogniser.load(path.parent, language)
    stored = torch.load(path, map_location="cpu", weights_only=True)
    run.network.load_state_dict(stored["network"])
    run.optimiser.load_state_dict(stored["optimiser"])
    run.mean, run.deviation = stored["mean"], stored["deviation"]
    run.step, run.history = stored["step"], stored["history"]


def _save(run: _Run, path: Path, language: str, phones: tuple[str, ...]) -> None:
    """Writes the file whole or not at all."""
    partial = path.with_suffix(".partial")
    stored = {
        "language": language,
        "phones": list(phones),
        "network": run.network.state_dict(),
        "optimiser": run.optimiser.state_dict(),
        "mean": run.mean,
        "deviation": run.deviation,
        "step": run.step,
        "history": run.history,
    }
    torch.save(stored, partial)
    partial.replace(path)


def _batches(items: list[_Item], seed: int) -> Iterator[list[_Item]]:
    """Batches without end, each of items of like length, in random order."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    while True:
        order = sorted(range(len(items)), key=lambda place: len(items[place][0]) * chance.uniform(0.9, 1.1))
        groups = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
        chance.shuffle(groups)
        for group in groups:
            yield [items[place] for place in group]


def _step(run: _Run, batch: list[_Item], steps: int, jitter: np.random.Generator) -> float:
    run.network.train()
    pace = min(1.0, (run.step + 1) / _WARM_UP) * 0.5 * (1 + math.cos(math.pi * min(1.0, run.step / steps)))
    for group in run.optimiser.param_groups:
        group["lr"] = _LEARNING_RATE * pace
    mels = [jittered(mel.astype(np.float32), jitter) for mel, _ in batch]
    frames = torch.zeros(len(batch), max(map(len, mels)), MELS)
    for place, mel in enumerate(mels):
        frames[place, : len(mel)] = (torch.from_numpy(mel) - run.mean) / run.deviation
    with torch.autocast("cpu", torch.bfloat16):
        probabilities = run.network(frames.transpose(1, 2))
    loss = nn.functional.ctc_loss(
        probabilities.transpose(0, 1),
        torch.tensor([phone for _, wanted in batch for phone in wanted]),
        torch.tensor([(len(mel) + 1) // _STRIDE for mel in mels]),
        torch.tensor([len(wanted) for _, wanted in batch]),
        blank=_BLANK,
        zero_infinity=True,
    )
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(run.network.parameters(), 5.0)
    run.optimiser.step()
    run.step += 1
    return float(loss.detach())


def _check(run: _Run, checked: list[_Item], phones: tuple[str, ...]) -> dict[str, float]:
    if not checked:
        return {}
    run.network.eval()
    errors = length = 0
    with torch.no_grad():
        for mel, wanted in checked:
            frames = (torch.from_numpy(mel.astype(np.float32)) - run.mean) / run.deviation
            heard = greedy_phones(run.network(frames.T[None])[0].numpy(), phones)
            edits = compare([phones[place - 1] for place in wanted], heard)
            errors, length = errors + edits.errors, length + edits.length
    return {"phone_error": errors / max(1, length)}
