from __future__ import annotations

from pathlib import Path

import pytest

from bot.model_manifest import ModelManifestError, load_manifest

GOOD = """
[models.tiny]
purpose = "test"
default = true
revision = "r1"
licence = "MIT"
languages = ["en"]
hardware = "any"
notes = "none"

[[models.tiny.files]]
path = "model.bin"
size_bytes = 4
sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

[[models.tiny.sources]]
kind = "hub"
repository = "owner/tiny"

[[models.tiny.sources]]
kind = "registry"
packages = ["tiny-part==1.0.0"]
[models.tiny.sources.files]
"model.bin" = ["tiny_part/model.bin"]
"""


def _load(tmp_path: Path, text: str) -> object:
    path = tmp_path / "models.toml"
    path.write_text(text, encoding="utf-8")
    return load_manifest(path)


def test_the_projects_own_manifest_is_valid_and_names_the_default_recogniser() -> None:
    entries = load_manifest(Path(__file__).resolve().parents[2] / "models.toml")
    assert entries["whisper-base"].default
    assert not entries["whisper-small"].default
    assert [source.kind for source in entries["whisper-base"].sources] == ["hub", "registry"]


def test_a_good_manifest_is_read_with_its_sources_in_order(tmp_path: Path) -> None:
    path = tmp_path / "models.toml"
    path.write_text(GOOD, encoding="utf-8")
    entry = load_manifest(path)["tiny"]
    assert entry.size_bytes == 4
    assert [source.kind for source in entry.sources] == ["hub", "registry"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('licence = "MIT"\n', "", "licence"),
        ("a" * 64, "a" * 63, "sha256"),
        ("a" * 64, "A" * 64, "sha256"),
        ("size_bytes = 4", "size_bytes = 0", "size_bytes"),
        ("size_bytes = 4", 'size_bytes = "four"', "size_bytes"),
        ('path = "model.bin"', 'path = "../model.bin"', "path"),
        ('path = "model.bin"', 'path = "/etc/passwd"', "path"),
        ('path = "model.bin"', 'path = "a\\\\b"', "path"),
        ('path = "model.bin"', 'path = ".verified.json"', "path"),
        ('"tiny_part/model.bin"', '"tiny_part/../../model.bin"', "not a plain relative path"),
        ('"model.bin" = [', '"other.bin" = [', "not the model's files"),
        ('["tiny_part/model.bin"]', "[]", "no parts"),
        ('revision = "r1"', 'revision = "../r1"', "revision"),
        ('"owner/tiny"', '"owner/../../tiny"', "repository"),
        ('"tiny-part==1.0.0"', '"tiny-part"', "packages"),
        ('"tiny-part==1.0.0"', '"--index-url=x==1"', "packages"),
        ('kind = "hub"', 'kind = "ftp"', "sources"),
        ('notes = "none"', 'notes = "none"\nmirror = "x"', "mirror"),
        ("[models.tiny]", "[models.tiny", "not valid TOML"),
        ("[models.tiny]", "[models.'../tiny']", "models"),
    ],
)
def test_a_bad_manifest_is_refused_and_the_place_is_named(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    assert old in GOOD
    with pytest.raises(ModelManifestError, match=complaint):
        _load(tmp_path, GOOD.replace(old, new))


def test_a_file_listed_twice_is_refused(tmp_path: Path) -> None:
    start, end = GOOD.index("[[models.tiny.files]]"), GOOD.index("[[models.tiny.sources]]")
    with pytest.raises(ModelManifestError, match="listed twice"):
        _load(tmp_path, GOOD[:end] + GOOD[start:end] + GOOD[end:])


def test_a_missing_or_empty_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelManifestError, match="cannot read"):
        load_manifest(tmp_path / "nothing.toml")
    with pytest.raises(ModelManifestError, match="models"):
        _load(tmp_path, "")
