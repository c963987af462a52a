"""`python -m bot check [--json]`: what is set, what is there, what is missing and how to get it."""

from __future__ import annotations

import argparse
import json
import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot.check import (
    PREPARE,
    Finding,
    Report,
    effective_settings,
    read_settings,
    safety,
    secret_states,
    settings_path,
)
from bot.check_installation import dialogue_model, environments, programs, shipped_weights, speech_models
from bot.check_log import session_log
from bot.check_machine import folders, gateway_runs, ports
from bot.check_rendered_speech import rendered_speech
from bot.check_voice import voice

__all__ = ["HELP", "examine", "readable", "run_check"]

HELP = "show settings, versions, models and ports; what is missing, and how to get it"

_WIDTH = 100
_ROOT = Path(__file__).resolve().parent.parent


def run_check(arguments: Sequence[str]) -> int:
    """Prints the report; 0 all well, 1 something is missing, 2 the settings are invalid."""
    parser = argparse.ArgumentParser(prog="python -m bot check", description=f"Checks: {HELP}.")
    parser.add_argument("--json", action="store_true", help="print JSON")
    as_json = parser.parse_args(arguments).json
    report = examine(_ROOT, os.environ)
    print(json.dumps(report.document(), ensure_ascii=False, indent=2) if as_json else readable(report))
    return report.exit_status


def examine(root: Path, environment: Mapping[str, str]) -> Report:
    """Looks at everything and changes nothing.

    Args:
        root: the project's folder.
        environment: environment variables.
    """
    path = settings_path(root, environment)
    settings, settings_findings = read_settings(path, environment)
    secrets = secret_states(environment)
    report = Report(path, effective_settings(settings) if settings is not None else None, secrets)
    report.sections["Settings"] = [*settings_findings, *safety(settings, secrets)]
    report.sections["Programs and packages"] = [*environments(root), *programs(environment.get("PATH"))]
    report.sections["Models"] = [
        *speech_models(root, settings),
        *voice(settings),
        *rendered_speech(settings),
        *shipped_weights(root),
        *dialogue_model(root),
    ]
    if settings is not None:
        report.sections["Ports"] = ports(settings, environment)
    runs = settings is not None and gateway_runs(settings)
    report.sections["Session log"] = session_log(settings, environment, server_runs=runs)
    try:
        report.sections["Folders"] = folders(root, settings, environment)
    except ImportError as error:
        detail = f"not looked at: the package {error.name} is missing"
        report.sections["Folders"] = [Finding("folders", "missing", detail, PREPARE)]
    return report


def readable(report: Report) -> str:
    """The report for people, in at most 100 columns."""
    lines = [f"Effective settings, read from {report.settings_file}"]
    if report.settings is None:
        lines.append("  not known, see below")
    column = max((len(key) for key in report.settings or {}), default=0) + 1
    for key, value in (report.settings or {}).items():
        lines += _wrapped(f"  {key:<{column}}", json.dumps(value, ensure_ascii=False).strip('"'))
    lines += ["", "Secrets of the environment"]
    lines += [f"  {name:<{column}}{state}" for name, state in report.secrets.items()]
    for title, findings in report.sections.items():
        lines += ["", title]
        column = max((len(finding.subject) for finding in findings), default=0)
        for finding in findings:
            lines += _wrapped(f"  {finding.state:<8} {finding.subject:<{column}}  ", finding.detail)
    lines += ["", *_conclusion(report.problems)]
    return "\n".join(line for text in lines for line in _fitting(text))


def _conclusion(problems: Sequence[Finding]) -> Iterator[str]:
    if not problems:
        yield "All is well."
        return
    yield f"To be mended ({len(problems)}), each with the line that does it:"
    for finding in problems:
        yield from _wrapped("  ", f"{finding.subject}: {finding.state}, {finding.detail}")
        yield from _wrapped("      ", finding.remedy or "see above")


def _wrapped(first: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=" " * min(len(first), 50),
        break_on_hyphens=False,
    ) or [first]


def _fitting(line: str) -> list[str]:
    return textwrap.wrap(line, _WIDTH, drop_whitespace=False, subsequent_indent="    ") or [""]
