"""The cache around the real voice of espeak-ng, and around voices that tell what they were asked for."""

import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from cached_tone import ENGLISH, OTHER, PERSIAN, PRIVATE, RATE, Tone, alike, files, say, written

from tts_voices import CHUNK_MS, EspeakVoice, VoiceError
from tts_voices.cached import voice as cache

ROOT = Path(__file__).resolve().parents[3]
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="apt-get install espeak-ng")


# What is kept -------------------------------------------------------------------------------------


@needs_espeak
@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "en"), (PERSIAN, "fa")])
def test_what_was_said_once_is_said_again_without_the_program(cached, monkeypatch, tmp_path, text, language):
    voice = cached(EspeakVoice())
    first = say(voice, text, language)
    written(voice)
    monkeypatch.setattr("tts_voices.espeak.EspeakVoice.speak", lambda *_, **__: pytest.fail("it was asked"))
    assert alike(say(voice, text, language), first)
    assert voice.hits == 1


def test_it_is_a_voice_like_that_within(cached):
    voice = cached()
    assert (voice.name, voice.sample_rate_hz, voice.languages) == ("tone", RATE, Tone.languages)
    say(voice)
    written(voice)
    chunks = list(voice.speak(ENGLISH, language="en"))
    assert all(chunk.dtype == np.int16 and 0 < len(chunk) <= RATE * CHUNK_MS // 1000 for chunk in chunks)


def test_another_process_finds_what_this_one_kept(cached):
    one = cached()
    say(one)
    written(one)
    other = cached()
    assert alike(say(other), say(Tone()))
    assert other.voice.asked == []


@pytest.mark.parametrize(
    ("text", "language", "options"),
    [
        (OTHER, "en", {}),
        (ENGLISH, "fa", {}),
        (ENGLISH, "en", {"speed": 0.9}),
        (ENGLISH, "en", {"style": "soft"}),
    ],
)
def test_another_text_language_speed_or_style_is_another_sentence(cached, text, language, options):
    voice = cached(keep=lambda *_: True)
    say(voice)
    written(voice)
    say(voice, text, language, **options)
    assert len(voice.voice.asked) == 2
    written(voice)
    say(voice, text, language, **options)
    assert len(voice.voice.asked) == 2
    assert len(files(voice)) == 2


def test_another_voice_is_another_sentence(cached):
    class Other(Tone):
        name = "other"

    one, other = cached(), cached(Other())
    say(one)
    written(one)
    say(other)
    assert len(other.voice.asked) == 1


def test_other_files_of_the_same_voice_are_another_sentence(cached, monkeypatch):
    one = cached()
    say(one)
    written(one)
    monkeypatch.setattr(cache, "voice_fingerprint", lambda voice: "other files")
    other = cached()
    say(other)
    assert len(other.voice.asked) == 1


def test_speeds_of_somebody_s_own_are_not_kept(cached):
    voice = cached()
    for speed in (0.93, 1.001, 0.5000001):
        say(voice, speed=speed)
    written(voice)
    assert not voice._store.folder.exists()
    for speed in (0.5, 0.7, 0.85, 1.1, 1.15, 1.3, 2.0):
        say(voice, speed=speed)
    written(voice)
    assert len(files(voice)) == 7


# Privacy ------------------------------------------------------------------------------------------


def test_nothing_but_what_may_be_kept_is_written(cached, caplog):
    voice = cached()
    for _ in range(2):
        assert len(say(voice, PRIVATE)) > 0
        say(voice, ENGLISH, "fa")  # this text in this language is not one of ours
        say(voice, ENGLISH + " ", "en")
    written(voice)
    assert len(voice.voice.asked) == 6
    assert not voice._store.folder.exists()
    assert caplog.records == []


def test_the_folder_tells_neither_texts_nor_hours(cached):
    voice = cached()
    say(voice)
    written(voice)
    say(voice)
    (path,) = files(voice)
    assert len(path.stem) == 64
    assert int(path.stem, 16) >= 0
    assert path.stat().st_mtime % 86_400 == 0
    assert ENGLISH.encode() not in path.read_bytes()


def test_the_folder_is_its_owners_alone(cached):
    voice = cached()
    say(voice)
    written(voice)
    assert voice._store.folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in files(voice))


# Wholly or not at all -----------------------------------------------------------------------------


def test_a_sentence_that_is_cancelled_is_not_kept(cached):
    voice = cached()
    cancelled = threading.Event()
    chunks = voice.speak(ENGLISH, language="en", cancelled=cancelled)
    next(chunks)
    cancelled.set()
    assert list(chunks) == []
    written(voice)
    assert not voice._store.folder.exists()


def test_a_sentence_whose_iterator_is_closed_is_not_kept_and_the_voice_is_let_go(cached):
    voice = cached()
    chunks = voice.speak(ENGLISH, language="en")
    next(chunks)
    chunks.close()
    written(voice)
    assert voice.voice.closed == 1
    assert not voice._store.folder.exists()


@pytest.mark.parametrize("error", [VoiceError("broken off"), OSError("no program"), MemoryError()])
def test_a_sentence_that_the_voice_breaks_off_is_not_kept(cached, error):
    voice = cached(Tone(error=error))
    with pytest.raises(type(error)):
        say(voice)
    written(voice)
    assert not voice._store.folder.exists()


def test_silence_is_not_kept(cached):
    voice = cached(Tone(chunks=0))
    assert len(say(voice)) == 0
    written(voice)
    assert not voice._store.folder.exists()


def test_what_is_longer_than_a_minute_is_not_kept(cached):
    voice = cached(Tone(chunks=601))
    assert len(say(voice)) == 601 * 2_205
    written(voice)
    assert not voice._store.folder.exists()


def test_a_kept_sentence_can_be_cancelled_and_closed(cached):
    voice = cached()
    say(voice)
    written(voice)
    cancelled = threading.Event()
    chunks = voice.speak(ENGLISH, language="en", cancelled=cancelled)
    next(chunks)
    cancelled.set()
    assert list(chunks) == []
    chunks = voice.speak(ENGLISH, language="en")
    next(chunks)
    chunks.close()
    assert voice.hits == 2


def test_what_the_voice_refuses_is_refused_at_once(cached):
    with pytest.raises(VoiceError, match="not a language"):
        cached(keep=lambda *_: True).speak("hallo", language="de")


@needs_espeak
@pytest.mark.parametrize("speed", [0.0, -1.0, 9.0, float("nan"), float("inf"), -float("inf")])
def test_a_speed_out_of_range_is_refused(cached, speed):
    with pytest.raises(VoiceError, match="speed must be"):
        cached(EspeakVoice()).speak(ENGLISH, language="en", speed=speed)


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "../../etc/passwd", "a" * 100_000, "🦜", "\u202e"])
def test_whatever_the_text_is_the_file_is_named_by_a_digest(cached, text):
    voice = cached(keep=lambda *_: True)
    say(voice, text)
    written(voice)
    assert [len(path.name) for path in files(voice)] == [68]


# Many at once -------------------------------------------------------------------------------------


def test_threads_may_speak_the_same_and_other_sentences_at_once(cached):
    voice = cached(keep=lambda *_: True)
    expected = {text: say(Tone(), text) for text in "abcdef"}
    order = [text for _ in range(20) for text in expected]
    with ThreadPoolExecutor(8) as threads:
        for text, sound in zip(order, threads.map(lambda text: say(voice, text), order), strict=True):
            assert alike(sound, expected[text])
    written(voice)
    assert voice.damaged == 0
    assert not list(voice._store.folder.glob("*.part"))


PROCESS = """
import sys
from pathlib import Path
sys.path[:0] = [{root!r}, {tests!r}]
from cached_tone import Tone, alike, say
from tts_voices.cached.voice import CachedVoice
voice = CachedVoice(Tone(), Path({folder!r}), {limit}, keep=lambda *_: True)
for number in range(30):
    text = "x" * (1 + number % 10)
    assert alike(say(voice, text), say(Tone(), text)), number
voice.close()
print(voice.damaged, voice.hits)
"""


@pytest.mark.parametrize("limit", [10.0, 0.02])
def test_processes_may_share_a_folder(tmp_path, limit):
    """With the small limit each removes what another has just written, or is reading."""
    program = PROCESS.format(
        root=str(ROOT), tests=str(ROOT / "tests" / "support"), folder=str(tmp_path / "cache"), limit=limit
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in running:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
        assert output.split()[0] == b"0"


def test_closing_writes_what_waits_and_ends_the_threads(cached):
    before = set(threading.enumerate())
    voice = cached()
    say(voice)
    voice.close()
    assert len(files(voice)) == 1
    assert set(threading.enumerate()) == before
    assert len(say(voice)) > 0  # it still speaks


def test_a_voice_that_is_never_asked_starts_no_thread_and_makes_no_folder(cached):
    before = threading.active_count()
    voice = cached()
    assert threading.active_count() == before
    assert not voice._store.folder.exists()


# Rendering ----------------------------------------------------------------------------------------


def test_what_is_rendered_is_found_later(cached):
    voice = cached()
    assert voice.render(ENGLISH, "en")
    assert voice.render(ENGLISH, "en")
    assert len(voice.voice.asked) == 1
    say(voice)
    assert len(voice.voice.asked) == 1
    assert voice.render(ENGLISH, "en", style="soft")
    assert len(voice.voice.asked) == 2


def test_rendering_ends_at_the_limit_and_removes_nothing(cached):
    voice = cached(limit_mb=0.04, keep=lambda *_: True)
    kept = [text for text in map(str, range(20)) if voice.render("a" * 40 + text, "en")]
    assert 2 < len(kept) < 20
    assert voice.size_bytes() <= 40_000
    before = files(voice)
    assert len(before) == len(kept)
    assert not voice.render("b" * 40, "en")
    assert files(voice) == before
