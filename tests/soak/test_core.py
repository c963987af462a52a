"""A million events against the I/O-free core, and talks of 100,000 events: no crash, flat memory."""

import gc
import os
import random
import time

import psutil
import pytest
from fuzz_events import moves
from fuzzed_talk import FuzzedTalk
from held import held
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

EVENTS = int(os.environ.get("HAMDEL_FUZZ_EVENTS", "1000000"))
LONG_TALK_EVENTS = 100_000
SHARE_OF_NEW_SCRIPTS = 0.1
SCRIPT_MOVES = 50
GROWTH_MIB = 24


@pytest.fixture(scope="module")
def pool():
    """Moves drawn by hypothesis; the long talks mix them anew."""
    drawn = []

    @settings(
        max_examples=400,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(moves(), min_size=30, max_size=SCRIPT_MOVES))
    def draw(script):
        drawn.extend(script)

    draw()
    return drawn


def memory_mib():
    gc.collect()
    return psutil.Process().memory_full_info().uss / 2**20


def test_scripts_drawn_by_hypothesis_keep_every_promise():
    steps = errors = 0
    slowest_s = 0.0
    begun = time.monotonic()

    @settings(
        max_examples=int(EVENTS * SHARE_OF_NEW_SCRIPTS / SCRIPT_MOVES),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(moves(), min_size=SCRIPT_MOVES - 10, max_size=SCRIPT_MOVES))
    def play(script):
        nonlocal steps, errors, slowest_s
        talk = FuzzedTalk()
        for move in script:
            talk.play(move)
        talk.settle()
        talk.leave()
        steps += talk.steps
        errors += talk.errors
        slowest_s = max(slowest_s, talk.slowest_s)

    play()
    took_s = time.monotonic() - begun
    print(
        f"\nnew scripts: {steps:,} events, {errors:,} refused with an error, {steps / took_s:,.0f} events/s, "
        f"slowest step {slowest_s * 1000:.0f} ms"
    )


def test_long_talks_keep_every_promise_in_flat_memory(pool):
    chance = random.Random(20261120)
    endless = [
        move for move in pool if getattr(move, "milliseconds", 0) < 60_000
    ]  # no limit ends these talks
    total = errors = 0
    rows = []
    begun = time.monotonic()
    warm_mib = 0.0
    while total < EVENTS * (1 - SHARE_OF_NEW_SCRIPTS):
        talk = FuzzedTalk()
        half = {}
        # Talks on a clock that hardly moves, so that only the number of events can make them grow.
        while talk.steps < LONG_TALK_EVENTS and not talk.closed:
            talk.play(chance.choice(endless))
            if not half and talk.steps >= LONG_TALK_EVENTS // 2:
                half = held(talk.conversation)
        full = held(talk.conversation)
        talk.settle()
        talk.leave()
        total += talk.steps
        errors += talk.errors
        rows.append((talk.steps, sum(full.values()), memory_mib(), talk.slowest_s))
        growing = {
            place: (half.get(place, 0), size)
            for place, size in full.items()
            if half and size > 1.2 * half.get(place, 0) + (64 if "characters" not in place else 200_000)
        }
        assert not growing, f"these grow with the length of the talk: {growing}"
        assert talk.closed or talk.steps >= LONG_TALK_EVENTS
        warm_mib = warm_mib or rows[-1][2]
    took_s = time.monotonic() - begun
    print(f"\nlong talks: {total:,} events, {errors:,} refused, {total / took_s:,.0f} events/s")
    print("    events   entries and characters held   own memory (MiB)   slowest step (ms)")
    for steps, size, mib, slowest_s in rows:
        print(f"{steps:10,}{size:31,}{mib:19.1f}{slowest_s * 1000:20.0f}")
    assert rows[-1][2] - warm_mib < GROWTH_MIB
