"""Rendering what is lacking, in one go, in several, in two processes, and beside a gateway."""

import asyncio
import json
import logging
import subprocess
import sys
from contextlib import asynccontextmanager

import numpy as np
import psutil
import pytest

from bot.__main__ import main
from bot.fixed_sentences import FixedSentence, load_fixed_sentences
from bot.rendered_speech import RenderedSpeech, RenderingError
from bot.rendering import keep_rendered, render_lacking
from bot.settings import ROOT
from tts_voices import EspeakVoice, VoiceError

SENTENCES = tuple(FixedSentence(f"Number {word}.", "en", True) for word in ("one", "two", "three", "four"))
PERSIAN = FixedSentence("سلام.", "fa", True)
VOICES = (EspeakVoice(),)
TWO_AT_ONCE = """
import sys
from pathlib import Path
from bot.fixed_sentences import FixedSentence
from bot.rendered_speech import RenderedSpeech
from bot.rendering import render_lacking
from tts_voices import EspeakVoice
words = ("one", "two", "three", "four")
store = RenderedSpeech(Path(sys.argv[1]), [FixedSentence(f"Number {word}.", "en", True) for word in words])
print("ready", flush=True)
sys.stdin.readline()
print(render_lacking(store, (EspeakVoice(),)).rendered)
"""


class Failing:
    """A voice that fails at some texts, or at all."""

    sample_rate_hz = 22_050
    languages = frozenset({"en"})

    def __init__(self, name="failing", only=None, error=VoiceError, sound=True):
        self.name, self.only, self.error, self.sound = name, only, error, sound
        self.asked = []

    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        self.asked.append(text)
        if self.only is None or text in self.only:
            raise self.error("it is broken")
        if self.sound:
            yield np.full(2_205, 1_000, dtype=np.int16)


@pytest.fixture
def store(tmp_path):
    store = RenderedSpeech(tmp_path / "speech", SENTENCES)
    yield store
    store.close()


def test_a_run_that_was_broken_off_is_taken_up_where_it_stopped(store):
    def stop(done, of):
        assert of == len(SENTENCES)
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_lacking(store, VOICES, on_sentence=stop)
    (store.folder / "left.part").write_bytes(b"half of a sentence")
    assert store.lacking(VOICES).sentences == SENTENCES[2:]
    assert render_lacking(store, VOICES).rendered == 2
    assert render_lacking(store, VOICES).rendered == 0
    assert sorted(path.suffix for path in store.folder.iterdir() if path.suffix) == [".ogg"] * 4


def test_two_processes_at_once_share_the_work(store):
    command = [sys.executable, "-c", TWO_AT_ONCE, str(store.folder)]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [process.stdout.readline() for process in both] == ["ready\n"] * 2
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    assert sum(int(process.communicate(timeout=30)[0]) for process in both) == len(SENTENCES)
    assert not store.lacking(VOICES).sentences


@pytest.mark.parametrize("error", [VoiceError, TypeError])
def test_what_the_first_voice_cannot_speak_is_rendered_by_the_next(store, error):
    failing = Failing(only={SENTENCES[1].text}, error=error)
    run = render_lacking(store, (failing, *VOICES))
    assert (run.rendered, run.failed) == (len(SENTENCES), 0)
    assert store.is_current(*VOICES, SENTENCES[1])
    assert not store.is_current(*VOICES, SENTENCES[0])
    assert store.lacking((failing, *VOICES)).missing == (SENTENCES[1],)  # is tried again another time


def test_a_sentence_that_no_voice_can_speak_does_not_keep_the_others_from_being_rendered(store):
    run = render_lacking(store, (Failing(only={SENTENCES[0].text}), Failing(only={SENTENCES[0].text})))
    assert (run.rendered, run.failed) == (3, 1)


def test_broken_voices_are_not_asked_for_every_sentence(store):
    voice = Failing()
    with pytest.raises(RenderingError, match="it is broken"):
        render_lacking(store, (voice,))
    assert len(voice.asked) == 3
    with pytest.raises(RenderingError, match="gives no sound"):
        render_lacking(store, (Failing(only=(), sound=False),))


def test_a_language_that_no_voice_speaks_is_left_out(tmp_path):
    store = RenderedSpeech(tmp_path, (PERSIAN, SENTENCES[0]))
    voice = Failing(only=())
    assert store.lacking((voice,)).missing == (SENTENCES[0],)
    assert render_lacking(store, (voice,)).rendered == 1


# The command, and the process beside a gateway -----------------------------------------------------


@pytest.fixture(scope="module")
def nearly_all(tmp_path_factory):
    """A store of all fixed sentences, of which only the last two are not rendered (the others are clicks)."""
    store = RenderedSpeech(tmp_path_factory.mktemp("home") / "speech", load_fixed_sentences(None))
    with store.writing():
        for sentence in store.sentences[:-2]:
            store.keep(EspeakVoice(), sentence, np.full(240, 1_000, dtype=np.int16))
    yield store
    store.close()


@pytest.fixture
def lacking_two(nearly_all):
    store = RenderedSpeech(nearly_all.folder, nearly_all.sentences)
    for sentence in store.sentences[-2:]:
        store._path("espeak", sentence.text, sentence.language).unlink(missing_ok=True)
    yield store
    store.close()


def command(store, *more):
    return ["render", "--voice", "espeak", "--country", "", "--folder", str(store.folder), *more]


def test_the_command_renders_what_is_lacking_and_says_how_much(lacking_two, capsys):
    assert main(command(lacking_two)) == 0
    assert capsys.readouterr().out.startswith("2 sentences rendered")
    assert main(command(lacking_two)) == 0
    assert capsys.readouterr().out.startswith("0 sentences rendered")
    assert not lacking_two.lacking(VOICES).sentences


def make_old(store, sentence):
    """Puts a sound of an earlier voice in the place of a sentence's."""
    with store.writing():
        store.keep(Failing("espeak"), sentence, np.full(240, 1_000, dtype=np.int16))


def test_the_command_tells_of_old_sounds(lacking_two, capsys):
    make_old(lacking_two, lacking_two.sentences[0])
    assert main(command(lacking_two)) == 0
    told = capsys.readouterr()
    assert told.err.startswith("1 sentences have the sound of an earlier voice")
    assert told.out.startswith("3 sentences rendered")
    assert main(command(lacking_two)) == 0
    assert capsys.readouterr().err == ""


INTERRUPTED = """
import io, os, signal, sys, types
from bot import rendered_speech
from bot.__main__ import main
from tts_voices.cached import sound_files

once = [True]

def interrupt():
    if once:
        once.clear()
        os.kill(os.getpid(), signal.SIGINT)

class Encoded(io.BytesIO):
    def write(self, data):
        interrupt()
        return super().write(data)

signal.signal(signal.SIGINT, signal.default_int_handler)
if sys.argv[1] == "encoding":
    sound_files.io = types.SimpleNamespace(BytesIO=Encoded)
else:
    rendered_speech.os = types.SimpleNamespace(fsync=lambda descriptor: interrupt())
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("moment", ["encoding", "writing"])
def test_ctrl_c_is_not_lost_and_leaves_no_half_of_a_file(lacking_two, moment):
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, moment, *command(lacking_two)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")
    assert not list(lacking_two.folder.glob("*.part"))
    assert lacking_two.lacking(VOICES).sentences == lacking_two.sentences[-1:]
    assert render_lacking(lacking_two, VOICES).rendered == 1


def test_the_command_without_a_voice_or_a_folder_ends_with_one_line(
    lacking_two, capsys, monkeypatch, tmp_path
):
    (tmp_path / "file").write_text("")
    assert main(["render", "--voice", "espeak", "--country", "US", "--folder", str(tmp_path / "file")]) == 1
    assert "HAMDEL_HOME" in capsys.readouterr().err.splitlines()[-1]
    assert main(["render", "--voice", "nobody", "--country", "US"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(SystemExit) as ended:
        main(["render", "--country", "Iran"])
    assert ended.value.code == 2
    monkeypatch.setenv("PATH", str(tmp_path))
    capsys.readouterr()
    assert main(command(lacking_two)) == 1
    assert "2 sentences could not be spoken" in capsys.readouterr().err


def test_in_the_background_it_has_the_lowest_priority_and_gives_one_line_of_json(lacking_two):
    python = "import os, sys; from bot.__main__ import main; print(main(sys.argv[1:]), os.nice(0))"
    ended = subprocess.run(
        [sys.executable, "-c", python, *command(lacking_two, "--background")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    line, status_and_nice = ended.stdout.splitlines()
    assert json.loads(line)["rendered"] == 2
    assert (status_and_nice, ended.stderr) == ("0 19", "")


@asynccontextmanager
async def kept(store, **options):
    task = asyncio.create_task(keep_rendered(store, VOICES, country=None, **options))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition, timeout_s=120):
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


async def test_beside_a_gateway_the_rest_is_rendered_and_what_is_lost_again(lacking_two, caplog):
    caplog.set_level(logging.INFO)
    last = lacking_two.sentences[-1]
    async with kept(lacking_two, pause_s=0.01) as task:
        await until(lambda: "2 fixed sentences were rendered" in caplog.text)
        pcm = await lacking_two.find(("espeak",), last.text, last.language)
        assert len(pcm) > 24_000
        assert not task.done()
        lacking_two._path("espeak", last.text, last.language).write_bytes(b"damaged")
        assert await lacking_two.find(("espeak",), last.text, last.language) is None
        await until(lambda: "1 fixed sentences were rendered" in caplog.text)
        assert await lacking_two.find(("espeak",), last.text, last.language) == pcm


async def test_at_the_start_of_a_gateway_old_sounds_are_told_of_and_rendered_anew(lacking_two, caplog):
    caplog.set_level(logging.INFO)
    make_old(lacking_two, lacking_two.sentences[0])
    async with kept(lacking_two):
        await until(lambda: "3 fixed sentences were rendered" in caplog.text)
    assert "2 have no sound and 1 that of an earlier voice" in caplog.text
    assert not lacking_two.lacking(VOICES).sentences


async def test_what_could_not_be_rendered_is_tried_again_unasked(lacking_two, caplog):
    caplog.set_level(logging.INFO)
    away = lacking_two.folder.rename(lacking_two.folder.with_name("away"))
    lacking_two.folder.write_text("in its place")
    try:
        async with kept(lacking_two, pause_s=0.01):
            await until(lambda: "HAMDEL_HOME" in caplog.text)
            lacking_two.folder.unlink()
            away.rename(lacking_two.folder)
            await until(lambda: "2 fixed sentences were rendered" in caplog.text)
    finally:
        if away.exists():
            lacking_two.folder.unlink(missing_ok=True)
            away.rename(lacking_two.folder)


async def test_a_voice_whose_files_can_not_be_read_ends_nothing(lacking_two, caplog, monkeypatch):
    def unreadable(voice):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("bot.rendered_speech.voice_fingerprint", unreadable)
    async with kept(lacking_two) as task:
        await until(lambda: caplog.records)
        assert not task.done()
    assert "the files of the voice espeak can't be read" in caplog.text


async def test_a_complete_store_starts_no_process(lacking_two, monkeypatch):
    render_lacking(lacking_two, VOICES)
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    async with kept(lacking_two) as task:
        await asyncio.sleep(0.3)
        assert not task.done()
        assert not psutil.Process().children()


async def test_a_failure_is_logged_once_and_the_gateway_goes_on(lacking_two, monkeypatch, caplog):
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    last = lacking_two.sentences[-1]
    async with kept(lacking_two, pause_s=0.01) as task:
        await until(lambda: caplog.records)
        for _ in range(5):
            await lacking_two.find(("espeak",), last.text, last.language)
            await asyncio.sleep(0.05)
        assert not task.done()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "can't be started" in caplog.text


async def test_a_folder_that_cannot_be_written_is_said_by_the_gateway(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    async with kept(RenderedSpeech(tmp_path / "file" / "speech", SENTENCES)):
        await until(lambda: caplog.records)
    assert "HAMDEL_HOME" in caplog.text
    assert len(caplog.records) == 1


async def test_the_end_of_the_gateway_ends_the_process(lacking_two):
    async with kept(lacking_two):
        await until(psutil.Process().children)
        child = psutil.Process().children()[0]
    assert not child.is_running()


STARTS_AND_GOES = """
import subprocess, sys
command = [sys.executable, "-m", "bot", *sys.argv[1:]]
child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
print(child.pid, child.stderr.readline())
"""


def test_it_does_not_outlive_a_gateway_that_is_killed(lacking_two):
    with lacking_two.writing():  # for us it waits, until whoever started it is gone
        ended = subprocess.run(
            [sys.executable, "-c", STARTS_AND_GOES, *command(lacking_two, "--background")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        process_id, said = ended.stdout.split(maxsplit=1)
        child = psutil.Process(int(process_id))
        assert said.startswith("waiting for another process")
    child.wait(120)
    assert len(lacking_two.lacking(VOICES).sentences) == 1
