import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language import speakable
from tts_voices.pronunciation.building.persian_build import LEXICON_TABLE
from tts_voices.pronunciation.persian import PersianReader
from tts_voices.pronunciation.persian_lexicon import read_lexicon
from tts_voices.pronunciation.persian_tokens import tokens
from tts_voices.pronunciation.phones import SYMBOLS

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).with_name("golden_persian.tsv")
KNOWN = frozenset(SYMBOLS["fa"])
HALF_SPACE = "\u200c"


@pytest.fixture(scope="module")
def reader() -> PersianReader:
    return PersianReader.load()


def _golden() -> list[tuple[str, str, str]]:
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [(group, text, said) for group, text, said in csv.reader(file, delimiter="\t")]


@pytest.mark.parametrize(("group", "text", "said"), _golden())
def test_golden_pronunciations(reader: PersianReader, group: str, text: str, said: str) -> None:
    assert " ".join(reader.symbols(text)) == said


def test_golden_file_holds_what_it_should() -> None:
    groups = [group for group, _, _ in _golden()]
    assert groups.count("ezafe") >= 50
    assert groups.count("number") >= 30
    assert groups.count("colloquial") >= 50
    assert groups.count("homograph") >= 20


def _our_texts() -> list[str]:
    texts = []
    for path in sorted((ROOT / "data" / "bilingual_suggestions").glob("*.jsonl")):
        texts += [json.loads(line)["fa"] for line in path.read_text(encoding="utf-8").splitlines()]
    yaml = pytest.importorskip("yaml")
    for held in (
        yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8")).get("responses", {}),
        json.loads((ROOT / "data" / "phrases.json").read_text(encoding="utf-8")),
    ):
        texts += _strings(held)
    for line in (ROOT / "data" / "crisis" / "replies.jsonl").read_text(encoding="utf-8").splitlines():
        texts.append(json.loads(line)["text"])
    return texts


def _strings(held: object) -> list[str]:
    if isinstance(held, str):
        return [held]
    inside = held.values() if isinstance(held, dict) else held if isinstance(held, list) else []
    return [text for one in inside for text in _strings(one)]


def test_every_word_of_our_own_texts_is_in_the_lexicon() -> None:
    lexicon = read_lexicon(LEXICON_TABLE)
    texts = _our_texts()
    assert len(texts) > 1_000
    words = {
        token.text for text in texts for token in tokens(speakable(text, "fa")) if token.kind == "persian"
    }
    missing = sorted(words - lexicon.keys())
    assert len(words) > 3_000
    assert not missing, f"{len(missing)} words are not in {LEXICON_TABLE.name}: {' '.join(missing)}"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_any_text_gives_known_symbols_only(text: str) -> None:
    said = _shared().symbols(text)
    assert KNOWN.issuperset(said)
    assert not said or (said[0] == "^" and said[-1] in ".?!" and len(said) > 2)


@settings(max_examples=150, deadline=None)
@given(
    st.text(
        alphabet="ابپتسجچحخدرزشعقکگلمنوهیآئؤءأ\u200c\u064e\u0650\u064f\u0651\u064b\u0654 ،.؟۵abC", max_size=60
    )
)
def test_any_persian_letters_and_marks_give_known_symbols_only(text: str) -> None:
    assert KNOWN.issuperset(_shared().symbols(text))


_READER: list[PersianReader] = []


def _shared() -> PersianReader:
    if not _READER:
        _READER.append(PersianReader.load())
    return _READER[0]


@pytest.mark.parametrize(
    "text", ["", " ", "…", "؟!", "😀😀", "،،،", "\u200c", "ً", "漢字", "***", "🙏🏽\u200d"]
)
def test_nothing_is_said_where_there_is_no_word(reader: PersianReader, text: str) -> None:
    assert reader.symbols(text) == []


def test_a_very_long_text_is_read(reader: PersianReader) -> None:
    said = reader.symbols("نفس عمیق بکشید و آرام بمانید، " * 170)
    assert len(said) > 3_000
    assert KNOWN.issuperset(said)
    assert KNOWN.issuperset(reader.symbols("سلامت" * 1_000))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("کِرْم", "^ k e1 r m ."),
        ("کِرِم", "^ k e0 r e1 m ."),
        ("روژُم", "^ r u0 Z o1 m ."),
        ("کَرَم", "^ k a0 r a1 m ."),
        ("مُهر", "^ m o1 h r ."),
        ("بِکُشد", "^ b e1 k o0 S a0 d ."),
    ],
)
def test_written_vowels_decide(reader: PersianReader, text: str, said: str) -> None:
    assert " ".join(reader.symbols(text)) == said


def test_a_written_kasra_is_the_ezafe_and_not_said_twice(reader: PersianReader) -> None:
    assert reader.symbols("دوستِ خوبِ من") == reader.symbols("دوست خوب من")
    assert " ".join(reader.symbols("کتابِ او")) == "^ k e0 t A1 b e0 u1 ."
    assert " ".join(reader.symbols("زندگیِ او")) == "^ z e0 n d e0 g i1 y e0 u1 ."


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("کتاب‌هایی را می‌خوانید", "كتاب‌هايي را مي‌خوانيد"),
        ("نمی‌دانم", "نمیدانم"),
        ("می‌خواهم بخوابم", "می خواهم بخوابم"),
        ("دست‌ها", "دست ها"),
        ("نفس بکشید", "نفس 😀 **بکشید**"),
        ("خانهٔ مادر", "خانه‌ی مادر"),
        ("خانهٔ مادر", "خانۀ مادر"),
        ("سلام", "ســـلام"),
        ("سلام", "سلاااام"),
    ],
)
def test_spellings_of_the_same_are_read_alike(reader: PersianReader, text: str, other: str) -> None:
    assert reader.symbols(text) == reader.symbols(other)


def test_marks_become_pauses_and_the_last_one_closes(reader: PersianReader) -> None:
    said = reader.symbols("سلام؛ خوبید؟")
    assert said.count(",") == 1
    assert said[-1] == "?"
    assert reader.symbols("سلام!")[-1] == "!"
    assert reader.symbols("سلام")[-1] == "."
    assert reader.symbols("سلام…")[-2:] == ["m", "."]
    assert "," not in reader.symbols("۱۲٬۵۰۰ تومان")


def test_no_ezafe_before_a_verb_a_preposition_a_mark_or_the_end(reader: PersianReader) -> None:
    for text in ("حال است", "دوست با", "دوست، خوب", "دوست", "حال می‌شود"):
        first = reader.words(tokens(speakable(text, "fa")))[0]
        assert first[1] is False


def test_function_words_bear_no_stress(reader: PersianReader) -> None:
    assert " ".join(reader.symbols("از خانه")) == "^ a0 z x A0 n e1 ."


def test_latin_words_are_spelled_or_read_by_the_other_reader(reader: PersianReader) -> None:
    spelled = reader.symbols("برنامهٔ Zoom")
    assert KNOWN.issuperset(spelled)
    asked: list[str] = []

    def other(word: str) -> list[str]:
        asked.append(word)
        return ["^", "z", "uw1", "m", "."]

    said = replace(reader, other=other).symbols("برنامهٔ Zoom")
    assert asked == ["Zoom"]
    assert said[-4:] == ["z", "u1", "m", "."]


def test_a_suggestion_is_read_as_it_was_marked_by_hand(reader: PersianReader) -> None:
    text = "با دوستی که پشتتان است حرف بزنید."
    assert " ".join(reader.symbols(text)) == (
        "^ b A0 d u1 s t i0 k e0 p o1 S t e0 t A0 n a1 s t h a1 r f b e1 z a0 n i0 d ."
    )
    assert len(reader.known) > 3_000
