"""Trains Rasa when, and only when, something that it learns from has changed."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["ROOT", "TrainingError", "fingerprint", "is_whole", "model_path", "train_if_changed"]

ROOT = Path(__file__).resolve().parent.parent
_SOURCES = (
    "config.yml",
    "domain.yml",
    "data/nlu/**/*.yml",
    "data/rules/**/*.yml",
    "data/stories/**/*.yml",
    "dialogue/closed_*.py",
    "dialogue/crisis_*.py",
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
_UNFINISHED = ".training"
"""Folder below the models' in which Rasa writes; what an interrupted training leaves is never taken."""


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


def is_whole(path: Path) -> bool:
    """Whether a model is there and can be read to its end."""
    try:
        with gzip.open(path) as stream:  # to the end, where the checksum is
            while stream.read(1 << 20):
                pass
        with tarfile.open(path, "r:gz") as archive:
            names = [member.name for member in archive]
    except (OSError, EOFError, tarfile.TarError, zlib.error):
        return False
    return any(name.endswith("metadata.json") for name in names)


def train_if_changed(root: Path = ROOT, *, force: bool = False) -> tuple[Path, bool]:
    """Trains a model of the present sources unless there is a whole one.

    May be interrupted at any time and run again; of two at the same time one waits for the other.
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
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path.parent):
        trained = force or not is_whole(path)
        if trained:
            _train(root, path)
        os.utime(path)
        _remove_old_models(path)
    return path, trained


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    # The system gives the lock back when its holder ends, however it ends.
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _train(root: Path, path: Path) -> None:
    unfinished = path.parent / _UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    # Forced, since Rasa's cache doesn't see changes of the code that our components call; and with a
    # cache that nobody reads again, since an interrupted training may leave it broken.
    command = [sys.executable, "-m", "rasa", "train", "--force"]
    command += ["--out", str(unfinished), "--fixed-model-name", path.name.removesuffix(".tar.gz")]
    environment = os.environ | {
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "RASA_CACHE_DIRECTORY": str(unfinished / "cache"),
    }
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
    if not is_whole(unfinished / path.name):
        raise TrainingError(f"Rasa left no whole model; its output is in {log}. Run this again.")
    os.replace(unfinished / path.name, path)
    shutil.rmtree(unfinished, ignore_errors=True)


def _remove_old_models(newest: Path) -> None:
    models = sorted(newest.parent.glob("dialogue-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    for path in models[:-_KEPT_MODELS]:
        path.unlink()
