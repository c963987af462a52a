import re
import shutil
import wave
from html.parser import HTMLParser

import numpy as np
import pytest

from language import LANGUAGES, detect_script_language
from tts_voices.__main__ import main
from tts_voices.commands.audition import PAGE, audition_page, write_audition
from tts_voices.commands.audition_texts import AUDITION
from tts_voices.voice import VoiceError

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="apt-get install espeak-ng")


class Tone:
    """A voice that tells what it was asked for."""

    sample_rate_hz = 22_050

    def __init__(self, name="tone", languages=LANGUAGES, seconds=0.05):
        self.name = name
        self.languages = frozenset(languages)
        self.samples = int(seconds * self.sample_rate_hz)
        self.asked = []

    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        self.asked.append((text, language, style))
        if self.samples:
            yield np.full(self.samples, 9_000, dtype=np.int16)


class Page(HTMLParser):
    """What a page has: its elements with their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_twelve_sentences_of_what_voices_get_wrong(language):
    said = AUDITION[language]
    assert len(said) == len({one.kind for one in said}) == len({one.text for one in said}) == 12
    assert {"numbers", "question", "exclamation", "crisis", "colloquial", "mixed", "long", "soft"} <= {
        one.kind for one in said
    }
    assert all(detect_script_language(one.text) == language for one in said)
    assert [one.kind for one in said if one.style == "soft"] == ["soft"]
    assert max(len(one.text) for one in said) <= 240
    assert any(re.search(r"\d", one.text) for one in said)
    assert any(one.text.endswith(("?", "؟")) for one in said)


def test_persian_has_a_chain_of_ezafe():
    assert "ezafe" in {one.kind for one in AUDITION["fa"]}


@needs_espeak
def test_every_sentence_is_spoken_into_a_file_of_its_own(tmp_path):
    assert main(["audition", "--voice", "espeak", "-o", str(tmp_path / "new" / "folder")]) == 0
    files = sorted((tmp_path / "new" / "folder").glob("*.wav"))
    assert len(files) == 24
    for path in files:
        with wave.open(str(path)) as file:
            assert 0.3 < file.getnframes() / file.getframerate() < 30


def test_the_page_plays_the_files_that_are_there(tmp_path):
    voices = [Tone(), Tone("/home/me/voices/tone"), Tone("english alone", ["en"])]
    page = Page(write_audition(voices, LANGUAGES, tmp_path).read_text(encoding="utf-8"))
    players = [attributes["src"] for attributes in page.all("audio")]
    assert sorted(players) == sorted(path.name for path in tmp_path.glob("*.wav"))
    assert len(players) == len(set(players)) == 12 * 5


def test_the_style_of_a_sentence_is_given_to_the_voice(tmp_path):
    voice = Tone()
    write_audition([voice], ["fa"], tmp_path)
    assert [style for _, _, style in voice.asked].count("soft") == 1
    assert {language for _, language, _ in voice.asked} == {"fa"}


def test_the_page_is_one_file_without_script_and_can_be_read_by_all():
    page = Page(audition_page([Tone()], LANGUAGES))
    assert not page.all("script")
    assert not page.all("link")
    assert not page.all("img")
    assert page.all("html") == [{"lang": "en"}]
    sections = {section["lang"]: section["dir"] for section in page.all("section")}
    assert sections == {"en": "ltr", "fa": "rtl"}
    headings = {heading["id"] for heading in page.all("h2")}
    assert {section["aria-labelledby"] for section in page.all("section")} == headings
    labels = [player["aria-label"] for player in page.all("audio")]
    assert len(labels) == len(set(labels)) == 24
    assert all("controls" in player for player in page.all("audio"))
    assert not any("tabindex" in attributes for _, attributes in page.elements)
    assert all(one.text in page.text for said in AUDITION.values() for one in said)


def test_the_name_of_a_voice_can_not_put_anything_into_the_page_or_the_paths(tmp_path):
    hostile = '../../"><script>alert(1)</script>'
    page = Page(write_audition([Tone(hostile)], ["en"], tmp_path / "page").read_text(encoding="utf-8"))
    assert not page.all("script")
    assert hostile in page.text
    assert [path.name for path in tmp_path.iterdir()] == ["page"]


@pytest.mark.parametrize(
    ("voices", "message"),
    [([Tone(languages=["en"])], "none of the voices speaks fa"), ([Tone(seconds=0)], "gives no sound")],
)
def test_a_voice_that_can_not_speak_is_named(tmp_path, voices, message):
    with pytest.raises(VoiceError, match=message):
        write_audition(voices, ["fa"], tmp_path)
    assert not (tmp_path / PAGE).exists()


@needs_espeak
def test_a_folder_that_can_not_be_written_ends_with_2_and_one_line(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["audition", "--language", "en", "-o", str(tmp_path / "file" / "folder")]) == 2
    error = capsys.readouterr().err
    assert "can't be written" in error
    assert len(error.splitlines()) == 1
