import json
import logging

import pytest
from tiny_voice import write_tiny_voice

from bot.own_sentences import load_own_sentences
from bot.settings import VoiceSettings
from bot.voices import SPOKEN_SENTENCES, open_voices
from tts_voices import EspeakVoice, VoiceError
from tts_voices.cached.voice import CachedVoice


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def tiny_voice(tmp_path):
    write_tiny_voice(tmp_path / "tiny", reader="characters", symbols=tuple(" .,?!abcdefghijklmnopqrstuvwxyz"))
    return tmp_path / "tiny"


def test_the_plain_voice_is_tried_twice():
    opened = open_voices(VoiceSettings(name="espeak"), None)
    assert [voice.name for voice in opened.voices] == ["espeak", "espeak"]
    assert opened.problem is None


def test_a_name_that_no_voice_has_is_a_mistake_in_the_settings():
    with pytest.raises(VoiceError, match="there is no voice 'hamdle'"):
        open_voices(VoiceSettings(name="hamdle"), None)


@pytest.mark.parametrize("content", [None, "{}", "nothing", json.dumps({"version": 1})])
def test_where_a_voices_files_are_damaged_espeak_speaks_and_it_is_told(tmp_path, caplog, content):
    if content is not None:
        (tmp_path / "voice.json").write_text(content)
    with caplog.at_level(logging.ERROR, logger="bot.voices"):
        opened = open_voices(VoiceSettings(name=f"{tmp_path}/"), None)
    assert all(isinstance(voice, EspeakVoice) for voice in opened.voices)
    assert "voice.json" in opened.problem
    assert "espeak-ng does instead" in caplog.text


def test_the_chosen_voice_keeps_what_the_product_says_and_nothing_else(tiny_voice, cache):
    own = load_own_sentences(None)
    opened = open_voices(VoiceSettings(name=str(tiny_voice)), None)
    first, last = opened.voices
    assert isinstance(first, CachedVoice)
    assert last.name == "espeak"
    greeting = next(text for text, language in own if language == "en")
    for text in (greeting, "Between you and me."):
        assert len(list(first.speak(text, language="en"))) > 0
    first.close()
    kept = [path for path in (cache / SPOKEN_SENTENCES).rglob("*") if path.is_file() and path.stat().st_size]
    assert len(kept) == 1


def test_without_room_for_a_cache_the_voice_speaks_each_time(tiny_voice):
    opened = open_voices(VoiceSettings(name=str(tiny_voice), cache_mb=0), None)
    assert not isinstance(opened.voices[0], CachedVoice)
