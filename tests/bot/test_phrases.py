import json
import re

import pytest

from bot.phrases import Phrases, PhrasesError
from bot.settings import ROOT

PATH = ROOT / "data" / "phrases.json"


def written(folder, text):
    path = folder / "phrases.json"
    path.write_text(text if isinstance(text, str) else json.dumps(text, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture
def texts():
    return json.loads(PATH.read_text(encoding="utf-8"))


def test_our_own_file_speaks_both_languages():
    phrases = Phrases.load(PATH)
    assert re.search("[آ-ی]", phrases.say("greeting", "fa"))
    assert not re.search("[آ-ی]", phrases.say("greeting", "en"))
    assert phrases.say("greeting", "de") == phrases.say("greeting", "en")
    assert phrases.disclosure("fa").startswith(phrases.say("disclosure", "fa"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PhrasesError, match=re.escape(str(tmp_path / "none.json"))):
        Phrases.load(tmp_path / "none.json")


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '{"greeting": "hello"}', '{"greeting": 3}'])
def test_a_broken_file_is_named(tmp_path, text):
    path = written(tmp_path, text)
    with pytest.raises(PhrasesError, match=re.escape(str(path))):
        Phrases.load(path)


def test_a_file_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "phrases.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PhrasesError, match=re.escape(str(path))):
        Phrases.load(path)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_missing_language_is_named(tmp_path, texts, language):
    del texts["recogniser_busy"][language]
    with pytest.raises(PhrasesError, match=rf"recogniser_busy\.{language}"):
        Phrases.load(written(tmp_path, texts))


def test_all_missing_sentences_are_named_at_once(tmp_path, texts):
    del texts["goodbye_idle"]
    texts["greeting"]["fa"] = ""
    with pytest.raises(PhrasesError, match=r"greeting\.fa.*goodbye_idle\.en.*goodbye_idle\.fa"):
        Phrases.load(written(tmp_path, texts))


@pytest.mark.parametrize("value", [3, ["Hello."], {"text": "Hello."}, True])
def test_a_sentence_that_is_no_text_is_refused(tmp_path, texts, value):
    texts["greeting"]["en"] = value
    with pytest.raises(PhrasesError):
        Phrases.load(written(tmp_path, texts))
