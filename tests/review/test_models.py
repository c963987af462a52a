"""Figures of the detectors at work."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from review_caseload import NOW, keep_talk, talk_events

from review.model_figures import read_card, tally
from session_log.care_events import LabelReviewed

from .conftest import Site

CARD = Path(__file__).parents[2] / "ser_model" / "card.json"


def reviewed(was: str, emotion: str, model: str, turn: int = 0) -> LabelReviewed:
    return LabelReviewed(
        subject="p",
        talk_id="t",
        turn_id=f"t/turn {turn}",
        at=NOW,
        author="a",
        was=was,
        emotion=emotion,
        model=model,
    )


def figures(*reviews: LabelReviewed):
    return {row.modality: row for row in tally([("p", [*talk_events("t", "p", NOW), *reviews])])}


def test_each_version_is_counted_by_month_and_modality():
    rows = figures()
    assert {name: (row.month, row.model, row.estimates) for name, row in rows.items()} == {
        "text": ("2026-11", "text-1", 3),
        "fused": ("2026-11", "fused-1", 3),
        "speech": ("2026-11", "speech-1", 2),
    }
    assert (rows["speech"].validated, rows["fused"].validated) == (0, 3)


def test_a_persons_word_is_about_the_mood_that_counted():
    rows = figures()
    assert (rows["fused"].corrected, rows["text"].corrected) == (1, 0)


def test_a_review_is_about_the_model_that_it_names():
    rows = figures(reviewed("fear", "anger", "speech-1"))
    assert (rows["speech"].corrected, rows["fused"].corrected) == (1, 1)


def test_a_correction_that_was_taken_back_is_none():
    rows = figures(reviewed("fear", "anger", "speech-1"), reviewed("fear", "fear", "speech-1"))
    assert rows["speech"].corrected == 0


def test_the_card_says_how_well_calibrated_the_detector_is():
    card = read_card(CARD)
    assert card.name == "whisper_cnn"
    assert 0 < card.ece_valid < 0.5
    assert 0 < card.ece_test < 0.5


@pytest.mark.parametrize(("persons", "shown"), [(4, False), (5, True)])
def test_a_small_group_is_held_back_from_all_but_its_therapist(site: Site, persons, shown):
    for number in range(persons):
        talk = talk_events(f"t{number}", f"p{number}", NOW - timedelta(days=1))
        keep_talk(site.log, talk)
    therapist = site.account("tara")
    site.assign(therapist, "p0")
    assert ("fused-1" in site.signed_in("sam", "supervisor").get("/models").text) is shown
    assert ("fused-1" in site.signed_in("ada", "administrator", None).get("/models").text) is shown
    assert "fused-1" in site.sign_in(therapist).get("/models").text


def test_where_every_group_is_too_small_that_is_said(site: Site):
    nothing, too_few = "No estimates yet", "Every group is too small to be shown"
    sam = site.signed_in("sam", "supervisor")
    page = sam.get("/models?lang=en").text
    assert nothing in page
    assert too_few not in page
    keep_talk(site.log, talk_events("t", "p", NOW - timedelta(days=1)))
    page = sam.get("/models?lang=en").text
    assert too_few in page
    assert nothing not in page


def test_whoever_is_not_signed_in_sees_no_figures(site: Site):
    assert site.browser().get("/models").status_code == 303
