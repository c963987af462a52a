import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recommender.__main__ import main
from recommender.alignment import Dictionary
from recommender.errors import CorpusError
from recommender.features import WordVectors
from recommender.vectors_figures import translation

ROOT = Path(__file__).resolve().parents[2]
LETTERS = "ابپتجچدرزسشفکگلمنه"
ENGLISH = [f"word{chr(97 + i // 20)}{chr(97 + i % 20)}" for i in range(200)]
PERSIAN = [f"م{LETTERS[i // 15]}{LETTERS[i % 15]}ی" for i in range(200)]


@pytest.fixture
def place(tmp_path):
    """A corpus whose words meet by topic, English vectors of the same topics, and the dictionary."""
    random = np.random.default_rng(0)
    topics = random.normal(size=(10, 100))
    vectors = topics[np.arange(200) // 20] + 0.3 * random.normal(size=(200, 100))
    (tmp_path / "en.npz").write_bytes(WordVectors(ENGLISH, vectors.astype(np.float16)).to_bytes())
    with (tmp_path / "fa.txt").open("w", encoding="utf-8") as file:
        for _ in range(2000):
            topic = random.integers(10)
            file.write(" ".join(PERSIAN[topic * 20 + i] for i in random.integers(0, 20, size=6)) + "\n")
    rows = "".join(f"{one},{other}\n" for one, other in zip(ENGLISH, PERSIAN, strict=True))
    (tmp_path / "dictionary.csv").write_text("en,fa\n" + rows, encoding="utf-8")
    pairs = "".join(
        json.dumps({"en": " ".join(ENGLISH[i : i + 3]), "fa": " ".join(PERSIAN[i : i + 3])}) + "\n"
        for i in range(0, 198, 3)
    )
    (tmp_path / "pairs.jsonl").write_text(pairs, encoding="utf-8")
    (tmp_path / "texts.jsonl").write_text(
        json.dumps({"language": "fa", "text": f"{PERSIAN[3]} {PERSIAN[4]}ها قورباغه"}) + "\n",
        encoding="utf-8",
    )
    return tmp_path


def learning(place, *more):
    return [
        *("vectors", "--corpus", str(place / "fa.txt"), "--out", str(place / "out"), "--epochs", "6"),
        *("--english-vectors", str(place / "en.npz"), "--dictionary", str(place / "dictionary.csv")),
        *("--pairs", str(place / "pairs.jsonl"), "--texts", str(place / "texts.jsonl"), *more),
    ]


def test_a_run_gives_one_table_of_both_languages_with_figures(place, capsys):
    assert main(learning(place)) == 0
    vectors = WordVectors.from_bytes((place / "out" / "vectors.npz").read_bytes())
    figures = json.loads((place / "out" / "vectors.json").read_text("utf-8"))
    assert (vectors.count("en"), vectors.count("fa")) == (200, 200)
    assert figures["learning"]["sentences"] == 2000
    assert figures["coverage"]["situations"]["fa"] == {"words": 3, "known": 0.3333, "with_fall_back": 0.6667}
    found = figures["pair_retrieval"]["smooth"]["fa_to_en"]["first_ten"]
    assert found["low"] > 10 / 66
    assert figures["translation"]["fa_to_en"]["p_at_5"]["mean"] > 5 / 200
    assert not [name for name in os.listdir(place / "out") if name.startswith(".")]
    capsys.readouterr()

    report = [
        "vectors-report",
        "--vectors",
        str(place / "out" / "vectors.npz"),
        "--json",
        str(place / "r.json"),
    ]
    assert main([*report, "--pairs", str(place / "pairs.jsonl"), "--texts", str(place / "texts.jsonl")]) == 0
    again = json.loads((place / "r.json").read_text("utf-8"))
    assert again == {
        name: value
        for name, value in figures.items()
        if name not in ("source", "licence", "learning", "translation")
    }


def test_the_same_seed_gives_the_same_file(place):
    assert main(learning(place)) == 0
    first = (place / "out" / "vectors.npz").read_bytes()
    assert main(learning(place)) == 0
    assert (place / "out" / "vectors.npz").read_bytes() == first


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--corpus", "nowhere.txt"], "cannot be read"),
        (["--corpus", "{place}/empty.txt"], "has no Persian sentence"),
        (["--sources", "{place}/empty.txt"], "has no sources"),
        (["--dictionary", "nowhere.csv"], "cannot be read"),
        (["--english-vectors", "{place}/empty.txt"], "word vectors cannot be read"),
        (["--english-vectors", "nowhere.npz"], "cannot be read"),
        (["--pairs", "{place}/fa.txt"], "must be an object with en and fa"),
        (["--dimensions", "7"], "set --dimensions"),
        (["--min-count", "0"], "at least 1"),
        (["--min-count", "999999"], "lower count"),
        (["--epochs", "0"], "above 0"),
        (["--out", "{place}/empty.txt"], "cannot be written"),
    ],
)
def test_bad_input_ends_with_2_and_leaves_the_old_table(place, more, message, capsys):
    (place / "empty.txt").write_bytes(b"")
    (place / "out").mkdir()
    (place / "out" / "vectors.npz").write_bytes(b"old")
    arguments = [argument.format(place=place) for argument in more]
    assert main(learning(place, "--epochs", "1", *arguments)) == 2
    assert message in capsys.readouterr().err
    assert (place / "out" / "vectors.npz").read_bytes() == b"old"


def test_an_interrupted_run_leaves_the_old_table_and_no_scratch(place):
    scratch = place / "scratch"
    scratch.mkdir()
    (place / "out").mkdir()
    (place / "out" / "vectors.npz").write_bytes(b"old")
    command = [sys.executable, "-m", "recommender", *learning(place, "--epochs", "1000000")]
    started = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    shown = b""
    while b"epoch" not in shown:  # the progress bar's word for cells that were learnt from
        block = os.read(started.stderr.fileno(), 4096)
        assert block, shown.decode()
        shown += block
    assert list(scratch.glob("glove-*/cells.*"))
    started.send_signal(signal.SIGINT)
    _, error = started.communicate(timeout=120)
    assert started.returncode == 130, error.decode()[-3000:]
    assert error.decode().rstrip().endswith("recommender: stopped")
    assert "Traceback" not in error.decode()
    assert not list(scratch.glob("glove-*"))
    assert [path.name for path in (place / "out").iterdir()] == ["vectors.npz"]
    assert (place / "out" / "vectors.npz").read_bytes() == b"old"


def test_translation_needs_held_out_words_that_have_vectors():
    vectors = WordVectors(["zebra", "گورخر"], np.ones((2, 100), dtype=np.float16))
    pair = (("lion", "شیر"),)
    with pytest.raises(CorpusError, match="no held-out pair"):
        translation(vectors, Dictionary((), pair, pair))


def test_a_report_needs_both_languages(place, capsys):
    report = ["vectors-report", "--vectors", str(place / "en.npz"), "--json", str(place / "r.json")]
    assert main(report) == 2
    assert "one language alone" in capsys.readouterr().err
