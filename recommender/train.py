"""Training: vectors, cross-validation, the final network on all sentences, ONNX, card.

    python -m recommender train --config recommender/configs/paper_lstm.json

reads the suggestions and the labelled situations of the project and writes `weights/` and `card.json`.
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
from recommender.learning import Example, examples_of, fit
from recommender.model_card import sha256_of
from recommender.onnx_graph import onnx_bytes
from recommender.situations import read_labelled_situations
from recommender.suggestions import load_suggestions
from recommender.technique_network import TechniqueNetwork
from recommender.vocabulary import Vocabulary, read_vocabulary
from recommender.word_vectors import PACKAGE, cache_directory, fetch_archive, read_archive

__all__ = ["VERSION", "train"]

VERSION = "1"

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
    out: Path,
    vectors: Path | None = None,
) -> dict[str, Any]:
    """Trains, checks and writes everything that `Recommender.load` reads.

    Args:
        configuration: of the run.
        suggestions: folder of the bilingual suggestions.
        situations: JSON Lines of labelled situations.
        out: folder for `weights/` and `card.json`; made where it is missing.
        vectors: a vectors file to use as it is; by default GloVe is fetched and pruned.

    Returns:
        The card.

    Raises:
        ConfigurationError: where the vectors cannot be fetched or are too few.
        SuggestionDataError: for data that is not as it should be.
        ModelFileError: where Keras and ONNX disagree.
    """
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    vocabulary = read_vocabulary(suggestions)
    examples = examples_of(load_suggestions(suggestions), read_labelled_situations(situations, vocabulary))
    table = _word_vectors(configuration, examples, vectors)
    epochs = configuration.schedule.epochs * (configuration.folds + 1)
    with tqdm(total=epochs, desc="training", unit="epoch") as progress:
        figures = cross_validate(
            configuration, examples, vocabulary, table, after_epoch=_shown(progress, "cross-validation")
        )
        network = fit(
            configuration, examples, tuple(vocabulary.techniques), table, after_epoch=_shown(progress, "all")
        )
    content = onnx_bytes(network)
    difference = _largest_difference(network, content, examples, table)
    if difference > _AGREEMENT:
        raise ModelFileError(f"Keras and ONNX differ by {difference:.2g}; nothing was written")
    table_content = table.to_bytes()
    card = _card(configuration, vocabulary, examples, figures)
    card["network"] = _described(
        content, f"{configuration.name}.onnx", parameters=int(network.count_params())
    )
    card["network"]["largest_difference_to_keras"] = float(f"{difference:.2g}")
    card["vectors"] = _described(
        table_content,
        "vectors.npz",
        words=len(table),
        source=f"GloVe 6B 100-d from the npm package {PACKAGE}",
        licence="PDDL 1.0",
    )
    card["training"]["situations_sha256"] = sha256_of(situations.read_bytes())
    (out / "weights").mkdir(parents=True, exist_ok=True)
    (out / card["network"]["file"]).write_bytes(content)
    (out / card["vectors"]["file"]).write_bytes(table_content)
    written = json.dumps(card, ensure_ascii=False, indent=2) + "\n"
    (out / "card.json").write_text(written, encoding="utf-8")
    return card


def _word_vectors(configuration: Configuration, examples: list[Example], vectors: Path | None) -> WordVectors:
    if vectors is None:
        needed = {word for example in examples for word in example.words}
        archive = fetch_archive(cache_directory())
        return read_archive(archive, frequent=configuration.vocabulary, needed=needed)
    try:
        return WordVectors.from_bytes(vectors.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{vectors}: cannot be read ({error.strerror})") from None


def _shown(progress: Any, stage: str) -> Callable[[float], None]:
    def after_epoch(loss: float) -> None:
        progress.set_postfix_str(f"{stage}, loss {loss:.2f}")
        progress.update()

    return after_epoch


def _largest_difference(network: Any, content: bytes, examples: list[Example], table: WordVectors) -> float:
    runtime = TechniqueNetwork(content, network.output_shape[-1])
    largest = 0.0
    for example in examples[:: max(1, len(examples) // 50)]:
        sequence = table.sequence(example.mood, list(example.words))
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
        "task": "mood word and words of the person → technique that fits; its suggestions are ranked",
        "chain": "mood word → frozen GloVe 100-d → LSTM → technique probabilities → ranking of suggestions",
        "languages": {
            "en": "mood word and the words of the text",
            "fa": "the mood word alone, distress, and cue words for life situations; Persian text is not "
            "read by the network. Mood and technique serve both languages. Not validated in Persian.",
        },
        "licence": "Apache-2.0 (network), PDDL 1.0 (vectors), CC BY 4.0 (suggestions and situations)",
        "techniques": list(vocabulary.techniques),
        "ranking": _RANKING,
        "cross_validation": figures,
        "training": {
            "configuration": configuration.model_dump(),
            "suggestions": sum(example.kind == "suggestion" for example in examples),
            "situations": sum(example.kind == "situation" for example in examples),
            "software": {
                "python": platform.python_version(),
                "tensorflow": tf.__version__,
                "keras": keras.__version__,
                "onnx": onnx.__version__,
            },
        },
        "limits": [
            "Suggestions, situations and their labels come from the same hands; figures on situations of "
            "other people will be lower.",
            f"A few hundred sentences for {len(vocabulary.techniques)} techniques: the intervals are wide, "
            "and where the regression on a bag of vectors does as well or better, the figures above say so.",
            "The 98 % that Majidi and Bahrami report has no published protocol or data set; it is not "
            "comparable with these figures.",
            "The ranking numbers are set by hand, not learnt; there is no feedback of people yet.",
            "Choosing suggestions is no treatment, and nothing here recognises danger: the crisis "
            "guard must run before.",
        ],
    }
