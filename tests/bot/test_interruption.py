import pytest
from scripted_talk import ScriptedTalk, sent_types

from bot import commands as c
from bot.endpointing import (
    SpeechConfirmed,
    SpeechEnded,
    SpeechLasting,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechSustained,
)
from bot.heard import SpokenSentence
from bot.interruption import DUCKED_DB, HELD_DB, is_asking

STATEMENT = "That sounds hard and I am glad that you tell me about it."
QUESTION = "What has happened to you at work today?"


def speaking(*sentences, **options):
    """A talk in which the bot is in the middle of its last sentence."""
    talk = ScriptedTalk(**options)
    talk.utter("I had a hard day")
    talk.answer(*(sentences or (STATEMENT,)))
    for index in range(len(sentences) or 1):
        talk.sound(talk.last(c.Speak).generation, index, milliseconds=1_500)
        talk.now_ms += 1_500
    return talk


@pytest.fixture
def talk():
    return speaking()


def gains(talk):
    return [event["gain_db"] for event in talk.events("hamdel.duck")]


def burst(talk, *kinds, start_ms=9_000):
    given = []
    for kind in kinds:
        given += talk.hear(kind(start_ms))
    return given


def pause(talk, *, start_ms=9_000, end_ms=9_300):
    return talk.hear(SpeechPaused(start_ms, end_ms))


def end(talk, *, start_ms=9_000, end_ms=9_300, voiced_ms=300):
    return talk.hear(SpeechEnded(start_ms, end_ms, 600, voiced_ms))


def recognised(talk, text, language="en"):
    asked = talk.last(c.Understand)
    result = c.Understood(asked.item_id, asked.attempt, text, language, 0.9, 300, None)
    return talk.do(talk.conversation.understood(result, talk.now_ms))


def test_a_voice_lowers_the_volume_of_the_reply_at_once(talk):
    commands = burst(talk, SpeechStarted)
    assert sent_types(commands) == ["hamdel.duck"]
    duck = talk.events("hamdel.duck")[0]
    assert duck["gain_db"] == DUCKED_DB
    assert duck["item_id"] == talk.events("response.output_audio.delta")[-1]["item_id"]


def test_a_burst_that_ends_brings_the_volume_back_and_the_reply_goes_on(talk):
    burst(talk, SpeechStarted, SpeechConfirmed)
    pause(talk)
    recognised(talk, "mm-hm")
    end(talk)
    assert gains(talk) == [DUCKED_DB, 0]
    assert sent_types(talk.sound(talk.last(c.Speak).generation)) == ["response.output_audio.delta"]
    assert len(talk.events("input_audio_buffer.speech_started")) == 1  # that of the turn before
    assert len(talk.all(c.AskDialogue)) == 1


def test_a_burst_that_lasts_holds_the_reply_until_it_ends(talk):
    commands = burst(talk, SpeechStarted, SpeechConfirmed, SpeechLasting)
    assert [type(command) for command in commands if not isinstance(command, c.Send)] == [c.HoldSpeaking]
    commands = pause(talk)
    assert c.ReleaseSpeaking(paused_by_client=True) in commands
    assert gains(talk) == [DUCKED_DB, HELD_DB, 0]
    assert talk.events("response.done")[:1] == []


def test_speech_cuts_the_reply_and_then_gives_the_volume_back(talk):
    commands = burst(talk, SpeechStarted, SpeechConfirmed, SpeechLasting, SpeechSustained)
    sent = sent_types(commands)
    assert sent[:3] == ["hamdel.duck", "hamdel.duck", "input_audio_buffer.speech_started"]
    assert sent[-2:] == ["response.done", "hamdel.duck"]
    assert gains(talk) == [DUCKED_DB, HELD_DB, 0]
    stop = next(place for place, command in enumerate(commands) if isinstance(command, c.StopSpeaking))
    release = next(place for place, command in enumerate(commands) if isinstance(command, c.ReleaseSpeaking))
    assert stop < release


def test_the_turn_that_interrupts_begins_where_the_voice_did(talk):
    burst(talk, SpeechStarted, SpeechConfirmed, SpeechLasting, SpeechSustained)
    assert (
        talk.events("input_audio_buffer.speech_started")[-1]["audio_start_ms"] == 8_700
    )  # with the pre-roll


def test_a_spared_burst_that_goes_on_becomes_a_turn_with_its_beginning(talk):
    burst(talk, SpeechStarted, SpeechConfirmed)
    pause(talk)
    stale = talk.last(c.Understand)
    talk.hear(SpeechResumed(9_550))
    burst(talk, SpeechLasting, SpeechSustained)
    pause(talk, end_ms=11_000)
    asked = talk.last(c.Understand)
    assert (asked.item_id, asked.start_ms, asked.end_ms > 11_000) == (stale.item_id, 8_700, True)
    assert asked.attempt > stale.attempt
    assert c.StopUnderstanding(stale.item_id) in talk.commands
    assert gains(talk) == [DUCKED_DB, 0, DUCKED_DB, HELD_DB, 0]


def test_what_was_recognised_before_a_burst_went_on_is_dropped(talk):
    burst(talk, SpeechStarted)
    pause(talk)
    stale = talk.last(c.Understand)
    talk.hear(SpeechResumed(9_550))
    result = c.Understood(stale.item_id, stale.attempt, "level three", "en", 0.9, 300, None)
    assert talk.do(talk.conversation.understood(result, talk.now_ms)) == []


def test_a_stock_client_is_not_told_of_the_volume_but_its_reply_is_held():
    talk = speaking(own_events=False)
    commands = burst(talk, SpeechStarted, SpeechConfirmed, SpeechLasting)
    assert commands == [c.HoldSpeaking()]
    assert c.ReleaseSpeaking(paused_by_client=False) in pause(talk)


# Answers --------------------------------------------------------------------------------------------


def test_after_a_question_a_quarter_of_a_second_of_voice_takes_the_floor():
    talk = speaking(STATEMENT, QUESTION)
    commands = burst(talk, SpeechStarted, SpeechConfirmed)
    assert "response.done" in sent_types(commands)
    pause(talk)
    recognised(talk, "yes")
    end(talk)
    assert talk.last(c.AskDialogue).text == "yes"


def test_an_even_shorter_answer_in_the_last_words_of_a_question_is_answered():
    talk = speaking(STATEMENT, QUESTION)
    burst(talk, SpeechStarted)
    pause(talk, end_ms=9_200)
    assert talk.events("response.done") == []
    recognised(talk, "no")
    commands = end(talk, end_ms=9_200, voiced_ms=200)
    kinds = [
        kind for kind in sent_types(commands) if kind.startswith("input_audio") or kind == "response.done"
    ]
    assert kinds[:2] == ["input_audio_buffer.speech_started", "response.done"]
    assert [asked.text for asked in talk.all(c.AskDialogue)] == ["I had a hard day", "no"]


def test_noise_after_a_question_cuts_nothing():
    talk = speaking(STATEMENT, QUESTION)
    burst(talk, SpeechStarted)
    pause(talk, end_ms=9_200)
    end(talk, end_ms=9_200, voiced_ms=200)
    recognised(talk, "")
    assert talk.events("response.done") == []
    assert gains(talk) == [DUCKED_DB, 0]


def test_a_short_word_in_the_last_words_of_a_statement_is_answered_once_the_reply_is_over(talk):
    burst(talk, SpeechStarted)
    talk.do(talk.conversation.spoken(talk.last(c.Speak).generation, talk.now_ms))
    pause(talk)
    end(talk)
    recognised(talk, "thank you")
    assert [asked.text for asked in talk.all(c.AskDialogue)] == ["I had a hard day", "thank you"]
    assert gains(talk) == [DUCKED_DB, 0]


def test_each_answer_is_answered_once_even_if_its_words_come_twice():
    talk = speaking(STATEMENT, QUESTION)
    burst(talk, SpeechStarted)
    pause(talk)
    end(talk)
    recognised(talk, "no")
    recognised(talk, "no")
    assert len(talk.all(c.AskDialogue)) == 2


@pytest.mark.parametrize("mark", ["?", "؟", '?"', "? "])
def test_a_question_awaits_an_answer_until_a_second_after_it(mark):
    sentences = [
        SpokenSentence("One.", start_ms=0),
        SpokenSentence("Two" + mark, start_ms=1_000),
        SpokenSentence("Three.", start_ms=2_000),
    ]
    assert [is_asking(sentences, at) for at in (0, 500, 1_500, 2_500, 3_500)] == [
        False,
        False,
        True,
        True,
        False,
    ]


# What the words of a spared burst ask for -----------------------------------------------------------


def test_danger_in_a_spared_burst_is_answered_at_once(talk):
    burst(talk, SpeechStarted, SpeechConfirmed)
    pause(talk)
    commands = recognised(talk, "level three")
    sent = sent_types(commands)
    assert "hamdel.crisis" in sent
    assert sent.index("response.done") < sent.index("response.created")
    assert "Fixed reply of level 3." in [command.text for command in talk.all(c.Speak)]
    item_id = talk.events("input_audio_buffer.speech_started")[-1]["item_id"]
    talk.client(type="conversation.item.retrieve", item_id=item_id)
    assert talk.events("conversation.item.retrieved")[0]["item"]["content"][0]["transcript"] == "level three"
    end(talk)
    assert len(talk.events("response.created")) == 2


def test_speech_after_words_of_danger_interrupts_the_crisis_reply_like_any_other(talk):
    burst(talk, SpeechStarted)
    pause(talk)
    recognised(talk, "level three")
    talk.sound(talk.last(c.Speak).generation)
    talk.hear(SpeechResumed(9_700))
    burst(talk, SpeechLasting, SpeechSustained)
    assert talk.events("input_audio_buffer.speech_started")[-1]["audio_start_ms"] == 9_400
    assert talk.events("response.done")[-1]["response"]["status"] == "cancelled"


@pytest.mark.parametrize(("text", "language"), [("Stop!", "en"), ("صبر کنید.", "fa"), ("No.", "en")])
def test_a_short_wish_to_be_heard_stops_the_reply(talk, text, language):
    burst(talk, SpeechStarted)
    pause(talk)
    assert "response.done" in sent_types(recognised(talk, text, language))


@pytest.mark.parametrize(("text", "language"), [("Yeah.", "en"), ("آره", "fa"), ("", "en"), ("اوهوم.", "fa")])
def test_back_channels_are_let_pass(talk, text, language):
    burst(talk, SpeechStarted, SpeechConfirmed, SpeechLasting)
    pause(talk)
    recognised(talk, text, language)
    assert end(talk) == []
    assert talk.events("response.done") == []


def test_a_recognition_that_fails_is_tried_once_more_and_then_let_pass(talk):
    burst(talk, SpeechStarted)
    pause(talk)
    for _ in range(2):
        asked = talk.last(c.Understand)
        talk.do(
            talk.conversation.understood(c.UnderstandingFailed(asked.item_id, asked.attempt), talk.now_ms)
        )
        end(talk)
    assert len({(asked.item_id, asked.attempt) for asked in talk.all(c.Understand)[1:]}) == 2
    assert talk.events("response.done") == []


# Odd orders -----------------------------------------------------------------------------------------


def test_a_client_that_falls_silent_in_mid_burst_gets_its_reply_back(talk):
    burst(talk, SpeechStarted, SpeechLasting)
    talk.now_ms += 2_000
    commands = talk.do(talk.conversation.tick(talk.now_ms))
    assert c.ReleaseSpeaking(paused_by_client=True) in commands
    assert gains(talk)[-1] == 0


def test_clearing_the_input_in_mid_burst_brings_the_reply_back(talk):
    burst(talk, SpeechStarted, SpeechLasting)
    commands = talk.client(type="input_audio_buffer.clear")
    assert c.ReleaseSpeaking(paused_by_client=True) in commands
    assert gains(talk)[-1] == 0


def test_where_interruption_is_switched_off_nothing_is_lowered_or_cut():
    talk = speaking()
    detection = {"type": "server_vad", "interrupt_response": False}
    talk.client(type="session.update", session={"audio": {"input": {"turn_detection": detection}}})
    commands = burst(talk, SpeechStarted, SpeechConfirmed, SpeechLasting, SpeechSustained)
    assert sent_types(commands) == ["input_audio_buffer.speech_started"]
    assert talk.all(c.HoldSpeaking) == []


def test_pushed_to_talk_a_quarter_of_a_second_begins_a_turn():
    talk = speaking()
    talk.client(type="session.update", session={"audio": {"input": {"turn_detection": None}}})
    assert sent_types(burst(talk, SpeechStarted, SpeechConfirmed)) == ["input_audio_buffer.speech_started"]


def test_what_is_committed_by_hand_in_mid_burst_is_a_turn():
    talk = speaking()
    burst(talk, SpeechStarted)
    commands = talk.client(type="input_audio_buffer.commit")
    assert sent_types(commands)[0] == "input_audio_buffer.speech_started"
    assert c.EndUtterance() in commands


def test_before_anything_sounds_nothing_is_lowered_and_a_quarter_of_a_second_interrupts():
    talk = ScriptedTalk()
    talk.utter("I had a hard day")
    assert sent_types(burst(talk, SpeechStarted)) == []
    assert "response.done" in sent_types(burst(talk, SpeechConfirmed))
