from pathlib import Path

import pytest

from tts_voices.pronunciation.building.persian_build import main as build
from tts_voices.pronunciation.building.persian_corpora import matched_words, sound_and_link, split_by_name
from tts_voices.pronunciation.building.persian_evaluate import Judged, edit_distance, figures, folded
from tts_voices.pronunciation.persian_homographs import cued_reading, read_cues
from tts_voices.pronunciation.persian_known import KnownSentence, packed_known, read_known, sentence_key
from tts_voices.pronunciation.persian_latin import PERSIAN_FOR_ENGLISH, persian_from_english, spelled_latin
from tts_voices.pronunciation.persian_letters import aligned
from tts_voices.pronunciation.persian_lexicon import packed_lexicon, read_lexicon, read_packed_lexicon
from tts_voices.pronunciation.persian_marks import read_marks
from tts_voices.pronunciation.persian_notation import is_reading, reading_symbols, stressed_before
from tts_voices.pronunciation.persian_tokens import tagger_sequence, tokens
from tts_voices.pronunciation.persian_words import derived_readings, marked_stress
from tts_voices.pronunciation.phones import MARKS, SYMBOLS
from tts_voices.voice import VoiceError

LEXICON = {
    "دست": ("dast",), "خانه": ("xAne",), "صدا": ("sedA",), "زندگی": ("zendegi",), "خوب": ("xub",),
    "می‌گردد": ("m'igardad",), "کرم": ("kerem", "kerm"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("reading", "said"),
    [("xAne", "x A0 n e1"), ("m'ixAham", "m i1 x A0 h a0 m"), ("ba?d", "b a1 ʔ d"), ("st", "s t")],
)
def test_readings_become_symbols(reading: str, said: str) -> None:
    assert " ".join(reading_symbols(reading)) == said


def test_a_reading_without_stress() -> None:
    assert reading_symbols("az", stressed=False) == ["a0", "z"]


@pytest.mark.parametrize("reading", ["", "x'", "'x", "a'b'a", "q1", "xâne", "'a'e", "a b"])
def test_what_is_no_reading(reading: str) -> None:
    assert not is_reading(reading)


def test_an_ending_leaves_the_stress_where_it_was() -> None:
    assert stressed_before("dast", "am") == "d'astam"
    assert stressed_before("m'ixAham", "aS") == "m'ixAhamaS"
    assert stressed_before("st", "am") == "stam"


@pytest.mark.parametrize(
    ("letters", "sounds", "parts"),
    [
        ("کتاب", "ketAb", ["ke", "t", "A", "b"]),
        ("خانه", "xAne", ["x", "A", "n", "e"]),
        ("مدت", "moddat", ["mo", "dda", "t"]),
        ("خواهر", "xAhar", ["x", "", "A", "ha", "r"]),
        ("زیاد", "ziyAd", ["z", "iy", "A", "d"]),
    ],
)
def test_letters_are_aligned_with_sounds(letters: str, sounds: str, parts: list[str]) -> None:
    found = aligned(letters, sounds)
    assert found is not None
    assert found[1] == parts


def test_letters_that_cannot_stand_for_the_sounds() -> None:
    assert aligned("کتاب", "xAne") is None
    assert aligned("", "a") is None
    assert aligned("", "") == (0.0, [])


@pytest.mark.parametrize(
    ("word", "reading"),
    [
        ("دست‌ها", "dasthA"), ("دست‌های", "dasth'Aye"), ("دستم", "d'astam"), ("دستتان", "d'astetAn"),
        ("خانه‌ام", "xAn'eam"), ("خانهٔ", "xAn'eye"), ("صدای", "sed'Aye"), ("صدایش", "sed'AyaS"),
        ("زندگی‌ام", "zendeg'iam"), ("خوب‌تر", "xubtar"), ("نمی‌گردد", "n'emigardad"), ("خوب‌دست", "xubdast"),
    ],
)  # fmt: skip
def test_words_are_derived_from_those_of_the_lexicon(word: str, reading: str) -> None:
    assert derived_readings(word, LEXICON)[0] == reading


def test_both_readings_of_a_stem_go_on() -> None:
    assert derived_readings("کرم‌ها", LEXICON) == ("keremhA", "kermhA")


@pytest.mark.parametrize("word", ["", "ها", "قلم", "م", "می‌", "\u200c", "خ" * 500])
def test_words_that_nothing_explains(word: str) -> None:
    assert derived_readings(word, LEXICON) == ()


def test_stress_of_unknown_words() -> None:
    assert marked_stress("می‌بژم", "mibaZam") == "m'ibaZam"
    assert marked_stress("بژه‌ام", "baZeam") == "baZ'eam"
    assert marked_stress("بژم", "baZam") == "baZam"
    assert marked_stress("می‌", "m") == "m"


def test_a_lexicon_survives_packing(tmp_path: Path) -> None:
    path = tmp_path / "packed.xz"
    path.write_bytes(packed_lexicon(LEXICON))
    assert read_packed_lexicon(path) == LEXICON
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(VoiceError, match="build it again"):
        read_packed_lexicon(path)
    with pytest.raises(VoiceError, match="build it again"):
        read_packed_lexicon(tmp_path / "missing.xz")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("دست\n", "line 1"),
        ("دست\tdast\nدست\tdast\n", "line 2.*twice"),
        ("دست\tdâst\n", "notation"),
        ("\tdast\n", "missing"),
    ],
)
def test_a_damaged_table_is_named(tmp_path: Path, table: str, message: str) -> None:
    path = tmp_path / "lexicon.tsv"
    path.write_text(table, encoding="utf-8")
    with pytest.raises(VoiceError, match=message):
        read_lexicon(path)


def test_known_sentences_survive_packing(tmp_path: Path) -> None:
    known = {
        sentence_key("سلام دوست"): KnownSentence(frozenset({1}), {0: "sal'Am"}),
        "00": KnownSentence(frozenset(), {}),
    }
    path = tmp_path / "known.xz"
    path.write_bytes(packed_known(known))
    assert read_known(path) == known
    path.write_bytes(b"damaged")
    with pytest.raises(VoiceError, match="build it again"):
        read_known(path)


def test_the_closing_mark_does_not_change_the_key() -> None:
    assert sentence_key("سلام .") == sentence_key("سلام ?") == sentence_key("سلام")


def test_cues_choose_a_reading(tmp_path: Path) -> None:
    path = tmp_path / "cues.tsv"
    path.write_text(
        "# remark\nدور\tdur\tnext\tاز می‌*\nدور\tdowr\tezafe\t*\nنه\tnoh\tnear\tنه_یک\n", encoding="utf-8"
    )
    cues = read_cues(path)
    assert cued_reading(cues, ["دور", "از"], 0, linked=False) == "dur"
    assert cued_reading(cues, ["دور", "می‌شود"], 0, linked=False) == "dur"
    assert cued_reading(cues, ["دور", "میز"], 0, linked=True) == "dowr"
    assert cued_reading(cues, ["دور", "میز"], 0, linked=False) is None
    assert cued_reading(cues, ["صفر", "نه", "یک"], 1, linked=False) == "noh"


@pytest.mark.parametrize(
    "line", ["دور\tdur\tnext", "دور\tdur\tnowhere\tاز", "دور\tdür\tnext\tاز", "دور\tdur\tnext\t "]
)
def test_a_damaged_cue_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "cues.tsv"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(VoiceError, match="line 1"):
        read_cues(path)


def test_marks_of_sentences(tmp_path: Path) -> None:
    path = tmp_path / "ezafe.tsv"
    path.write_text("a-1\tدست|دست#2\tکرم=kerm\na-2\t\t\n", encoding="utf-8")
    marks = read_marks(path)
    assert marks["a-1"].linked == {("دست", 1), ("دست", 2)}
    assert marks["a-1"].readings == {("کرم", 1): "kerm"}
    assert not marks["a-2"].linked
    path.write_text("a-1\tدست\tکرم=xyz!\n", encoding="utf-8")
    with pytest.raises(VoiceError, match="line 1"):
        read_marks(path)


def test_tokens_keep_vowel_marks_apart() -> None:
    found = tokens("کِتاب, Zoom?")
    assert [(token.kind, token.text) for token in found] == [
        ("persian", "کتاب"), ("mark", ","), ("latin", "Zoom"), ("mark", "?"),
    ]  # fmt: skip
    assert found[0].marks == ("\u0650", "", "", "")
    assert tagger_sequence(found) == "کتاب , A ?"


def test_every_english_sound_has_a_persian_one() -> None:
    english = [symbol for symbol in SYMBOLS["en"] if symbol not in MARKS]
    assert {symbol.rstrip("01") for symbol in english} == PERSIAN_FOR_ENGLISH.keys()
    assert set(persian_from_english(SYMBOLS["en"])) <= set(SYMBOLS["fa"])
    assert persian_from_english(["^", "th", "ih1", "ng", "k", "er0", "."]) == [
        "s",
        "i1",
        "n",
        "g",
        "k",
        "e0",
        "r",
    ]


def test_spelled_letters_are_symbols() -> None:
    assert set(spelled_latin("abcdefghijklmnopqrstuvwxyz-'")) <= set(SYMBOLS["fa"])
    assert spelled_latin("tv") == ["t", "i1", "v", "i1"]


def test_a_training_sentence_is_matched_word_by_word() -> None:
    said = [sound_and_link(word) for word in ("ketAbe1", "xub", "darvAqe?", "?ast")]
    words = matched_words("کتاب خوب در واقع است", said)
    assert [(word.letters, word.linked) for word in words] == [
        ("کتاب", True), ("خوب", False), ("در", False), ("واقع", False), ("است", False),
    ]  # fmt: skip
    assert words[3].sounds == "vAqe?"
    assert matched_words("کتاب خوب", [("zzzz", False)] * 2) == []


def test_the_same_names_are_held_out_every_time() -> None:
    assert split_by_name([], 0.1) == ([], [])


def test_scores() -> None:
    assert edit_distance("ketAb", "kitAb") == 1
    assert edit_distance("", "abc") == 3
    assert folded("?m'oddat") == "modat"
    assert folded("dowr") == "dor"
    found = figures([Judged(1, 10, right=3, missed=1, wrong=0)] * 5)
    assert found["phoneme_error"] == {"value": 0.1, "low": 0.1, "high": 0.1}
    assert found["ezafe_recall"]["value"] == 0.75
    assert found["ezafe_precision"]["value"] == 1.0


def test_the_packed_files_are_those_of_the_tables(tmp_path: Path) -> None:
    weights = Path(__file__).parents[3] / "tts_voices" / "pronunciation" / "weights"
    for command, name in (("lexicon", "persian_lexicon.xz"), ("sentences", "persian_sentences.xz")):
        assert build([command, "--output", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_bytes() == (weights / name).read_bytes(), f"run persian_build {command}"
