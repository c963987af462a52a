from __future__ import annotations

from pathlib import Path

import pytest

from actions.routing_table import RoutingTableError, find_route, read_routes

HEAD = "intent,mood,queue,reason_en,reason_fa\n"
ANYTHING = "any,any,person,something,چیزی\n"


def table(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "queues.csv"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("intent", "mood", "queue"),
    [
        ("query_billing", "anger", "billing_senior"),
        ("query_billing", "sadness", "billing"),
        ("query_cancel", "anger", "retention"),
        ("share", "anger", "complaints"),
        ("share", "unclear", "person"),
        (None, "unclear", "person"),
    ],
)
def test_the_most_specific_line_counts(intent: str | None, mood: str, queue: str) -> None:
    assert find_route(read_routes(), intent=intent, mood=mood).queue == queue


def test_every_reason_is_in_both_languages() -> None:
    for route in read_routes().values():
        assert route.reason("en").isascii()
        assert not route.reason("fa").isascii()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("intent,queue\nany,person\n", "first line"),
        ("", "first line"),
        (HEAD, "needs a line with intent 'any'"),
        (HEAD + "any,any,,something,چیزی\n", "queues.csv:2"),
        (HEAD + "any,any,person\n", "queues.csv:2"),
        (HEAD + "any,any,person,a,b,c\n", "queues.csv:2"),
        (HEAD + ANYTHING + ANYTHING, "queues.csv:3: any with mood any stands twice"),
    ],
)
def test_a_bad_table_is_refused_with_the_line_to_correct(
    tmp_path: Path, content: str, complaint: str
) -> None:
    with pytest.raises(RoutingTableError, match=complaint):
        read_routes(table(tmp_path, content))


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(RoutingTableError, match="nowhere"):
        read_routes(tmp_path / "nowhere.csv")
