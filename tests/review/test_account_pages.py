import pytest


@pytest.fixture
def root(site):
    return site.signed_in("root", "administrator", None)


def test_the_list_has_everybody_and_their_state(site, root):
    anna = site.account("anna")
    page = root.get("/accounts").text
    assert "anna" in page
    assert f"/accounts/{anna.account}/disable" in page
    assert f"/accounts/{root.user.account}/disable" not in page


def test_a_closed_account_can_be_opened_again_by_a_reset(site, root):
    anna = site.account("anna")
    assert root.post(f"/accounts/{anna.account}/disable", shown_at="/accounts").status_code == 303
    assert f"/accounts/{anna.account}/disable" not in root.get("/accounts").text
    assert "/invitation/" in root.post(f"/accounts/{anna.account}/reset", shown_at="/accounts").text


@pytest.mark.parametrize("action", ["disable", "reset"])
def test_the_own_account_and_unknown_ones_are_refused(site, root, action):
    own = root.post(f"/accounts/{root.user.account}/{action}", shown_at="/accounts")
    assert own.status_code == 422
    assert "your own account" in own.text
    assert root.post(f"/accounts/u-nobody/{action}", shown_at="/accounts").status_code == 404
    assert root.get("/accounts").status_code == 200


def test_what_was_typed_stays_in_the_form_when_it_is_refused(root):
    answer = root.post("/accounts", {"login": "a b", "role": "supervisor", "clinic": "clinic-9"})
    assert answer.status_code == 422
    assert 'value="a b"' in answer.text
    assert 'value="supervisor" selected' in answer.text
    assert 'value="clinic-9"' in answer.text


def test_the_link_is_in_no_audit_and_no_file(site, root):
    answer = root.post("/accounts", {"login": "anna", "role": "therapist", "clinic": ""})
    token = answer.text.split("/invitation/")[1].split('"')[0]
    secret = token.split(".")[1]
    site.log.flush()
    for file in site.places.database.parent.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()
