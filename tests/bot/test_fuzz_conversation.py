"""Whatever reaches a talk, in whatever order, it keeps its promises (`fuzzed_talk` lists them)."""

from fuzz_breaks import breaking_moves
from fuzz_events import Message, moves, raw_messages
from fuzz_voices import voice_moves
from fuzzed_talk import FuzzedTalk
from held import held
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

_SMALL = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@_SMALL
@given(st.lists(moves(), min_size=10, max_size=60))
def test_a_talk_keeps_its_promises_whatever_reaches_it(script):
    talk = FuzzedTalk()
    for move in script:
        talk.play(move)
    talk.settle()
    talk.leave()


@_SMALL
@given(st.lists(raw_messages(), min_size=10, max_size=40))
def test_every_message_is_served_or_answered_with_one_error(texts):
    talk = FuzzedTalk()
    for text in texts:
        talk.play(Message(text))
    talk.settle()
    talk.leave()


@_SMALL
@given(st.booleans(), st.lists(voice_moves(), min_size=10, max_size=40))
def test_who_speaks_and_who_gives_way_is_settled_whatever_both_say(own_events, script):
    talk = FuzzedTalk()
    if own_events:
        talk.play(Message('{"type": "session.update", "session": {"hamdel": {"disclosure": "shown"}}}'))
    for move in script:
        talk.play(move)
    talk.settle()
    talk.leave()


@_SMALL
@given(st.lists(breaking_moves(), min_size=10, max_size=40))
def test_a_broken_connection_and_new_formats_of_sound_cost_nothing_and_double_nothing(script):
    talk = FuzzedTalk()
    talk.play(Message('{"type": "session.update", "session": {"hamdel": {"disclosure": "shown"}}}'))
    for move in script:
        talk.play(move)
    talk.settle()
    talk.leave()


@settings(_SMALL, max_examples=15, phases=[Phase.generate])
@given(st.lists(moves(), min_size=30, max_size=40), st.randoms(use_true_random=False))
def test_nothing_in_a_talk_grows_with_its_events(script, chance):
    talk = FuzzedTalk()
    for _ in range(20):
        for move in chance.sample(script, len(script)):
            talk.play(move)
    assert max(held(talk.conversation).values()) < 2_000_000
