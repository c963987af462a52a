from __future__ import annotations

from pathlib import Path

import pytest

from bot.model_choice import REST_MB, Machine, advice, choose_models, this_machine
from bot.model_manifest import load_manifest
from bot.model_store import ModelStatus
from bot.settings import RecogniserSettings

ENTRIES = load_manifest(Path(__file__).resolve().parents[2] / "models.toml")
SMALL_MACHINE = Machine(cores=2, memory_mb=8_000)
GOOD_MACHINE = Machine(cores=8, memory_mb=16_000)


def statuses(*present: str) -> list[ModelStatus]:
    return [
        ModelStatus(name, entry, Path("models") / name, "present" if name in present else "missing")
        for name, entry in ENTRIES.items()
    ]


def chosen(
    recogniser: RecogniserSettings, found: list[ModelStatus], machine: Machine
) -> dict[str | None, str]:
    return {choice.language: choice.name for choice in choose_models(recogniser, found, machine)}


def auto(**languages: str) -> RecogniserSettings:
    return RecogniserSettings.model_validate({"by_language": languages or {"fa": "auto"}})


def test_auto_takes_the_better_model_that_has_been_fetched_where_the_machine_bears_it() -> None:
    found = statuses("whisper-base", "whisper-small")
    assert chosen(auto(), found, GOOD_MACHINE) == {None: "whisper-base", "fa": "whisper-small"}
    assert chosen(auto(), found, SMALL_MACHINE) == {None: "whisper-base", "fa": "whisper-base"}


def test_auto_asks_for_no_download() -> None:
    assert chosen(auto(), statuses("whisper-base"), GOOD_MACHINE)["fa"] == "whisper-base"
    assert chosen(auto(), statuses(), GOOD_MACHINE)["fa"] == "whisper-base"
    assert auto().models == ("whisper-base",)


def test_a_model_that_leaves_no_memory_for_the_rest_is_not_taken() -> None:
    found = statuses("whisper-base", "whisper-small")
    short = Machine(cores=8, memory_mb=REST_MB + 899)
    assert chosen(auto(), found, short)["fa"] == "whisper-base"
    assert chosen(auto(), found, Machine(cores=8, memory_mb=REST_MB + 900))["fa"] == "whisper-small"
    assert chosen(auto(), found, Machine(cores=8, memory_mb=None))["fa"] == "whisper-small"


def test_a_named_model_is_taken_whatever_the_machine() -> None:
    found = statuses("whisper-base", "whisper-small")
    assert chosen(auto(fa="whisper-small"), found, SMALL_MACHINE)["fa"] == "whisper-small"


def test_a_language_without_published_errors_gets_the_smallest_that_is_there() -> None:
    found = statuses("whisper-base", "whisper-small")
    assert chosen(auto(en="auto"), found, GOOD_MACHINE)["en"] == "whisper-base"


def test_advice_names_the_gain_the_cost_and_what_stands_against_it() -> None:
    found = statuses("whisper-base")
    ((language, said),) = advice(choose_models(auto(), found, SMALL_MACHINE), found, SMALL_MACHINE)
    assert language == "fa"
    for part in (
        "whisper-small",
        "to fetch: 486 MB",
        "72% to 76%",
        "95%",
        "900 MB",
        "3.5 times",
        "2 of the 4",
    ):
        assert part in said
    ((_, better),) = advice(choose_models(auto(), found, GOOD_MACHINE), found, GOOD_MACHINE)
    assert better.endswith("this machine bears it")


def test_where_the_best_is_chosen_there_is_nothing_to_advise() -> None:
    found = statuses("whisper-base", "whisper-small")
    assert list(advice(choose_models(auto(), found, GOOD_MACHINE), found, GOOD_MACHINE)) == []


def test_a_model_that_the_manifest_lacks_brings_no_advice_and_no_error() -> None:
    recogniser = RecogniserSettings.model_validate({"model": "giant"})
    assert list(advice(choose_models(recogniser, statuses(), GOOD_MACHINE), statuses(), GOOD_MACHINE)) == []


def test_this_machine_has_a_core_and_some_memory() -> None:
    machine = this_machine()
    assert machine.cores >= 1
    assert machine.memory_mb is None or machine.memory_mb > 100


@pytest.mark.parametrize("name", ["whisper-base", "whisper-small"])
def test_each_recogniser_says_what_it_costs(name: str) -> None:
    recognition = ENTRIES[name].recognition
    assert recognition is not None
    assert 0 < recognition.word_error_rate["fa"][0] <= recognition.word_error_rate["fa"][1] <= 1
