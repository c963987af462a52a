import gzip
import hashlib
import json
import os

import pytest

from bot.check_installation import (
    dialogue_model,
    environments,
    programs,
    shipped_weights,
    speech_models,
)
from bot.settings import ROOT, Settings
from dialogue.training import model_path

FAST = "faster-whisper"


def found_of(findings, subject):
    return next(finding for finding in findings if finding.subject == subject)


def make_program(folder, name, text):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def make_environment(root, name, python, packages):
    site = root / name / "lib" / f"python{python}" / "site-packages"
    (root / name / "bin").mkdir(parents=True)
    (root / name / "bin" / "python").touch()
    (root / name / "pyvenv.cfg").write_text(f"version_info = {python}.5\n")
    for package, version in packages.items():
        folder = site / f"{package.replace('-', '_')}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")


@pytest.fixture
def project(tmp_path):
    """A project with both environments as their locks want them."""
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "3.2.1"\n')
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    (requirements / "gateway.in").write_text(f"# what runs\n{FAST}   # words\nuvicorn[standard]\n")
    (requirements / "gateway.txt").write_text(f"{FAST}==1.2.1 \\\n    --hash=sha256:0\nuvicorn==0.40 ; x\n")
    (requirements / "dialogue.in").write_text("rasa\n")
    (requirements / "dialogue.txt").write_text("rasa==3.6.21\n")
    make_environment(tmp_path, ".venv", "3.11", {FAST: "1.2.1", "uvicorn": "0.40"})
    make_environment(tmp_path, ".venv-dialogue", "3.10", {"rasa": "3.6.21"})
    return tmp_path


def test_environments_as_locked_are_well_and_named_with_their_versions(project):
    found = environments(project)
    assert {finding.state for finding in found} == {"ok"}
    assert found_of(found, "Hamdel").detail.startswith("3.2.1")
    assert found_of(found, ".venv").detail == "Python 3.11.5; faster-whisper 1.2.1"
    assert found_of(found, ".venv-dialogue").detail == "Python 3.10.5; rasa 3.6.21"


def test_a_missing_environment_is_made_by_make_serve(project):
    (project / ".venv-dialogue").rename(project / "elsewhere")
    finding = found_of(environments(project), ".venv-dialogue")
    assert (finding.state, finding.remedy) == ("missing", "make serve")


def test_an_environment_whose_python_has_gone_is_damaged(project):
    python = project / ".venv-dialogue" / "bin" / "python"
    python.unlink()
    python.symlink_to(project / "no-such-python")
    assert found_of(environments(project), ".venv-dialogue").state == "damaged"


def test_a_missing_package_is_named(project):
    metadata = next((project / ".venv").glob("lib/*/*/uvicorn-*"))
    metadata.rename(project / "elsewhere")
    finding = found_of(environments(project), "uvicorn")
    assert finding.state == "missing"
    assert finding.remedy == "rm .venv/.ready* && make serve"


def test_a_package_of_another_version_than_the_lock_is_wrong(project):
    (project / "requirements" / "gateway.txt").write_text(f"{FAST}==1.3.0\nuvicorn==0.40\n")
    finding = found_of(environments(project), FAST)
    assert (finding.state, finding.detail) == ("wrong", "1.2.1 in .venv, locked is 1.3.0")


def test_a_missing_voice_program_has_its_line(tmp_path):
    finding = found_of(programs(str(tmp_path)), "espeak-ng")
    assert (finding.state, finding.remedy) == ("missing", "sudo apt-get install espeak-ng")


def test_a_voice_program_that_does_not_start_is_damaged(tmp_path):
    make_program(tmp_path, "espeak-ng", "echo 1.51; exit 127")
    assert found_of(programs(str(tmp_path)), "espeak-ng").state == "damaged"


def test_the_version_of_the_voice_program_is_shown(tmp_path):
    make_program(tmp_path, "espeak-ng", "echo 'eSpeak NG text-to-speech: 1.51  Data at: /usr'")
    assert found_of(programs(str(tmp_path)), "espeak-ng").detail == "1.51"


def test_programs_that_only_tests_need_are_not_asked_for(tmp_path):
    assert {finding.state for finding in programs(str(tmp_path)) if finding.subject != "espeak-ng"} == {
        "note"
    }


def manifest(root, **models):
    lines = []
    for name, content in models.items():
        lines.append(f"""
[models.{name}]
purpose = "words"
default = {"true" if name == "small" else "false"}
revision = "r1"
licence = "MIT"
languages = ["en"]
hardware = "any"
notes = ""
[[models.{name}.files]]
path = "model.bin"
size_bytes = {len(content)}
sha256 = "{hashlib.sha256(content).hexdigest()}"
[[models.{name}.sources]]
kind = "hub"
repository = "nobody/{name}"
""")
    (root / "models.toml").write_text("\n".join(lines))


def put_model(cache, name, content):
    folder = cache / "models" / name / "r1"
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(content)


def choose(model):
    return Settings.model_validate({"recogniser": {"model": model}})


def test_a_chosen_model_is_hashed(tmp_path):
    manifest(tmp_path, small=b"weights")
    put_model(tmp_path, "small", b"weights")
    finding = found_of(speech_models(tmp_path, choose("small"), tmp_path), "small")
    assert finding.state == "ok"
    assert "SHA-256" in finding.detail


def test_a_model_with_one_wrong_byte_is_damaged_and_fetched_anew(tmp_path):
    manifest(tmp_path, small=b"weights")
    put_model(tmp_path, "small", b"weightz")
    finding = found_of(speech_models(tmp_path, choose("small"), tmp_path), "small")
    assert finding.state == "damaged"
    assert finding.remedy == ".venv/bin/python -m bot models fetch small"


def test_a_model_chosen_for_one_language_has_to_be_there_too(tmp_path):
    manifest(tmp_path, small=b"weights", large=b"more weights")
    settings = Settings.model_validate({"recogniser": {"model": "small", "by_language": {"fa": "large"}}})
    assert found_of(speech_models(tmp_path, settings, tmp_path), "large").state == "missing"


def test_a_chosen_model_that_is_not_there_is_missing_and_another_is_not(tmp_path):
    manifest(tmp_path, small=b"weights", large=b"more weights")
    found = speech_models(tmp_path, choose("large"), tmp_path)
    assert found_of(found, "large").state == "missing"
    assert found_of(found, "small").state == "note"


def test_without_settings_the_usual_model_is_needed(tmp_path):
    manifest(tmp_path, small=b"weights", large=b"more weights")
    found = speech_models(tmp_path, None, tmp_path)
    assert [(finding.subject, finding.state) for finding in found] == [
        ("small", "missing"),
        ("large", "note"),
    ]


def test_a_model_that_the_manifest_lacks_is_an_invalid_setting(tmp_path):
    manifest(tmp_path, small=b"weights")
    finding = found_of(speech_models(tmp_path, choose("giant"), tmp_path), "recogniser.model")
    assert finding.state == "invalid"
    assert "small" in (finding.remedy or "")


def test_the_cost_of_the_base_model_is_said_without_a_factor(tmp_path):
    costs = {
        name: found_of(speech_models(ROOT, choose(name), tmp_path), "words, any language").detail
        for name in ("whisper-base", "whisper-small")
    }
    assert costs["whisper-base"].endswith("MB, as fast as base")
    assert costs["whisper-small"].endswith("takes 3.5 times as long as base")


def test_a_manifest_that_cannot_be_read_is_invalid(tmp_path):
    (tmp_path / "models.toml").write_text("[models")
    assert found_of(speech_models(tmp_path, None, tmp_path), "models.toml").state == "invalid"


@pytest.fixture
def weights(tmp_path):
    files = {
        "ser_model": ("s.onnx",),
        "ser_model/standalone": ("a.onnx",),
        "recommender": ("b.onnx", "c.npz"),
    }
    sha256 = {}
    for package, names in files.items():
        (tmp_path / package / "weights").mkdir(parents=True)
        for name in names:
            (tmp_path / package / "weights" / name).write_bytes(name.encode())
            sha256[name] = hashlib.sha256(name.encode()).hexdigest()
    cards = {
        "ser_model": {"weights": "weights/s.onnx", "sha256": sha256["s.onnx"]},
        "ser_model/standalone": {"weights": "weights/a.onnx", "sha256": sha256["a.onnx"]},
        "recommender": {
            "network": {"file": "weights/b.onnx", "sha256": sha256["b.onnx"]},
            "vectors": {"file": "weights/c.npz", "sha256": sha256["c.npz"]},
        },
    }
    for package, card in cards.items():
        (tmp_path / package / "card.json").write_text(json.dumps(card))
    return tmp_path


def test_weights_are_compared_with_their_cards(weights):
    assert [finding.state for finding in shipped_weights(weights)] == ["ok"] * 4
    (weights / "ser_model/standalone/weights/a.onnx").write_bytes(b"cut")
    (weights / "recommender/weights/c.npz").unlink()
    found = shipped_weights(weights)
    assert [finding.state for finding in found] == ["ok", "damaged", "ok", "missing"]
    assert found[1].remedy == "git checkout -- ser_model/standalone/weights/a.onnx"


@pytest.mark.parametrize("card", ["", "[]", "{}", '{"network": 1, "vectors": 2}'])
def test_a_card_that_cannot_be_read_is_damaged(weights, card):
    (weights / "recommender/card.json").write_text(card)
    assert found_of(shipped_weights(weights), "recommender/card.json").state == "damaged"


@pytest.fixture
def trained(tmp_path):
    (tmp_path / "config.yml").write_text("recipe: default.v1\n")
    path = model_path(tmp_path)
    path.parent.mkdir()
    path.write_bytes(gzip.compress(os.urandom(4096)))
    return path


def test_a_model_of_the_present_sources_is_up_to_date(tmp_path, trained):
    assert [finding.state for finding in dialogue_model(tmp_path)] == ["ok"]


def test_a_model_of_other_sources_is_out_of_date(tmp_path, trained):
    (tmp_path / "config.yml").write_text("recipe: another\n")
    finding = dialogue_model(tmp_path)[0]
    assert (finding.state, finding.remedy) == ("missing", "make dialogue-model")
    assert "out of date" in finding.detail


def test_no_model_at_all_is_missing(tmp_path, trained):
    trained.unlink()
    assert "not trained yet" in dialogue_model(tmp_path)[0].detail


def test_a_model_that_was_cut_short_is_damaged(tmp_path, trained):
    trained.write_bytes(trained.read_bytes()[:-100])
    assert dialogue_model(tmp_path)[0].state == "damaged"


def test_a_newer_model_that_would_be_loaded_instead_is_told(tmp_path, trained):
    os.utime(trained, (1, 1))
    (trained.parent / "other.tar.gz").touch()
    finding = dialogue_model(tmp_path)[0]
    assert finding.state == "wrong"
    assert "other.tar.gz" in finding.detail


def test_a_folder_without_a_dialogue_is_damaged(tmp_path):
    assert dialogue_model(tmp_path)[0].state == "damaged"
