import re

import pytest
from sdk_events import CLIENT_EVENTS, SERVER_EVENTS

from bot.settings import ROOT
from bot.token_routes import TOKEN_FIELDS
from session_log.events import SCOPES

PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
ROWS = dict(
    re.findall(r"^\| `([a-z_.]+)` \| ((?:served|accepted|error|sent|never sent)[^|]*) \|", PAGE, re.MULTILINE)
)
SOURCES = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "bot").glob("*.py")))
OURS = set(re.findall(r"""["'](hamdel\.[a-z_.]+)["']""", SOURCES))


@pytest.mark.parametrize("kind", sorted(CLIENT_EVENTS))
def test_each_client_event_of_the_sdk_has_a_state(kind):
    assert re.fullmatch(r"served|accepted and ignored|error `[a-z_]+`", ROWS.get(kind, "missing"))


@pytest.mark.parametrize("kind", sorted(SERVER_EVENTS))
def test_each_server_event_of_the_sdk_has_a_state(kind):
    assert re.fullmatch(r"sent|never sent", ROWS.get(kind, "missing"))


def test_each_event_of_our_own_has_a_state():
    assert {"hamdel.crisis", "hamdel.consent.set"} <= OURS
    assert OURS - ROWS.keys() == set()


def test_the_page_has_no_event_that_nobody_knows():
    not_yet = {"hamdel.face"}
    assert ROWS.keys() - CLIENT_EVENTS.keys() - SERVER_EVENTS.keys() - OURS == not_yet


def test_each_error_code_of_a_refused_event_is_on_the_page():
    codes = set(re.findall(r'ProtocolError\(\s*"([a-z_]+)"', SOURCES))
    assert "item_not_found" in codes
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()


def test_each_field_of_a_token_request_is_on_the_page():
    section = PAGE.split("### Tokens")[1].split("\nRefusals")[0]
    fields = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert fields == list(TOKEN_FIELDS)


def test_the_scopes_of_consent_are_listed():
    row = next(line for line in PAGE.splitlines() if line.startswith("| `hamdel.consent.set`"))
    assert f"`{', '.join(SCOPES)}`" in row
