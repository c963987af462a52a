"""Which recogniser hears which language on this machine, and why: one rule, said aloud by `check`.

A model that the settings name is taken as named. Where they say "auto", it is the one with the least
published errors in that language among those that have been fetched, whose cores the machine has, and that
fit into its memory beside the rest. Nothing is ever fetched because of this rule; `advice` says what
fetching would bring.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.model_manifest import Recognition
from bot.model_store import ModelStatus
from bot.settings import AUTO_MODEL, RecogniserSettings

__all__ = ["REST_MB", "Machine", "ModelChoice", "advice", "choose_models", "this_machine"]

REST_MB = 2_000
"""Memory that everything else of an installation takes, with some to spare."""

_WORST = 1.0


@dataclass(frozen=True, slots=True)
class Machine:
    """What a recogniser has to live with: processor cores, and memory in megabytes (None: not known)."""

    cores: int
    memory_mb: int | None


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model for a language (None: any other), and the reason in words."""

    language: str | None
    name: str
    reason: str


def this_machine() -> Machine:
    """The cores that this process may use, and the memory of the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        memory_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_000_000
    except (OSError, ValueError, AttributeError):
        memory_mb = None
    return Machine(cores, memory_mb)


def choose_models(
    recogniser: RecogniserSettings, statuses: Sequence[ModelStatus], machine: Machine
) -> tuple[ModelChoice, ...]:
    """The model of each language that has one of its own, after the one for all others.

    Args:
        recogniser: what the settings say.
        statuses: the models of the manifest, and which are there.
        machine: what they have to run on.
    """
    choices = [ModelChoice(None, recogniser.model, "named in the settings")]
    for language, name in recogniser.by_language.items():
        if name == AUTO_MODEL:
            choices.append(_best(language, recogniser.model, statuses, machine))
        else:
            choices.append(ModelChoice(language, name, "named in the settings"))
    return tuple(choices)


def advice(
    choices: Sequence[ModelChoice], statuses: Sequence[ModelStatus], machine: Machine
) -> Iterator[tuple[str, str]]:
    """For each language with a better model than the chosen one: the language, and what that would bring."""
    known = {status.name: status for status in statuses}
    for language in sorted({code for status in statuses for code in _rates(status)}):
        chosen = next((item for item in choices if item.language == language), choices[0])
        own = known[chosen.name].entry.recognition if chosen.name in known else None
        for status in statuses:
            found = status.entry.recognition
            if found is None or own is None or _error(found, language) >= _error(own, language):
                continue
            hindrance = _hindrance(found, machine)
            state = (
                "there" if status.state == "present" else f"to fetch: {status.entry.size_bytes / 1e6:.0f} MB"
            )
            yield (
                language,
                f"{status.name} ({state}) would make {_figures(found, language)} of the words wrong instead "
                f"of {_figures(own, language)}; {found.memory_mb} MB of memory, about "
                f"{found.times_base / own.times_base:.1f} times as long for an utterance; this machine "
                + (hindrance or "bears it"),
            )


def _best(language: str, usual: str, statuses: Sequence[ModelStatus], machine: Machine) -> ModelChoice:
    fitting = [
        status
        for status in statuses
        if status.state == "present"
        and language in status.entry.languages
        and status.entry.recognition is not None
        and _hindrance(status.entry.recognition, machine) is None
    ]
    # Of equals the first of the manifest, which is the smallest.
    best = min(fitting, key=lambda status: _error(status.entry.recognition, language), default=None)
    if best is None:
        return ModelChoice(language, usual, "no model for it is there that this machine bears")
    return ModelChoice(language, best.name, "the best that is there and that this machine bears")


def _hindrance(recognition: Recognition, machine: Machine) -> str | None:
    if machine.cores < recognition.least_cores:
        return f"has {machine.cores} of the {recognition.least_cores} cores that it needs to keep up"
    needed_mb = recognition.memory_mb + REST_MB
    if machine.memory_mb is not None and machine.memory_mb < needed_mb:
        return f"has {machine.memory_mb} of the {needed_mb} MB of memory that it needs beside the rest"
    return None


def _error(recognition: Recognition | None, language: str) -> float:
    rates = recognition.word_error_rate.get(language) if recognition is not None else None
    return sum(rates) / 2 if rates is not None else _WORST


def _figures(recognition: Recognition, language: str) -> str:
    rates = recognition.word_error_rate.get(language)
    if rates is None:
        return "an unknown part"
    low, high = (f"{rate:.0%}" for rate in rates)
    return low if low == high else f"{low} to {high}"


def _rates(status: ModelStatus) -> Iterator[str]:
    return iter(status.entry.recognition.word_error_rate if status.entry.recognition is not None else ())
