import numpy as np
import pytest
from tiny_voice import write_tiny_voice

from tts_voices import EspeakVoice
from tts_voices.glow_voice import GlowVoice
from tts_voices.joined_voice import JoinedVoice
from tts_voices.judging.durations import own_voice, phoneme_durations


@pytest.fixture(scope="module")
def voice(tmp_path_factory):
    folder = tmp_path_factory.mktemp("voices") / "tiny"
    write_tiny_voice(folder)
    return GlowVoice.load(folder)


def test_pauses_and_marks_are_no_phonemes(voice):
    found = phoneme_durations(voice, [["^", "aa1", ",", "b", "."], ["^", "k", "?"]])
    assert (found.phonemes, found.shortest, found.longest, found.median) == (3, 12, 12, 12)
    assert (found.too_short, found.too_long) == (0, 0)


def test_what_lasts_too_long_or_not_at_all_is_counted(voice, monkeypatch):
    monkeypatch.setattr(voice, "durations", lambda symbols: np.asarray([50, 41, 40, 0, 50]))
    found = phoneme_durations(voice, [["^", "aa1", "b", "k", "."]])
    assert (found.phonemes, found.too_short, found.too_long) == (3, 1, 1)


def test_without_an_utterance_all_is_nought(voice):
    assert phoneme_durations(voice, []).phonemes == 0


def test_a_voice_of_our_own_is_found_within_a_joined_one(voice):
    assert own_voice(voice, "en") is voice
    assert own_voice(JoinedVoice("both", [EspeakVoice(), voice]), "en") is voice
    assert own_voice(voice, "fa") is None
    assert own_voice(EspeakVoice(), "en") is None
