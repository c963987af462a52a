"""Learning from the feedback in a real session log: the gate, the state, its damage, and what is forgotten."""

import asyncio
import json
import logging
import math
import threading
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import pytest
from gateway_parts import ScriptedDialogue, ScriptedSpeech, running_gateway, until
from log_files import change, rows
from offer_log import FAMILIES, TECHNIQUES, offer, said, talk, write, write_people

from bot import feedback_learning
from bot.feedback_learning import FeedbackLearning
from recommender.bandit import PersonalPreferences
from recommender.decisions import Context, Decision
from recommender.learnt_state import preferences_from_text
from session_log import SessionLog, SessionLogError
from session_log.erasure import erase_person
from session_log.learnt import Learnt, keep_learnt, read_learnt, set_aside_names
from session_log.reader import reading

LIKED, DISLIKED = TECHNIQUES[0], TECHNIQUES[5]
ANGER = Context("anger", 7, None)
NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


def clearly(technique):
    return 0.95 if technique in (LIKED, TECHNIQUES[3]) else 0.1


def evenly(technique):
    return 0.5


@pytest.fixture
def log(tmp_path):
    with SessionLog.open(tmp_path / "log.sqlite") as opened:
        yield opened


@contextmanager
def learning(log, **options):
    made = FeedbackLearning(log, **options)
    made.load()
    try:
        yield made
    finally:
        made.close()


def state(log):
    with reading(log.places) as reader:
        return read_learnt(reader.database, reader.keys)


def set_aside(log):
    with reading(log.places) as reader:
        return set_aside_names(reader.database)


def keep(log, learnt):
    log.perform(partial(keep_learnt, learnt=learnt)).result(30)


# The gate ---------------------------------------------------------------------------------------------


def test_where_feedback_clearly_pays_it_corrects_the_rules(log):
    write_people(log, clearly)
    with learning(log) as made:
        assert made.corrections(ANGER, None) == {}
        made.learn()
        corrections = made.corrections(ANGER, None)
    assert state(log).pays
    assert corrections.keys() == FAMILIES.keys()
    assert corrections[LIKED] > 0.1 > -0.1 > corrections[DISLIKED]
    assert all(abs(value) <= 1.5 and value == round(value, 4) for value in corrections.values())


def test_where_all_is_the_same_to_people_the_rules_are_kept(log):
    write_people(log, evenly)
    with learning(log) as made:
        made.learn()
        assert made.corrections(ANGER, None) == {}
    assert not state(log).pays
    assert "a gain is not certain" in state(log).reason


def test_too_few_answers_leave_the_rules_alone(log):
    write_people(log, clearly, people=30)
    with learning(log) as made:
        made.learn()
        assert made.corrections(ANGER, None) == {}
        assert made.well
    assert "too few to judge" in state(log).reason


@pytest.mark.parametrize("missing", ["research", "store_text", "emotion"])
def test_without_each_consent_nothing_is_learnt(log, missing):
    scopes = [scope for scope in ("research", "store_text", "emotion") if scope != missing]
    write_people(log, clearly, people=3, scopes=scopes)
    with learning(log) as made:
        made.learn()
    assert "0 answers of 0 persons" in state(log).reason
    assert json.loads(state(log).preferences)["techniques"] == {}


def test_an_empty_log_is_learnt_from_too(log):
    with learning(log) as made:
        made.learn()
        assert made.well
    assert state(log).pays is False


# From start to start ----------------------------------------------------------------------------------


def test_what_was_learnt_is_there_after_the_next_start(log):
    write_people(log, clearly)
    with learning(log) as made:
        made.learn()
        corrections = made.corrections(ANGER, None)
    with learning(log) as again:
        assert again.corrections(ANGER, None) == pytest.approx(corrections, abs=2e-4)
        assert again.well


def test_what_does_not_pay_is_not_used_after_the_next_start_either(log):
    write_people(log, clearly)
    with learning(log) as made:
        made.learn()
    keep(log, replace(state(log), pays=False))
    with learning(log) as again:
        assert again.corrections(ANGER, None) == {}


def test_with_learning_switched_off_what_was_learnt_is_deleted(log):
    write_people(log, clearly)
    with learning(log) as made:
        made.learn()
    with learning(log, learn=False) as off:
        assert off.corrections(ANGER, None) == {}
        assert off.well
        assert asyncio.run(asyncio.wait_for(off.run(), 5)) is None
    assert state(log) is None


# Forgetting -------------------------------------------------------------------------------------------


def test_what_a_person_erased_is_forgotten_at_the_next_learning(log):
    write_people(log, clearly, people=3)
    with learning(log) as made:
        made.learn()
        with_all = json.loads(state(log).preferences)
        log.perform(partial(erase_person, person="p-1")).result(30)
        made.learn()
        without = json.loads(state(log).preferences)
        assert without["places"] != with_all["places"]
        for person in ("p-0", "p-2"):
            log.perform(partial(erase_person, person=person)).result(30)
        made.learn()
    empty = preferences_from_text(state(log).preferences, FAMILIES)
    assert not empty.precision.any()
    assert not empty.places.any()


def test_learning_twice_from_the_same_log_learns_the_same(log):
    write_people(log, clearly, people=5)
    with learning(log) as made:
        made.learn()
        first = state(log)
        made.learn()
    assert state(log).preferences == first.preferences


# Damage -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["row", "json", "numbers", "version"])
def test_a_damaged_state_is_set_aside_and_a_fresh_one_begun(log, how, caplog):
    write_people(log, clearly)
    with learning(log) as made:
        made.learn()
    kept = state(log)
    if how == "row":
        change(log.places.database, "UPDATE learnt SET content = zeroblob(99)")
    else:
        content = json.loads(kept.preferences)
        content["places"][0] = [-1.0, 1e300] if how == "numbers" else content["places"][0]
        content["version"] = 99 if how == "version" else content["version"]
        text = "{" if how == "json" else json.dumps(content)
        keep(log, replace(kept, preferences=text))
    with caplog.at_level(logging.INFO), learning(log) as again:
        assert not again.well
        assert again.corrections(ANGER, None) == {}
        assert len(set_aside(log)) == 1
        assert state(log) is None
        again.learn()
        assert again.well
        assert again.corrections(ANGER, None)[LIKED] > 0
    assert "damaged and set aside" in caplog.text
    with caplog.at_level(logging.INFO), learning(log) as later:
        assert later.well
    assert "1 damaged states of what feedback has taught are kept aside" in caplog.text


def test_a_log_that_cannot_be_read_keeps_what_was_learnt_before(log, tmp_path):
    write_people(log, clearly)
    with learning(log) as made:
        made.learn()
        before = made.corrections(ANGER, None)
        hidden = log.places.database.rename(tmp_path / "hidden")
        with pytest.raises(SessionLogError):
            made.learn()
        assert made.corrections(ANGER, None) == before
        assert made.memory_of("p-1", "t-0") is None
        hidden.rename(log.places.database)


def test_whatever_fails_at_the_start_leaves_the_rules_alone(log, monkeypatch, caplog):
    def broken(*args):
        raise MemoryError("words")

    keep(log, Learnt(NOW, "{}", True, "old"))
    monkeypatch.setattr(feedback_learning, "preferences_from_text", broken)
    with learning(log) as made:
        assert not made.well
        assert made.corrections(ANGER, None) == {}
    assert "words" not in caplog.text


def test_feedback_beyond_all_measure_corrects_nothing(log):
    with learning(log) as made:
        hostile = PersonalPreferences({LIKED: 0.0}, {LIKED: math.nan})
        assert made.corrections(ANGER, hostile) == {}


def test_techniques_that_cannot_be_read_leave_the_rules_alone(log, tmp_path):
    with learning(log, suggestions=tmp_path) as made:
        assert not made.well
        assert made.corrections(ANGER, None) == {}
        assert made.memory_of("p-1", "now").preferences is None


def test_rows_that_cannot_be_read_are_counted_in_the_log_without_a_word_of_them(log, caplog):
    write_people(log, clearly, people=2)
    change(
        log.places.database,
        "UPDATE events SET content = zeroblob(80) WHERE talk_id = 't-1' AND content NOT NULL",
    )
    with caplog.at_level(logging.INFO), learning(log) as made:
        made.learn()
    assert "learning left out 2 rows of the log that cannot be read" in caplog.text
    assert not any(word in caplog.text for word in ("p-1", "t-1", LIKED))


def test_learning_that_is_broken_off_keeps_the_old_state(log, monkeypatch):
    write_people(log, clearly, people=5)
    old = Learnt(NOW, "{}", False, "old")
    keep(log, old)
    with learning(log) as made:
        keep(log, old)
        made.close()
        made.learn()
        assert state(log) == old

    def broken(*args):
        raise MemoryError

    with learning(log) as made:
        keep(log, old)
        monkeypatch.setattr(feedback_learning, "pays", broken)
        with pytest.raises(MemoryError):
            made.learn()
    assert state(log) == old


# Beside the talks -------------------------------------------------------------------------------------


@asynccontextmanager
async def running(made, **options):
    task = asyncio.create_task(made.run(**options))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_it_learns_at_once_and_again_after_each_pause(log):
    with learning(log) as made:
        async with running(made, pause_s=0.05):
            await until(lambda: state(log) is not None)
            first = state(log)
            await until(lambda: state(log).at > first.at)


async def test_what_was_learnt_within_the_day_is_not_learnt_again(log):
    keep(log, Learnt(NOW, "", False, "old"))
    with learning(log) as made:
        made.learn()
        first = state(log)
    with learning(log) as again:
        async with running(again):
            await asyncio.sleep(0.3)
        assert state(log) == first
    with learning(log, now=lambda: first.at + timedelta(days=1)) as again:
        async with running(again):
            await until(lambda: state(log) != first)


@pytest.mark.parametrize("error", [SessionLogError("x"), MemoryError(), ValueError("words"), TimeoutError()])
async def test_a_learning_that_fails_ends_nothing_and_is_tried_again(log, error, monkeypatch, caplog):
    def failing():
        raise error

    with learning(log) as made:
        real = made.learn
        monkeypatch.setattr(made, "learn", failing)
        async with running(made, pause_s=0.05):
            await until(lambda: not made.well)
            monkeypatch.setattr(made, "learn", real)
            await until(lambda: made.well)
    assert (
        f"learning from feedback failed; what was learnt before holds ({type(error).__name__})" in caplog.text
    )
    assert "words" not in caplog.text


async def test_it_ends_with_the_server_in_the_middle_of_learning(log, monkeypatch):
    begun = threading.Event()

    def endless(reader, illegible):
        while True:
            begun.set()
            time.sleep(0.001)
            yield Decision("p", ANGER, 0, LIKED, 0.5, {LIKED: 1.0}, 1.0, 1.0, 20_000.0)

    monkeypatch.setattr(feedback_learning, "decisions_of_all", endless)
    monkeypatch.setattr("bot.learning_table._AT_ONCE", 5)
    with learning(log) as made:
        async with running(made):
            await until(begun.is_set)
        made.close()
        workers = list(made._threads._threads)
        await until(lambda: not any(worker.is_alive() for worker in workers))
    assert state(log) is None


# Personal memory --------------------------------------------------------------------------------------


def liking(technique, person="p-1", count=6, scopes=("store_text", "emotion")):
    others = [name for name in TECHNIQUES if name != technique]
    for number in range(count):
        talk_id = f"{person}-{number}"
        shown = (technique, *others[number % 3 : number % 3 + 2])
        helped = said(talk_id, f"{technique}-0", True)
        yield talk(talk_id, person, [offer(talk_id, techniques=shown), helped], scopes)


def test_what_one_person_likes_corrects_the_rules_for_that_person_alone(log):
    write(log, *liking(LIKED))
    with learning(log) as made:
        memory = made.memory_of("p-1", "now")
        assert memory.helped_before == (f"{LIKED}-0",)
        own = made.corrections(ANGER, memory.preferences)
        assert own[LIKED] == max(own.values()) > 0
        assert all(math.isfinite(value) and abs(value) <= 1.5 for value in own.values())
        assert made.corrections(ANGER, None) == {}
        assert made.memory_of("p-2", "now").preferences is None


def test_it_adds_to_what_all_taught(log):
    write_people(log, clearly)
    write(log, *liking(DISLIKED, "p-new"))
    with learning(log) as made:
        made.learn()
        memory = made.memory_of("p-new", "now")
        of_all, own = made.corrections(ANGER, None), made.corrections(ANGER, memory.preferences)
    assert own[DISLIKED] > of_all[DISLIKED]


def test_with_learning_switched_off_what_helped_is_still_known(log):
    write(log, *liking(LIKED))
    with learning(log, learn=False) as made:
        memory = made.memory_of("p-1", "now")
    assert (memory.preferences, memory.helped_before) == (None, (f"{LIKED}-0",))


def test_an_erased_person_is_not_remembered(log):
    write(log, *liking(LIKED))
    with learning(log) as made:
        log.perform(partial(erase_person, person="p-1")).result(30)
        memory = made.memory_of("p-1", "now")
    assert (memory.preferences, memory.helped_before) == (None, ())


def test_whatever_fails_in_remembering_harms_no_talk(log, monkeypatch, caplog):
    def broken(*args, **options):
        raise ValueError("words")

    monkeypatch.setattr(feedback_learning, "own_talks", broken)
    with learning(log) as made:
        assert made.memory_of("p-1", "now") is None
    assert "cannot be read (ValueError)" in caplog.text
    assert "words" not in caplog.text


# In a gateway -----------------------------------------------------------------------------------------


class WatchedDialogue(ScriptedDialogue):
    def __init__(self):
        super().__init__()
        self.metadata = []

    async def ask(self, sender, turn_id, text, metadata):
        self.metadata.append(dict(metadata))
        async for answer in super().ask(sender, turn_id, text, metadata):
            yield answer


async def say(websocket, text, dialogue):
    before = len(dialogue.metadata)
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    await websocket.send(json.dumps({"type": "conversation.item.create", "item": item}))
    await websocket.send(json.dumps({"type": "response.create", "response": {"output_modalities": ["text"]}}))
    await until(lambda: len(dialogue.metadata) > before, timeout_s=30)
    async with asyncio.timeout(30):
        while json.loads(await websocket.recv())["type"] != "response.done":
            pass
    return dialogue.metadata[-1]


async def test_a_talk_remembers_what_helped_until_the_consent_is_withdrawn(tmp_path):
    dialogue = WatchedDialogue()
    with SessionLog.open(tmp_path / "session_log.sqlite") as log:
        write(log, *liking(LIKED))
    grants = frozenset({"talk", "emotion", "store_text", "memory"})
    async with running_gateway(tmp_path, dialogue=dialogue, speech=ScriptedSpeech()) as gateway:
        async with gateway.connect(gateway.token(subject="p-1", grants=grants)) as websocket:
            asked = await say(websocket, "hello", dialogue)
            for _ in range(100):
                if "helped_before" in asked:
                    break
                asked = await say(websocket, "hello again", dialogue)
            assert asked["helped_before"] == [f"{LIKED}-0"]
            forget = {"type": "hamdel.consent.set", "scope": "memory", "granted": False, "version": "1"}
            await websocket.send(json.dumps(forget))
            assert "helped_before" not in await say(websocket, "and now", dialogue)
        async with gateway.connect(gateway.token(subject="p-2", grants=grants)) as websocket:
            assert "helped_before" not in await say(websocket, "hello", dialogue)
        async with httpx.AsyncClient() as client:
            parts = (await client.get(f"{gateway.origin}/readyz")).json()["parts"]
            assert parts["learning"] is True
    assert rows(tmp_path / "session_log.sqlite", "SELECT count(*) FROM learnt") == [(0,)]
