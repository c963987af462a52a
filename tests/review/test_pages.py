"""Words, directions, digits, times; and that every page is one that screen readers can follow."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from review.pages import Pages
from review.parts import Review

FOLDER = Path(__file__).parents[2] / "review"
STRINGS = sorted((FOLDER / "strings").glob("*.en.json"))
OWN_PAGES = ("/accounts", "/assignments", "/audit", "/own-account")


@pytest.mark.parametrize("path", STRINGS, ids=lambda path: path.name)
def test_both_languages_say_the_same_things(path):
    english = json.loads(path.read_text(encoding="utf-8"))
    persian = json.loads(path.with_name(path.name.replace(".en.", ".fa.")).read_text(encoding="utf-8"))
    assert english.keys() == persian.keys()
    for key, text in english.items():
        assert set(re.findall(r"{(\w+)", text)) == set(re.findall(r"{(\w+)", persian[key])), key
        assert text.strip()
        assert persian[key].strip()


@pytest.mark.parametrize("path", sorted((FOLDER / "templates").glob("*.html")), ids=lambda path: path.name)
def test_every_word_that_a_template_names_is_there(path):
    words = Pages.load().words["en"]
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"""\bt\((["'])([\w.]+)\1\s*[,)]""", text)
    assert [key for _, key in named if key not in words] == []


@pytest.fixture
def root(site):
    site.talk("t-1")
    site.account("anna")
    return site.signed_in("root", "administrator", None)


def test_persian_is_right_to_left_with_its_own_digits(root):
    page = root.get("/assignments?lang=fa").text
    assert '<html lang="fa" dir="rtl"' in page
    assert "مراجعان: ۱" in page
    assert "۲۰۲۶-۱۱-۱۹ ۱۲:۰۰" in page
    assert 'datetime="2026-11-19T12:00:00+00:00"' in page


def test_the_language_that_was_chosen_stays(root):
    root.get("/accounts?lang=fa")
    assert '<html lang="fa"' in root.get("/audit").text
    assert '<html lang="en"' in root.get("/audit?lang=en").text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("fa-IR,fa;q=0.9", "fa"), ("de,fa;q=0.5", "fa"), ("de", "en"), ("", "en"), (";;,,\x01", "en")],
)
def test_without_a_choice_the_browser_s_language_counts(site, accepted, language):
    page = site.browser().get("/sign-in", headers={"accept-language": accepted}).text
    assert f'<html lang="{language}"' in page


def test_the_language_switch_keeps_what_was_asked_for(root):
    page = root.get("/assignments?search=a%26b&page=1").text
    assert 'href="?search=a%26b&amp;page=1&amp;lang=fa"' in page
    assert root.get("/assignments?lang=<script>").text.count("<script>") == 0


def test_times_are_shown_in_the_zone_of_the_settings(site):
    pages = Pages.load("Asia/Tehran")
    site.app.routes[0].app._app.state.review = Review(site.log, pages, now=site.clock)
    site.talk("t-1")
    root = site.signed_in("root", "administrator", None)
    assert "2026-11-19 15:30" in root.get("/assignments").text


class Outline(HTMLParser):
    """What of a page matters to somebody who doesn't see it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.controls: list[dict[str, str | None]] = []
        self.headings: list[str] = []
        self.landmarks: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "label":
            self.labelled.add(values["for"])
        if tag in ("input", "select", "textarea") and values.get("type") != "hidden":
            self.controls.append(values)
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if tag in ("main", "nav", "header"):
            self.landmarks.append(tag)


@pytest.mark.parametrize("path", OWN_PAGES)
def test_controls_have_names_and_pages_an_outline(root, path):
    outline = Outline(root.get(path).text)
    assert len(outline.ids) == len(set(outline.ids))
    for control in outline.controls:
        assert control.get("aria-label") or control.get("id") in outline.labelled, control
    assert outline.headings[0] == "h1"
    assert outline.headings.count("h1") == 1
    assert outline.landmarks.count("main") == 1


def test_the_navigation_has_what_the_role_may_see(site):
    seen = {
        role: re.findall(r'<li><a href="/review/(\w+)"', site.signed_in(role, role, "c").get("/models").text)
        for role in ("therapist", "supervisor", "administrator")
    }
    assert seen == {
        "therapist": ["caseload", "ratings", "models"],
        "supervisor": ["caseload", "ratings", "models", "assignments", "audit"],
        "administrator": ["ratings", "models", "assignments", "accounts", "audit"],
    }
