"""`python -m ser_model encode`: the states of the recogniser's encoder for a corpus, which training reads.

It runs in the gateway's environment, where the recogniser is; training has an environment of its own.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_model.configuration import Configuration, StatesNetwork, read_configuration
from ser_model.corpus import read_corpus
from ser_model.encoder_states import averaged_pairs
from ser_model.errors import ConfigurationError
from ser_model.feature_cache import cached_features, states_recipe
from ser_model.loading import load_encoder

__all__ = ["add_encode_command", "encode_corpus"]


def encode_corpus(configuration: Configuration, corpus: Sequence[Path] | None) -> int:
    """Computes what is not there yet; gives the number of recordings.

    Raises:
        ConfigurationError: where the network reads no encoder, or the recogniser can't be loaded.
        CorpusError: where the recordings are missing or unfit.
    """
    network = configuration.network
    if not isinstance(network, StatesNetwork):
        raise ConfigurationError(f"{configuration.name} reads no encoder: there is nothing to encode")
    clips = read_corpus(corpus)
    encoder = load_encoder(network.encoder, network.encoder_sha256, network.layers)

    def states(samples: NDArray[np.float32]) -> NDArray[np.float32]:
        return averaged_pairs(encoder.encode(samples))

    for copy in range(configuration.augmentation.copies + 1):
        cached_features(clips, states, name="states", recipe=states_recipe(network), copy=copy)
    return len(clips)


def add_encode_command(commands: Any, default: Path) -> None:
    """Adds the command; `default` is the configuration that is taken without `--config`."""
    parser = commands.add_parser(
        "encode",
        help="compute what training on encoder states needs (`make train-ser` calls it)",
        description="Computes the states of the recogniser's encoder for a corpus, and for the varied copies "
        "that the configuration asks for. What is there is not computed again.",
    )
    parser.add_argument("--config", type=Path, default=default, help="JSON file (%(default)s)")
    parser.add_argument(
        "--corpus", type=Path, nargs="+", help="manifests, or folders that have one; default: $HAMDEL_CORPORA"
    )
    parser.set_defaults(run=_encode)


def _encode(options: argparse.Namespace) -> int:
    count = encode_corpus(read_configuration(options.config), options.corpus)
    print(f"{count} recordings are encoded")
    return 0
