import csv
import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from language import speakable
from tts_voices.pronunciation.english import EnglishReader
from tts_voices.pronunciation.phones import CLOSING_MARKS, OPENING, PAUSE, SYMBOLS, network_ids

ROOT = Path(__file__).parents[3]
GOLDEN = [
    line.split("\t")
    for line in Path(__file__).with_name("golden_english.tsv").read_text(encoding="utf-8").splitlines()
]
READER = EnglishReader.load()


def _said(text: str) -> str:
    return " ".join(READER.symbols(text)[1:-1])


def test_the_golden_file_has_each_kind() -> None:
    kinds = [kind for kind, _, _ in GOLDEN]
    assert kinds.count("number") >= 30
    assert kinds.count("colloquial") >= 50
    assert kinds.count("homograph") >= 20


@pytest.mark.parametrize(("kind", "text", "symbols"), GOLDEN)
def test_golden_sentences(kind: str, text: str, symbols: str) -> None:
    assert " ".join(READER.symbols(text)) == symbols, kind


def _texts(node: object) -> list[str]:
    if isinstance(node, str):
        return [node]
    if isinstance(node, dict):
        return [text for value in node.values() for text in _texts(value)]
    return [text for value in node for text in _texts(value)] if isinstance(node, list) else []


def _suggestions() -> list[str]:
    files = sorted((ROOT / "data/bilingual_suggestions").glob("*.jsonl"))
    return [json.loads(line)["en"] for file in files for line in file.read_text("utf-8").splitlines()]


def _replies() -> list[str]:
    crisis = [
        text
        for line in (ROOT / "data/crisis/replies.jsonl").read_text("utf-8").splitlines()
        for text in _texts(json.loads(line))
    ]
    with (ROOT / "data/crisis/lines.csv").open(encoding="utf-8") as file:
        lines = [text for row in csv.DictReader(file) for text in (row["name_en"], row["note_en"])]
    domain = _texts(yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))["responses"])
    return crisis + lines + domain + _texts(json.loads((ROOT / "data/phrases.json").read_text("utf-8")))


@pytest.mark.parametrize("texts", [_suggestions(), _replies()], ids=["suggestions", "replies"])
def test_every_word_that_we_say_is_in_the_lexicon(texts: list[str]) -> None:
    assert texts
    plain = [re.sub(r"\{[^}]*\}", " ", text).replace("é", "e") for text in texts]
    said = {
        word.lower()
        for text in plain
        if not re.search("[\u0600-\u06ff]", text)
        for word in re.findall(r"[A-Za-z]+(?:'[A-Za-z]+)*", speakable(text, "en"))
    }
    assert sorted(word for word in said if word not in READER.words.lexicon) == []


@pytest.mark.parametrize("text", ["", " ", "…", "😀🎉", "?!", "***", "<>", "سلام", "你好", "\x00\x07"])
def test_nothing_to_say_gives_nothing(text: str) -> None:
    assert READER.symbols(text) == []


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("Go", "."),
        ("Go.", "."),
        ("Go?", "?"),
        ("Go!", "!"),
        ("Go?!", "?"),
        ("Go…", "."),
        ('"Go?"', "?"),
        ("Go؟", "?"),
    ],
)
def test_the_closing_mark_is_that_of_the_text(text: str, mark: str) -> None:
    assert READER.symbols(text) == ["^", "g", "ow1", mark]


def test_marks_inside_are_pauses_and_never_two_in_a_row() -> None:
    assert _said("Well - no; wait: go, then. Now") == ("w eh1 l n ow1 , w ey1 t , g ow1 , dh eh1 n , n aw1")
    assert READER.symbols(",,, Go ,,, ; now ,") == ["^", "g", "ow1", ",", "n", "aw1", "."]


def test_a_long_clause_gets_one_breath_before_a_conjunction() -> None:
    said = _said("Put the cup of tea down on the table and look at the street for a while")
    assert said.count(PAUSE) == 1
    assert ", ae1 n d l uh1 k" in said
    assert PAUSE not in _said("Put the cup down and look up")


def test_to_is_weak_inside_and_strong_at_the_end() -> None:
    assert _said("to eat") == "t ax iy1 t"
    assert _said("Someone to talk to.").endswith("t ax t ao1 k t uw1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a cup", "ax k ah1 p"),
        ("Vitamin A", "v ay1 t ax m ax n ey1"),
        ("Plan B", "p l ae1 n b iy1"),
        ("at 9 a.m.", "ae1 t n ay1 n ey1 eh1 m"),
        ("I am nine", "ay1 ae1 m n ay1 n"),
        ("the US and us", "dh ax y uw1 eh1 s ae1 n d ah1 s"),
        ("the U.S. too", "dh ax y uw1 eh1 s t uw1"),
        ("the NHS", "dh ax eh1 n ey1 ch eh1 s"),
        ("GPs", "jh iy1 p iy1 z"),
        ("the IASP", "dh ax ay1 ey1 eh1 s p iy1"),
        ("ZZTQ", "z iy1 z iy1 t iy1 k y uw1"),
        ("CALL THE NHS NOW", "k ao1 l dh ax eh1 n ey1 ch eh1 s n aw1"),
        ("IT HURTS", "ih1 t hh er1 t s"),
        ("café", "k ax f ey1"),
        ("naïve", "n ay1 iy1 v"),
        ("a five-minute call", "ax f ay1 v m ih1 n ax t k ao1 l"),
        ("**bold** _move_", "b ow1 l d m uw1 v"),
        ("[here](https://x.org/y)", "hh ih1 r"),
    ],
)
def test_letters_capitals_and_signs(text: str, said: str) -> None:
    assert _said(text) == said


def test_persian_words_are_read_by_the_other_reader() -> None:
    asked: list[str] = []

    def other(text: str) -> list[str]:
        asked.append(text)
        return ["^", "q", "a0", "x", "?", "A1", ".", "?1"]

    assert READER.symbols("Say سلام now", other)[3:8] == ["g", "ae0", "k", "aa1", "n"]
    assert asked == ["سلام"]
    assert READER.symbols("Say سلام now") == READER.symbols("Say now")
    assert READER.symbols("سلام", other) == ["^", "g", "ae0", "k", "aa1", "."]


def test_five_thousand_characters_are_read() -> None:
    assert len(READER.symbols("No one should have to carry this alone. " * 125)) > 3_000
    assert len(READER.symbols("qx" * 2_500)) > 2_500
    assert len(READER.symbols("blorftingly " * 400)) > 2_500
    assert READER.symbols("a'b" * 1_600)
    assert READER.symbols("a-b" * 1_600)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_known_symbols(text: str) -> None:
    _check(READER.symbols(text, lambda _: ["^", "s", "a1", "l", "A0", "m", "."]))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="abehlnrstyuwxzAEIST'-.,?! 0123456789سلام\u200c", max_size=80))
def test_near_words_give_known_symbols(text: str) -> None:
    _check(READER.symbols(text))


def _check(symbols: list[str]) -> None:
    if symbols:
        assert symbols[0] == OPENING
        assert symbols[-1] in CLOSING_MARKS
        assert len(symbols) > 2
        assert PAUSE not in {symbols[1], symbols[-2]}
        assert not {OPENING, *CLOSING_MARKS}.intersection(symbols[1:-1])
        assert all(pair != (PAUSE, PAUSE) for pair in zip(symbols, symbols[1:], strict=False))
        assert len(network_ids(symbols, "en")) == 2 * len(symbols) + 1
        assert set(symbols) <= set(SYMBOLS["en"])
