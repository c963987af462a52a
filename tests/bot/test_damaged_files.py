"""`python -m bot serve`, the real process, over files that are missing, cut off, garbled or another's.

Each has to end with 2 and one line that names the file and what mends it, before anybody can talk.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.model_store import ModelMissingError, default_store

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "bot",
    "crisis",
    "emotion",
    "language",
    "on_call",
    "recommender",
    "review",
    "ser_model",
    "session_log",
    "tts_voices",
    "data",
)
MODEL = Path("home/models/whisper-base")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the gateway needs, with links to the recogniser's files, a port of its own and a log."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "models.toml", tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    yaml = YAML()
    settings = yaml.load((ROOT / "endpoints.yml").read_text(encoding="utf-8"))
    settings["hamdel"]["server"]["port"] = port
    settings["hamdel"]["session_log"] = {"path": str(tmp_path / "log" / "session_log.sqlite")}
    with (tmp_path / "endpoints.yml").open("w", encoding="utf-8") as file:
        yaml.dump(settings, file)
    try:
        model = default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))
    folder = tmp_path / MODEL / model.name
    folder.mkdir(parents=True)
    for path in model.iterdir():
        (folder / path.name).symlink_to(path)
    return tmp_path


def serve(project: Path, program: str = "") -> tuple[int, str]:
    """Runs the gateway of that copy; returns its exit status and what it said."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("HAMDEL_", "PYTHON"))
    }
    environment |= {"HAMDEL_HOME": str(project / "home"), "HAMDEL_TOKEN_SECRET": "x" * 32}
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys, bot.__main__ as m; sys.exit(m.main(['serve']))"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def _cut(path: Path, share: float = 0.6) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[: int(len(content) * share)])


def _cut_after_a_line(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]))


def _without_a_phrase(path: Path) -> None:
    phrases = json.loads(path.read_text(encoding="utf-8"))
    del phrases["greeting"]
    path.write_text(json.dumps(phrases), encoding="utf-8")


def _of_another_network(path: Path) -> None:
    path.write_bytes((ROOT / "recommender/weights/paper_lstm.onnx").read_bytes())


FAULTS: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "crisis lexicon cut off": ("data/crisis/lexicon_en.jsonl", _cut_after_a_line, "cut off"),
    "crisis lines cut off": ("data/crisis/lines.csv", _cut, "line"),
    "crisis replies garbled": ("data/crisis/replies.jsonl", lambda path: path.write_bytes(b"\xff"), "UTF-8"),
    "crisis weights cut off": ("crisis/weights/en.json.gz", _cut, "make train-crisis"),
    "crisis card no JSON": ("crisis/card.json", _cut, "make train-crisis"),
    "crisis countries garbled": (
        "data/crisis/countries.csv",
        lambda path: path.write_bytes(b"\xff"),
        "git checkout",
    ),
    "phrases no JSON": ("data/phrases.json", _cut, "restore"),
    "phrase missing": ("data/phrases.json", _without_a_phrase, "greeting.en"),
    "recogniser missing": (str(MODEL), shutil.rmtree, "models fetch"),
    "recogniser cut off": (f"{MODEL}/*/model.bin", _cut, "models fetch"),
    "speech emotion weights of another": (
        "ser_model/standalone/weights/logmel_cnn.onnx",
        _of_another_network,
        "make train-ser",
    ),
    "model manifest garbled": ("models.toml", lambda path: path.write_bytes(b"\xff\x00"), "manifest"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_file_ends_the_start_with_2_and_one_line(project: Path, fault: str) -> None:
    pattern, damage, remedy = FAULTS[fault]
    (path,) = project.glob(pattern)
    damage(path)
    status, said = serve(project)
    assert status == 2, said
    assert said.count("\n") == 1, said
    assert path.name in said
    assert remedy in said
    assert not (project / "log").exists(), "the log was opened before the models were known to be whole"


def test_a_missing_voice_activity_model_ends_the_start_with_2_and_one_line(project: Path) -> None:
    assets = project / "assets"
    assets.mkdir()
    program = f"import bot.voice_activity as v; v.get_assets_path = lambda: {str(assets)!r}"
    status, said = serve(project, program)
    assert status == 2, said
    assert said.count("\n") == 1, said
    assert "silero_vad_v6.onnx" in said
    assert "make serve" in said


def test_a_session_log_that_is_no_database_ends_the_start_with_2_and_one_line(project: Path) -> None:
    content = b"no database " * 400
    (project / "log").mkdir()
    path = project / "log" / "session_log.sqlite"
    path.write_bytes(content)
    status, said = serve(project)
    assert status == 2, said
    assert said.count("\n") == 1, said
    assert "session_log.sqlite" in said
    assert "move it aside" in said
    assert path.read_bytes() == content
