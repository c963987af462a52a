import sys

import numpy as np
import pytest

from ser_model.errors import ConfigurationError
from ser_model.manifest import LABELS
from ser_model.timeline import Moment
from ser_model.timeline_picture import COLOURS, clock, draw_timeline

pytest.importorskip("matplotlib", reason="draws the pictures of these tests")


def moment(start, mood, share=0.8):
    if mood is None:
        return Moment(start, start + 1.0, None, "unclear", "silent")
    return Moment(start, start + 1.0, {mood: share, "neutral": 1.0 - share}, mood, None)


def pixels(path):
    from matplotlib.image import imread

    return (imread(path)[:, :, :3] * 255).round().astype(int)


def share_of(picture, colour):
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return (np.abs(picture - wanted).max(axis=2) <= 2).mean()


def test_every_label_has_a_colour_of_its_own():
    assert set(COLOURS) == set(LABELS)
    assert len(set(COLOURS.values())) == len(LABELS)


def test_shares_and_named_moods_are_drawn(tmp_path):
    draw_timeline([moment(n, "anger" if n < 5 else "fear") for n in range(10)], tmp_path / "a.png", title="A")
    picture = pixels(tmp_path / "a.png")
    assert share_of(picture, COLOURS["anger"]) == pytest.approx(share_of(picture, COLOURS["fear"]), rel=0.1)
    assert share_of(picture, COLOURS["anger"]) > 0.15
    assert share_of(picture, COLOURS["disgust"]) == 0.0


def test_gaps_stay_empty(tmp_path):
    moods = ["anger"] * 4 + [None] * 8 + ["anger"] * 4
    draw_timeline([moment(n, mood) for n, mood in enumerate(moods)], tmp_path / "gaps.png", title="")
    draw_timeline([moment(n, "anger") for n in range(16)], tmp_path / "full.png", title="")
    with_gaps, full = (
        share_of(pixels(tmp_path / name), COLOURS["anger"]) for name in ("gaps.png", "full.png")
    )
    assert with_gaps == pytest.approx(full / 2.0, rel=0.1)


def test_a_recording_of_nothing_but_gaps_can_be_drawn(tmp_path):
    draw_timeline([moment(n, None) for n in range(3)], tmp_path / "new" / "a.png", title="A")
    assert (tmp_path / "new" / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be written"):
        draw_timeline([moment(0, "anger")], tmp_path, title="A")


def test_without_moments_there_is_no_picture(tmp_path):
    with pytest.raises(ValueError, match="at least one moment"):
        draw_timeline([], tmp_path / "a.png", title="A")


def test_without_matplotlib_is_said_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigurationError, match="make lint"):
        draw_timeline([moment(0, "anger")], tmp_path / "a.png", title="A")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (67.9, "1:07"), (3_600, "1:00:00"), (7_325, "2:02:05")]
)
def test_times_are_read_as_a_clock(seconds, text):
    assert clock(seconds) == text
