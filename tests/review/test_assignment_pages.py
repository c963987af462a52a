"""Who assigns which person to whom."""

import pytest

from session_log.erasure import erase_person
from session_log.verify import verify


@pytest.fixture
def house(site):
    site.talk("t-1", "person-1")
    site.talk("t-2", "person-2", clinic="clinic-2")
    site.talk("t-3", "person-3", clinic=None)
    site.anna = site.account("anna")
    site.zoe = site.account("zoe", clinic="clinic-2")
    return site


def change(browser, person, therapist, what="assign"):
    form = {"person": person, "therapist": therapist, "change": what}
    return browser.post("/assignments", form).status_code


def test_a_supervisor_sees_and_assigns_persons_of_the_own_clinic(house):
    sara = house.signed_in("sara", "supervisor")
    page = sara.get("/assignments").text
    assert "person-1" in page
    assert "person-2" not in page
    assert "person-3" not in page
    assert "zoe" not in page
    assert change(sara, "person-1", house.anna.account) == 303
    assert "person-1" in house.sign_in(house.anna).get("/caseload").text


@pytest.mark.parametrize(("person", "to"), [("person-2", "zoe"), ("person-2", "anna"), ("person-1", "zoe")])
def test_a_supervisor_has_no_say_in_another_clinic(house, person, to):
    sara = house.signed_in("sara", "supervisor")
    assert change(sara, person, getattr(house, to).account) == 404
    [refused] = [event for event in house.noted("person_assigned") if not event.allowed]
    assert refused.person == person


def test_an_administrator_assigns_at_every_clinic_but_not_across(house):
    root = house.signed_in("root", "administrator", None)
    assert change(root, "person-2", house.zoe.account) == 303
    assert change(root, "person-1", house.zoe.account) == 404
    assert change(root, "person-3", house.anna.account) == 404
    nobody = house.account("nora", clinic=None)
    assert change(root, "person-3", nobody.account) == 303


def test_persons_and_therapists_that_are_not_there_are_refused(house):
    root = house.signed_in("root", "administrator", None)
    for person, therapist in (
        ("nobody", house.anna.account),
        ("person-1", "u-nobody"),
        ("person-1", root.user.account),
        ("", house.anna.account),
    ):
        assert change(root, person, therapist) == 404


def test_assigning_twice_and_taking_away_twice_do_no_harm(house):
    root = house.signed_in("root", "administrator", None)
    for what in ("assign", "assign", "unassign", "unassign"):
        assert change(root, "person-1", house.anna.account, what) == 303
    assert "person-1" not in house.sign_in(house.anna).get("/caseload").text


def test_only_those_who_do_not_see_a_person_yet_are_offered(house):
    ben = house.account("ben")
    root = house.signed_in("root", "administrator", None)

    def offered():
        page = root.get("/assignments?search=person-1&lang=en").text
        return [name for name in ("anna", "ben") if f">{name}</option>" in page], page

    assert offered()[0] == ["anna", "ben"]
    change(root, "person-1", house.anna.account)
    assert offered()[0] == ["ben"]
    change(root, "person-1", ben.account)
    names, page = offered()
    assert names == []
    assert "all therapists see them" in page


def test_each_change_is_noted_with_person_and_therapist(house):
    root = house.signed_in("root", "administrator", None)
    change(root, "person-1", house.anna.account)
    change(root, "person-1", house.anna.account, "unassign")
    for action in ("person_assigned", "person_unassigned"):
        [noted] = house.noted(action)
        assert (noted.person, noted.detail, noted.actor) == (
            "person-1",
            house.anna.account,
            root.user.account,
        )


def test_search_and_pages(house):
    for number in range(30):
        house.talk(f"many-{number}", f"Many-{number:02}")
    root = house.signed_in("root", "administrator", None)
    first, second = (root.get(f"/assignments?search=many&page={page}").text for page in (1, 2))
    assert "Page 1 of 2" in first
    assert sum(f"Many-{number:02}<" in first for number in range(30)) == 25
    assert sum(f"Many-{number:02}<" in second for number in range(30)) == 5
    for odd in ("0", "-1", "x", "99999999999", "٣"):
        assert root.get(f"/assignments?page={odd}").status_code == 200


def test_a_hostile_pseudonym_stays_text(house):
    hostile = "<img src=x onerror=alert(1)>'\"%_"
    house.talk("t-4", hostile)
    root = house.signed_in("root", "administrator", None)
    assert "<img src=x" not in root.get("/assignments").text
    assert change(root, hostile, house.anna.account) == 303
    assert "<img src=x" not in root.get("/audit").text


def test_an_erased_person_is_assigned_to_nobody(house):
    house.assign(house.anna, "person-1")
    house.perform(lambda transaction: erase_person(transaction, "person-1"))

    def count(transaction):
        return transaction.database.execute("SELECT count(*) FROM review_assignments").fetchone()[0]

    assert house.perform(count) == 0


def test_an_assignment_that_was_written_into_the_database_lets_nobody_see(house):
    def forge(transaction):
        query = (
            "INSERT INTO review_assignments (therapist, person, at, mac) VALUES (?, 'person-1', '2026', ?)"
        )
        transaction.database.execute(query, (house.anna.account, b"\x00" * 32))

    house.perform(forge)
    assert "person-1" not in house.sign_in(house.anna).get("/caseload").text
    assert house.log.flush(20)
    assert [finding.part for finding in verify(house.places)] == ["assignments"]
