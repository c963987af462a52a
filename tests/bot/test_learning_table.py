"""Decisions become one table: bounded, of known techniques, each person with one number."""

import threading

import numpy as np

from bot.learning_table import read_table
from recommender.decisions import Context, Decision

FAMILIES = {"breathing": "calm", "walking": "move"}


def decision(person="p", technique="breathing", mood="anger", reward=1.0):
    even = {"breathing": 0.5, "walking": 0.5}
    return Decision(person, Context(mood), 0, technique, 0.5, even, reward, 1.0, 20_000.0)


def read(decisions, **options):
    return read_table(decisions, FAMILIES, threading.Event(), **options)


def test_each_person_has_one_number_over_all_parts_of_the_table():
    persons = [f"p-{number % 7}" for number in range(900)]
    table = read(decision(person) for person in persons)
    assert len(table) == 900
    assert len(np.unique(table.person)) == 7
    assert all(table.person[7:] == table.person[:-7])


def test_unknown_techniques_and_moods_and_decisions_without_a_reward_are_left_out():
    odd = [decision("a", "dancing"), decision("b", mood="unclear"), decision("c", reward=None)]
    table = read([*odd, decision("d"), decision("e")])
    assert len(table) == 2
    assert len(np.unique(table.person)) == 2


def test_impossible_numbers_are_left_out():
    assert len(read([decision(reward=float("nan")), decision(reward=-1.0), decision(reward=1e300)])) == 0


def test_the_newest_count_where_there_are_too_many_and_no_more_are_read():
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield decision(f"p-{len(taken)}")

    table = read(endless(), most=450)
    assert len(table) == 450
    assert len(taken) < 1_000


def test_nothing_gives_an_empty_table():
    assert len(read([])) == 0


def test_it_can_be_stopped_in_the_middle():
    stopping = threading.Event()

    def decisions():
        for number in range(10_000):
            if number == 500:
                stopping.set()
            yield decision()

    rows = decisions()
    assert read_table(rows, FAMILIES, stopping) is None
    assert sum(1 for _ in rows) > 9_000
