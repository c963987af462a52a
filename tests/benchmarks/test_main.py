"""The list of benchmarks, and what each says when it is asked."""

import subprocess
import sys

import pytest

from benchmarks.__main__ import benchmarks, main
from bot.settings import ROOT

PARTS = ("curve_picture", "made_coughs", "made_interruptions", "paused_utterances", "speech_end")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_every_benchmark_is_listed_with_what_it_measures(capsys):
    assert main([]) == 0
    listed = capsys.readouterr().out.splitlines()
    programs = {
        path.stem
        for path in (ROOT / "benchmarks").glob("*.py")
        if "sys.exit(main())" in path.read_text(encoding="utf-8") and path.stem != "__main__"
    }
    assert {line.split()[0] for line in listed} == programs == benchmarks().keys()
    assert all(len(line.split()) > 5 for line in listed)


def test_the_list_is_in_the_help_too():
    helped = run("-m", "benchmarks", "--help")
    assert helped.returncode == 0
    assert "latency" in helped.stdout


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_others_says_that_it_is_one(part):
    ended = run("-m", f"benchmarks.{part}")
    assert ended.returncode == 1
    assert "part of other benchmarks" in ended.stderr


def test_without_the_test_tools_a_benchmark_says_how_to_get_them():
    without = "import sys; sys.modules['psutil'] = None; from benchmarks.latency import main; "
    helped = run("-c", f"{without} main(['--help'])")
    assert (helped.returncode, helped.stderr) == (0, "")
    ended = run("-c", f"{without} sys.exit(main([]))")
    assert ended.returncode == 2
    assert "make .venv/.ready-dev" in ended.stderr
    assert "Traceback" not in ended.stderr
