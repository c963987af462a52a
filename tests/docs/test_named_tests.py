"""Pages that name tests name tests that exist."""

import re

import pytest

from bot.settings import ROOT

PAGES = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md"])
NAMED = re.compile(r"\b(tests/[\w/.-]+?\.(?:py|mjs))\b(?:::(\w+))?")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_tests_exist(page):
    missing = []
    for file, name in NAMED.findall(page.read_text(encoding="utf-8")):
        path = ROOT / file
        if not path.is_file() or (name and f"def {name}(" not in path.read_text(encoding="utf-8")):
            missing.append(f"{file}::{name}")
    assert missing == []


def test_the_threat_model_names_a_test_for_every_answer():
    page = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if re.match(r"\| [STRIDE, ]+ \|", line)]
    assert len(rows) > 20
    assert [row for row in rows if not NAMED.search(row)] == []
