"""`python -m tts_voices train`: its arguments; `train` does the work, in the environment of the training."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_arguments", "run"]

_PARTS = ("acoustic", "vocoder")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "--corpus", type=Path, action="append", required=True, help="a corpus' folder; several for a vocoder"
    )
    parser.add_argument("--language", choices=("en", "fa"), required=True, help="of the corpus (the first)")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of checkpoints, pictures and the voice"
    )
    parser.add_argument("--config", type=Path, help="sizes and schedules; by default for this machine")
    parser.add_argument("--only", choices=_PARTS, help="one of the two networks; both if left out")
    parser.add_argument(
        "--start", type=Path, help="another voice's acoustic.pt of the same sizes to begin with"
    )
    parser.add_argument("--vocoder", type=Path, help="a vocoder.onnx that is there already, instead of one")
    parser.add_argument("--name", default="own", help="of the voice")
    parser.add_argument("--licence", default="not stated", help="of the voice's weights")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")


def run(options: argparse.Namespace) -> int:
    """Trains; 0 when the voice is there. Broken off, it goes on from its last checkpoint."""
    # PyTorch is not in the environment in which the voices speak, and `--help` is.
    from tts_voices.train import train

    train(options)
    return 0
