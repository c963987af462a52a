"""What is installed: programs, packages, speech models, shipped weights, the dialogue's model.

Packages are looked up by their metadata and never imported; only the standard library is needed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import zlib
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from bot.check import PREPARE, Finding

if TYPE_CHECKING:
    from bot.model_store import ModelStatus
    from bot.settings import Settings

__all__ = ["dialogue_model", "environments", "programs", "shipped_weights", "speech_models"]

_SHOWN = {
    "gateway": ("faster-whisper", "onnx", "onnxruntime"),
    "dialogue": ("rasa", "rasa-sdk", "onnxruntime"),
}
_FOLDERS = {"gateway": ".venv", "dialogue": ".venv-dialogue"}
_PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", re.MULTILINE)
_DIRECT = re.compile(r"^([A-Za-z0-9][\w.-]*)", re.MULTILINE)
_BLOCK_BYTES = 1 << 20


def programs(search_path: str | None = None) -> list[Finding]:
    """The programs beside Python; `search_path` stands for PATH."""
    found = []
    espeak = shutil.which("espeak-ng", path=search_path)
    if espeak is None:
        found.append(Finding("espeak-ng", "missing", "the voice", "sudo apt-get install espeak-ng"))
    else:
        version = _version_of(espeak)
        found.append(
            Finding("espeak-ng", "ok", version)
            if version
            else Finding(
                "espeak-ng", "damaged", "does not start", "sudo apt-get install --reinstall espeak-ng"
            )
        )
    for program, package in (("chromium", "chromium"), ("node", "nodejs")):
        if shutil.which(program, path=search_path) is None:
            detail = f"not there; only `make test` needs it: sudo apt-get install {package}"
            found.append(Finding(program, "note", detail))
    return found


def _version_of(program: str) -> str | None:
    try:
        ended = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\d+(\.\d+)+", ended.stdout)
    return version[0] if version and ended.returncode == 0 else None


def environments(root: Path) -> list[Finding]:
    """The two Python environments that a server needs, their packages against the locked versions."""
    found = [Finding("Hamdel", "ok", f"{_project_version(root)} in {root}")]
    for part, folder_name in _FOLDERS.items():
        folder = root / folder_name
        if not (folder / "bin" / "python").exists():
            state = "damaged" if folder.is_dir() else "missing"
            detail = "its Python is not there any more" if folder.is_dir() else f"the {part}'s environment"
            found.append(
                Finding(folder_name, "damaged" if state == "damaged" else "missing", detail, PREPARE)
            )
            continue
        found += _packages(root, part, folder)
    return found


def _packages(root: Path, part: str, folder: Path) -> list[Finding]:
    installed = {
        _canonical(item.metadata["Name"]): item.version
        for item in distributions(path=[str(path) for path in folder.glob("lib/python3*/site-packages")])
        if item.metadata["Name"]
    }
    shown = ", ".join(f"{name} {installed[name]}" for name in _SHOWN[part] if name in installed)
    found = [
        Finding(folder.name, "ok", f"Python {_python_version(folder)}" + (f"; {shown}" if shown else ""))
    ]
    again = f"rm {folder.name}/.ready* && {PREPARE}"
    locked = _locked_versions(root / "requirements" / f"{part}.txt")
    for name in _direct_names(root / "requirements" / f"{part}.in"):
        wanted = locked.get(name, set())
        if name not in installed:
            found.append(Finding(name, "missing", f"a package of {folder.name}", again))
        elif wanted and installed[name] not in wanted:
            detail = f"{installed[name]} in {folder.name}, locked is {' or '.join(sorted(wanted))}"
            found.append(Finding(name, "wrong", detail, again))
    return found


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _locked_versions(path: Path) -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for name, version in _PINNED.findall(_text(path)):
        versions.setdefault(_canonical(name), set()).add(version)
    return versions


def _direct_names(path: Path) -> list[str]:
    return [_canonical(name) for name in _DIRECT.findall(_text(path))]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _python_version(folder: Path) -> str:
    found = re.search(r"^version(?:_info)? *= *([\d.]+)", _text(folder / "pyvenv.cfg"), re.MULTILINE)
    return found[1] if found else "of unknown version"


def _project_version(root: Path) -> str:
    found = re.search(r'^version *= *"([^"]+)"', _text(root / "pyproject.toml"), re.MULTILINE)
    return found[1] if found else "of unknown version"


def speech_models(root: Path, settings: Settings | None, cache: Path | None = None) -> list[Finding]:
    """The models of `models.toml`, each file hashed; only the chosen ones have to be there."""
    try:
        from bot.model_sources import file_problem
        from bot.model_store import ModelManifestError, ModelStore, cache_home
    except ImportError as error:
        return [Finding("models", "missing", f"not looked at: the package {error.name} is missing", PREPARE)]
    try:
        statuses = ModelStore(root / "models.toml", cache or cache_home()).list()
    except ModelManifestError as error:
        return [Finding("models.toml", "invalid", str(error), "git checkout -- models.toml")]
    chosen = settings.recogniser.models if settings is not None else ()
    found: list[Finding] = []
    for status in statuses:
        needed = status.name in chosen or (not chosen and status.entry.default)
        size = f"{status.entry.size_bytes / 1e6:.0f} MB"
        fetch = f".venv/bin/python -m bot models fetch {status.name}"
        if status.state == "missing":
            detail = f"{size}, {status.entry.purpose}"
            found.append(
                Finding(status.name, "missing", detail, fetch)
                if needed
                else Finding(status.name, "note", f"not there, and not chosen ({detail}): {fetch}")
            )
            continue
        problems = [file_problem(status.path / file.path, file) for file in status.entry.files]
        wrong = "; ".join(problem for problem in problems if problem)
        found.append(
            Finding(status.name, "damaged" if needed else "note", wrong, fetch)
            if wrong
            else Finding(status.name, "ok", f"{size}, SHA-256 as in models.toml")
        )
    if settings is not None:
        found += _recognisers(settings, statuses)
    known = [status.name for status in statuses]
    for name in chosen:
        if name not in known:
            remedy = f"in hamdel.recogniser choose from: {', '.join(known)}"
            found.append(Finding("recogniser.model", "invalid", f"models.toml has no {name}", remedy))
    return found


def _recognisers(settings: Settings, statuses: Sequence[ModelStatus]) -> list[Finding]:
    """Which model hears which language, why, at what cost, and what a better one would bring."""
    from bot.model_choice import advice, choose_models, this_machine

    entries = {status.name: status.entry for status in statuses}
    machine = this_machine()
    choices = choose_models(settings.recogniser, statuses, machine)
    found = []
    for choice in choices:
        known = entries[choice.name].recognition if choice.name in entries else None
        slower = "as fast as base" if known and known.times_base == 1 else ""
        if known and not slower:
            slower = f"takes {known.times_base:g} times as long as base"
        cost = f"; {known.memory_mb} MB, {slower}" if known else ""
        subject = f"words, {choice.language or 'any language'}"
        found.append(Finding(subject, "note", f"{choice.name}: {choice.reason}{cost}"))
    for language, better in advice(choices, statuses, machine):
        found.append(Finding(f"words, {language}", "note", better))
    return found


def shipped_weights(root: Path) -> list[Finding]:
    """The weights that come with the project, each against the SHA-256 of its card."""
    found = []
    for package in ("ser_model", "ser_model/standalone", "recommender"):
        try:
            card = json.loads((root / package / "card.json").read_text(encoding="utf-8"))
            files = _card_files(card)
        except (OSError, ValueError, KeyError, TypeError):
            remedy = f"git checkout -- {package}/card.json"
            found.append(Finding(f"{package}/card.json", "damaged", "cannot be read", remedy))
            continue
        for name, sha256 in files.items():
            path, subject = root / package / name, f"{package}/{name}"
            remedy = f"git checkout -- {subject}"
            if not path.is_file():
                found.append(Finding(subject, "missing", "weights that come with the project", remedy))
            elif _sha256(path) != sha256:
                found.append(Finding(subject, "damaged", "is not the file that card.json names", remedy))
            else:
                found.append(Finding(subject, "ok", "SHA-256 as in card.json"))
    return found


def _card_files(card: Mapping[str, object]) -> dict[str, str]:
    if "weights" in card:
        return {str(card["weights"]): str(card["sha256"])}
    files = {}
    for part in ("network", "vectors"):
        entry = card[part]
        if not isinstance(entry, dict):
            raise TypeError(f"{part} is no object")
        files[str(entry["file"])] = str(entry["sha256"])
    return files


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def dialogue_model(root: Path) -> list[Finding]:
    """Whether Rasa has a model of the present sources, whole, and would load that one."""
    from dialogue.training import TrainingError, model_path

    train = "make dialogue-model"
    try:
        path = model_path(root)
    except (TrainingError, OSError) as error:
        return [
            Finding("dialogue model", "damaged", f"its sources cannot be read: {error}", "git checkout -- .")
        ]
    models = list(path.parent.glob("*.tar.gz"))
    if not path.is_file():
        detail = "out of date: its sources have changed" if models else "not trained yet"
        return [Finding("dialogue model", "missing", detail, train)]
    if not _is_whole(path):
        remedy = f"rm {path.relative_to(root)} && {train}"
        return [Finding("dialogue model", "damaged", f"{path.name} is cut short", remedy)]
    # Rasa takes the newest of the folder, whatever its name.
    newest = max(models, key=lambda model: model.stat().st_mtime)
    if newest != path:
        return [Finding("dialogue model", "wrong", f"{newest.name} is newer and would be loaded", train)]
    return [Finding("dialogue model", "ok", f"up to date; {path.relative_to(root)}")]


def _is_whole(path: Path) -> bool:
    try:
        with gzip.open(path) as stream:
            while stream.read(_BLOCK_BYTES):
                pass
    except (OSError, EOFError, zlib.error):
        return False
    return True
