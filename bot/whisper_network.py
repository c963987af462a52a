"""A loaded Whisper: encodes log-mel frames, and searches for the likeliest words of an encoded utterance."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bot.beam_search import BeamSearch, Hypothesis
from bot.whisper_encoder import Encoded, WhisperEncoder, session_options
from bot.whisper_graphs import decoder_graph
from bot.whisper_weights import WeightsFormatError, read_weights

__all__ = ["Beginning", "WhisperNetwork"]

_MULTILINGUAL_TOKENS = 51_865


@dataclass(frozen=True, slots=True)
class Beginning:
    """The decoder after its first token.

    Attributes:
        vocabulary: the tokens that may come next, ascending.
        probabilities: of each of them.
        past: the keys and values of the first token, which every prompt goes on from.
    """

    vocabulary: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    past: list[onnxruntime.OrtValue]

    def probability(self, token: int) -> float:
        """That this token, one of the vocabulary, comes next."""
        return float(self.probabilities[np.searchsorted(self.vocabulary, token)])


class WhisperNetwork:
    """Encoder and decoder of a Whisper in ONNX Runtime; its methods may be called from any thread.

    Args:
        model_dir: folder with model.bin and config.json, as the converter of CTranslate2 wrote them.
        vocabulary: the tokens that may be heard.
        threads: processor threads for one utterance.
        beams: hypotheses that are followed at the same time.
        layers: of the encoder, from 1, whose states are given out.

    Raises:
        ValueError: if the encoder has no such layer.
        OSError: if a file can't be read.
        WeightsFormatError: if the files are not those of a Whisper in float16 or float32.
    """

    def __init__(
        self,
        model_dir: Path,
        *,
        vocabulary: Sequence[int],
        threads: int,
        beams: int,
        layers: Sequence[int] = (),
    ) -> None:
        weights = read_weights(model_dir / "model.bin")
        config = _read_config(model_dir / "config.json")
        self.encoder = WhisperEncoder(weights, threads=threads, layers=layers)
        self._shape = self.encoder.shape
        if max(vocabulary) >= self._shape.tokens:
            raise WeightsFormatError("tokenizer.json has more tokens than the model")
        self._vocabulary = np.array(vocabulary)
        self._beams = beams
        self._never_first = frozenset(config["suppress_ids_begin"])
        # Of the candidates all may be ends or not allowed at the beginning.
        candidates = 2 * beams + len(self._never_first)
        options = session_options(threads)
        decoder = decoder_graph(
            weights, vocabulary=vocabulary, suppressed=config["suppress_ids"], candidates=candidates
        )
        self._decoder = onnxruntime.InferenceSession(decoder, options, providers=["CPUExecutionProvider"])
        names = [
            f"{part}_{layer}" for layer in range(self._shape.decoder_layers) for part in ("key", "value")
        ]
        self._remembered = names
        self._nothing_past = onnxruntime.OrtValue.ortvalue_from_numpy(
            np.zeros((1, self._shape.heads, 0, self._shape.head_width), dtype=np.float32)
        )

    @property
    def multilingual(self) -> bool:
        """Whether it knows other languages than English."""
        return self._shape.tokens >= _MULTILINGUAL_TOKENS

    def begin(self, encoded: Encoded, token: int) -> Beginning:
        """Reads the first token of a transcript."""
        past = dict.fromkeys((f"past_{name}" for name in self._remembered), self._nothing_past)
        logits, *remembered = self._run(
            ["logits"], encoded, past, tokens=np.array([[token]]), parents=np.array([0]), first=0
        )
        weights = np.exp(logits.numpy()[0] - logits.numpy().max())
        return Beginning(self._vocabulary, weights / weights.sum(), remembered)

    def search(
        self,
        encoded: Encoded,
        beginning: Beginning,
        prompts: Sequence[Sequence[int]],
        *,
        end: int,
        longest: int,
    ) -> list[list[Hypothesis]]:
        """Follows the likeliest hypotheses after each of some prompts, all at the same time.

        Args:
            encoded: the utterance.
            beginning: of the same utterance.
            prompts: tokens to go on with after the first, equally many each.
            end: the token that ends a hypothesis.
            longest: tokens after which a hypothesis is broken off, without the end.

        Returns:
            For each prompt up to `beams` hypotheses, likeliest first.
        """
        searches = [BeamSearch(self._beams, end=end, longest=longest) for _ in prompts]
        parents = np.zeros(len(prompts), dtype=np.int64)
        tokens = np.array(prompts, dtype=np.int64)
        position, live = 1, searches
        forbidden = self._never_first
        past = beginning.past
        while live:
            likeliest, scores, *past = self._run(
                ["likeliest", "log_probabilities"],
                encoded,
                {f"past_{name}": value for name, value in zip(self._remembered, past, strict=True)},
                tokens=tokens,
                parents=parents,
                first=position,
            )
            position += tokens.shape[1]
            chosen = _advance(live, likeliest.numpy(), scores.numpy(), forbidden)
            forbidden = frozenset()
            live = [search for search in live if search.going_on]
            parents = np.array([parent for parent, _ in chosen], dtype=np.int64)
            tokens = np.array([[token] for _, token in chosen], dtype=np.int64)
        return [search.found() for search in searches]

    def _run(
        self,
        wanted: Sequence[str],
        encoded: Encoded,
        past: Mapping[str, onnxruntime.OrtValue],
        *,
        tokens: NDArray[np.int64],
        parents: NDArray[np.int64],
        first: int,
    ) -> list[onnxruntime.OrtValue]:
        numbers = {"tokens": tokens, "parents": parents, "first": np.array([first])}
        given = {
            name: onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value, dtype=np.int64))
            for name, value in numbers.items()
        }
        found: list[onnxruntime.OrtValue] = self._decoder.run_with_ort_values(
            [*wanted, *self._remembered], {**given, **encoded.cross, **past}
        )
        return found


def _advance(
    searches: Sequence[BeamSearch],
    likeliest: NDArray[np.int64],
    scores: NDArray[np.float32],
    forbidden: frozenset[int],
) -> list[tuple[int, int]]:
    """Lets each search choose; gives (row that is continued, token) of all that go on."""
    chosen = []
    first = 0
    for search in searches:
        end = first + search.rows
        rows = [
            _allowed(tokens, values, forbidden)
            for tokens, values in zip(likeliest[first:end], scores[first:end], strict=True)
        ]
        chosen += [(first + row, token) for row, token in search.advance(rows)]
        first = end
    return chosen


def _allowed(
    tokens: NDArray[np.int64], scores: NDArray[np.float32], forbidden: frozenset[int]
) -> list[tuple[int, float]]:
    pairs = list(zip(tokens.tolist(), scores.tolist(), strict=True))
    if not forbidden:
        return pairs
    taken = sum(math.exp(score) for token, score in pairs if token in forbidden)
    rest = math.log(max(1e-9, 1 - taken))
    return [(token, score - rest) for token, score in pairs if token not in forbidden]


def _read_config(path: Path) -> dict[str, list[int]]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        return {name: [int(one) for one in config[name]] for name in ("suppress_ids", "suppress_ids_begin")}
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsFormatError(f"config.json is damaged ({error!r})") from error
