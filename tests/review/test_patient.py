"""The page of one person over weeks."""

from __future__ import annotations

import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from review_caseload import NOW, fill, keep_talk, talk_events

from recommender.suggestions import DEFAULT_DIRECTORY
from recommender.vocabulary import read_vocabulary
from review.pages import Pages
from review.patient_view import read_patient
from review.roles import User
from session_log.care_events import GoalSet, NoteWritten, PersonConsentSet, TechniquePreferred
from session_log.reader import reading

from .conftest import Site

HERE = "/patients/p-sharing"


@pytest.fixture
def sam(site: Site):
    """A supervisor of a clinic with three persons."""
    fill(site.log)
    return site.signed_in("sam", "supervisor")


def of_person(site: Site, kind: type, person: str = "p-sharing"):
    assert site.log.flush(20)
    with reading(site.places) as reader:
        return reader.events_of_person(person, (kind,))


def supervisor(clinic: str = "clinic-1") -> User:
    return User("account", "login", "supervisor", clinic, "session")


def test_weeks_begin_on_monday_in_the_viewers_zone(site):
    sunday_evening = NOW.replace(day=15, hour=22)
    keep_talk(site.log, talk_events("t", "p", sunday_evening))
    with reading(site.places) as reader:
        in_london = read_patient(reader, supervisor(), "p", ZoneInfo("UTC"))
        in_tehran = read_patient(reader, supervisor(), "p", ZoneInfo("Asia/Tehran"))
    assert [week.monday for week in in_london.weeks] == [date(2026, 11, 9)]
    assert [week.monday for week in in_tehran.weeks] == [date(2026, 11, 16)]


def test_a_week_without_talks_has_no_shares(site):
    keep_talk(site.log, talk_events("early", "p", NOW - timedelta(days=16)))
    keep_talk(site.log, talk_events("late", "p", NOW - timedelta(days=1)))
    with reading(site.places) as reader:
        weeks = read_patient(reader, supervisor(), "p", ZoneInfo("UTC")).weeks
    assert [week.share("sadness") for week in weeks] == [pytest.approx(2 / 3), None, pytest.approx(2 / 3)]


def test_the_page_shows_distress_what_helped_and_the_talks(sam):
    page = sam.get(f"{HERE}?lang=en").text
    assert re.findall(r'data-value="(\d)">\d</td><td data-value="(\d)"', page) == [
        ("5", "2"),
        ("6", "3"),
        ("7", "4"),
        ("9", "8"),
    ]
    helped = page[page.index('id="helped"') : page.index('id="goals"')]
    assert re.findall(r'<td class="number">(\d)</td>', helped) == ["4", "4", "0", "4", "0", "0"]
    assert page.count("/review/sessions/shared-") >= 3


def test_of_a_person_who_shares_nothing_there_is_no_content(sam):
    page = sam.get("/patients/p-hiding?lang=en").text
    assert "shares no talk" in page
    assert "Crisis level 3" in page
    for content in ("hidden words", "Slow breathing</th>", "data-value"):
        assert content not in page


def test_other_clinics_persons_and_unknown_ones_answer_alike(sam):
    for rest, form in (("notes", {"text": "x"}), ("goals", {"text": "x"})):
        for person in ("p-far", "nobody"):
            assert sam.get(f"/patients/{person}").status_code == 404
            answer = sam.post(f"/patients/{person}/{rest}", form, shown_at="/caseload")
            assert answer.status_code == 404


def test_a_therapist_sees_assigned_persons_alone(site):
    fill(site.log)
    therapist = site.account("tara")
    site.assign(therapist, "p-sharing")
    tara = site.sign_in(therapist)
    assert tara.get(HERE).status_code == 200
    assert tara.get("/patients/p-of-others").status_code == 404
    technique = {"technique": "time_out", "preference": "excluded"}
    for rest, form in (("notes", {"text": "x"}), ("goals", {"text": "x"}), ("techniques", technique)):
        answer = tara.post(f"/patients/p-of-others/{rest}", form, shown_at=HERE)
        assert answer.status_code == 404
    assert of_person(site, NoteWritten, "p-of-others") == []


def test_an_administrator_gets_nothing_of_a_person(site):
    fill(site.log)
    ada = site.signed_in("ada", "administrator", None)
    assert ada.get(HERE).status_code == 403
    assert ada.post(f"{HERE}/notes", {"text": "x"}, shown_at="/models").status_code == 403


def test_a_goal_is_set_reached_and_keeps_its_words(sam, site):
    sam.post(f"{HERE}/goals", {"text": "Sleep by <eleven>"}, shown_at=HERE)
    page = sam.get(HERE).text
    assert "Sleep by &lt;eleven&gt;" in page
    goal_id = re.search(r'name="goal" value="(\w+)"', page)[1]
    sam.post(f"{HERE}/goals", {"goal": goal_id, "state": "reached"}, shown_at=HERE)
    goals = of_person(site, GoalSet)
    assert [(goal.text, goal.state) for goal in goals] == [
        ("Sleep by <eleven>", "open"),
        ("Sleep by <eleven>", "reached"),
    ]
    assert 'value="reached" selected' in sam.get(HERE).text


@pytest.mark.parametrize("form", [{"text": " "}, {"goal": "unknown", "state": "reached"}, {}])
def test_a_goal_without_words_or_that_there_is_not_is_refused(sam, site, form):
    assert sam.post(f"{HERE}/goals", form, shown_at=HERE).status_code in (400, 404)
    assert of_person(site, GoalSet) == []


def test_a_technique_is_excluded_and_let_back_in(sam, site):
    form = {"technique": "slow_breathing", "preference": "excluded"}
    sam.post(f"{HERE}/techniques", form, shown_at=HERE)
    assert "Slow breathing: <b>excluded</b>" in sam.get(f"{HERE}?lang=en").text
    sam.post(f"{HERE}/techniques", {**form, "preference": "neither"}, shown_at=HERE)
    assert "<b>excluded</b>" not in sam.get(f"{HERE}?lang=en").text
    assert [event.preference for event in of_person(site, TechniquePreferred)] == ["excluded", "neither"]


@pytest.mark.parametrize("form", [{"technique": "shouting"}, {"preference": "adored"}])
def test_a_technique_or_preference_that_there_is_not_is_refused(sam, form):
    given = {"technique": "slow_breathing", "preference": "excluded", **form}
    assert sam.post(f"{HERE}/techniques", given, shown_at=HERE).status_code == 400


def test_a_note_is_kept_and_shown(sam, site):
    sam.post(f"{HERE}/notes", {"text": "یادداشت"}, shown_at=HERE)
    assert [note.text for note in of_person(site, NoteWritten)] == ["یادداشت"]
    assert "یادداشت" in sam.get(HERE).text


def test_what_another_clinic_wrote_and_its_talks_stay_there(site):
    keep_talk(site.log, talk_events("here", "p", NOW - timedelta(days=2)))
    keep_talk(site.log, talk_events("there", "p", NOW - timedelta(days=1), clinic="clinic-2"))
    site.signed_in("olga", "supervisor", "clinic-2").post(
        "/patients/p/notes", {"text": "of clinic two"}, shown_at="/patients/p"
    )
    page = site.signed_in("sam", "supervisor").get("/patients/p").text
    assert "of clinic two" not in page
    assert "/sessions/here" in page
    assert "/sessions/there" not in page


def test_what_a_person_revoked_for_all_talks_is_said(sam, site):
    revoked = {"scope": "share", "granted": False, "version": "1", "given_by": "page"}
    site.record(PersonConsentSet(subject="p-sharing", at=NOW, **revoked))
    page = sam.get(f"{HERE}?lang=en").text
    assert "Revoked for all talks: Sharing with the therapist" in page
    assert "data-value" not in page


def test_every_technique_has_a_name_in_both_languages():
    pages = Pages.load()
    for name in read_vocabulary(DEFAULT_DIRECTORY).techniques:
        assert all(f"techniques.{name}" in words for words in pages.words.values()), name


def test_both_languages_have_the_same_strings():
    english, persian = (Pages.load().words[language] for language in ("en", "fa"))
    assert set(english) == set(persian)
    for key, text in english.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", persian[key])), key
