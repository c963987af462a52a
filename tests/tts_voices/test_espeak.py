import os
import shutil
import stat
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tts_voices import CHUNK_MS, EspeakVoice, Voice, VoiceError

pytestmark = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="espeak-ng: apt-get install espeak-ng"
)

VOICE = EspeakVoice()
ENGLISH = "I hear you, and I am here with you."
PERSIAN = "می‌شنوم چه می‌گویید و اینجا کنارتان هستم."
LONG = "This sentence goes on, and on, and on, without end. " * 40
Samples = NDArray[np.int16]


def _say(text: str, language: str = "en", speed: float = 1.0, voice: Voice = VOICE) -> Samples:
    chunks = list(voice.speak(text, language=language, speed=speed))
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int16)


def _children() -> set[int]:
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found |= set(map(int, (task / "children").read_text().split()))
    return found


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def _program(folder: Path, script: str) -> str:
    path = folder / "espeak-ng"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        ("Yes.", "en"),
        ("Hm.", "en"),
        ("shh", "en"),
        ("SHOUT! STOP!", "en"),
        (PERSIAN, "fa"),
        ("بله.", "fa"),
        ("نه", "fa"),
        ("آیا به پایان دادن به زندگی‌تان فکر می‌کنید؟", "fa"),
        (LONG, "en"),
        ("hello سلام", "fa"),
    ],
)
def test_speech_is_loud_enough_never_clipped_and_trimmed(text: str, language: str) -> None:
    sound = _say(text, language)
    level = np.abs(sound.astype(np.float64)) / 32768
    assert 0.2 <= level.max() <= 0.99
    loud = np.flatnonzero(level > 0.01)
    assert loud[0] < 0.15 * VOICE.sample_rate_hz
    assert len(level) - loud[-1] < 0.15 * VOICE.sample_rate_hz
    assert max(np.diff(loud)) < 0.8 * VOICE.sample_rate_hz


@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "en"), (PERSIAN, "fa")])
def test_both_languages_have_a_natural_pace(text: str, language: str) -> None:
    seconds = len(_say(text, language)) / VOICE.sample_rate_hz
    letters = sum(map(str.isalpha, text))
    assert 0.045 < seconds / letters < 0.18


def test_chunks_are_short_and_of_16_bit() -> None:
    for chunk in VOICE.speak(LONG, language="en"):
        assert chunk.dtype == np.int16
        assert chunk.ndim == 1
        assert 0 < len(chunk) <= VOICE.sample_rate_hz * CHUNK_MS // 1000


def test_the_ends_start_and_stop_from_silence() -> None:
    sound = _say(ENGLISH)
    assert abs(int(sound[0])) < 200
    assert abs(int(sound[-1])) < 200


def test_the_first_chunk_comes_long_before_the_last() -> None:
    start = time.perf_counter()
    chunks = VOICE.speak(LONG, language="en")
    next(chunks)
    first = time.perf_counter() - start
    total = sum(map(len, chunks)) / VOICE.sample_rate_hz
    assert first < 1.0
    assert total > 60


def test_speed_changes_the_length() -> None:
    slow, usual, fast = (len(_say(ENGLISH, speed=speed)) for speed in (0.7, 1.0, 1.5))
    assert slow > 1.2 * usual
    assert fast < 0.85 * usual


def test_the_same_text_sounds_the_same() -> None:
    assert np.array_equal(_say(ENGLISH), _say(ENGLISH))


def test_the_languages_sound_different() -> None:
    assert not np.array_equal(_say("988", "en"), _say("988", "fa"))


@pytest.mark.parametrize("text", ["", "   ", "\n", "😀", "؟!…", "...", "* * *", "\u200c", "<>", "—"])
@pytest.mark.parametrize("language", ["en", "fa"])
def test_text_without_a_word_gives_no_sound_and_starts_nothing(text: str, language: str) -> None:
    broken = EspeakVoice(program="/bin/false")
    assert list(broken.speak(text, language=language)) == []


@pytest.mark.parametrize(
    "text",
    [
        "-v fa --stdout",
        "-h",
        "--version",
        "<speak><break time='9s'/>hi</speak>",
        "[[h@'loU]]",
        "a\x00b\x07c",
        "`rm -rf /`; $(reboot) | cat",
        "<script>alert(1)</script>",
        "\u202eevil\u202c text",
        "zero\u200bwidth",
        "lone \ud800 surrogate",
        "../../etc/passwd",
    ],
)
def test_hostile_text_is_only_read_out(text: str) -> None:
    seconds = len(_say(text)) / VOICE.sample_rate_hz
    assert 0.1 < seconds < 8


def test_phoneme_brackets_are_not_a_way_around_the_front_end() -> None:
    assert np.array_equal(_say("[[hello]]"), _say("hello"))


def test_a_text_of_ten_thousand_characters_is_refused_with_advice() -> None:
    with pytest.raises(VoiceError, match="split_sentences"):
        VOICE.speak("word " * 2_000, language="en")


def test_a_word_of_4000_letters_is_spoken_or_cut_but_ends() -> None:
    assert len(_say("ab" * 2_000)) > 0


@pytest.mark.parametrize("speed", [0.0, -1.0, 0.49, 2.01, float("nan"), float("inf")])
def test_a_speed_out_of_range_is_refused(speed: float) -> None:
    with pytest.raises(VoiceError, match="between 0.5 and 2.0"):
        VOICE.speak("hello", language="en", speed=speed)


def test_a_language_it_does_not_speak_is_refused() -> None:
    with pytest.raises(VoiceError, match="speaks en, fa"):
        VOICE.speak("hallo", language="de")


def test_a_missing_program_says_how_to_install_it() -> None:
    with pytest.raises(VoiceError, match="apt-get install espeak-ng"):
        EspeakVoice(program="espeak-ng-that-is-not-there").speak("hello", language="en")


def test_nothing_is_left_after_cancellation() -> None:
    before = _children()
    cancelled = threading.Event()
    chunks = VOICE.speak(LONG, language="en", cancelled=cancelled)
    assert next(chunks) is not None
    cancelled.set()
    assert list(chunks) == []
    assert _children() == before


def test_cancellation_from_another_thread_is_heard_within_a_chunk(tmp_path: Path) -> None:
    silent = EspeakVoice(program=_program(tmp_path, "exec sleep 30"))
    cancelled = threading.Event()
    threading.Timer(0.2, cancelled.set).start()
    before = _children()
    start = time.perf_counter()
    assert list(silent.speak("hello", language="en", cancelled=cancelled)) == []
    assert time.perf_counter() - start < 2
    assert _children() == before


def test_cancelled_before_it_began_it_starts_nothing() -> None:
    cancelled = threading.Event()
    cancelled.set()
    broken = EspeakVoice(program="/bin/false")
    assert list(broken.speak("hello", language="en", cancelled=cancelled)) == []


def test_closing_the_iterator_ends_the_program() -> None:
    before = _children()
    chunks = VOICE.speak(LONG, language="en")
    next(chunks)
    assert hasattr(chunks, "close")
    chunks.close()
    assert _children() == before


def test_an_iterator_that_is_never_started_runs_nothing() -> None:
    before = _children()
    VOICE.speak("hello", language="en")
    assert _children() == before


def test_fifty_sentences_leave_no_process_and_no_open_file() -> None:
    _say("warm up")
    processes, descriptors = _children(), _descriptors()
    for number in range(50):
        text, language = (ENGLISH, "en") if number % 2 else (PERSIAN, "fa")
        chunks = VOICE.speak(text, language=language)
        next(chunks)
        if number % 5 == 0:
            list(chunks)
        del chunks
    assert _children() == processes
    assert _descriptors() == descriptors


def test_several_threads_may_speak_at_once() -> None:
    lengths: list[int] = []
    threads = [threading.Thread(target=lambda: lengths.append(len(_say(ENGLISH)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lengths == [len(_say(ENGLISH))] * 6


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 1", "broke off"),
        ("printf RIFF", "broke off"),
        ("head -c 20000 /dev/urandom; exit 3", "broke off"),
        ("head -c 20000 /dev/urandom; kill -9 $$", "broke off"),
        ("exec >&-; exec sleep 20", "does not end"),
        ("exec sleep 20", "no sound"),
    ],
)
def test_a_program_that_fails_is_reported_and_reaped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    monkeypatch.setattr("tts_voices.espeak._STALL_S", 0.4)
    voice = EspeakVoice(program=_program(tmp_path, script))
    before = _children()
    with pytest.raises(VoiceError, match=message):
        _say("hello", voice=voice)
    assert _children() == before


def test_the_text_is_not_on_the_command_line(tmp_path: Path) -> None:
    log = tmp_path / "arguments"
    real = shutil.which("espeak-ng")
    voice = EspeakVoice(program=_program(tmp_path, f'echo "$@" > {log}; exec {real} "$@"'))
    assert len(_say("confidential words", voice=voice)) > 0
    assert "confidential" not in log.read_text()


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_soft_style_is_slower_and_quieter(language):
    text = {"en": "I hear how hard this is.", "fa": "می‌شنوم که چقدر سخت است."}[language]
    plain, soft = (
        np.concatenate(list(EspeakVoice().speak(text, language=language, style=style)))
        for style in ("plain", "soft")
    )
    assert len(soft) > 1.05 * len(plain)
    assert np.abs(soft).max() < 0.8 * np.abs(plain).max()
