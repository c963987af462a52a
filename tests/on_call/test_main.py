"""The commands, as a deployer runs them."""

import asyncio
import base64
import subprocess
import sys

import pytest
from alert_receivers import mail_server, refusing_port, webhook_server

from on_call.__main__ import main

SECRET = b"s" * 32
VARIABLE = "whsec_" + base64.b64encode(SECRET).decode()


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """Writes an endpoints file with this section `on_call`, and has it used."""

    def write(section):
        path = tmp_path / "endpoints.yml"
        path.write_text(f"hamdel:\n  on_call: {section}\n", encoding="utf-8")
        monkeypatch.setenv("HAMDEL_ENDPOINTS", str(path))
        monkeypatch.setenv("HAMDEL_WEBHOOK_SECRET", VARIABLE)

    return write


TWO = """{public_url: https://x.example, contacts: [
    {name: Day, webhook: https://day.example/x, timezone: Asia/Tehran, hours: ["daily 08:00-20:00"]},
    {name: Night, clinic: north, webhook: https://night.example/x, timezone: Asia/Tehran,
     hours: ["daily 20:00-08:00"]}]}"""


def test_who_lists_those_on_duty_at_a_moment(configured, capsys):
    configured(TWO)
    assert main(["who", "--at", "2026-11-20T12:00+03:30"]) == 0
    assert capsys.readouterr().out == "1. Day  (webhook; daily 08:00-20:00 Asia/Tehran)\n"
    assert main(["who", "--at", "2026-11-20T23:00+03:30", "--clinic", "north"]) == 0
    assert capsys.readouterr().out.startswith("1. Night")


def test_who_says_that_nobody_is_there(configured, capsys):
    configured(TWO)
    assert main(["who", "--at", "2026-11-20T23:00+03:30"]) == 1
    assert capsys.readouterr().out == "nobody is on duty\n"
    configured("{}")
    assert main(["who"]) == 1
    assert "hamdel.on_call.contacts in endpoints.yml is empty" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["who", "--at", "noon"],
        ["who", "--at", "2026-11-20T12:00"],
        ["who", "--at", "0001-01-01T00:00+14:00"],
        ["test"],
        ["call"],
    ],
)
def test_wrong_arguments_exit_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m on_call" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["who", "--help"], ["test", "--help"]])
def test_help_is_everywhere(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "usage: python -m on_call" in capsys.readouterr().out


def test_wrong_settings_exit_2_with_one_line(configured, capsys):
    configured("{contacts: [{name: Day, webhook: https://secret.example/x}]}")
    assert main(["who"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "hamdel.on_call.contacts" in err
    assert "secret" not in err


def test_an_unknown_contact_exits_2_and_names_those_there_are(configured, capsys):
    configured(TWO)
    assert main(["test", "--contact", "Nobody"]) == 2
    assert "there are: Day, Night" in capsys.readouterr().err


def test_a_missing_secret_exits_2(configured, capsys, monkeypatch):
    configured(TWO)
    monkeypatch.delenv("HAMDEL_WEBHOOK_SECRET")
    assert main(["test", "--contact", "Day"]) == 2
    assert "HAMDEL_WEBHOOK_SECRET" in capsys.readouterr().err


def contact(hook_port, mail_port):
    return f"""{{public_url: http://127.0.0.1:8300, attempt_timeout_s: 5,
        smtp: {{host: localhost, port: {mail_port}, security: none, sender: hamdel@clinic.example}},
        contacts: [{{name: Day, webhook: http://127.0.0.1:{hook_port}/x, email: day@clinic.example}}]}}"""


async def test_a_test_goes_through_the_real_channels_and_is_marked(configured, capsys):
    async with webhook_server(SECRET) as hook, mail_server() as post:
        configured(contact(hook.port, post.port))
        assert await asyncio.to_thread(main, ["test", "--contact", "Day"]) == 0
    assert capsys.readouterr().out == "webhook: delivered\nmail: delivered\n"
    assert hook.bodies[0]["type"] == "hamdel.alert.test"
    assert "Nobody is in danger" in post.mails[0].get_content()


async def test_a_test_that_fails_says_where_and_exits_1(configured, capsys):
    async with webhook_server(SECRET, 500) as hook:
        configured(contact(hook.port, refusing_port()))
        assert await asyncio.to_thread(main, ["test", "--contact", "Day"]) == 1
    out = capsys.readouterr().out
    assert "webhook: FAILED, the webhook answered with status 500" in out
    assert "mail: FAILED, the mail could not be handed in" in out


def test_it_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "on_call", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "who is on duty" in done.stdout
