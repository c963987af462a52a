import lzma
from pathlib import Path

import pytest

from tts_voices.pronunciation.building.english_build import build, read_cmudict, read_teacher
from tts_voices.pronunciation.english_lexicon import (
    ADDITIONS,
    DICTIONARY,
    EnglishLexicon,
    packed,
    read_additions,
)
from tts_voices.pronunciation.phones import MARKS, SYMBOLS
from tts_voices.voice import VoiceError

LEXICON = EnglishLexicon.load()


def test_what_ships_is_small_and_whole() -> None:
    assert DICTIONARY.stat().st_size < 1_300_000
    assert len(LEXICON.lines) > 120_000
    assert LEXICON.get("forehead") == ("f", "ao1", "r", "hh", "eh0", "d")
    assert LEXICON.get("zzzz") is None
    assert "table" in LEXICON
    assert 5 not in LEXICON
    assert "Redistribution and use" in DICTIONARY.with_name("english_lexicon_licence.txt").read_text("utf-8")


def test_every_word_has_known_symbols_that_the_teacher_speaks() -> None:
    known = set(SYMBOLS["en"]).difference(MARKS) - {"ah0"}
    for line in LEXICON.lines[::97]:
        said = LEXICON.get(line.partition("\t")[0])
        assert said, line
        assert known.issuperset(said), line
    assert all(known.issuperset(said) for said in read_additions(ADDITIONS).values())


def test_packed_words_come_back(tmp_path: Path) -> None:
    path = tmp_path / "words.xz"
    path.write_bytes(packed({"b'c": ["b", "ax"], "b": ["b", "iy1"], "bc": ["s"]}))
    additions = tmp_path / "more.tsv"
    additions.write_text("a\tax\nb'c\tax\n", encoding="utf-8")
    lexicon = EnglishLexicon.load(path, additions)
    assert lexicon.get("a") == ("ax",)
    assert lexicon.get("b") == ("b", "iy1")
    assert lexicon.get("b'c") == ("ax",)
    assert lexicon.get("bc") == ("s",)
    assert lexicon.get("") is None
    with pytest.raises(VoiceError, match="sound that the voices don't have"):
        packed({"b": ["qq"]})


@pytest.mark.parametrize(
    "damage",
    [b"", b"nothing", lzma.compress(b""), lzma.compress(b"qq zz\na\t("), lzma.compress("b\ná\t(".encode())],
)
def test_a_damaged_dictionary_is_named(damage: bytes, tmp_path: Path) -> None:
    path = tmp_path / "words.xz"
    path.write_bytes(damage)
    with pytest.raises(VoiceError, match=r"words\.xz"):
        EnglishLexicon.load(path, ADDITIONS)


def test_a_dictionary_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.xz"
    path.write_bytes(lzma.compress(b"b d\n" + bytes(20_000_000)))
    with pytest.raises(VoiceError, match=r"words\.xz"):
        EnglishLexicon.load(path, ADDITIONS)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match=r"none\.xz"):
        EnglishLexicon.load(tmp_path / "none.xz", ADDITIONS)
    with pytest.raises(VoiceError, match=r"none\.tsv"):
        EnglishLexicon.load(DICTIONARY, tmp_path / "none.tsv")


@pytest.mark.parametrize("line", ["word", "word\t", "\tb", "word\tqq", "word\t,", "word b"])
def test_a_wrong_addition_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "more.tsv"
    path.write_text(f"# remark\n\n{line}\n", encoding="utf-8")
    with pytest.raises(VoiceError, match=r"more\.tsv, line 3"):
        read_additions(path)


CMUDICT = """\
often AO1 F AH0 N
often(2) AO1 F T AH0 N # place, remark
forehead F AO1 R HH EH2 D
hothead HH AA1 T HH EH2 D
decide D IH2 S AY1 D
here HH IY1 R
"quote K W OW1 T
"""
TEACHER = """\
MNCL
("often" nil (((ao f) 1) ((t ax n) 0)))
("forehead" nil (((f ao r) 1) ((hh eh d) 0)))
("decide" nil (((d ih) 0) ((s ay d) 1)))
("here" nil (((hh ih r) 1)))
("hothead" nil (((hh aa) 1) ((t iy d) 0)))
"""


def test_the_build_takes_the_teachers_stress_and_the_dictionarys_sounds() -> None:
    words = build(read_cmudict(CMUDICT.splitlines()), read_teacher(TEACHER.splitlines()))
    assert {word: " ".join(said) for word, said in words.items()} == {
        "often": "ao1 f t ax n",
        "forehead": "f ao1 r hh eh0 d",
        "hothead": "hh aa1 t hh eh0 d",
        "decide": "d ih0 s ay1 d",
        "here": "hh ih1 r",
    }


def test_without_a_teacher_secondary_stress_counts() -> None:
    words = build(read_cmudict(CMUDICT.splitlines()), {})
    assert words["forehead"] == ["f", "ao1", "r", "hh", "eh1", "d"]
    assert words["often"] == ["ao1", "f", "ax", "n"]
