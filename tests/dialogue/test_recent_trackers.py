from __future__ import annotations

from dialogue.recent_trackers import RecentTrackers


def test_saving_again_makes_a_talk_the_most_recent() -> None:
    kept = RecentTrackers(2)
    for sender in "abac":
        kept[sender] = sender
    assert list(kept) == ["a", "c"]


def test_talks_that_were_quiet_are_dropped() -> None:
    now_s = 0.0
    kept = RecentTrackers(5, lambda: now_s)
    for sender in "ab":
        kept[sender] = sender
    now_s = 10.0
    kept["b"] = "again"
    kept["c"] = "c"
    del kept["c"]
    kept.drop_quiet(5)
    assert list(kept) == ["b"]
