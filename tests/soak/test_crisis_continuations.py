"""10,000 continuations of a crisis through Rasa and its actions: not one suggestion.

Rasa lives in an environment of its own, where the test itself is; about ten minutes on an idle core.
"""

import os
import subprocess

from stack import ROOT

CONTINUATIONS = os.environ.get("HAMDEL_CRISIS_CONTINUATIONS", "10000")


def test_ten_thousand_continuations_of_a_crisis_bring_no_suggestion():
    command = [".venv-dialogue/bin/python", "-m", "pytest", "-s", "-p", "no:warnings"]
    done = subprocess.run(
        [*command, "tests/dialogue/test_crisis_continuations.py"],
        cwd=ROOT,
        env=os.environ | {"HAMDEL_CRISIS_CONTINUATIONS": CONTINUATIONS},
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout[-400:])
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"{CONTINUATIONS} continuations, 0 suggestions" in done.stdout
