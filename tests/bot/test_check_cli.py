import json
import re
import subprocess
import sys

import pytest

from bot.check import SECRETS, Finding, Report
from bot.check_cli import examine, readable
from bot.settings import ROOT
from session_log import SessionLog
from session_log.master_keys import MasterKeys

SECRET = "open-sesame-" * 3


def run(*arguments, environment=None, flags=()):
    return subprocess.run(
        [sys.executable, *flags, "-m", "bot", "check", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **(environment or {})},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def broken(tmp_path):
    """A folder that has next to nothing of a project."""
    (tmp_path / "endpoints.yml").write_text("hamdel: {server: {port: 0}}\n")
    return tmp_path


def test_a_checkout_where_nothing_is_prepared_is_examined_to_the_end(broken):
    report = examine(broken, {"PATH": str(broken)})
    missing = {finding.subject for finding in report.problems}
    assert {".venv", ".venv-dialogue", "espeak-ng", "models.toml", "dialogue model"} <= missing
    assert all(finding.remedy for finding in report.problems)


def test_no_line_is_longer_than_100_columns_and_each_problem_has_its_remedy(broken):
    report = examine(broken, {"PATH": str(broken), "HAMDEL_LOGS": "/" + "far/" * 60})
    text = readable(report)
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "sudo apt-get install espeak-ng" in text
    assert f"To be mended ({len(report.problems)})" in text


def test_a_report_without_problems_says_so(tmp_path):
    report = Report(tmp_path / "endpoints.yml", {"a.b": None}, {}, {"All": [Finding("it", "ok", "so")]})
    assert readable(report).endswith("All is well.")


def test_the_longest_key_stands_apart_from_its_value(broken):
    lines = readable(examine(broken, {"PATH": str(broken)})).splitlines()
    assert any(re.match(r"  jurisdiction\.emotion_inference +on$", line) for line in lines)


def test_the_log_is_looked_at_with_the_key_that_the_settings_name(tmp_path):
    with SessionLog.open(tmp_path / "log.sqlite") as log:
        key = MasterKeys.load(log.places.key_file, {}).current_id
    path = tmp_path / "endpoints.yml"
    path.write_text(f"hamdel: {{server: {{port: 0}}, session_log: {{path: {log.places.database}}}}}\n")
    sections = json.loads(run("--json", environment={"HAMDEL_ENDPOINTS": str(path)}).stdout)["sections"]
    found = {finding["subject"]: finding for finding in sections["Session log"]}
    assert {finding["state"] for finding in found.values()} == {"ok"}
    assert key in found["log key"]["detail"]


def test_neither_form_shows_a_secret(tmp_path):
    environment = dict.fromkeys(SECRETS, SECRET)
    for form in ((), ("--json",)):
        ended = run(*form, environment=environment | {"HAMDEL_HOME": str(tmp_path)})
        assert SECRET not in ended.stdout + ended.stderr
        assert "HAMDEL_TOKEN_SECRET" in ended.stdout
        assert ended.stderr == ""


def test_json_has_all_and_the_exit_status_is_that_of_the_process(tmp_path):
    ended = run("--json", environment={"HAMDEL_HOME": str(tmp_path)})
    document = json.loads(ended.stdout)
    assert ended.returncode == document["exit_status"] == 1  # no model in this new home
    assert document["settings"]["recogniser.model"] == "whisper-base"
    models = {finding["subject"]: finding for finding in document["sections"]["Models"]}
    assert models["whisper-base"]["state"] == "missing"
    assert models["ser_model/standalone/weights/logmel_cnn.onnx"]["state"] == "ok"


def test_invalid_settings_end_with_2_and_the_rest_is_still_shown(tmp_path):
    path = tmp_path / "endpoints.yml"
    path.write_text("hamdel: {server: {prot: 1}}\n")
    ended = run(environment={"HAMDEL_ENDPOINTS": str(path)})
    assert ended.returncode == 2
    assert "hamdel.server.prot" in ended.stdout
    assert "espeak-ng" in ended.stdout


def test_it_speaks_where_no_package_is_installed():
    ended = run(flags=("-S",))
    assert ended.stderr == ""
    assert ended.returncode == 1
    assert "the package httpx is missing" in " ".join(ended.stdout.split())


def test_an_unknown_option_is_bad_input():
    ended = run("--loud")
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
