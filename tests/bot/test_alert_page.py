import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from bot.alert_page import HEADERS, alert_page, refusal_page
from on_call.alert import Alert
from on_call.desk import AlertState
from on_call.rota import Contact

ALERT = Alert(
    alert_id="alert_1", talk_id="talk-1", clinic="clinic-1", subject="p-17", level=3, kind="suicide",
    country="IR", language="fa", raised_at=datetime(2026, 11, 20, 19, 44, tzinfo=UTC),
)  # fmt: skip
CONTACT = Contact("First", email="a@b.example", timezone="Asia/Tehran")
OPEN = AlertState(ALERT, "delivered", None, None)
TAKEN = AlertState(ALERT, "acknowledged", "Second", datetime(2026, 11, 20, 19, 50, tzinfo=UTC))
PAGES = [
    alert_page(OPEN, CONTACT),
    alert_page(TAKEN, CONTACT),
    refusal_page("unknown"),
    refusal_page("expired"),
]


class Outline(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.open = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def outline(page):
    parser = Outline()
    parser.feed(page)
    assert parser.open == []
    return parser.tags


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_whole_in_both_languages_and_asks_nobody_else(page):
    tags = outline(page)
    sections = [attributes for tag, attributes in tags if tag == "section"]
    assert sections == [{"lang": "en", "dir": "ltr"}, {"lang": "fa", "dir": "rtl"}]
    assert [tag for tag, _ in tags].count("h1") == 2
    names = {tag for tag, _ in tags}
    assert {"title", "main", "html"} <= names
    assert not names & {"script", "link", "img", "iframe", "a"}
    assert "http" not in page


@pytest.mark.parametrize("page", PAGES)
def test_the_policy_allows_exactly_the_style_of_the_page(page):
    style = re.search(r"<style>(.*)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = HEADERS["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "style=" not in page


def test_an_open_alert_has_what_when_and_one_button():
    page = alert_page(OPEN, CONTACT)
    for part in (
        "3 of 3",
        "suicide",
        "2026-11-20 23:14 Asia/Tehran",
        "clinic-1",
        "talk-1",
        "خودکشی",
        "۳ از ۳",
    ):
        assert part in page
    forms = [attributes for tag, attributes in outline(page) if tag in ("form", "button")]
    assert forms == [{"method": "post"}, {}]
    assert "p-17" not in page


def test_an_acknowledged_alert_says_by_whom_and_has_no_button():
    page = alert_page(TAKEN, CONTACT)
    assert "<form" not in page
    assert "Second" in page
    assert "2026-11-20 23:20 Asia/Tehran" in page


def test_an_unreached_alert_can_be_taken_on():
    assert "<form" in alert_page(replace(OPEN, status="unreached"), CONTACT)


def test_what_strangers_had_a_hand_in_stays_text():
    evil = "<script>alert(1)</script>\u202e\"'&"
    state = replace(TAKEN, alert=replace(ALERT, clinic=evil, talk_id=evil), acknowledged_by=evil)
    page = alert_page(state, CONTACT)
    assert "<script" not in page
    assert "\u202e" not in page
    outline(page)
