import sys

import pytest
from tiny_voice import write_tiny_voice

from bot import check_rendered_speech
from bot.check_rendered_speech import rendered_speech
from bot.fixed_sentences import FixedSentence
from bot.rendered_speech import RenderedSpeech
from bot.rendering import render_lacking
from bot.settings import Settings
from crisis import RepliesError
from tts_voices import EspeakVoice, load_voice

SENTENCES = (FixedSentence("Please call 112 now.", "en", True), FixedSentence("سلام.", "fa", False))


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))
    monkeypatch.setattr("bot.fixed_sentences.load_fixed_sentences", lambda country: SENTENCES)
    store = RenderedSpeech(tmp_path / "rendered_speech", SENTENCES)
    yield store
    store.close()


@pytest.fixture
def folder(tmp_path):
    for language in ("en", "fa"):
        write_tiny_voice(tmp_path / "mine" / language, language)
    return tmp_path / "mine"


def found_of(name):
    (found,) = rendered_speech(Settings.model_validate({"voice": {"name": str(name)}}))
    return found


def test_what_has_no_sound_is_noted_and_nothing_is_made(store, folder):
    found = found_of(folder)
    assert (found.state, store.folder.exists()) == ("note", False)
    assert "of 2 2 have no sound, 0 that of an earlier voice" in found.detail
    assert "python -m bot render" in found.detail


def test_a_change_of_the_voice_makes_its_sounds_old(store, folder):
    render_lacking(store, (load_voice(str(folder)),))
    assert found_of(folder).state == "ok"
    write_tiny_voice(folder / "en", gain=1.1)
    found = found_of(folder)
    assert found.state == "note"
    assert "0 have no sound, 1 that of an earlier voice" in found.detail


def test_where_the_voice_is_damaged_the_sounds_of_the_plain_one_count(store, folder):
    (folder / "en" / "voice.json").write_text("{")
    render_lacking(store, (EspeakVoice(),))
    assert found_of(folder).state == "ok"


def test_without_settings_nothing_is_looked_at():
    assert rendered_speech(None) == []


def test_sentences_that_can_not_be_used_are_damaged(folder, monkeypatch):
    def damaged(country):
        raise RepliesError("replies.jsonl, line 3: no text")

    monkeypatch.setattr("bot.fixed_sentences.load_fixed_sentences", damaged)
    found = found_of(folder)
    assert (found.state, found.detail) == ("damaged", "replies.jsonl, line 3: no text")


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "bot.rendered_speech", None)
    (found,) = rendered_speech(Settings())
    assert found.state == "missing"
    assert found.remedy == check_rendered_speech.PREPARE
