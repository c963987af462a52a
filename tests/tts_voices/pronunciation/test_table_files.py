import lzma
import re

import pytest

from tts_voices.pronunciation.english_homographs import Homographs
from tts_voices.pronunciation.english_lexicon import DICTIONARY, EnglishLexicon, packed
from tts_voices.pronunciation.persian_homographs import read_cues
from tts_voices.pronunciation.persian_known import read_known
from tts_voices.pronunciation.persian_lexicon import read_lexicon, read_packed_lexicon
from tts_voices.pronunciation.persian_pairs import read_pairs
from tts_voices.pronunciation.table_files import read_packed, read_table
from tts_voices.voice import VoiceError


def read_additions(path):
    small = path.with_name("small.xz")
    small.write_bytes(packed({"a": ["ax"]}))
    return EnglishLexicon.load(small, path)


TABLES = [read_additions, Homographs.load, read_cues, read_lexicon]
PACKED = [EnglishLexicon.load, read_packed_lexicon, read_pairs, read_known]


def many_bytes(path):
    with path.open("wb") as file:
        file.truncate(20_000_000)


def cut_off(path):
    path.write_bytes(DICTIONARY.read_bytes()[:-50])


def bomb(path):
    path.write_bytes(lzma.compress(bytes(17_000_000)))


def memory_bomb(path):
    """A small file that asks for more memory than any table of ours."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 29}]
    path.write_bytes(lzma.compress(b"a", filters=filters))


def holding(content):
    return lambda path: path.write_bytes(content)


def missing(path):
    return None


def folder(path):
    path.mkdir()


BAD_UTF_8 = b"word\t\xff\xfe\n"


@pytest.mark.parametrize("damage", [missing, folder, many_bytes, holding(BAD_UTF_8)])
@pytest.mark.parametrize("read", TABLES)
def test_a_table_that_can_not_be_read_is_named(tmp_path, read, damage):
    path = tmp_path / "table.tsv"
    damage(path)
    with pytest.raises(
        VoiceError, match=rf"^{re.escape(str(path))} can't be read as UTF-8 text \(.+\): bring"
    ):
        read(path)


@pytest.mark.parametrize(
    "damage",
    [
        missing,
        folder,
        many_bytes,
        cut_off,
        bomb,
        memory_bomb,
        holding(b""),
        holding(b"text"),
        holding(lzma.compress(BAD_UTF_8)),
        holding(lzma.compress(b"a" * 9_999)[:-20]),
    ],
)
@pytest.mark.parametrize("read", PACKED)
def test_a_packed_file_that_can_not_be_read_is_named(tmp_path, read, damage):
    path = tmp_path / "words.xz"
    damage(path)
    with pytest.raises(VoiceError, match=rf"^{re.escape(str(path))} can't be read \(.+\): (bring|build)"):
        read(path)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (EnglishLexicon.load, "aa0 b\nword\t(z"),
        (EnglishLexicon.load, "aa0 b\nword\t'("),
        (EnglishLexicon.load, "aa0 b\nword\t"),
        (EnglishLexicon.load, "aa0 b\nword\t\nother\t("),
        (EnglishLexicon.load, "aa0 b\nword\t(\t("),
        (EnglishLexicon.load, "aa0 b\n"),
        (EnglishLexicon.load, "\nword\t("),
        (EnglishLexicon.load, "aa0 b"),
        (read_packed_lexicon, "دست\tdâst"),
        (read_packed_lexicon, "دست\tdast\t"),
        (read_packed_lexicon, "دست\tdast\nسر\tsar 1\nبر\tbar"),
        (read_pairs, "+دست"),
        (read_pairs, "+دست سر بر"),
        (read_pairs, "دست سر"),
        (read_pairs, "+a b\n\n+a c"),
        (read_known, "00"),
        (read_known, "00\tx"),
        (read_known, "00\t1\tx=dast"),
        (read_known, "00\t1\t1"),
        (read_known, "00\t1\t1=dâst"),
        (read_known, "00\t1\t1=d=t"),
    ],
)
def test_packed_lines_of_another_form_are_refused_when_they_are_loaded(tmp_path, read, text):
    path = tmp_path / "words.xz"
    path.write_bytes(lzma.compress(text.encode()))
    with pytest.raises(VoiceError, match=rf"^{re.escape(str(path))}.+: (bring|build)"):
        read(path)


def test_what_is_well_is_given_whole(tmp_path):
    path = tmp_path / "file"
    path.write_text("# یک\nدو\n", encoding="utf-8")
    assert read_table(path, "mend it") == ["# یک", "دو"]
    text = "دست\tdast\n" * 100_000
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    assert read_packed(path, "mend it") == text
