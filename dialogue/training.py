"""Trains Rasa when, and only when, something that it learns from has changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["ROOT", "TrainingError", "fingerprint", "model_path", "train_if_changed"]

ROOT = Path(__file__).resolve().parent.parent
_SOURCES = (
    "config.yml",
    "domain.yml",
    "data/nlu/**/*.yml",
    "data/rules/**/*.yml",
    "data/stories/**/*.yml",
    "dialogue/crisis_guard.py",
    "dialogue/entities.py",
    "dialogue/metadata.py",
    "dialogue/mood.py",
    "dialogue/normaliser.py",
    "dialogue/turn_language.py",
    "language/**/*.py",
    "requirements/dialogue.txt",
)
"""What a model depends on: the files at the root and the code that runs while it is trained."""

_KEPT_MODELS = 3


class TrainingError(RuntimeError):
    """The training did not end in a model; Rasa's own output says why."""


def fingerprint(root: Path = ROOT) -> str:
    """Twelve hexadecimal digits that change with any source of the model.

    Raises:
        TrainingError: where the project's files are missing.
    """
    digest = hashlib.sha256()
    for pattern in _SOURCES:
        for path in sorted(root.glob(pattern)):
            digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    if not (root / "config.yml").is_file():
        raise TrainingError(f"{root} has no config.yml; this is not the project's root")
    return digest.hexdigest()[:12]


def model_path(root: Path = ROOT) -> Path:
    """Where the model of the present sources lies, or would lie."""
    return root / "models" / f"dialogue-{fingerprint(root)}.tar.gz"


def train_if_changed(root: Path = ROOT, *, force: bool = False) -> tuple[Path, bool]:
    """Trains a model of the present sources unless there is one.

    Either way it ends up the newest of the folder, which is the one that Rasa takes.

    Args:
        root: the project's root.
        force: train even where there is such a model.

    Returns:
        The model, and whether it had to be trained.

    Raises:
        TrainingError: where Rasa fails.
    """
    path = model_path(root)
    trained = force or not path.is_file()
    if trained:
        _train(root, path.name.removesuffix(".tar.gz"))
        if not path.is_file():
            raise TrainingError(f"Rasa left no model at {path}")
    os.utime(path)
    _remove_old_models(path)
    return path, trained


def _train(root: Path, name: str) -> None:
    # Forced, since Rasa's cache doesn't see changes of the code that our components call.
    command = [sys.executable, "-m", "rasa", "train", "--force", "--fixed-model-name", name]
    environment = os.environ | {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "2"}
    log = root / ".run" / "train.log"
    log.parent.mkdir(exist_ok=True)
    print(f"training the dialogue (about a minute; details in {log}) …", flush=True)
    with log.open("w", encoding="utf-8") as output:
        ended = subprocess.run(  # noqa: S603 - our own words
            command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    if ended.returncode:
        last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
        raise TrainingError(f"'rasa train' ended with status {ended.returncode}:\n{last}")


def _remove_old_models(newest: Path) -> None:
    models = sorted(newest.parent.glob("dialogue-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    for path in models[:-_KEPT_MODELS]:
        path.unlink()
