"""What persons said of the talks, without telling who said it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from review_caseload import NOW, keep_talk, talk_events

from review.rating_figures import Answer, group_scores, interval_95, sus_score, wilson_95
from session_log.care_events import QuestionnaireAnswered

from .conftest import Site

GOOD = (5, 1) * 5


def people(site: Site, count: int, *, clinic: str = "clinic-1", answers=GOOD) -> None:
    for number in range(count):
        person = f"{clinic}-person-{number}"
        talk = talk_events(f"{person}-talk", person, NOW - timedelta(days=1), clinic=clinic)
        keep_talk(site.log, talk)
        site.record(QuestionnaireAnswered(subject=person, at=NOW, questionnaire="sus", answers=answers))


def table(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


@pytest.mark.parametrize(
    ("answers", "score"),
    [
        ((3,) * 10, 50.0),
        (GOOD, 100.0),
        ((1, 5) * 5, 0.0),
        ((5,) * 10, 50.0),
        # The example of Brooke (1996): 22 points.
        ((5, 4, 2, 1, 2, 3, 2, 4, 5, 2), 55.0),
    ],
)
def test_the_score_follows_brookes_rule(answers, score):
    assert sus_score(answers) == score


@pytest.mark.parametrize("answers", [(3,) * 9, (0,) + (3,) * 9, (6,) + (3,) * 9])
def test_other_answers_have_no_score(answers):
    with pytest.raises(ValueError, match="ten answers"):
        sus_score(answers)


@pytest.mark.parametrize(
    ("count", "quantile"), [(5, 2.7764), (6, 2.5706), (11, 2.2281), (31, 2.0423), (121, 1.9799)]
)
def test_the_interval_is_students(count, quantile):
    values = [50.0 + (-1) ** number for number in range(count)]
    mean = sum(values) / count
    deviation = (sum((value - mean) ** 2 for value in values) / (count - 1)) ** 0.5
    low, high = interval_95(values)
    assert (high - low) / 2 == pytest.approx(quantile * deviation / count**0.5, rel=1e-3)
    assert interval_95(values[:4]) is None


def test_the_interval_of_a_share_is_wilsons():
    # Newcombe (1998), table I: 81 of 263.
    assert wilson_95(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_95(0, 0) is None


def test_who_answers_often_counts_once():
    answers = [Answer(f"p{number}", "2026-10", 80.0) for number in range(5)]
    answers += [Answer("p0", "2026-10", 30.0)] * 20
    october, everything = group_scores(answers)
    assert (october.answers, october.persons, october.mean) == (25, 5, 70.0)
    assert everything.mean == 70.0


def test_a_small_group_is_held_back_and_not_in_the_total():
    answers = [Answer(f"p{number}", "2026-10", 80.0) for number in range(5)]
    answers += [Answer(f"p{number}", "2026-11", 0.0) for number in range(4)]
    october, november, everything = group_scores(answers)
    assert (october.mean, november.mean) == (80.0, None)
    assert (everything.mean, everything.answers) == (80.0, 5)


def test_many_answers_of_few_persons_are_a_small_group():
    assert group_scores([Answer("p", "2026-11", 80.0)] * 9)[0].mean is None


def test_a_supervisor_sees_numbers_without_persons(site):
    people(site, 5)
    sam = site.signed_in("sam", "supervisor")
    page = sam.get("/ratings?lang=en").text
    assert "100.0" in page
    assert "clinic-1-person" not in page
    rows = table(sam.get("/ratings.csv"))
    assert [(row["what"], row["group"], row["n"]) for row in rows] == [
        ("sus", "2026-11", "5"),
        ("sus", "all", "5"),
        ("helped", "2026-11", "5"),
    ]
    assert rows[2]["mean"] == "1.000"


def test_four_persons_are_too_few_for_a_supervisor(site):
    people(site, 4)
    sam = site.signed_in("sam", "supervisor")
    page = sam.get("/ratings?lang=en").text
    assert "too few people" in page
    assert "100.0" not in page
    assert all(row["mean"] == row["n"] == row["persons"] == "" for row in table(sam.get("/ratings.csv")))


def test_an_administrator_sees_numbers_of_all_clinics(site):
    people(site, 3)
    people(site, 3, clinic="clinic-2")
    ada = site.signed_in("ada", "administrator", None)
    assert table(ada.get("/ratings.csv"))[0]["n"] == "6"
    assert "person-" not in ada.get("/ratings").text


def test_a_therapist_sees_their_own_persons_answers(site):
    people(site, 2)
    therapist = site.account("tara")
    site.assign(therapist, "clinic-1-person-0")
    tara = site.sign_in(therapist)
    page = tara.get("/ratings?lang=en").text
    assert "clinic-1-person-0" in page
    assert "clinic-1-person-1" not in page
    assert [row["group"] for row in table(tara.get("/ratings.csv")) if row["what"] == "sus_of_person"] == [
        "clinic-1-person-0"
    ]


def test_a_pseudonym_that_is_a_formula_is_harmless(site):
    keep_talk(site.log, talk_events("t", "=cmd()", NOW - timedelta(days=1)))
    site.record(QuestionnaireAnswered(subject="=cmd()", at=NOW, questionnaire="sus", answers=GOOD))
    therapist = site.account("tara")
    site.assign(therapist, "=cmd()")
    assert "\r\nsus_of_person,'=cmd()," in site.sign_in(therapist).get("/ratings.csv").text


def test_whoever_shares_nothing_is_in_no_figure(site):
    keep_talk(site.log, talk_events("t", "p", NOW - timedelta(days=1), scopes=("talk", "store_text")))
    site.record(QuestionnaireAnswered(subject="p", at=NOW, questionnaire="sus", answers=GOOD))
    therapist = site.account("tara")
    site.assign(therapist, "p")
    assert [row["group"] for row in table(site.sign_in(therapist).get("/ratings.csv"))] == ["all"]


def test_the_export_is_noted(site):
    site.signed_in("sam", "supervisor").get("/ratings.csv")
    assert len(site.noted("ratings_exported")) == 1
