import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from onnx import TensorProto, helper, numpy_helper
from speech_like import RATE_HZ, speech_like

from benchmarks.emotion_cost import main
from bot.model_store import ModelMissingError, default_store
from bot.settings import ROOT
from ser_model.manifest import LABELS
from ser_model.model_card import DEFAULT_DIRECTORY, STANDALONE_DIRECTORY, sha256_of

WITHOUT_ENCODER = {"log_mel", "librosa_mlp", "librosa_mlp_one_spectrogram"}
ALL = {*WITHOUT_ENCODER, "whisper_cnn", "encoder", "encoder_layers"}
LAYERS = (2, 5)
WIDTH = 512 * len(LAYERS)


def report_of(out: Path, *arguments: str) -> dict:
    assert main([*arguments, "--repeats", "1", "--json", str(out)]) == 0
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.fixture
def recogniser() -> None:
    try:
        default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))


@pytest.fixture
def states_model(tmp_path: Path) -> Path:
    """A card whose network gives the mean of the states, times random weights."""
    weights = np.random.default_rng(0).normal(0.0, 0.1, (WIDTH, len(LABELS))).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["states"], ["pooled"], axes=[1], keepdims=0),
            helper.make_node("MatMul", ["pooled", "weights"], ["logits"]),
        ],
        "made_up",
        [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["batch", "time", WIDTH])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(LABELS)])],
        [numpy_helper.from_array(weights, "weights")],
    )
    content = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "made_up.onnx").write_bytes(content)
    card = {
        "name": "made_up",
        "version": "1",
        "weights": "made_up.onnx",
        "sha256": sha256_of(content),
        "outputs": list(LABELS),
        "input": "states",
        "width": WIDTH,
        "encoder": {"name": "whisper-base", "sha256": "0" * 64, "layers": LAYERS},
        "calibration": {"scale": [1.0] * len(LABELS), "bias": [0.0] * len(LABELS)},
        "threshold": 0.5,
    }
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


@pytest.mark.usefixtures("recogniser")
def test_every_way_is_timed_on_every_clip(
    tmp_path: Path, states_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cores = os.sched_getaffinity(0)
    out = tmp_path / "out.json"
    report = report_of(out, "--seconds", "1", "--seconds", "2.5", "--model", str(states_model))
    assert json.loads(capsys.readouterr().out) == report
    assert report["made"] is True
    assert report["left_out"] == {}
    assert report["models"]["whisper_cnn"] == "made_up-1"
    assert [clip["clip_s"] for clip in report["by_clip"]] == [1.0, 2.5]
    for times_ms in (
        report["processor_ms_per_s"],
        *(clip["processor_ms_per_s"] for clip in report["by_clip"]),
    ):
        assert times_ms.keys() == ALL == report["what"].keys()
        assert all(time_ms > 0 for time_ms in times_ms.values())
    for name, time_ms in report["processor_ms_per_s"].items():
        short_ms, long_ms = (clip["processor_ms_per_s"][name] for clip in report["by_clip"])
        assert time_ms == pytest.approx((1.0 * short_ms + 2.5 * long_ms) / 3.5, abs=0.02)
    assert report["share_of_librosa_mlp"]["librosa_mlp"] == 1.0
    assert os.sched_getaffinity(0) == cores


def test_without_the_recogniser_its_rows_are_left_out_with_the_reason(
    tmp_path: Path, states_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path / "empty"))
    report = report_of(tmp_path / "out.json", "--seconds", "1", "--model", str(states_model))
    assert report["processor_ms_per_s"].keys() == WITHOUT_ENCODER
    assert report["left_out"].keys() == ALL - WITHOUT_ENCODER
    assert all("models fetch" in reason for reason in report["left_out"].values())


@pytest.mark.usefixtures("recogniser")
def test_the_default_model_is_timed_or_left_out_with_the_reason(tmp_path: Path) -> None:
    report = report_of(tmp_path / "out.json", "--seconds", "1")
    if (DEFAULT_DIRECTORY / "card.json").is_file():
        assert report["processor_ms_per_s"].keys() == ALL
    else:
        assert report["processor_ms_per_s"].keys() == ALL - {"whisper_cnn", "encoder_layers"}
        assert "--model" in report["left_out"]["whisper_cnn"]


def test_recordings_are_read_whole_and_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path / "empty"))
    recording = tmp_path / "somebody.wav"
    soundfile.write(recording, speech_like(1.25), RATE_HZ)
    report = report_of(tmp_path / "out.json", str(recording))
    assert report["made"] is False
    assert [clip["clip_s"] for clip in report["by_clip"]] == [1.25]
    assert "somebody" not in json.dumps(report)


@pytest.mark.parametrize("content", [None, b"", b"no sound"])
def test_a_file_that_is_no_recording_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    recording = tmp_path / "a.wav"
    if content is not None:
        recording.write_bytes(content)
    assert main([str(recording)]) == 2
    assert "a.wav" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("samples", "words"),
    [(np.zeros(2 * RATE_HZ, dtype=np.float32), "silent"), (speech_like(28.5), "longer than 28 s")],
    ids=["silence", "too long"],
)
def test_a_recording_that_would_not_be_read_whole_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], samples: np.ndarray, words: str
) -> None:
    soundfile.write(tmp_path / "a.wav", samples, RATE_HZ)
    assert main([str(tmp_path / "a.wav")]) == 2
    assert words in capsys.readouterr().err


def test_a_model_that_reads_no_states_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seconds", "1", "--model", str(STANDALONE_DIRECTORY)]) == 2
    assert "reads log_mel, not states" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--seconds", "0.5"], ["--seconds", "nan"], ["--repeats", "0"], ["a.wav", "--seconds", "2"]]
)
def test_bad_options_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2
    assert "--" in capsys.readouterr().err.splitlines()[-1]


def test_without_the_test_tools_it_says_how_to_get_them() -> None:
    program = (
        "import sys; sys.modules['librosa'] = None; "
        "from benchmarks.emotion_cost import main; sys.exit(main(['--seconds', '1']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 2
    assert "make .venv/.ready-dev" in ended.stderr
    assert "Traceback" not in ended.stderr
