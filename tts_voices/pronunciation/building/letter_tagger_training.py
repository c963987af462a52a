"""Trains the letter tagger (training environment only)."""

from __future__ import annotations

import copy
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from tts_voices.pronunciation.building.letter_tagger_network import TaggerNetwork
from tts_voices.pronunciation.letter_tagger import word_spans

__all__ = ["Labelled", "TrainedTagger", "train_tagger"]

_IGNORED = -100
_LETTERS_A_BATCH = 2_400
_PEAK_RATE = 4e-3
_UNKNOWN_SHARE = 0.01
_LINK_WEIGHT = 1.0


class Labelled(Protocol):
    """A sequence with the sounds of its letters and the links of its words, None where not known."""

    @property
    def sequence(self) -> str:
        """Words divided by single spaces."""

    @property
    def sounds(self) -> Sequence[str | None]:
        """The sound of each letter."""

    @property
    def linked(self) -> Sequence[bool | None]:
        """Whether each word is linked to the next."""


@dataclass(frozen=True, slots=True)
class TrainedTagger:
    """The network with its tables, as `letter_tagger_network.export_tagger` takes them."""

    network: TaggerNetwork
    letters: list[str]
    sounds: list[str]


def train_tagger(
    examples: Sequence[Labelled],
    *,
    epochs: int,
    seed: int = 1,
    rarest: int = 2,
    report: Callable[[str], None] = print,
    checkpoint: Callable[[TrainedTagger], None] | None = None,
) -> TrainedTagger:
    """Trains on `examples` for `epochs` passes; sounds seen less than `rarest` times are not learned.

    The rate rises over the first twentieth of the steps and falls as a cosine; the weights are averaged over
    the last steps (decay 0.995). `report` gets one line an epoch, `checkpoint` the averaged network so far.
    """
    torch.manual_seed(seed)
    chance = random.Random(seed)  # noqa: S311 - order and noise of training
    letters = sorted({letter for one in examples for letter in one.sequence})
    counts = Counter(sound for one in examples for sound in one.sounds if sound is not None)
    sounds = sorted(sound for sound, count in counts.items() if count >= rarest)
    tables = _Tables({x: n for n, x in enumerate(letters, 1)}, {x: n for n, x in enumerate(sounds)})
    network = TaggerNetwork(len(letters), len(sounds))
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995)
    )
    optimizer = torch.optim.AdamW(network.parameters(), lr=_PEAK_RATE, weight_decay=0.01)
    steps = epochs * sum(1 for _ in _batches(examples, chance))
    step = 0
    for epoch in range(epochs):
        losses = []
        network.train()
        for batch in _batches(examples, chance):
            warm = min(1.0, (step + 1) / (0.05 * steps))
            rate = _PEAK_RATE * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))
            for group in optimizer.param_groups:
                group["lr"] = max(rate, 1e-5)
            loss = _loss(network, tables.tensors(batch, chance))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            average.update_parameters(network)
            step += 1
            losses.append(loss.item())
        report(f"epoch {epoch + 1} of {epochs}: loss {sum(losses) / len(losses):.4f}")
        if checkpoint is not None:
            checkpoint(TrainedTagger(copy.deepcopy(average.module), letters, sounds))
    network.load_state_dict(average.module.state_dict())
    network.eval()
    return TrainedTagger(network, letters, sounds)


@dataclass(frozen=True, slots=True)
class _Batch:
    letters: Tensor
    ends: Tensor
    word_of: Tensor
    word_counts: Tensor
    sounds: Tensor
    linked: Tensor


@dataclass(frozen=True, slots=True)
class _Tables:
    letters: dict[str, int]
    sounds: dict[str, int]

    def tensors(self, batch: Sequence[Labelled], chance: random.Random) -> _Batch:
        spans = [word_spans(one.sequence) for one in batch]
        time, words = max(len(one.sequence) for one in batch), max(map(len, spans))
        letters = torch.full((len(batch), time), -1)
        word_of = torch.zeros((len(batch), time), dtype=torch.long)
        sounds = torch.full((len(batch), time), _IGNORED)
        ends = torch.zeros((len(batch), words), dtype=torch.long)
        linked = torch.full((len(batch), words), float("nan"))
        for row, (one, places) in enumerate(zip(batch, spans, strict=True)):
            length = len(one.sequence)
            letters[row, :length] = torch.tensor(
                [0 if chance.random() < _UNKNOWN_SHARE else self.letters[letter] for letter in one.sequence]
            )
            sounds[row, :length] = torch.tensor(
                [_IGNORED if sound is None else self.sounds.get(sound, _IGNORED) for sound in one.sounds]
            )
            for number, (start, end) in enumerate(places):
                ends[row, number] = end - 1
                word_of[row, start : end + 1] = number
                if (known := one.linked[number]) is not None:
                    linked[row, number] = float(known)
        return _Batch(letters, ends, word_of, torch.tensor([len(places) for places in spans]), sounds, linked)


def _loss(network: TaggerNetwork, batch: _Batch) -> Tensor:
    sounds, linked = network(batch.letters, batch.ends, batch.word_of, batch.word_counts)
    loss = nn.functional.nll_loss(
        sounds.flatten(0, 1), batch.sounds.flatten(), ignore_index=_IGNORED, reduction="sum"
    ) / (batch.sounds != _IGNORED).sum().clamp(min=1)
    known = ~torch.isnan(batch.linked)
    if not known.any():
        return loss
    # log(1 - p) from log p, kept away from p = 1.
    yes = linked[known]
    no = torch.log1p(-torch.exp(yes.clamp(max=-1e-6)))
    told = batch.linked[known]
    return loss - _LINK_WEIGHT * (told * yes + (1 - told) * no).mean()


def _batches(examples: Sequence[Labelled], chance: random.Random) -> Iterator[list[Labelled]]:
    order = sorted(examples, key=lambda one: len(one.sequence) * chance.uniform(0.85, 1.15))
    batches: list[list[Labelled]] = [[]]
    for one in order:
        longest = max((len(other.sequence) for other in batches[-1]), default=0)
        if batches[-1] and max(longest, len(one.sequence)) * (len(batches[-1]) + 1) > _LETTERS_A_BATCH:
            batches.append([])
        batches[-1].append(one)
    chance.shuffle(batches)
    return iter(batches)
