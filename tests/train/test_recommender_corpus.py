import gzip
import lzma

import pytest

from recommender.corpus import LONGEST_LINE, is_open, read_sentences, read_sources
from recommender.errors import CorpusError

HEAD = "name\tfirst_line\tlast_line\tsentences\ttokens\tsource\tlicence\n"
ROWS = "open\t1\t2\t2\t9\tx\tCC0-1.0 sentences\nclosed\t3\t3\t1\t9\tx\tCC BY-NC-SA 4.0\n"


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("licence", "opened"),
    [
        ("CC0-1.0 sentences", True),
        ("CC BY-SA 4.0", True),
        ("Apache-2.0", True),
        ("MIT", True),
        ("CC BY-NC-SA 4.0", False),
        ("GPL-3.0 repo; Wikipedia text CC BY-SA", False),
        ("Apache-2.0 repo; site text", False),
        ("not stated", False),
        ("not stated in repo (research)", False),
        ("Hamshahri corpus: for research", False),
    ],
)
def test_only_licences_for_everybody_are_open(licence, opened):
    assert is_open(licence) is opened


def test_lines_without_an_open_licence_are_left_out(tmp_path):
    sources = read_sources(written(tmp_path / "sources.tsv", HEAD + ROWS))
    corpus = written(tmp_path / "fa.txt", "سلام دنیا\nحالم خوب است\nاین متن بسته است\n")
    assert len(list(read_sentences(corpus, sources=sources, licence="clean"))) == 2
    assert len(list(read_sentences(corpus, sources=sources, licence="all"))) == 3


def test_every_form_of_file_gives_the_same_words(tmp_path):
    words = [["نمی‌خوام", "برم"]]
    (tmp_path / "a.txt.xz").write_bytes(lzma.compress("نمي‌خوام برم\n".encode()))
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress("نمي‌خوام برم\n".encode()))
    written(tmp_path / "a.jsonl", '{"en": "x", "fa": "نمی‌خوام برم"}\n\n{"text": "🙂"}\n')
    written(tmp_path / "a.yml", "nlu:\n- intent: share\n  examples: |\n    - نمی‌خوام [برم](place)\n")
    for name in ("a.txt.xz", "a.txt.gz", "a.jsonl"):
        assert list(read_sentences(tmp_path / name)) == words
    assert list(read_sentences(tmp_path / "a.yml")) == words


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "has no Persian sentence"),
        ("a.txt", b"This is English.\nSo is this.\n", "has no Persian sentence"),
        ("a.txt", ("one English line\n" * 50 + "یک خط\n").encode(), "1 of the first 51 lines are Persian"),
        ("a.txt", b"\xff\xfe\x00", "a.txt:1: is not UTF-8"),
        ("a.txt", "سلام ".encode() * LONGEST_LINE, "a.txt:1: is longer"),
        ("a.txt.xz", b"no archive", "damaged"),
        ("a.txt.xz", lzma.compress("سلام دنیا\n".encode() * 90)[:-20], "damaged"),
        ("a.txt.gz", b"no archive", "cannot be read"),
        ("a.jsonl", b"{", "a.jsonl:1: is no JSON"),
        ("a.jsonl", b"[" * 100_000, "a.jsonl:1: is no JSON"),
        ("a.jsonl", b'{"en": "x"}', "a.jsonl:1: has no text"),
        ("a.jsonl", b'{"fa": 3}', "a.jsonl:1: has no text"),
        ("a.csv", "سلام".encode(), "must be one of"),
    ],
)
def test_a_bad_corpus_is_an_error_that_names_the_place(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        list(read_sentences(tmp_path / name))


def test_a_missing_corpus_is_an_error(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        list(read_sentences(tmp_path / "none.txt"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no sources"),
        (HEAD, "has no sources"),
        ("a\tb\n1\t2\n", "is no table"),
        (HEAD + ROWS.replace("3\t3", "2\t3"), "overlap"),
        (HEAD + ROWS.replace("1\t2", "x\t2"), "is no table"),
    ],
)
def test_a_bad_table_of_sources_is_an_error(tmp_path, content, message):
    with pytest.raises(CorpusError, match=message):
        read_sources(written(tmp_path / "sources.tsv", content))


def test_a_corpus_without_open_sources_is_an_error(tmp_path):
    sources = read_sources(written(tmp_path / "sources.tsv", HEAD + ROWS.replace("CC0-1.0", "not stated")))
    with pytest.raises(CorpusError, match="no source has an open licence"):
        list(read_sentences(written(tmp_path / "a.txt", "سلام\n"), sources=sources, licence="clean"))
