import os
import shutil
import stat

import pytest
from foreign_voice import IPA, foreign

from tts_voices.pronunciation import load_reader
from tts_voices.pronunciation.espeak_reader import EspeakReader, phonetic
from tts_voices.voice import VoiceError

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="apt-get install espeak-ng")


def read(text, **changes):
    return "".join(EspeakReader.load(foreign(**changes)).symbols(text))


def program(folder, body):
    """A program that answers as espeak-ng might."""
    path = folder / "espeak-ng"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@needs_espeak
def test_marks_stand_between_what_is_pronounced():
    assert read("Hello, my friend: how are you? Fine.") == "həlˈoʊ, maɪ fɹˈɛnd, hˈaʊ ɑːɹ juː? fˈaɪn."


@needs_espeak
@pytest.mark.parametrize("mark", [".", "?", "!"])
def test_the_last_mark_is_kept(mark):
    assert read(f"I hear you{mark}").endswith(mark)


@needs_espeak
def test_a_curved_apostrophe_is_one():
    assert read("I don’t know it’s me") == read("I don't know it's me")


@needs_espeak
def test_numbers_are_read_as_words():
    assert read("I am 25") == read("I am twenty-five")


@needs_espeak
def test_persian_is_read_with_its_short_vowels_and_a_stop_for_each_pause():
    assert read("سلام، حالِ شما خوب است؟", language="fa") == "salˈɑm. hˈɑle ʃˈomɑ xˈuːb ˈast."


@needs_espeak
def test_marks_of_another_language_leave_no_symbol():
    symbols = read("من Windows دارم", language="fa", symbols=tuple(IPA + "()"))
    assert "(" not in symbols
    assert ")" not in symbols


@needs_espeak
def test_phones_that_the_voice_does_not_have_are_left_out():
    assert "ʃ" not in read("she shall", symbols=tuple(IPA.replace("ʃ", "")))


@needs_espeak
def test_a_clause_that_is_too_long_for_the_program_is_read_whole():
    assert read("word " * 400).count("wˈɜːd") == 400


@needs_espeak
@pytest.mark.parametrize("text", ["", " ", "?!…", "🙂🙂", "\n\n", "«»"])
def test_text_without_a_word_is_silence(text):
    assert read(text) == ""


@needs_espeak
def test_a_text_is_data_and_never_an_option():
    assert read("-v de --version") != ""
    assert read("$(touch hacked) `touch hacked`") != ""
    assert not os.path.exists("hacked")


@needs_espeak
def test_a_description_finds_its_reader():
    assert "".join(load_reader(foreign(blank="_"))("hi")).startswith("_h_")


@needs_espeak
def test_a_text_without_end_is_refused():
    with pytest.raises(VoiceError, match="split it"):
        read("a b " * 2_000)


def test_a_missing_program_says_how_to_get_it():
    with pytest.raises(VoiceError, match="apt-get install espeak-ng"):
        EspeakReader.load(foreign(), program="no-such-program")
    with pytest.raises(VoiceError, match="apt-get install espeak-ng"):
        phonetic("hello", "en-us", program="no-such-program")


def test_a_program_that_breaks_off_is_told(tmp_path):
    with pytest.raises(VoiceError, match="status 3"):
        phonetic("hello", "en-us", program=program(tmp_path, "exit 3"))


def test_a_program_that_hangs_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("tts_voices.pronunciation.espeak_reader._TIMEOUT_S", 0.2)
    with pytest.raises(VoiceError, match="overloaded"):
        phonetic("hello", "en-us", program=program(tmp_path, "exec sleep 30"))


def test_a_program_that_can_not_be_run_is_told(tmp_path):
    path = tmp_path / "espeak-ng"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o755)
    with pytest.raises(VoiceError, match="can't be run"):
        phonetic("hello", "en-us", program=str(path))


@pytest.mark.parametrize("answer", ["printf '\\377\\376\\n'", "true", "echo; echo; echo x; echo y"])
def test_odd_answers_do_no_harm(tmp_path, answer):
    reader = EspeakReader.load(foreign(), program=program(tmp_path, answer))
    assert set(reader.symbols("hello, you.")) <= set(IPA)
