import argparse
import csv
import os
import shutil
import subprocess
import sys

import pytest
from corpus_files import CREMA_D, write_sounds

from ser_model.corpora import CORPORA
from ser_model.corpus import read_corpus
from ser_model.corpus_command import add_corpus_command
from ser_model.errors import CorpusError
from ser_model.manifest import read_manifest


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    add_corpus_command(parser.add_subparsers())
    options = parser.parse_args(["corpus", *map(str, arguments)])
    status: int = options.run(options)
    return status


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def crema_d(tmp_path):
    return write_sounds(tmp_path / "crema", [f"AudioWAV/{name}" for name in CREMA_D]).resolve()


def test_the_manifest_is_accepted_by_training_and_by_evaluation(crema_d, tmp_path):
    out = tmp_path / "manifest.csv"
    assert run("crema-d", crema_d, "-o", out) == 0
    clips = read_corpus(out)
    assert len(clips) == len(CREMA_D)
    assert (clips[0].speaker, clips[0].emotion, clips[0].text) == (
        "crema-d/1001",
        "anger",
        "Don't forget a jacket",
    )
    assert len(read_manifest(out, split="test")) == 4
    assert list(rows(out)[0]) == [
        "path",
        "corpus",
        "speaker",
        "gender",
        "emotion",
        "language",
        "split",
        "text",
    ]


def test_paths_are_relative_where_the_recordings_lie_below_the_manifest(crema_d, tmp_path):
    run("crema-d", crema_d, "-o", crema_d / "manifest.csv")
    assert rows(crema_d / "manifest.csv")[0]["path"] == "AudioWAV/1001_DFA_ANG_XX.wav"
    run("crema-d", crema_d, "-o", tmp_path / "new" / "manifest.csv")
    assert rows(tmp_path / "new" / "manifest.csv")[0]["path"] == str(
        crema_d / "AudioWAV" / "1001_DFA_ANG_XX.wav"
    )
    assert len(read_corpus([crema_d])) == len(read_corpus([tmp_path / "new"])) == len(CREMA_D)


def test_relative_arguments_mean_the_working_folder(crema_d, monkeypatch):
    monkeypatch.chdir(crema_d)
    assert run("crema-d", "AudioWAV", "-o", "manifest.csv") == 0
    assert rows(crema_d / "manifest.csv")[0]["path"] == "AudioWAV/1001_DFA_ANG_XX.wav"


def test_counts_are_printed_and_complaints_told_apart(crema_d, tmp_path, capsys):
    write_sounds(crema_d / "AudioWAV", ["1003_DFA_ANG_XX.wav"], seconds=0.1)
    write_sounds(crema_d / "AudioWAV", ["1006_TIE_HAP_XX.wav", *(f"odd{number}.wav" for number in range(7))])
    (crema_d / "AudioWAV" / "1004_DFA_ANG_XX.wav").write_bytes(b"")
    source = crema_d / "AudioWAV" / "1001_DFA_ANG_XX.wav"
    shutil.copy(source, source.with_name("1001_DFA_FEA_XX.wav"))
    assert run("crema-d", crema_d, "-o", tmp_path / "m.csv") == 0
    said = capsys.readouterr()
    table = [line.split() for line in said.out.splitlines()[1:6]]
    assert table == [
        ["split", "sadness", "anger", "all", "speakers", "hours"],
        ["train", "4", "3", "7", "2", "0.00"],
        ["valid", "2", "2", "4", "1", "0.00"],
        ["test", "2", "2", "4", "1", "0.00"],
        ["all", "8", "7", "15", "4", "0.00"],
    ]
    assert "left out: 1 (known to have the same sound under two labels)" in said.out
    for words in (
        "7 names that are none of this corpus",
        "  and 2 more",
        "1 empty or silent",
        "1 recordings under 0.3 s",
        "1 the same recording under two labels",
        "85 speakers of the corpus without a recording",
    ):
        assert words in said.err
    assert "95 complaints; wrote" in said.out


def test_a_manifest_that_is_there_is_kept_unless_forced(crema_d, tmp_path):
    out = tmp_path / "manifest.csv"
    out.write_text("mine")
    with pytest.raises(CorpusError, match="is there already; overwrite it with --force"):
        run("crema-d", crema_d, "-o", out)
    assert out.read_text() == "mine"
    assert run("crema-d", crema_d, "-o", out, "--force") == 0
    assert len(rows(out)) == len(CREMA_D)
    assert list(tmp_path.glob(".*")) == []


def test_an_empty_result_is_an_error_and_writes_nothing(tmp_path, capsys):
    folder = write_sounds(tmp_path / "other", ["song.wav"])
    with pytest.raises(CorpusError, match="no usable recordings of crema-d; nothing was written"):
        run("crema-d", folder, "-o", tmp_path / "manifest.csv")
    assert "1 names that are none of this corpus" in capsys.readouterr().err
    assert not (tmp_path / "manifest.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--labels", "modified"], "has no modified labels"),
        (["--metadata", "none.csv"], "no such file"),
    ],
)
def test_options_that_mean_nothing_here_are_refused(crema_d, tmp_path, arguments, words):
    with pytest.raises(CorpusError, match=words):
        run("crema-d", crema_d, "-o", tmp_path / "m.csv", *arguments)
    with pytest.raises(CorpusError, match="needs no further file"):
        run("tess", crema_d, "-o", tmp_path / "m.csv", "--metadata", "any")


def test_a_place_that_cannot_be_written_is_named(crema_d, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match="cannot be written"):
        run("crema-d", crema_d, "-o", tmp_path / "file" / "manifest.csv")


def test_tess_is_for_training_beside_another_corpus(crema_d, tmp_path, capsys):
    tess = write_sounds(
        tmp_path / "tess", [f"{who}_back_{how}.wav" for who in ("OAF", "YAF") for how in ("ps", "sad")]
    )
    run("crema-d", crema_d, "-o", tmp_path / "crema.csv")
    run("tess", tess, "-o", tmp_path / "tess.csv")
    assert "nothing in valid and test: train with another corpus beside it" in capsys.readouterr().out
    with pytest.raises(CorpusError, match=r"no recordings of the splits \['valid', 'test'\]"):
        read_corpus(tmp_path / "tess.csv")
    clips = read_corpus([tmp_path / "crema.csv", tmp_path / "tess.csv"])
    assert {clip.split for clip in clips if clip.corpus == "tess"} == {"train"}
    assert len(clips) == len(CREMA_D) + 4


def test_a_written_manifest_can_be_read_as_a_folder_of_its_own(crema_d, tmp_path):
    run("crema-d", crema_d, "-o", crema_d / "manifest.csv")
    assert run("folder", crema_d, "-o", tmp_path / "again.csv") == 0
    first, second = rows(crema_d / "manifest.csv"), rows(tmp_path / "again.csv")
    assert [{**row, "path": ""} for row in first] == [{**row, "path": ""} for row in second]


def test_every_corpus_says_what_it_reads():
    assert list(CORPORA) == ["crema-d", "emo-db", "ravdess", "tess", "shemo", "folder"]
    assert all(corpus.example for corpus in CORPORA.values())


def test_no_progress_bar_is_drawn_into_a_file(crema_d, tmp_path):
    code = (
        "import argparse, sys; from ser_model.corpus_command import add_corpus_command as add; "
        "p = argparse.ArgumentParser(); add(p.add_subparsers()); o = p.parse_args(); sys.exit(o.run(o))"
    )
    command = [sys.executable, "-c", code, "corpus", "crema-d", str(crema_d), "-o", str(tmp_path / "m.csv")]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env={**os.environ}, check=True
    )
    assert "listening" not in done.stderr
    assert "87 speakers of the corpus without a recording" in done.stderr
