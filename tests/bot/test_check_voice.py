import pytest
from tiny_voice import write_tiny_voice

from bot.check_voice import voice
from bot.settings import Settings


def found_of(name):
    (found,) = voice(Settings.model_validate({"voice": {"name": name}}))
    return found


@pytest.fixture
def folder(tmp_path):
    write_tiny_voice(tmp_path / "mine" / "en")
    write_tiny_voice(tmp_path / "mine" / "fa", "fa")
    return tmp_path / "mine"


def test_a_whole_voice_is_named_with_its_languages_and_licence(folder):
    found = found_of(str(folder))
    assert found.state == "ok"
    assert "en, fa" in found.detail
    assert "CC0-1.0" in found.detail


def test_the_voice_that_ships_is_whole():
    assert found_of("hamdel").state == "ok"


def test_a_damaged_file_is_named_with_what_speaks_instead(folder):
    (folder / "fa" / "decoder.onnx").write_bytes(b"cut")
    found = found_of(str(folder))
    assert found.state == "damaged"
    assert "fa/decoder.onnx" in found.detail
    assert "espeak-ng speaks instead" in found.detail
    assert "docs/voices.md" in found.remedy


def test_a_voice_that_is_not_there_is_a_mistake_in_the_settings():
    found = found_of("nobody")
    assert (found.subject, found.state) == ("voice.name", "invalid")
    assert "hamdel" in found.detail


def test_without_settings_nothing_is_looked_at():
    assert voice(None) == []
