"""Every route, every role, own and other: who gets what."""

from __future__ import annotations

import pytest
from starlette.routing import Route

from review.app import _PAGES
from review.identifiers import to_path
from session_log.events import CrisisFlagged

ALL = {"therapist", "supervisor", "administrator"}
CARE = {"therapist", "supervisor"}
LEADING = {"supervisor", "administrator"}

# Route → (method, who may). What a form lacks is told after it was let in.
ROUTES = {
    "GET /": ALL,
    "GET /own-account": ALL,
    "POST /sign-off": ALL,
    "POST /sign-off-everywhere": ALL,
    "POST /stay": ALL,
    "GET /accounts": {"administrator"},
    "POST /accounts": {"administrator"},
    "POST /accounts/{account}/reset": {"administrator"},
    "POST /accounts/{account}/disable": {"administrator"},
    "GET /assignments": LEADING,
    "POST /assignments": LEADING,
    "GET /audit": LEADING,
    "GET /audit.csv": LEADING,
    "GET /caseload": CARE,
    "GET /sessions/{talk_id}": CARE,
    "POST /sessions/{talk_id}/notes": CARE,
    "POST /sessions/{talk_id}/labels": CARE,
    "POST /sessions/{talk_id}/flag": CARE,
    "GET /sessions/{talk_id}/sound/{turn}": CARE,
    "GET /sessions/{talk_id}/talk.{format}": CARE,
    "POST /sessions/{talk_id}/erase": {"supervisor"},
    "GET /patients/{person}": CARE,
    "POST /patients/{person}/notes": CARE,
    "POST /patients/{person}/goals": CARE,
    "POST /patients/{person}/techniques": CARE,
    "GET /ratings": ALL,
    "GET /ratings.csv": ALL,
    "GET /models": ALL,
}
OPEN = {"GET /sign-in", "POST /sign-in", "GET /second-factor", "POST /second-factor", "GET /signed-off"}
OPEN |= {"GET /invitation/{token}", "POST /invitation/{token}"}

OF_SOMEBODY = [name for name in ROUTES if "{talk_id}" in name or "{person}" in name]
OWN, FOREIGN, ELSEWHERE, UNKNOWN = "own", "foreign", "elsewhere", "unknown"


def existing() -> set[str]:
    routes = [route for module in _PAGES for route in module.ROUTES]
    assert all(isinstance(route, Route) for route in routes)
    return {f"{method} {route.path}" for route in routes for method in route.methods - {"HEAD"}}


@pytest.fixture
def house(site):
    """Two clinics: talks of the therapist's person, of a colleague's, and of the other clinic's."""
    site.talk("talk-own", "person-own", words="words-of-own")
    site.talk("talk-foreign", "person-foreign", words="words-of-foreign")
    site.talk("talk-elsewhere", "person-elsewhere", clinic="clinic-2", words="words-of-elsewhere")
    site.people = {
        "therapist": site.account("anna"),
        "supervisor": site.account("sara", "supervisor"),
        "administrator": site.account("root", "administrator", None),
    }
    site.assign(site.people["therapist"], "person-own")
    return site


def address(name: str, whose: str) -> str:
    path = name.split()[1]
    path = path.replace("{talk_id}", f"talk-{whose}").replace("{person}", f"person-{whose}")
    path = path.replace("{format}", "json")
    return path.replace("{turn}", "turn-1").replace("{account}", "u-nobody").replace("{token}", "nothing")


def ask(browser, name: str, whose: str = OWN):
    path = address(name, whose)
    if name.startswith("GET"):
        return browser.get(path)
    return browser.post(path, shown_at="/own-account")


def test_every_route_is_in_this_table():
    assert existing() - OPEN <= set(ROUTES)
    assert set(ROUTES) - {"GET /"} <= existing()


@pytest.mark.parametrize("role", sorted(ALL))
def test_a_role_gets_its_own_pages_and_no_other(house, role):
    browser = house.sign_in(house.people[role])
    wrong = {}
    for name, roles in ROUTES.items():
        ends_something = "sign-off" in name or "erase" in name
        if name not in existing() | {"GET /"} or (ends_something and role in roles):
            continue
        answer = ask(browser, name)
        if (answer.status_code == 403) != (role not in roles):
            wrong[name] = answer.status_code
        assert answer.status_code != 500, name
        if role not in roles:
            assert "words-of" not in answer.text
    assert wrong == {}


@pytest.mark.parametrize("name", sorted(set(ROUTES) & existing()))
def test_nobody_gets_nothing(house, name):
    browser = house.browser()
    path = f"/review{address(name, OWN)}"
    answer = browser.client.request(name.split()[0], path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/review/sign-in")
    assert "words-of" not in answer.text


@pytest.mark.parametrize("role", sorted(CARE))
def test_what_is_somebody_else_s_looks_like_what_is_not_there(house, role):
    browser = house.sign_in(house.people[role])
    others = [ELSEWHERE] if role == "supervisor" else [FOREIGN, ELSEWHERE]
    for name in set(OF_SOMEBODY) & existing():
        if role not in ROUTES[name]:
            continue
        unknown = ask(browser, name, UNKNOWN)
        assert unknown.status_code == 404, name
        for whose in others:
            answer = ask(browser, name, whose)
            assert answer.status_code == 404, (name, whose)
            assert answer.text.replace(whose, UNKNOWN) == unknown.text, name


@pytest.mark.parametrize("role", sorted(CARE))
def test_a_refused_look_is_noted_as_refused(house, role):
    browser = house.sign_in(house.people[role])
    browser.get("/sessions/talk-elsewhere")
    browser.get("/patients/person-elsewhere")
    noted = [event for event in house.noted() if not event.allowed]
    assert [(event.about_talk, event.person) for event in noted] == [
        ("talk-elsewhere", None),
        (None, "person-elsewhere"),
    ]


def test_a_look_is_noted_with_person_and_talk(house):
    house.sign_in(house.people["therapist"]).get("/sessions/talk-own")
    [noted] = house.noted("session_viewed")
    assert (noted.actor, noted.role) == (house.people["therapist"].account, "therapist")
    assert (noted.about_talk, noted.person, noted.allowed) == ("talk-own", "person-own", True)


def test_nothing_is_shown_that_cannot_be_noted(house, monkeypatch):
    browser = house.sign_in(house.people["therapist"])
    monkeypatch.setattr(type(house.log), "record", lambda self, event: False)
    answer = browser.get("/sessions/talk-own")
    assert answer.status_code == 503
    assert "words-of-own" not in answer.text


def test_words_are_shown_only_where_they_are_shared(house):
    house.talk("talk-private", "person-own", shared=False, words="words-of-private")
    house.record(
        CrisisFlagged(
            talk_id="talk-private",
            turn_id=None,
            at=house.clock.now,
            level=3,
            country="GB",
            kind="self_harm",
            lines_shown=("999",),
        )
    )
    for role in CARE:
        browser = house.sign_in(house.people[role])
        assert "words-of-own" in browser.get("/sessions/talk-own").text
        for name in set(OF_SOMEBODY) & existing():
            if name.startswith("GET"):
                assert "words-of-private" not in ask(browser, name, "private").text, name
        assert "words-of-private" not in browser.get("/patients/person-own").text


def test_an_administrator_sees_no_words_anywhere(house):
    browser = house.sign_in(house.people["administrator"])
    for name in existing() | {"GET /"}:
        if name.startswith("GET"):
            assert "words-of" not in ask(browser, name).text, name


def test_ids_in_any_form_lead_nowhere_else(house):
    browser = house.sign_in(house.people["therapist"])
    for hostile in ("../accounts", "' OR 1=1 --", "<script>x</script>", "~", "talk-own\x00", "%"):
        for segment in (to_path(hostile), "~" + "A" * 900, "~%%"):
            answer = browser.get(f"/sessions/{segment}")
            assert answer.status_code == 404
            assert "<script>x" not in answer.text


def test_an_unknown_address_is_a_page_of_ours(house):
    answer = house.browser().get("/nothing/here")
    assert answer.status_code == 404
    assert "<main" in answer.text


def test_taking_a_person_away_takes_effect_at_once(house):
    browser = house.sign_in(house.people["therapist"])
    assert browser.get("/sessions/talk-own").status_code == 200
    supervisor = house.sign_in(house.people["supervisor"])
    form = {"person": "person-own", "therapist": house.people["therapist"].account, "change": "unassign"}
    assert supervisor.post("/assignments", form).status_code == 303
    assert browser.get("/sessions/talk-own").status_code == 404
