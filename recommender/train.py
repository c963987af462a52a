"""Training: cross-validation, the final network and regressions on all situations, ONNX, card.

    python -m recommender train --config recommender/configs/three_readers.json

reads the suggestions, the labelled situations and the word vectors of the project and writes `weights/` and
`card.json`. The word vectors are learnt apart from it (`python -m recommender vectors`).
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import tensorflow as tf
from numpy.typing import NDArray
from tqdm import tqdm

from recommender.configuration import Configuration
from recommender.cross_validation import cross_validate
from recommender.errors import ConfigurationError, ModelFileError
from recommender.features import WordVectors
from recommender.learning import Example, examples_of, fit, use_one_thread
from recommender.model_card import sha256_of
from recommender.onnx_graph import onnx_bytes
from recommender.regression_learning import fit_regressions
from recommender.situations import read_labelled_situations
from recommender.suggestions import load_suggestions
from recommender.technique_network import TechniqueNetwork
from recommender.vocabulary import Vocabulary, read_vocabulary

__all__ = ["VERSION", "read_vectors", "train"]

VERSION = "2"

_AGREEMENT = 1e-4
_RANKING = {
    "assumed_distress": 5,
    "probability_floor": 0.001,
    "relevance": 2.0,
    "situation_match": 2.0,
    "effort": 0.3,
    "temperature": 0.6,
}


def train(
    configuration: Configuration,
    *,
    suggestions: Path,
    situations: Path,
    vectors: Path,
    out: Path,
) -> dict[str, Any]:
    """Trains, checks and writes everything that `Recommender.load` reads.

    Args:
        configuration: of the run.
        suggestions: folder of the bilingual suggestions.
        situations: JSON Lines of labelled situations.
        vectors: folder of `vectors.npz` and, with its figures, `vectors.json`.
        out: folder for `weights/` and `card.json`; made where it is missing.

    Returns:
        The card.

    Raises:
        ConfigurationError: where the vectors cannot be read.
        SuggestionDataError: for data that is not as it should be.
        ModelFileError: where Keras and ONNX disagree.
    """
    use_one_thread()
    vocabulary = read_vocabulary(suggestions)
    techniques = tuple(vocabulary.techniques)
    examples = examples_of(load_suggestions(suggestions), read_labelled_situations(situations, vocabulary))
    table_content, described_vectors = _word_vectors(vectors)
    table = WordVectors.from_bytes(table_content)
    told = [example for example in examples if example.kind == "situation"]
    asked = [example for example in examples if example.kind == "suggestion"]
    epochs = configuration.schedule.epochs * (configuration.folds + 1)
    with tqdm(total=epochs, desc="training", unit="epoch") as progress:
        figures = cross_validate(
            configuration, examples, vocabulary, table, after_epoch=_shown(progress, "cross-validation")
        )
        network = fit(configuration, told, techniques, table, after_epoch=_shown(progress, "all"))
    content = onnx_bytes(network)
    difference = _largest_difference(network, content, told, table)
    if difference > _AGREEMENT:
        raise ModelFileError(f"Keras and ONNX differ by {difference:.2g}; nothing was written")
    regressions = fit_regressions(configuration.regressions, told, asked, techniques, table).to_bytes()
    card = _card(configuration, vocabulary, examples, figures)
    card["network"] = _described(content, "paper_lstm.onnx", parameters=int(network.count_params()))
    card["network"]["largest_difference_to_keras"] = float(f"{difference:.2g}")
    card["regressions"] = _described(regressions, "regressions.npz")
    card["vectors"] = {**described_vectors, **_described(table_content, "vectors.npz")}
    card["training"]["situations_sha256"] = sha256_of(situations.read_bytes())
    (out / "weights").mkdir(parents=True, exist_ok=True)
    for section, written in (("network", content), ("regressions", regressions), ("vectors", table_content)):
        (out / card[section]["file"]).write_bytes(written)
    text = json.dumps(card, ensure_ascii=False, indent=2) + "\n"
    (out / "card.json").write_text(text, encoding="utf-8")
    return card


def read_vectors(folder: Path) -> WordVectors:
    """The word vectors of a folder.

    Raises:
        ConfigurationError: where they cannot be read.
        ModelFileError: where they are damaged.
    """
    return WordVectors.from_bytes(_word_vectors(folder)[0])


def _word_vectors(folder: Path) -> tuple[bytes, dict[str, Any]]:
    """The table, and what is known of it: where it is from, under which licence, how good it is."""
    try:
        content = (folder / "vectors.npz").read_bytes()
        described: dict[str, Any] = json.loads((folder / "vectors.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename}: cannot be read ({error.strerror}); `python -m recommender vectors` writes it"
        ) from None
    except ValueError as error:
        raise ConfigurationError(f"{folder / 'vectors.json'}: is no JSON ({error})") from None
    return content, described


def _shown(progress: Any, stage: str) -> Callable[[float], None]:
    def after_epoch(loss: float) -> None:
        progress.set_postfix_str(f"{stage}, loss {loss:.2f}")
        progress.update()

    return after_epoch


def _largest_difference(network: Any, content: bytes, examples: list[Example], table: WordVectors) -> float:
    runtime = TechniqueNetwork(content, network.output_shape[-1])
    largest = 0.0
    for example in examples[:: max(1, len(examples) // 50)]:
        sequence = table.sequence(example.mood, example.words)
        answer: NDArray[np.float32] = network(sequence[np.newaxis], training=False).numpy()[0]
        largest = max(largest, float(np.abs(answer - runtime.probabilities(sequence)).max()))
    return largest


def _described(content: bytes, name: str, **more: Any) -> dict[str, Any]:
    return {"file": f"weights/{name}", "sha256": sha256_of(content), "bytes": len(content), **more}


def _card(
    configuration: Configuration,
    vocabulary: Vocabulary,
    examples: list[Example],
    figures: dict[str, Any],
) -> dict[str, Any]:
    return {
        "name": configuration.name,
        "version": VERSION,
        "task": "mood and words of the person → technique that fits; its suggestions are ranked",
        "chain": "word vectors of both languages in one space → LSTM (after Majidi and Bahrami); mean word "
        "vector → regression; n-grams of letters → regression; product of the three → ranking of suggestions",
        "languages": ["en", "fa"],
        "licence": "Apache-2.0 (network and regressions), CC BY-SA 4.0 (Persian part of the vectors), "
        "PDDL 1.0 (English part), CC BY 4.0 (suggestions and situations)",
        "techniques": list(vocabulary.techniques),
        "shares": configuration.shares.model_dump(),
        "ranking": _RANKING,
        "cross_validation": figures,
        "training": {
            "configuration": configuration.model_dump(),
            "command": "make train-recommender",
            "suggestions": sum(example.kind == "suggestion" for example in examples) // 2,
            "situations": sum(example.kind == "situation" for example in examples),
            "software": {
                "python": platform.python_version(),
                "tensorflow": tf.__version__,
                "keras": keras.__version__,
                "onnx": onnx.__version__,
            },
        },
        "limits": [
            "Suggestions, situations and their labels were written for this project; what people really say "
            "will differ, and so will the figures.",
            f"Some hundred sentences for {len(vocabulary.techniques)} techniques: the intervals are wide.",
            "The 98 % that Majidi and Bahrami report has no published protocol or data set; it is not "
            "comparable with these figures.",
            "The ranking numbers are set by hand, not learnt.",
            "Choosing suggestions is no treatment, and nothing here recognises danger: the crisis "
            "guard must run before.",
        ],
    }
