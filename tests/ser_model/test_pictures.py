import struct
import sys

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib (make lint or make train-ser)")

from ser_model.errors import ConfigurationError
from ser_model.pictures import draw_confusion, draw_reliability, draw_risk_coverage


@pytest.fixture
def answers():
    random = np.random.default_rng(1)
    confidence = random.uniform(0.2, 1.0, size=2_000)
    return confidence, random.uniform(size=2_000) < confidence


def width_and_height(path):
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", content[16:24])


def draw_all(folder, answers):
    draw_reliability(*answers, folder / "reliability.png", title="logmel_cnn on CREMA-D")
    draw_risk_coverage(*answers, folder / "risk.png", title="logmel_cnn on CREMA-D", threshold=0.6)
    labels = ["neutral", "happiness", "surprise", "sadness", "anger", "fear", "disgust"]
    draw_confusion(1_000 * np.eye(7, dtype=np.intp) + 1, labels, folder / "confusion.png", title="logmel_cnn")
    return sorted(folder.glob("*.png"))


def test_pictures_are_900_pixels_wide_and_small(tmp_path, answers):
    paths = draw_all(tmp_path, answers)
    assert len(paths) == 3
    for path in paths:
        assert width_and_height(path)[0] == 900
        assert 5_000 < path.stat().st_size <= 120_000


def test_pictures_are_the_same_each_time(tmp_path, answers):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    first, second = ([path.read_bytes() for path in draw_all(folder, answers)] for folder in folders)
    assert first == second


def test_chosen_threshold_is_marked(tmp_path, answers):
    paths = [tmp_path / f"{name}.png" for name in ("none", "low", "high")]
    for path, threshold in zip(paths, (None, 0.3, 0.9), strict=True):
        draw_risk_coverage(*answers, path, title="t", threshold=threshold)
    assert len({path.read_bytes() for path in paths}) == 3


def test_threshold_that_answers_nothing_can_be_drawn(tmp_path, answers):
    draw_risk_coverage(*answers, tmp_path / "risk.png", title="t", threshold=1.0)
    assert width_and_height(tmp_path / "risk.png")[0] == 900


def test_class_without_clips_can_be_drawn(tmp_path):
    counts = np.array([[3, 1], [0, 0]])
    draw_confusion(counts, ["fear", "surprise"], tmp_path / "confusion.png", title="t")
    assert width_and_height(tmp_path / "confusion.png")[0] == 900


def test_missing_matplotlib_and_folder_say_what_to_do(tmp_path, answers, monkeypatch):
    with pytest.raises(ConfigurationError, match="cannot be written"):
        draw_reliability(*answers, tmp_path / "nowhere" / "r.png", title="t")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigurationError, match="make lint"):
        draw_reliability(*answers, tmp_path / "r.png", title="t")
