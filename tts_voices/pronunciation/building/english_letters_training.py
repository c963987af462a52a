"""Trains the network from letters to sounds on the dictionary, and says how often it is right.

    python -m tts_voices.pronunciation.building.english_letters_training            # 17 minutes on one core

A twentieth of the words, drawn by their hash, is held out. Weights are stored as float16.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from tqdm import tqdm

from tts_voices.pronunciation.building.english_alignment import Sounds, align
from tts_voices.pronunciation.building.english_evaluate import edits
from tts_voices.pronunciation.english_letters import LETTERS, NETWORK, letter_ids, stressed_once
from tts_voices.pronunciation.english_lexicon import EnglishLexicon

__all__ = ["commonest", "is_held_out", "main", "train"]

_RARE = 4
_BATCH = 256
_WIDTH = 96


def is_held_out(word: str) -> bool:
    """Whether a word belongs to the twentieth that the network never learns."""
    return zlib.crc32(word.encode()) % 20 == 0


class _Tagger(nn.Module):
    """Letters [batch, length] int64 → scores of their sounds [batch, length, sounds]."""

    def __init__(self, sounds: int) -> None:
        super().__init__()
        self.letters = nn.Embedding(29, 32, padding_idx=0)
        self.layers = nn.GRU(32, _WIDTH, num_layers=2, bidirectional=True, batch_first=True)
        self.out = nn.Linear(2 * _WIDTH, sounds)

    def forward(self, letters: torch.Tensor) -> torch.Tensor:
        hidden: torch.Tensor = self.layers(self.letters(letters))[0]
        scores: torch.Tensor = self.out(hidden)
        return scores


def train(minutes: float, out: Path, seed: int = 9) -> dict[str, Any]:
    """Trains for so many minutes of processor time on the lexicon, writes the network, gives its figures."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    words = _dictionary()
    learnt = [pair for pair in words if not is_held_out(pair[0])]
    held_out = [pair for pair in words if is_held_out(pair[0])]
    aligned = align(learnt)
    counts = Counter(part for parts in aligned if parts for part in parts)
    sounds = [part for part, count in counts.most_common() if count >= _RARE]
    numbers = {part: number for number, part in enumerate(sounds)}
    examples = [
        (letter_ids(word), [numbers[part] for part in parts])
        for (word, _), parts in zip(learnt, aligned, strict=True)
        if parts and all(part in numbers for part in parts)
    ]
    model = _Tagger(len(sounds))
    _fit(model, examples, minutes, np.random.default_rng(seed))
    out.write_bytes(_exported(model.eval(), sounds))
    figures = _figures(_network_reading(model, sounds), held_out)
    simplest = _figures(commonest(learnt, aligned), held_out)
    figures |= {f"{name}, by single letters": value for name, value in simplest.items()}
    return {"words learnt": len(examples), "words held out": len(held_out), "sounds": len(sounds)} | figures


def _dictionary() -> list[tuple[str, Sounds]]:
    lexicon = EnglishLexicon.load()
    words = [line.partition("\t")[0] for line in lexicon.lines]
    pairs = [(word, lexicon.get(word) or ()) for word in words if set(word) <= set(LETTERS)]
    return [(word, said) for word, said in pairs if len(word) > 1]


def _fit(
    model: _Tagger, examples: list[tuple[list[int], list[int]]], minutes: float, random: np.random.Generator
) -> None:
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    # Words of like length share a batch; the order of the batches is drawn anew in each pass.
    started, done = time.process_time(), 0.0
    with tqdm(total=100, desc="letters", unit="%") as bar:
        while done < 1:
            lengths = np.array([len(letters) for letters, _ in examples]) + random.random(len(examples))
            order = np.argsort(lengths)
            batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
            for place in random.permutation(len(batches)):
                now = min(1.0, (time.process_time() - started) / (60 * minutes))
                bar.update(round(100 * now) - round(100 * done))
                done = now
                if done >= 1:
                    return
                optimiser.param_groups[0]["lr"] = 3e-3 * max(0.01, math.cos(done * math.pi / 2) ** 2)
                loss = _loss(model, [examples[at] for at in batches[place]])
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 5.0)
                optimiser.step()
                bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)


def _loss(model: _Tagger, batch: list[tuple[list[int], list[int]]]) -> torch.Tensor:
    width = max(len(letters) for letters, _ in batch)
    inputs = torch.zeros(len(batch), width, dtype=torch.int64)
    targets = torch.full((len(batch), width), -1, dtype=torch.int64)
    for row, (letters, sounds) in enumerate(batch):
        inputs[row, : len(letters)] = torch.tensor(letters)
        targets[row, 1 : len(sounds) + 1] = torch.tensor(sounds)
    return nn.functional.cross_entropy(
        model(inputs).flatten(0, 1), targets.flatten(), ignore_index=-1, label_smoothing=0.03
    )


Read = Callable[[str], list[str]]


def _network_reading(model: _Tagger, sounds: list[Sounds]) -> Read:
    def read(word: str) -> list[str]:
        with torch.no_grad():
            chosen = model(torch.tensor([letter_ids(word)]))[0, 1:-1].argmax(1)
        return stressed_once([symbol for number in chosen for symbol in sounds[int(number)]])

    return read


def commonest(learnt: list[tuple[str, Sounds]], aligned: list[list[Sounds] | None]) -> Read:
    """The simplest reading, to compare with: each letter as it sounds most often, wherever it stands."""
    counts: dict[str, Counter[Sounds]] = defaultdict(Counter)
    for (word, _), parts in zip(learnt, aligned, strict=True):
        for letter, part in zip(word, parts or (), strict=False):
            counts[letter][part] += 1
    table = {letter: counter.most_common(1)[0][0] for letter, counter in counts.items()}
    return lambda word: [symbol for letter in word for symbol in table.get(letter, ())]


def _figures(read: Read, held_out: list[tuple[str, Sounds]]) -> dict[str, float]:
    wrong = unstressed_wrong = distance = length = 0
    for word, said in held_out:
        heard = read(word)
        plain = [[symbol.rstrip("01") for symbol in one] for one in (heard, said)]
        wrong += heard != list(said)
        unstressed_wrong += plain[0] != plain[1]
        distance += edits(plain[0], plain[1])
        length += len(said)
    count, length = max(1, len(held_out)), max(1, length)
    return {
        "word error, stress counted": round(wrong / count, 4),
        "word error": round(unstressed_wrong / count, 4),
        "phone error": round(distance / length, 4),
    }


def _exported(model: _Tagger, sounds: list[Sounds]) -> bytes:
    buffer = io.BytesIO()
    torch.onnx.export(
        model,
        (torch.tensor([letter_ids("word")]),),
        buffer,
        input_names=["letters"],
        output_names=["scores"],
        dynamic_axes={"letters": {1: "length"}, "scores": {1: "length"}},
        opset_version=17,
        dynamo=False,
    )
    graph = onnx.load_from_string(buffer.getvalue())
    _halve(graph)
    entry = graph.metadata_props.add()
    entry.key, entry.value = "sounds", json.dumps([" ".join(one) for one in sounds])
    onnx.checker.check_model(graph)
    return bytes(graph.SerializeToString())


def _halve(graph: onnx.ModelProto) -> None:
    """Stores large weights as float16 and widens them when the network is opened."""
    casts = []
    for weight in graph.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size > 256:
            name = weight.name
            weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + "_half"))
            casts.append(helper.make_node("Cast", [name + "_half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.graph.node]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the network from letters to sounds.")
    parser.add_argument(
        "--minutes",
        type=float,
        default=16.0,
        help="of processor time for training, after half a minute of alignment",
    )
    parser.add_argument("--out", type=Path, default=NETWORK)
    chosen = parser.parse_args()
    print(json.dumps(train(chosen.minutes, chosen.out), indent=1))


if __name__ == "__main__":
    main()
