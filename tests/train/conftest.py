import shutil

import pytest

from recommender.suggestions import DEFAULT_DIRECTORY as SUGGESTIONS

LINES_OF_A_MOOD = 60


@pytest.fixture
def some_suggestions(tmp_path):
    """A folder with the first suggestions of each file, so that learning them is a matter of seconds."""
    folder = tmp_path / "suggestions"
    shutil.copytree(SUGGESTIONS, folder)
    for path in folder.glob("*.jsonl"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = len(lines) if path.stem == "positive" else LINES_OF_A_MOOD
        path.write_text("".join(lines[:kept]), encoding="utf-8")
    return folder
