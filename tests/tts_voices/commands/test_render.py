import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from bot.own_sentences import OwnSentences
from tts_voices import VoiceError, load_voice
from tts_voices.__main__ import main
from tts_voices.cached.voice import CachedVoice

ROOT = Path(__file__).resolve().parents[3]
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="apt-get install espeak-ng")


class Sentence:
    def __init__(self, text, language):
        self.text, self.language = text, language


SENTENCES = [
    Sentence("Please call 112 now.", "en"),
    Sentence("لطفاً همین حالا با ۱۱۵ تماس بگیرید.", "fa"),
    Sentence("How are you?", "en"),
]


class Tone:
    name = "tone"
    sample_rate_hz = 22_050
    languages = frozenset({"en", "fa"})

    def __init__(self, broken=()):
        self.broken = broken
        self.asked = []

    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        self.asked.append((text, language, style))
        if text in self.broken:
            raise VoiceError("it is broken")
        yield np.full(2_205, 1_000, dtype=np.int16)


@pytest.fixture
def voice(monkeypatch):
    """What the command loads, and the few sentences that it takes for the product's."""
    voice = Tone()
    own = OwnSentences(SENTENCES, [])
    monkeypatch.setattr("bot.own_sentences.load_own_sentences", lambda country: own)
    monkeypatch.setattr("tts_voices.commands.render.load_voice", lambda name: voice)
    return voice


def render(folder, *options):
    return main(["render", "--voice", "tone", "--folder", str(folder), *options])


def test_every_sentence_of_the_product_is_rendered_once(tmp_path, voice, capsys):
    assert render(tmp_path / "cache") == 0
    assert [said[:2] for said in voice.asked] == [(one.text, one.language) for one in SENTENCES]
    assert "3 of 3 sentences are in" in capsys.readouterr().out
    assert render(tmp_path / "cache") == 0
    assert len(voice.asked) == 3


@pytest.mark.parametrize(
    ("options", "styles"),
    [((), ["plain"]), (("--style", "soft"), ["soft"]), (("--style", "both"), ["plain", "soft"])],
)
def test_styles_are_rendered_as_asked(tmp_path, voice, options, styles):
    assert render(tmp_path, *options, "--language", "fa") == 0
    assert voice.asked == [(SENTENCES[1].text, "fa", style) for style in styles]


def test_a_run_goes_on_where_one_stopped(tmp_path, voice, monkeypatch, capsys):
    def stop(text, **options):
        raise KeyboardInterrupt

    speak = voice.speak
    voice.speak = lambda text, **options: (stop if len(voice.asked) == 1 else speak)(text, **options)
    assert render(tmp_path) == 130
    assert "stopped" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.part"))
    voice.speak = speak
    assert render(tmp_path) == 0
    assert len(voice.asked) == 3


def test_one_sentence_that_can_not_be_spoken_is_counted(tmp_path, voice, capsys):
    voice.broken = (SENTENCES[1].text,)
    assert render(tmp_path) == 1
    output = capsys.readouterr()
    assert "2 of 3" in output.out
    assert "1 sentences could not be spoken" in output.err
    assert SENTENCES[1].text not in output.err


def test_a_voice_that_can_not_speak_ends_with_2_and_one_line(tmp_path, voice, capsys):
    voice.broken = [one.text for one in SENTENCES]
    assert render(tmp_path) == 2
    assert "the voice tone can't speak: it is broken" in capsys.readouterr().err.splitlines()[-1]


def test_it_ends_at_the_limit(tmp_path, voice, monkeypatch, capsys):
    monkeypatch.setattr(
        "bot.own_sentences.load_own_sentences",
        lambda country: OwnSentences([Sentence("a" * 40 + str(number), "en") for number in range(999)], []),
    )
    monkeypatch.setattr("tts_voices.cached.voice.encoded", lambda samples, rate: b"x" * 100_000)
    assert render(tmp_path, "--limit-mb", "1") == 0
    assert "9 of 999" in (output := capsys.readouterr()).out
    assert "limit is reached" in output.err
    assert len(list(tmp_path.iterdir())) == 9


@pytest.mark.parametrize("section", ["{name: espeak}", "{name: hamdel, cache_mb: 0}"])
def test_where_the_gateway_keeps_nothing_nothing_is_rendered(tmp_path, voice, monkeypatch, capsys, section):
    (tmp_path / "endpoints.yml").write_text(f"hamdel: {{voice: {section}}}\n")
    monkeypatch.setenv("HAMDEL_ENDPOINTS", str(tmp_path / "endpoints.yml"))
    assert main(["render", "--folder", str(tmp_path / "cache")]) == 0
    assert "nothing to render" in capsys.readouterr().out
    assert voice.asked == []
    assert not (tmp_path / "cache").exists()


def test_the_settings_say_which_voice_and_how_much(tmp_path, voice, monkeypatch, capsys):
    (tmp_path / "endpoints.yml").write_text("hamdel: {voice: {name: hamdel, cache_mb: 1}}\n")
    monkeypatch.setenv("HAMDEL_ENDPOINTS", str(tmp_path / "endpoints.yml"))
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("tts_voices.cached.voice.encoded", lambda samples, rate: b"x" * 400_000)
    assert main(["render"]) == 0
    assert "limit is reached" in capsys.readouterr().err
    assert len(list((tmp_path / "home").rglob("*.ogg"))) == 2


@pytest.mark.parametrize("limit", ["0", "-5", "nan", "inf", "lots", "1e12"])
def test_a_limit_that_can_not_be_ends_with_2(tmp_path, voice, limit):
    with pytest.raises(SystemExit) as ended:
        render(tmp_path, "--limit-mb", limit)
    assert ended.value.code == 2
    assert voice.asked == []


def test_a_folder_that_can_not_be_written_ends_with_2_and_one_line(tmp_path, voice, capsys):
    (tmp_path / "file").touch()
    assert render(tmp_path / "file" / "cache") == 2
    assert "can't be written to (Not a directory)" in capsys.readouterr().err.splitlines()[-1]


def test_bad_settings_end_with_2_and_one_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "endpoints.yml").write_text("hamdel: {voice: {name: 7, pitch: 9}}\n")
    monkeypatch.setenv("HAMDEL_ENDPOINTS", str(tmp_path / "endpoints.yml"))
    assert render(tmp_path) == 2
    assert "voice" in capsys.readouterr().err


@needs_espeak
def test_ctrl_c_leaves_nothing_half_made_and_what_is_there_is_found(tmp_path):
    folder = tmp_path / "cache"
    process = subprocess.Popen(
        [sys.executable, "-m", "tts_voices", "render", "--voice", "espeak", "--folder", str(folder)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until = time.monotonic() + 120
    while len(list(folder.glob("*.ogg")) if folder.exists() else []) < 3 and time.monotonic() < until:
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert errors.rstrip().endswith(b"tts_voices: stopped")
    assert not list(folder.glob("*.part"))
    from bot.own_sentences import load_own_sentences

    own = load_own_sentences(None)
    text, language = next(iter(own))
    cached = CachedVoice(load_voice("espeak"), folder, 100, keep=own.has)
    try:
        assert cached.render(text, language)
        assert cached.damaged == 0
    finally:
        cached.close()
