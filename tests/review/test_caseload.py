"""The list of persons: who is on it, in which order, and what of them it shows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from review_caseload import CONSENTED, NOW, fill, keep_talk, talk_events

from .conftest import Site


@pytest.fixture
def tara(site: Site):
    """A therapist with two of the four persons."""
    fill(site.log)
    therapist = site.account("tara")
    for person in ("p-sharing", "p-hiding"):
        site.assign(therapist, person)
    return site.sign_in(therapist)


def persons(answer) -> list[str]:
    assert answer.status_code == 200
    return re.findall(r'<th scope="row"><a href="[^"]+"><bdi>([^<]+)</bdi>', answer.text)


def test_a_therapist_sees_their_own_persons_alone(tara):
    assert persons(tara.get("/caseload")) == ["p-sharing", "p-hiding"]


def test_a_supervisor_sees_the_persons_of_their_clinic_alone(tara, site):
    assert persons(site.signed_in("sam", "supervisor").get("/caseload")) == [
        "p-sharing",
        "p-hiding",
        "p-of-others",
    ]


def test_an_administrator_sees_nobody(tara, site):
    answer = site.signed_in("ada", "administrator", None).get("/caseload")
    assert answer.status_code == 403
    assert "p-sharing" not in answer.text


def test_whoever_is_not_signed_in_is_sent_to_sign_in(site):
    answer = site.browser().get("/caseload")
    assert (answer.status_code, answer.headers["location"]) == (303, "/review/sign-in")


def test_open_flags_are_pinned_on_top_of_who_talked_later(site):
    keep_talk(site.log, talk_events("a", "quiet", NOW - timedelta(hours=1)))
    keep_talk(site.log, talk_events("b", "in-danger", NOW - timedelta(days=9), crisis_level=2))
    browser = site.signed_in("sam", "supervisor")
    answer = browser.get("/caseload?lang=en")
    assert persons(answer) == ["in-danger", "quiet"]
    assert "Crisis level 2 · open" in answer.text
    assert "8 d ago" in answer.text


def test_a_closed_flag_is_no_longer_pinned(site):
    keep_talk(site.log, talk_events("b", "in-danger", NOW - timedelta(days=9), crisis_level=2))
    keep_talk(site.log, talk_events("a", "quiet", NOW - timedelta(hours=1)))
    browser = site.signed_in("sam", "supervisor")
    browser.post("/sessions/b/flag", {"state": "closed"}, shown_at="/sessions/b")
    assert persons(browser.get("/caseload")) == ["quiet", "in-danger"]
    assert persons(browser.get("/caseload?flagged=1")) == []


def test_trend_and_mood_come_from_shared_talks_alone(tara):
    page = tara.get("/caseload?lang=en").text
    sharing, hiding = (
        page[page.index("<bdi>p-sharing") : page.index("<bdi>p-hiding")],
        page[page.index("<bdi>p-hiding") :],
    )
    assert "sadness" in sharing
    assert re.findall(r"<li><span>(\d)</span>.*?<span>(\d)</span></li>", sharing, re.DOTALL) == [
        ("5", "2"),
        ("6", "3"),
        ("7", "4"),
        ("9", "8"),
    ]
    assert "not shared" in hiding
    assert "sadness" not in hiding


def test_talks_of_the_same_person_at_another_clinic_do_not_count(site):
    keep_talk(site.log, talk_events("here", "p", NOW - timedelta(days=3)))
    keep_talk(site.log, talk_events("there", "p", NOW - timedelta(days=1), clinic="clinic-2", crisis_level=3))
    page = site.signed_in("sam", "supervisor").get("/caseload?lang=en").text
    assert "None open" in page
    assert "2026-11-17" in page
    assert "2026-11-19" not in page


def test_flags_of_another_clinic_are_not_listed(site):
    keep_talk(site.log, talk_events("here", "p", NOW - timedelta(days=3), crisis_level=2))
    keep_talk(site.log, talk_events("there", "p", NOW - timedelta(days=1), clinic="clinic-2", crisis_level=3))
    page = site.signed_in("sam", "supervisor").get("/caseload?lang=en").text
    assert "/sessions/here#flag" in page
    assert "/sessions/there" not in page
    assert "Crisis level 3" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=SHAR", ["p-sharing"]),
        ("q=nobody", []),
        ("q=%25", []),
        ("spoken=en", ["p-hiding", "p-of-others"]),
        ("spoken=xx", ["p-sharing", "p-hiding", "p-of-others"]),
        ("flagged=1", ["p-sharing", "p-hiding"]),
        ("days=7&spoken=fa", ["p-sharing"]),
        ("page=99", ["p-sharing", "p-hiding", "p-of-others"]),
        ("page=x", ["p-sharing", "p-hiding", "p-of-others"]),
    ],
)
def test_the_list_can_be_narrowed_down(tara, site, query, found):
    assert persons(site.signed_in("sam", "supervisor").get(f"/caseload?{query}")) == found


def test_the_list_has_pages_of_25_that_keep_what_was_asked(site):
    for number in range(27):
        at = NOW - timedelta(days=2, minutes=number)
        keep_talk(site.log, talk_events(f"t{number}", f"person-{number:02d}", at, scopes=CONSENTED[:1]))
    browser = site.signed_in("sam", "supervisor")
    first = browser.get("/caseload?q=person&lang=en")
    assert persons(first) == [f"person-{number:02d}" for number in range(25)]
    assert "?q=person&amp;page=2" in first.text
    assert persons(browser.get("/caseload?q=person&page=2")) == ["person-25", "person-26"]


def test_a_hostile_pseudonym_stays_text(site):
    hostile = "<img src=x onerror=alert(1)>\"'; DROP TABLE talks; --"
    keep_talk(site.log, talk_events("t", hostile, NOW - timedelta(days=1)))
    browser = site.signed_in("sam", "supervisor")
    page = browser.get("/caseload").text
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    link = re.search(r'<th scope="row"><a href="/review(/patients/[^"]+)">', page)[1]
    assert browser.get(link).status_code == 200
    assert "&lt;img" in browser.get("/caseload", params={"q": hostile}).text


def test_the_view_is_noted(tara, site):
    tara.get("/caseload")
    assert [event.actor for event in site.noted("caseload_viewed")] == [tara.user.account]
