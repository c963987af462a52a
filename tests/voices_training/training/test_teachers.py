import shutil
from pathlib import Path

import numpy as np
import pytest

from tts_voices.pronunciation.phones import SYMBOLS
from tts_voices.training.teachers.espeak import WORD_END, espeak_phonemes, spoken_by_espeak
from tts_voices.training.teachers.festival import spoken_by_festival
from tts_voices.training.teaching_texts import (
    english_word_lines,
    own_sentences,
    persian_word_lines,
    stressed_reading,
)
from tts_voices.voice import VoiceError

with_festival = pytest.mark.skipif(
    shutil.which("festival") is None, reason="the teacher festival is only needed to make a corpus"
)
SALAM = ["^", "s", "a0", "l", "A1", "m", WORD_END, ",", "x", "u1", "b", "e0", "?"]


def test_each_symbol_is_what_espeak_calls_it():
    assert espeak_phonemes(SALAM) == "[[s%al'A:m]], [[x'u:b%e]]?"


@pytest.mark.parametrize(
    ("symbols", "written"),
    [
        (["b", "a1", "t", "S", "e0"], "b'at|S%e"),
        (["b", "a0", "d", "Z", "A1"], "b%ad|Z'A:"),
        (["x", "A0", "n", "e1", "i0"], "x%An'e|%i"),
        (["j", "o1", "C", "ʔ", "q", "y"], "dZ'otS?q1j"),
    ],
)
def test_sounds_that_espeak_would_run_together_are_kept_apart(symbols, written):
    assert espeak_phonemes(["^", *symbols, "."]) == f"[[{written}]]."


@pytest.mark.parametrize("symbols", [[], ["^", "."], ["s", "a0", "l"], ["^", "s", "a0"]])
def test_what_is_no_utterance_is_refused(symbols):
    with pytest.raises(VoiceError, match="opens with"):
        espeak_phonemes(symbols)


def test_a_persian_utterance_has_sound_and_hardly_silence_around():
    spoken = next(spoken_by_espeak([SALAM], 22_050))
    loud = np.flatnonzero(np.abs(spoken) > 0.01)
    assert 0.8 < len(spoken) / 22_050 < 4
    assert loud[0] / 22_050 < 0.1
    assert (len(spoken) - loud[-1]) / 22_050 < 0.15


@with_festival
def test_festival_says_which_sounds_it_spoke_and_when():
    spoken = next(spoken_by_festival(['You are "safe" here, \\ with me.'], 22_050))
    assert spoken.symbols[0] == "^"
    assert spoken.symbols[-1] == "."
    assert "," in spoken.symbols
    assert set(spoken.symbols) <= set(SYMBOLS["en"])
    assert len(spoken.ends_s) == len(spoken.symbols)
    assert list(spoken.ends_s) == sorted(spoken.ends_s)
    assert spoken.ends_s[-1] == pytest.approx(len(spoken.samples) / 22_050, abs=0.01)


@with_festival
def test_a_text_without_a_word_gives_no_lesson():
    assert list(spoken_by_festival(["", "..."], 22_050)) == [None, None]


@pytest.mark.parametrize("language", ["en", "fa"])
def test_our_own_sentences_are_pieces_that_a_voice_gets(tmp_path, language):
    pieces = own_sentences(Path(__file__).parents[3], language)
    assert len(pieces) > 3_000
    assert pieces == sorted(set(pieces))
    assert all(12 <= len(piece) <= 170 and piece[-1] in ".?!" for piece in pieces)


def test_words_that_are_to_stay_unseen_are_in_no_line():
    seen = _long_words(english_word_lines(40, 1, set()))
    assert len(seen) > 100
    assert not _long_words(english_word_lines(40, 1, seen)) & seen
    assert english_word_lines(40, 1, set()) == english_word_lines(40, 1, set())


def _long_words(lines):
    """Function words, which every line may have, are shorter."""
    words = {word.strip(".,?!").lower() for line in lines for word in line.split()}
    return {word for word in words if len(word) > 4}


def test_made_up_persian_words_have_one_stress_and_known_sounds():
    for line in persian_word_lines(50, 3):
        assert line[-1][0] in ".?!"
        for word in line[:-1]:
            assert set(word) <= set(SYMBOLS["fa"])
            assert sum(symbol.endswith("1") for symbol in word) <= 1


def test_stress_is_put_on_the_vowel_that_is_named():
    assert stressed_reading("salAm", 2) == ["s", "a0", "l", "A1", "m"]
    assert stressed_reading("va", 0) == ["v", "a0"]
