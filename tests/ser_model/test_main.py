import csv
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from speech_like import speech_like

from ser_model.__main__ import main
from ser_model.model_card import DEFAULT_DIRECTORY, STANDALONE_DIRECTORY
from ser_model.shift import CONDITIONS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def manifest(tmp_path):
    """Four generated recordings in two languages, one with an emotion that is not ours."""
    random = np.random.default_rng(6)
    rows = [("path", "emotion", "speaker", "language", "split")]
    for number, (emotion, language) in enumerate(
        [("anger", "en"), ("sadness", "en"), ("neutral", "fa"), ("boredom", "de")]
    ):
        name = f"{number}.wav"
        soundfile.write(tmp_path / name, 0.1 * random.standard_normal(12_000), 16_000)
        rows.append((name, emotion, f"s{number}", language, "test"))
    with (tmp_path / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path / "manifest.csv"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        *(
            [command, "--help"]
            for command in ("corpus", "encode", "train", "crossvalidate", "shift", "evaluate", "predict")
        ),
    ],
)
def test_every_command_has_help(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "usage: python -m ser_model" in capsys.readouterr().out


def test_evaluate_writes_the_figures(manifest, tmp_path, capsys):
    out = tmp_path / "new" / "figures.json"
    assert main(["evaluate", "--manifest", str(manifest), "--json", str(out), "--skip-unknown"]) == 0
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert figures["n"] == 3
    assert {language: block["validated"] for language, block in figures["by_language"].items()} == {
        "en": True,
        "fa": False,
    }
    assert figures["model_sha256"] == json.loads((DEFAULT_DIRECTORY / "card.json").read_text())["sha256"]
    assert figures["latency_ms_per_item"] > 0.0
    assert "3 clips: UAR" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--manifest", "MANIFEST"], "unknown emotions 'boredom'"),
        (["--manifest", "none.csv"], "none.csv: cannot be read"),
        (["--manifest", "MANIFEST", "--split", "valid", "--skip-unknown"], "no rows of split 'valid'"),
        (["--manifest", "MANIFEST", "--skip-unknown", "--model", "/nowhere"], "card.json: cannot be read"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(manifest, tmp_path, capsys, arguments, words):
    arguments = [str(manifest) if argument == "MANIFEST" else argument for argument in arguments]
    assert main(["evaluate", *arguments, "--json", str(tmp_path / "out.json")]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out.json").exists()


def test_recording_that_holds_no_numbers_ends_with_2_and_one_line(manifest, tmp_path, capsys):
    soundfile.write(manifest.parent / "0.wav", np.full(12_000, np.nan), 16_000, subtype="FLOAT")
    assert (
        main(["evaluate", "--manifest", str(manifest), "--json", str(tmp_path / "o"), "--skip-unknown"]) == 2
    )
    said = capsys.readouterr().err
    assert "0.wav" in said
    assert said.count("\n") == 1


def test_predict_names_one_recording_a_line(manifest, capsys):
    files = [str(manifest.parent / "0.wav"), str(manifest.parent / "1.wav")]
    assert main(["predict", *files, "--language", "fa", "--json"]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["file"], second["file"]) == tuple(files)
    assert not first["validated"]
    assert sum(first["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)
    assert main(["predict", files[0]]) == 0
    assert capsys.readouterr().out.startswith(f"{files[0]}: {first['label']}  (")


def test_predict_refuses_what_is_no_recording(manifest, capsys):
    assert main(["predict", str(manifest)]) == 2
    assert "manifest.csv: cannot be decoded" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_bytes(b""), "cannot be decoded"),
        (lambda path: path.write_bytes(bytes(range(256)) * 8), "cannot be decoded"),
    ],
    ids=["missing", "folder", "empty", "garbage"],
)
@pytest.mark.parametrize("name", ["voice.wav", "voice.raw"])
def test_predict_says_in_one_line_why_a_file_is_no_recording(tmp_path, capsys, make, message, name):
    make(tmp_path / name)
    assert main(["predict", str(tmp_path / name)]) == 2
    said = capsys.readouterr().err
    assert name in said
    assert message in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [[], ["predict"], ["evaluate"], ["train", "--epochs", "0"], ["train", "--epochs", "many"], ["nonsense"]],
)
def test_wrong_arguments_end_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m ser_model" in capsys.readouterr().err


def test_figures_that_cannot_be_written_end_with_2_and_one_line(manifest, tmp_path, capsys):
    (tmp_path / "folder").mkdir()
    arguments = ["evaluate", "--manifest", str(manifest), "--skip-unknown", "--json"]
    assert main([*arguments, str(tmp_path / "folder")]) == 2
    said = capsys.readouterr().err
    assert "cannot be written (Is a directory)" in said
    assert said.count("\n") == 1


def test_training_in_the_environment_of_the_gateway_names_the_make_target():
    program = (
        "import sys; sys.modules['tensorflow'] = None; "
        "from ser_model.__main__ import main; sys.exit(main(['train']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "make train-ser" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_gateway_does_not_load_training_libraries():
    program = (
        "import sys; import ser_model, ser_model.evaluate; "
        "heavy = ('keras', 'tensorflow', 'librosa', 'sklearn', 'onnx'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


@pytest.fixture
def interrupted_soon():
    """Ctrl-C after half a second."""
    former = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    signal.signal(signal.SIGALRM, former)


def test_interrupted_evaluation_ends_with_130_and_writes_nothing(tmp_path, capsys, interrupted_soon):
    noise = 0.1 * np.random.default_rng(0).standard_normal(16_000 * 30)
    soundfile.write(tmp_path / "long.wav", noise, 16_000)
    lines = ["path,emotion,speaker,language,split", *["long.wav,anger,s,en,test"] * 5_000]
    (tmp_path / "m.csv").write_text("\n".join(lines))
    out = tmp_path / "out.json"
    assert main(["evaluate", "--manifest", str(tmp_path / "m.csv"), "--json", str(out)]) == 130
    assert "stopped" in capsys.readouterr().err
    assert not out.exists()


def test_weights_in_another_folder_can_be_chosen(manifest, tmp_path):
    shutil.copyfile(STANDALONE_DIRECTORY / "card.json", tmp_path / "card.json")
    shutil.copytree(STANDALONE_DIRECTORY / "weights", tmp_path / "weights")
    assert main(["predict", str(manifest.parent / "0.wav"), "--model", str(tmp_path)]) == 0


def test_shift_judges_the_same_recordings_under_each_condition(manifest, tmp_path, capsys):
    out = tmp_path / "shift.json"
    assert main(["shift", "--manifest", str(manifest), "--skip-unknown", "--json", str(out)]) == 0
    table = json.loads(out.read_text())
    assert [row["condition"] for row in table] == [name for name, _ in CONDITIONS]
    assert len({row["n"] for row in table}) == 1
    assert "noise 5 dB" in capsys.readouterr().out


def test_moods_over_time_have_a_line_a_second_and_a_picture(tmp_path, capsys):
    sound = speech_like(8.0)
    soundfile.write(tmp_path / "call.wav", sound, 16_000)
    picture = tmp_path / "moods.png"
    call = str(tmp_path / "call.wav")
    options = ["--windows", "--json", "--picture", str(picture)]
    assert main(["predict", call, *options]) == 0
    moments = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert 6 <= len(moments) <= 9
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main(["predict", call, call, *options]) == 2
    assert "one FILE" in capsys.readouterr().err
