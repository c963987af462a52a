"""The page of one talk, and what may be done on it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from review_caseload import CONSENTED, NOW, fill, keep_talk, talk_events
from starlette.applications import Starlette

from review.app import review_routes
from review.pages import Pages
from session_log.audio import audio_path
from session_log.care_events import FlagMoved, LabelReviewed, NoteWritten, PersonConsentSet
from session_log.events import CrisisFlagged, HandedOff, TalkStarted
from session_log.reader import reading

from .conftest import Site

SOUND = "/sessions/shared-0/sound/~c2hhcmVkLTAvdHVybiAw"  # of the turn "shared-0/turn 0"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def tara(site: Site):
    """A therapist with two of the four persons."""
    fill(site.log)
    therapist = site.account("tara")
    for person in ("p-sharing", "p-hiding"):
        site.assign(therapist, person)
    return site.sign_in(therapist)


def kept(site: Site, talk_id: str, kind: type):
    assert site.log.flush(20)
    with reading(site.places) as reader:
        return reader.events(talk_id, (kind,))


def test_the_transcript_has_words_moods_and_suggestions(tara):
    page = tara.get("/sessions/shared-1?lang=en").text
    for shown in (
        '<p lang="fa">رئیسم سرم داد زد.</p>',
        "recognised with 88 %",
        "not validated in this language",
        "fused-1",
        "Slow breathing",
        "<b>helped</b>",
        "Their own word",
        "Heard of it",
    ):
        assert shown in page
    assert page.count('class="words words--person" dir="rtl"') == 3


def test_a_persian_page_has_persian_digits(tara):
    page = tara.get("/sessions/shared-1?lang=fa").text
    assert '<html lang="fa" dir="rtl"' in page
    assert "نوبت ۲" in page
    assert "۸۸٪" in page


def test_codes_of_the_log_are_shown_in_words(tara, site):
    start = NOW - timedelta(days=1)
    events = talk_events("called", "p-sharing", start)
    for queue, reason in (("on_call", "suicide"), ("billing", "a question about a bill")):
        events.append(
            HandedOff(
                talk_id="called", at=start + timedelta(seconds=90), queue=queue, reason=reason, reached=False
            )
        )
    keep_talk(site.log, events)
    english, persian = (tara.get(f"/sessions/called?lang={language}").text for language in ("en", "fa"))
    assert "<bdi>people on call</bdi> · <bdi>suicide</bdi>" in english
    assert "<bdi>billing</bdi> · <bdi>a question about a bill</bdi>" in english
    assert "typed · فارسی" in english
    assert "<bdi>افراد کشیک</bdi> · <bdi>خودکشی</bdi>" in persian
    assert "نوشته‌شده · فارسی" in persian
    assert "<bdi>۲۰۲۶-۱۱</bdi> · ابزارک" in persian  # the version of a consent


def test_the_picture_is_as_long_as_the_talk(tara):
    assert 'data-seconds="260.0"' in tara.get("/sessions/shared-1").text


def test_times_are_of_the_zone_in_the_settings(site):
    keep_talk(site.log, talk_events("t", "p", NOW - timedelta(days=1)))
    assert "2026-11-19 12:00" in site.signed_in("sam", "supervisor").get("/sessions/t?lang=en").text
    in_tehran = replace(site.review, pages=Pages.load("Asia/Tehran"))
    site.app = Starlette(routes=review_routes(in_tehran))
    assert "2026-11-19 15:30" in site.signed_in("sara", "supervisor").get("/sessions/t?lang=en").text


def test_of_a_talk_that_is_not_shared_only_its_frame_is_shown(tara):
    answer = tara.get("/sessions/hidden?lang=en")
    assert answer.status_code == 200
    assert "does not share" in answer.text
    assert "Crisis level 3" in answer.text
    assert "Emergency 112" in answer.text
    for content in ("hidden words", "sadness", "danger in words", "Slow breathing", "Course of mood"):
        assert content not in answer.text


def test_what_is_not_shared_can_neither_be_exported_nor_heard_nor_corrected(tara, site):
    assert tara.get("/sessions/hidden/talk.json").status_code == 403
    assert tara.get("/sessions/hidden/talk.csv").status_code == 403
    assert tara.get("/sessions/hidden/sound/x").status_code == 403
    form = {"turn": "hidden/turn 0", "emotion": "fear"}
    assert tara.post("/sessions/hidden/labels", form, shown_at="/sessions/hidden").status_code == 403
    refused = [event.action for event in site.noted() if not event.allowed and event.about_talk == "hidden"]
    assert refused == ["session_exported", "session_exported", "sound_heard", "label_reviewed"]


GET = ("", "/talk.json", "/talk.csv", "/sound/x")
POST = {
    "/notes": {"text": "x"},
    "/labels": {"turn": "others/turn 0", "emotion": "fear"},
    "/flag": {"state": "closed"},
    "/erase": {"confirmed": "yes"},
}


def test_talks_of_others_and_unknown_ones_answer_alike(tara):
    for rest in GET:
        answers = [tara.get(f"/sessions/{talk}{rest}") for talk in ("others", "far", "nowhere", "~!")]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert len({answer.text.replace(answer.url.path, "") for answer in answers}) == 1
    for rest, form in POST.items():
        if rest == "/erase":
            continue  # a therapist may not at all
        for talk in ("others", "far", "nowhere"):
            answer = tara.post(f"/sessions/{talk}{rest}", form, shown_at="/caseload")
            assert answer.status_code == 404, (talk, rest)


def test_a_therapist_may_not_erase_and_an_administrator_not_even_look(tara, site):
    answer = tara.post("/sessions/shared-0/erase", POST["/erase"], shown_at="/caseload")
    assert answer.status_code == 403
    ada = site.signed_in("ada", "administrator", None)
    for rest in GET:
        assert ada.get(f"/sessions/shared-0{rest}").status_code == 403
    for rest, form in POST.items():
        assert ada.post(f"/sessions/shared-0{rest}", form, shown_at="/models").status_code == 403
    with reading(site.places) as reader:
        assert reader.talk("shared-0").erased_at is None


def test_forms_from_elsewhere_change_nothing(tara, site):
    for rest, form in POST.items():
        assert tara.client.post(f"/review/sessions/shared-0{rest}", data=form).status_code == 403
    assert kept(site, "shared-0", NoteWritten) == []


def test_a_note_stands_on_the_page_as_text(tara, site):
    answer = tara.post("/sessions/shared-0/notes", {"text": HOSTILE}, shown_at="/sessions/shared-0")
    assert answer.headers["location"] == "/review/sessions/shared-0#notes"
    page = tara.get("/sessions/shared-0").text
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<bdi>tara</bdi>" in page
    assert kept(site, "shared-0", NoteWritten)[0].author == tara.user.account


def test_a_note_of_a_turn_leads_back_to_it(tara):
    form = {"text": "Ask again", "turn": "shared-0/turn 1"}
    answer = tara.post("/sessions/shared-0/notes", form, shown_at="/sessions/shared-0")
    assert answer.headers["location"].endswith("#turn-2")
    wrong = {"text": "x", "turn": "others/turn 1"}
    assert tara.post("/sessions/shared-0/notes", wrong, shown_at="/sessions/shared-0").status_code == 404


@pytest.mark.parametrize("text", ["", "   ", "x" * 4_001])
def test_an_empty_or_endless_note_is_refused(tara, text):
    answer = tara.post("/sessions/shared-0/notes", {"text": text}, shown_at="/sessions/shared-0")
    assert answer.status_code == 400


def test_a_corrected_label_shows_both(tara, site):
    form = {"turn": "shared-0/turn 2", "emotion": "happiness"}
    answer = tara.post("/sessions/shared-0/labels", form, shown_at="/sessions/shared-0")
    assert answer.headers["location"].endswith("#turn-3")
    (event,) = kept(site, "shared-0", LabelReviewed)
    assert (event.was, event.emotion, event.model) == ("neutral", "happiness", "fused-1")
    page = tara.get("/sessions/shared-0?lang=en").text
    last = page[page.index('id="turn-3"') :]
    assert "Corrected" in last
    assert last.index("mood--neutral") < last.index("mood--happiness")


@pytest.mark.parametrize("form", [{"emotion": "bliss"}, {"turn": "shared-0/turn 9"}])
def test_a_label_or_turn_that_there_is_not_is_refused(tara, form):
    form = {"turn": "shared-0/turn 0", "emotion": "fear", **form}
    answer = tara.post("/sessions/shared-0/labels", form, shown_at="/sessions/shared-0")
    assert answer.status_code in (400, 404)


def test_a_flag_is_moved_with_a_remark(tara, site):
    form = {"state": "acted", "remark": "Called her brother"}
    answer = tara.post("/sessions/hidden/flag", form, shown_at="/sessions/hidden")
    assert answer.headers["location"].endswith("#flag")
    assert [event.state for event in kept(site, "hidden", FlagMoved)] == ["acted"]
    page = tara.get("/sessions/hidden?lang=en").text
    assert "acted on" in page
    assert "Called her brother" in page


def test_the_flag_of_an_erased_talk_is_closed_without_words(tara, site):
    assert site.log.erase_talk("hidden")
    form = {"state": "closed", "remark": "not to be kept"}
    assert tara.post("/sessions/hidden/flag", form, shown_at="/sessions/hidden").status_code == 303
    (moved,) = kept(site, "hidden", FlagMoved)
    assert (moved.state, moved.remark) == ("closed", None)
    with reading(site.places) as reader:
        assert reader.talk("hidden").flag_state == "closed"
        assert reader.talk_key("hidden") is None


def test_a_talk_without_a_flag_has_none_to_move(tara):
    answer = tara.post("/sessions/shared-0/flag", {"state": "seen"}, shown_at="/sessions/shared-0")
    assert answer.status_code == 404


def test_the_sound_of_a_turn_is_given_and_noted(tara, site):
    answer = tara.get(SOUND)
    assert answer.headers["content-type"] == "audio/ogg"
    assert answer.content.startswith(b"OggS")
    assert answer.headers["cache-control"] == "no-store"
    assert [event.about_talk for event in site.noted("sound_heard")] == ["shared-0"]


def test_sound_that_is_gone_is_not_found(tara, site):
    audio_path(site.places.audio, "shared-0", "shared-0/turn 0").unlink()
    assert tara.get(SOUND).status_code == 404
    assert tara.get("/sessions/shared-0/sound/~" + "A" * 5).status_code == 404


def test_an_export_has_every_event_and_is_noted(tara, site):
    answer = tara.get("/sessions/shared-0/talk.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="talk.json"'
    (talk,) = json.loads(answer.text)["talks"]
    assert [event["event"] for event in talk["events"]].count("turn_heard") == 3
    assert [event.about_talk for event in site.noted("session_exported")] == ["shared-0"]
    assert tara.get("/sessions/shared-0/talk.exe").status_code == 404


def test_a_formula_in_an_export_is_harmless(site):
    formulas = ("=HYPERLINK(1)", "@SUM(1)", "plain")
    keep_talk(site.log, talk_events("t", "p", NOW - timedelta(days=1), words=formulas))
    answer = site.signed_in("sam", "supervisor").get("/sessions/t/talk.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    said = [row["text"] for row in rows if row["event"] == "turn_heard"]
    assert said == ["'=HYPERLINK(1)", "'@SUM(1)", "plain"]


def test_a_supervisor_erases_with_a_confirmation(site, tara):
    sam = site.signed_in("sam", "supervisor")
    page = "/sessions/shared-0"
    assert sam.post(f"{page}/erase", {}, shown_at=page).status_code == 400
    assert "رئیسم" in sam.get(page).text
    assert sam.post(f"{page}/erase", {"confirmed": "yes"}, shown_at=page).status_code == 303
    after = sam.get(f"{page}?lang=en").text
    assert "was erased" in after
    assert "رئیسم" not in after
    assert sam.get(SOUND).status_code == 403
    assert not audio_path(site.places.audio, "shared-0", "shared-0/turn 0").exists()
    answer = sam.post(f"{page}/notes", {"text": "x"}, shown_at="/sessions/shared-1")
    assert answer.status_code == 404


def test_revoked_sharing_hides_the_talk_at_once(site):
    events = talk_events("t", "p", NOW - timedelta(days=1), language="en")
    keep_talk(site.log, events)
    sam = site.signed_in("sam", "supervisor")
    assert "My boss shouted" in sam.get("/sessions/t").text
    site.record(
        PersonConsentSet(subject="p", at=NOW, scope="share", granted=False, version="1", given_by="page")
    )
    assert "My boss shouted" not in sam.get("/sessions/t").text


def test_an_anonymous_talk_with_a_flag_is_a_supervisors_alone(site, tara):
    site.record(
        TalkStarted(
            talk_id="anon", at=NOW, clinic="clinic-1", purpose="kiosk", language="en", client="widget"
        ),
        CrisisFlagged(talk_id="anon", at=NOW, level=2, country="GB", kind="self_harm", lines_shown=("999",)),
    )
    assert tara.get("/sessions/anon").status_code == 404
    answer = site.signed_in("sam", "supervisor").get("/sessions/anon?lang=en")
    assert "anonymous" in answer.text
    assert "Crisis level 2" in answer.text


def test_words_that_look_like_markup_stay_words(site):
    words = (HOSTILE, '"><img src=x onerror=alert(1)>', "'; DROP TABLE talks; --")
    scopes = (*CONSENTED, "research")
    keep_talk(site.log, talk_events("t", "p", NOW - timedelta(days=1), words=words, scopes=scopes))
    page = site.signed_in("sam", "supervisor").get("/sessions/t").text
    assert HOSTILE not in page
    assert "<img" not in page
    assert "DROP TABLE" in page
