"""The audit: seen by whom, filtered, paged, taken along."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from review import audit_pages
from session_log.audit_events import AccessNoted, ChainBroken

STRINGS = Path(audit_pages.__file__).parent / "strings"


@pytest.fixture
def root(site):
    return site.signed_in("root", "administrator", None)


def noted(site, action="session_viewed", actor="u-1", person="person-1", **more):
    role = more.pop("role", "therapist")
    site.record(AccessNoted(at=site.clock.now, actor=actor, role=role, action=action, person=person, **more))


def rows(browser, query=""):
    text = browser.get(f"/audit.csv{query}").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def actions(browser, query=""):
    return [row["action"] for row in rows(browser, query)]


def test_the_newest_comes_first_and_the_look_itself_is_there(site, root):
    noted(site)
    rows(root)
    site.log.flush()
    found = rows(root)
    assert [row["action"] for row in found[:3]] == ["audit_exported", "session_viewed", "signed_in"]
    assert found[0]["login"] == "root"
    assert ">saw a session<" in root.get("/audit").text
    assert ">جلسه را دید<" in root.get("/audit?lang=fa").text


def test_what_a_page_notes_has_words_in_both_languages(site):
    sources = [path.read_text(encoding="utf-8") for path in Path(audit_pages.__file__).parent.glob("*.py")]
    noted = {action for source in sources for action in re.findall(r'@page\(\s*"([a-z_]+)"', source)}
    assert len(noted) > 20
    for language in ("en", "fa"):
        words = json.loads((STRINGS / f"audit_actions.{language}.json").read_text(encoding="utf-8"))
        assert noted <= set(words)


def test_all_kinds_of_the_audit_are_shown(site, root):
    site.record(
        ChainBroken(at=site.clock.now, head_sequence=5, last_sequence=3, problem="tail_cut"),
    )
    assert {"chain_broken", "account_made", "signed_in"} <= set(actions(root))
    assert root.get("/audit").status_code == 200


def test_filters(site, root):
    noted(site, action="session_viewed", person="person-1")
    noted(site, action="sound_heard", person="person-2", actor="u-2")
    assert actions(root, "?person=person-2") == ["sound_heard"]
    assert actions(root, "?action=session_viewed") == ["session_viewed"]
    assert actions(root, "?actor=u-2") == ["sound_heard"]
    assert actions(root, "?person=person") == []
    assert set(actions(root, f"?actor={root.user.account}")) >= {"signed_in"}


def test_days_are_whole_and_odd_ones_are_not_asked_for(site, root):
    noted(site, action="sound_heard")
    assert "sound_heard" in actions(root, "?since=2026-11-20&until=2026-11-20")
    assert actions(root, "?since=2026-11-21") == []
    assert actions(root, "?until=2026-11-19") == []
    for odd in ("x", "2026-13-01", "9999-12-31", "0001-01-01", "' OR 1=1"):
        assert root.get("/audit", params={"since": odd, "until": odd}).status_code == 200


def test_pages_hold_fifty_and_lead_on(site, root):
    for number in range(70):
        noted(site, action=f"action_{number}")
    first = root.get("/audit").text
    older = first.split('rel="next">')[0].rsplit('href="', 1)[1].split('"')[0]
    second = root.get(f"/audit{older}").text
    assert first.count("<tr") - 1 == 50
    assert ">action_69<" in first
    assert ">action_5<" in second
    assert ">action_69</code>" not in second
    for odd in ("x", "-1", "9" * 30, "0"):
        assert root.get(f"/audit?before={odd}").status_code == 200


def test_a_supervisor_sees_what_concerns_the_own_clinic(site):
    site.talk("t-1", "person-1")
    site.talk("t-2", "person-2", clinic="clinic-2")
    sara, zoe = site.signed_in("sara", "supervisor"), site.account("zoe", clinic="clinic-2")
    noted(site, action="mine", actor="u-x", person="person-1")
    noted(site, action="theirs", actor=zoe.account, person="person-2")
    noted(site, action="about_ours", actor=zoe.account, person=None, about_talk="t-1")
    found = actions(sara)
    assert {"mine", "about_ours", "signed_in"} <= set(found)
    assert "theirs" not in found
    page = sara.get("/audit").text
    assert "theirs</code>" not in page
    assert ">zoe<" not in page.split("</form>")[1].split("<table")[0]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|'/c calc'!A1"])
def test_cells_that_a_spreadsheet_would_run_are_made_harmless(site, root, cell):
    noted(site, person=cell)
    [row] = rows(root, "?action=session_viewed")
    assert row["person"] == f"'{cell}"


def test_hostile_text_stays_text(site, root):
    noted(site, person="<script>alert(1)</script>", detail="<b>x</b>")
    page = root.get("/audit", params={"person": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_table_is_a_download_that_excel_reads_as_persian(site, root):
    noted(site, person="مریم")
    answer = root.get("/audit.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["content-disposition"]
    assert "مریم" in answer.content.decode("utf-8-sig")
