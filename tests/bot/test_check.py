import re

import pytest

from bot.check import (
    SECRETS,
    Finding,
    Report,
    effective_settings,
    read_settings,
    safety,
    secret_states,
    settings_path,
)
from bot.settings import ROOT, Settings

LONG = "x" * 32
ALL_SET = dict.fromkeys(SECRETS, "set")
NONE_SET = dict.fromkeys(ALL_SET, "not set")


def states(findings):
    return {finding.subject: finding.state for finding in findings}


def write(tmp_path, text):
    path = tmp_path / "endpoints.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "mention"),
    [
        ("hamdel: {server: {prot: 1}}", "hamdel.server.prot"),
        ("hamdel: {server: {host: '${NO_SUCH_VARIABLE}'}}", "NO_SUCH_VARIABLE"),
        ("hamdel: [", "not valid YAML"),
    ],
)
def test_settings_that_the_gateway_refuses_are_invalid_and_say_where(tmp_path, text, mention):
    settings, findings = read_settings(write(tmp_path, text), {})
    assert settings is None
    assert mention in findings[0].detail
    assert findings[0].state == "invalid"
    assert findings[0].remedy


def test_a_missing_settings_file_is_invalid(tmp_path):
    _, findings = read_settings(tmp_path / "none.yml", {})
    assert [finding.state for finding in findings] == ["invalid"]


def test_the_settings_file_is_the_one_that_the_environment_names(tmp_path):
    assert settings_path(tmp_path, {}) == tmp_path / "endpoints.yml"
    assert settings_path(tmp_path, {"HAMDEL_ENDPOINTS": "/other.yml"}).name == "other.yml"


def test_of_a_secret_only_its_being_there_and_its_length_are_told():
    shown = secret_states({"HAMDEL_TOKEN_SECRET": LONG, "HAMDEL_SERVER_KEY": "hunter2"})
    assert shown == NONE_SET | {"HAMDEL_TOKEN_SECRET": "set", "HAMDEL_SERVER_KEY": "set, too short"}


def test_every_secret_that_the_settings_page_names_is_shown():
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(HAMDEL_\w*(?:SECRET|KEY|TOKEN|PASSWORD))`", page))
    assert named == set(SECRETS)


def test_a_password_that_others_have_chosen_may_be_short():
    assert secret_states({"HAMDEL_SMTP_PASSWORD": "hunter2"})["HAMDEL_SMTP_PASSWORD"] == "set"


@pytest.mark.parametrize("name", ["HAMDEL_LOG_KEY", "HAMDEL_TRACKER_KEY", "HAMDEL_WEBHOOK_SECRET"])
def test_a_key_that_is_too_short_is_wrong_and_its_remedy_makes_none_of_another_shape(name):
    found = safety(Settings(), ALL_SET | {name: "set, too short"})
    assert states(found) == {name: "wrong"}
    assert "token_hex" not in (found[0].remedy or "")


def test_passwords_in_addresses_are_left_out():
    settings = Settings.model_validate(
        {"dialogue": {"url": "wss://anna:hunter2@rasa.example:5005/turns?token=hunter3"}}
    )
    shown = effective_settings(settings)["dialogue.url"]
    assert shown == "wss://…@rasa.example:5005/turns?…"


def test_every_setting_is_shown():
    assert effective_settings(Settings())["recogniser.model"] == "whisper-base"
    assert effective_settings(Settings())["server.allowed_origins"] == []


def test_a_developers_own_machine_is_safe_without_secrets():
    settings = Settings.model_validate({"server": {"development": True}})
    assert states(safety(settings, NONE_SET)) == {"safety": "ok"}


def test_development_tokens_are_unsafe_where_others_can_connect():
    settings = Settings.model_validate({"server": {"development": True, "host": "0.0.0.0"}})
    assert states(safety(settings, ALL_SET)) == {"server.development": "unsafe"}


def test_a_server_for_others_needs_a_token_secret_and_a_server_key():
    settings = Settings.model_validate({"server": {"host": "192.0.2.7"}})
    assert states(safety(settings, NONE_SET)) == {
        "HAMDEL_TOKEN_SECRET": "unsafe",
        "HAMDEL_SERVER_KEY": "missing",
    }
    assert states(safety(settings, ALL_SET)) == {"safety": "ok"}


def test_without_development_and_server_key_nobody_could_ever_talk():
    found = safety(Settings(), ALL_SET | {"HAMDEL_SERVER_KEY": "not set"})
    assert states(found) == {"HAMDEL_SERVER_KEY": "missing"}
    assert "no talk can begin" in found[0].detail
    assert "export HAMDEL_SERVER_KEY=" in (found[0].remedy or "")


def test_a_dialogue_engine_elsewhere_needs_a_token():
    settings = Settings.model_validate({"dialogue": {"url": "ws://10.0.0.3:5005/hamdel/turns"}})
    without = ALL_SET | {"HAMDEL_DIALOGUE_TOKEN": "not set"}
    assert states(safety(settings, without)) == {"HAMDEL_DIALOGUE_TOKEN": "unsafe"}


def test_a_token_secret_that_the_gateway_refuses_is_invalid():
    found = safety(Settings(), ALL_SET | {"HAMDEL_TOKEN_SECRET": "set, too short"})
    assert states(found) == {"HAMDEL_TOKEN_SECRET": "invalid"}
    assert "export HAMDEL_TOKEN_SECRET=" in (found[0].remedy or "")


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ([], 0),
        (["ok", "note"], 0),
        (["ok", "missing"], 1),
        (["unsafe"], 1),
        (["missing", "invalid"], 2),
    ],
)
def test_exit_status_is_that_of_the_worst_finding(tmp_path, found, status):
    report = Report(tmp_path, {}, {}, {"all": [Finding("it", state, "so") for state in found]})
    assert report.exit_status == status
