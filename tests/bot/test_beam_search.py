import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.beam_search import BeamSearch

END = 0
TOKENS = 5
DEPTH = 4


def _search(table, beams, longest=DEPTH):
    """Runs a search over a table: log-probabilities of the next token after each prefix."""
    search = BeamSearch(beams, end=END, longest=longest)
    prefixes = [()]
    while search.going_on:
        assert search.rows == len(prefixes)
        rows = [sorted(enumerate(table(prefix)), key=lambda pair: -pair[1]) for prefix in prefixes]
        prefixes = [(*prefixes[row], token) for row, token in search.advance(rows)]
    return search.found()


def _table(seed):
    def scores(prefix):
        weights = [1 + (hash((seed, *prefix, token)) % 1000) for token in range(TOKENS)]
        return [math.log(weight / sum(weights)) for weight in weights]

    return scores


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_scores_are_those_of_the_tokens(seed, beams):
    table = _table(seed)
    found = _search(table, beams)
    assert 1 <= len(found) <= beams
    assert [one.log_probability for one in found] == sorted(
        (one.log_probability for one in found), reverse=True
    )
    assert len({(one.tokens, one.ended) for one in found}) == len(found)
    for one in found:
        steps = [*one.tokens, END] if one.ended else list(one.tokens)
        total = sum(table(one.tokens[:place])[token] for place, token in enumerate(steps))
        assert one.log_probability == pytest.approx(total / len(steps))
        assert END not in one.tokens


@given(st.integers(0, 10_000))
def test_one_beam_is_greedy(seed):
    table = _table(seed)
    (found,) = _search(table, 1)
    prefix = ()
    while len(prefix) < DEPTH:
        token = max(range(TOKENS), key=lambda token: table(prefix)[token])
        if token == END:
            break
        prefix = (*prefix, token)
    assert found.tokens == prefix


def test_a_sequence_that_does_not_end_is_broken_off():
    (found,) = _search(lambda prefix: [-9.0, -0.1, -3.0, -4.0, -5.0], 1, longest=3)
    assert found.tokens == (1, 1, 1)
    assert not found.ended


def test_wide_search_finds_what_greedy_search_misses():
    """The best sentence begins with the second-best word."""
    likely = {(): [-9.0, -0.6, -0.9], (1,): [-3.0, -3.0, -3.0], (2,): [-0.01, -6.0, -6.0]}
    table = lambda prefix: [*likely.get(prefix, [-0.1, -4.0, -4.0]), -20.0, -20.0]  # noqa: E731
    assert _search(table, 1)[0].tokens != (2,)
    assert _search(table, 3)[0].tokens == (2,)


def test_searches_side_by_side_do_not_meet():
    tables = [_table(seed) for seed in range(2)]
    alone = [_search(table, 3) for table in tables]
    searches = [BeamSearch(3, end=END, longest=DEPTH) for _ in tables]
    prefixes = [[()] for _ in tables]
    for _ in itertools.count():
        if not any(search.going_on for search in searches):
            break
        for place, search in enumerate(searches):
            if search.going_on:
                rows = [
                    sorted(enumerate(tables[place](prefix)), key=lambda pair: -pair[1])
                    for prefix in prefixes[place]
                ]
                prefixes[place] = [(*prefixes[place][row], token) for row, token in search.advance(rows)]
    assert [search.found() for search in searches] == alone
