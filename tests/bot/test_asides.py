import pytest

from bot import commands as c
from bot.asides import Aside, Asides
from bot.outbox import Outbox
from bot.session_config import SessionConfig
from bot.talk_state import TalkIdentity, TalkState, Turn


def identity():
    return TalkIdentity(
        talk_id="t", subject=None, clinic=None, purpose="therapy", language=None, country=None, client="test"
    )


@pytest.fixture
def outbox():
    return Outbox("t")


@pytest.fixture
def asides(outbox):
    state = TalkState(identity=identity(), config=SessionConfig(id="s"), granted={"emotion"})
    return Asides(state=state, outbox=outbox, finds_danger=lambda turn: "danger" in turn.text)


def aside(number=1, *, answers=False, ended=False):
    turn = Turn(item_id=f"item_{number}", source="voice", start_ms=1_000)
    return Aside(turn, answers=answers, ended=ended, end_ms=1_300)


def words(text, *, number=1, attempt=1):
    return c.Understood(f"item_{number}", attempt, text, "en", 0.9, 300, None)


def test_a_burst_is_recognised_with_a_little_of_what_follows_it(asides, outbox):
    asides.listen(aside())
    assert outbox.drain() == [c.Understand("item_1", 1, 1_000, 1_450, None, False)]


def test_the_mood_is_asked_for_only_where_the_burst_may_be_an_answer(asides, outbox):
    asides.listen(aside(answers=True))
    assert outbox.drain()[0].with_emotion is True


def test_what_has_no_danger_in_it_is_let_pass_and_forgotten(asides):
    spared = aside(ended=True)
    asides.listen(spared)
    assert asides.understood(words("yeah")) is None
    assert "item_1" not in asides


def test_danger_and_a_wish_for_silence_do_not_wait_for_the_end(asides):
    for number, text in enumerate(("there is danger", "Hold on.")):
        spared = aside(number)
        asides.listen(spared)
        assert asides.understood(words(text, number=number)) is spared


def test_an_answer_is_one_when_it_has_ended_and_has_words(asides):
    spared = aside(answers=True)
    asides.listen(spared)
    assert asides.understood(words("no")) is None  # it may go on
    spared.ended = True
    assert asides.settle(spared) is spared
    assert spared.turn.text == "no"


def test_an_answer_whose_words_are_late_comes_with_them(asides):
    spared = aside(answers=True, ended=True)
    asides.listen(spared)
    assert asides.settle(spared) is None
    assert asides.waiting
    assert asides.understood(words("no")) is spared
    assert not asides.waiting


def test_an_answer_without_words_or_whose_recognition_failed_is_none(asides):
    for number, result in enumerate((words("", number=0), c.UnderstandingFailed("item_1", 1))):
        asides.listen(aside(number, answers=True, ended=True))
        assert asides.understood(result) is None
        assert f"item_{number}" not in asides


def test_stale_unknown_and_second_results_are_dropped(asides, outbox):
    spared = aside()
    asides.listen(spared)
    asides.go_on(spared)
    assert c.StopUnderstanding("item_1") in outbox.drain()
    asides.listen(spared)
    assert asides.understood(words("danger")) is None
    assert asides.understood(words("danger", number=9)) is None
    assert asides.understood(words("danger", attempt=3)) is spared
    assert asides.understood(words("danger", attempt=3)) is None


def test_no_more_than_eight_wait_for_their_words(asides):
    for number in range(20):
        asides.listen(aside(number))
    assert ["item_11" in asides, "item_12" in asides] == [False, True]


def test_what_is_forgotten_is_recognised_no_more(asides, outbox):
    asides.listen(aside(answers=True, ended=True))
    asides.forget()
    assert outbox.drain()[-1] == c.StopUnderstanding("item_1")
    assert not asides.waiting
