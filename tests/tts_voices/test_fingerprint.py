import dataclasses
import stat

import pytest
from tiny_voice import write_tiny_voice

from tts_voices import EspeakVoice, fingerprint
from tts_voices.fingerprint import voice_fingerprint
from tts_voices.joined_voice import JoinedVoice


class Described:
    """A voice of networks, as far as a fingerprint looks at one."""

    sample_rate_hz = 22_050
    languages = frozenset({"en"})
    name = "tiny"

    def __init__(self, description):
        self.description = description


@pytest.fixture
def description(tmp_path):
    return write_tiny_voice(tmp_path)


def program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_it_is_a_digest_and_stays_the_same(description):
    found = voice_fingerprint(Described(description))
    assert len(found) == 64
    assert found == voice_fingerprint(Described(dataclasses.replace(description)))


@pytest.mark.parametrize(
    "change", [{"files": {"decoder.onnx": "0" * 64}}, {"gain": 1.1}, {"length": 0.95}, {"noise": 0.2}]
)
def test_other_files_or_settings_of_a_voice_change_it(description, change):
    changed = Described(dataclasses.replace(description, **change))
    assert voice_fingerprint(changed) != voice_fingerprint(Described(description))
    both = [JoinedVoice("both", [Described(description), one]) for one in (Described(description), changed)]
    assert voice_fingerprint(both[0]) != voice_fingerprint(both[1])


def test_another_program_changes_it(tmp_path):
    first = voice_fingerprint(EspeakVoice(program(tmp_path / "espeak-ng", "exit 1")))
    assert voice_fingerprint(EspeakVoice(program(tmp_path / "espeak-ng", "exit 10"))) != first
    assert len(voice_fingerprint(EspeakVoice("espeak-ng-that-is-not-there"))) == 64


def test_other_rules_of_reading_change_it(description, monkeypatch, tmp_path):
    first = voice_fingerprint(Described(description))
    (tmp_path / "reading").mkdir()
    (tmp_path / "reading" / "lexicon.tsv").write_text("word\tw er1 d\n")
    monkeypatch.setattr(fingerprint, "_READING", (tmp_path / "reading",))
    fingerprint._code.cache_clear()
    try:
        second = voice_fingerprint(Described(description))
        (tmp_path / "reading" / "lexicon.tsv").write_text("word\tw ao1 d\n")
        fingerprint._code.cache_clear()
        third = voice_fingerprint(Described(description))
    finally:
        fingerprint._code.cache_clear()
    assert len({first, second, third}) == 3


def test_what_reads_and_speaks_is_among_what_is_looked_at():
    names = {path.name for path in fingerprint._sources()}
    assert {"glow_voice.py", "levels.py", "phones.py", "speakable.py", "numbers.py"} <= names
    assert not any(name.endswith(".pyc") for name in names)


def test_what_is_read_with_counts_wherever_the_project_lies_and_what_builds_it_does_not(
    tmp_path, monkeypatch
):
    reading = tmp_path / "building" / "pronunciation"
    (reading / "building").mkdir(parents=True)
    (reading / "lexicon.tsv").write_text("a")
    (reading / "building" / "train.py").write_text("a")
    monkeypatch.setattr(fingerprint, "_READING", (reading,))
    found = {path.name for path in fingerprint._sources()}
    assert "lexicon.tsv" in found
    assert "train.py" not in found
