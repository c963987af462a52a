import json

import pytest

from recommender.__main__ import main
from recommender.simulation import POLICIES

SMALL = ["simulate", "--users", "20", "--rounds", "1000", "--seeds", "1"]


def test_a_simulation_is_printed_written_and_drawn(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    out, picture = tmp_path / "new" / "figures.json", tmp_path / "new" / "regret.png"
    kinds = ("fits_model", "yes_sayers")
    chosen = [word for kind in kinds for word in ("--kind", kind)]
    assert main([*SMALL, *chosen, "--json", str(out), "--picture", str(picture)]) == 0
    printed = capsys.readouterr().out
    figures = json.loads(out.read_text("utf-8"))
    assert tuple(figures["kinds"]) == kinds
    for kind in kinds:
        assert kind in printed
        assert set(figures["kinds"][kind]) == {*POLICIES, "gate"}
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("option", ["--users", "--seeds", "--rounds"])
def test_impossible_numbers_are_refused(option, capsys):
    assert main([*SMALL, option, "0"]) == 2
    assert "must be 1 or more" in capsys.readouterr().err


def test_a_missing_model_is_named(tmp_path, capsys):
    assert main([*SMALL, "--model", str(tmp_path)]) == 2
    assert "cannot be read" in capsys.readouterr().err
