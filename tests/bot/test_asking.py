"""Which turn is answered, and when: push-to-talk, typed turns, and what clients tell of earlier talks."""

import pytest
from scripted_talk import ScriptedTalk, sent_types, typed

from bot import commands as c
from bot.endpointing import SpeechConfirmed, SpeechEnded, SpeechPaused, SpeechStarted


def push_to_talk(talk):
    audio = {"input": {"turn_detection": None}}
    talk.client(type="session.update", session={"type": "realtime", "audio": audio})
    return talk


@pytest.fixture
def talk():
    return push_to_talk(ScriptedTalk())


def speak(talk, *, start_ms=1_000, voiced_ms=1_500):
    talk.hear(SpeechStarted(start_ms))
    talk.hear(SpeechConfirmed(start_ms))
    return start_ms + voiced_ms


def commit(talk, end_ms, *, voiced_ms=1_500):
    given = talk.client(type="input_audio_buffer.commit")
    assert c.EndUtterance() in given
    return talk.hear(SpeechEnded(end_ms - voiced_ms, end_ms, 100, voiced_ms))


def understand(talk, text):
    asked = talk.last(c.Understand)
    result = c.Understood(asked.item_id, asked.attempt, text, "en", 0.9, 1_500, None)
    return talk.do(talk.conversation.understood(result, talk.now_ms))


def errors(talk):
    return [event["error"]["code"] for event in talk.events("error")]


# Push-to-talk ---------------------------------------------------------------------------------------


def test_a_committed_turn_waits_for_its_reply_to_be_asked_for(talk):
    assert sent_types(commit(talk, speak(talk)))[:2] == [
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
    ]
    understand(talk, "I slept badly.")
    assert talk.all(c.AskDialogue) == []
    talk.client(type="response.create")
    assert talk.last(c.AskDialogue).text == "I slept badly."


def test_a_reply_asked_for_right_after_the_commit_comes_when_the_words_are_known(talk):
    commit(talk, speak(talk))
    talk.client(type="response.create", response={"metadata": {"turn": "one"}})
    assert talk.all(c.AskDialogue) == []
    understand(talk, "I slept badly.")
    assert talk.last(c.AskDialogue).text == "I slept badly."
    assert talk.events("response.created")[-1]["response"]["metadata"] == {"turn": "one"}
    assert errors(talk) == []


def test_pauses_end_no_turn_and_are_recognised_ahead(talk):
    end_ms = speak(talk)
    talk.hear(SpeechPaused(1_000, end_ms))
    understand(talk, "I slept badly.")
    assert talk.events("input_audio_buffer.committed") == []
    commit(talk, end_ms)
    talk.client(type="response.create")
    assert talk.last(c.AskDialogue).text == "I slept badly."
    assert len(talk.all(c.Understand)) == 1


def test_a_commit_without_speech_is_an_error_and_the_next_turn_is_whole(talk):
    talk.client(type="input_audio_buffer.commit", event_id="mine")
    assert talk.events("error")[-1]["error"]["event_id"] == "mine"
    assert errors(talk) == ["input_audio_buffer_commit_empty"]
    assert talk.all(c.EndUtterance) == []
    commit(talk, speak(talk))
    understand(talk, "I slept badly.")
    talk.client(type="input_audio_buffer.commit")
    assert errors(talk) == ["input_audio_buffer_commit_empty"] * 2
    talk.client(type="response.create")
    assert talk.last(c.AskDialogue).text == "I slept badly."


def test_what_is_cleared_is_neither_committed_nor_answered(talk):
    end_ms = speak(talk)
    talk.hear(SpeechPaused(1_000, end_ms))
    given = talk.client(type="input_audio_buffer.clear")
    assert c.ForgetAudio() in given
    assert sent_types(given) == ["input_audio_buffer.cleared"]
    understand(talk, "Never mind.")
    talk.client(type="input_audio_buffer.commit")
    assert errors(talk) == ["input_audio_buffer_commit_empty"]
    commit(talk, speak(talk, start_ms=5_000), voiced_ms=1_500)
    understand(talk, "I slept badly.")
    talk.client(type="response.create")
    assert [asked.text for asked in talk.all(c.AskDialogue)] == ["I slept badly."]


def test_several_committed_turns_are_answered_as_one(talk):
    for start_ms, words in ((1_000, "I slept badly."), (9_000, "And I am tired.")):
        commit(talk, speak(talk, start_ms=start_ms))
        understand(talk, words)
    talk.client(type="response.create")
    assert talk.last(c.AskDialogue).text == "I slept badly.\nAnd I am tired."


def test_danger_is_answered_at_once_and_asking_for_the_reply_does_nothing_more(talk):
    commit(talk, speak(talk))
    understand(talk, "level three")
    assert talk.events("response.created")
    assert talk.events("hamdel.crisis")
    replies = len(talk.events("response.created"))
    talk.client(type="response.create")
    assert len(talk.events("response.created")) == replies


def test_speech_alone_does_not_cut_a_reply(talk):
    typed(talk, "I slept badly.")
    talk.client(type="response.create")
    talk.answer("Tell me more about it.")
    generation = talk.last(c.Speak).generation
    talk.sound(generation)
    end_ms = speak(talk)
    assert talk.events("response.done") == []
    talk.client(type="response.cancel")
    commit(talk, end_ms)
    understand(talk, "Not now.")
    talk.client(type="response.create")
    assert talk.last(c.AskDialogue).text == "Not now."
    assert errors(talk) == []


def test_a_reply_may_be_asked_for_only_once_at_a_time(talk):
    commit(talk, speak(talk))
    understand(talk, "I slept badly.")
    talk.client(type="response.create")
    talk.client(type="response.create")
    assert errors(talk) == ["conversation_already_has_active_response"]
    assert len(talk.all(c.AskDialogue)) == 1


def test_cancelling_what_is_not_under_way_is_told_in_the_words_that_clients_look_for(talk):
    talk.client(type="response.cancel")
    assert errors(talk) == ["response_cancel_not_active"]
    assert talk.events("error")[-1]["error"]["message"].startswith("Cancellation failed")


def test_automatic_turns_come_back_when_they_are_asked_for():
    talk = push_to_talk(ScriptedTalk())
    assert not talk.last(c.ConfigureListening).automatic
    detection = {"turn_detection": {"type": "server_vad"}}
    talk.client(type="session.update", session={"type": "realtime", "audio": {"input": detection}})
    assert talk.last(c.ConfigureListening).automatic
    talk.utter("I slept badly.")
    assert talk.last(c.AskDialogue).text == "I slept badly."


def test_replies_need_asking_where_the_client_wants_it_so_and_still_are_interrupted():
    talk = ScriptedTalk()
    detection = {"turn_detection": {"type": "server_vad", "create_response": False}}
    talk.client(type="session.update", session={"type": "realtime", "audio": {"input": detection}})
    talk.utter("I slept badly.")
    assert talk.all(c.AskDialogue) == []
    talk.client(type="response.create")
    talk.answer("Tell me more about it.")
    assert talk.last(c.AskDialogue).text == "I slept badly."


# What clients tell of earlier talks -----------------------------------------------------------------


def place(talk, role, text, kind, **fields):
    item = {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
    event = {"type": "conversation.item.create", "item": {**item, **fields.pop("item", {})}, **fields}
    return talk.client(**event)


@pytest.mark.parametrize(
    ("role", "kind"), [("assistant", "output_text"), ("assistant", "text"), ("system", "input_text")]
)
def test_messages_of_others_are_placed_and_nobody_says_or_reads_them(talk, role, kind):
    given = place(talk, role, "Welcome back.", kind, item={"id": "earlier"})
    assert sent_types(given) == ["conversation.item.added", "conversation.item.done"]
    talk.client(type="conversation.item.retrieve", item_id="earlier")
    item = talk.events("conversation.item.retrieved")[-1]["item"]
    assert (item["role"], item["content"][0]["text"]) == (role, "Welcome back.")
    talk.client(type="conversation.item.delete", item_id="earlier")
    assert talk.all(c.AskDialogue) == []
    assert talk.all(c.Speak) == []
    assert errors(talk) == []


def test_whoever_tells_of_an_earlier_talk_first_is_greeted_once(talk):
    place(talk, "system", "The user is a teacher.", "input_text")
    place(talk, "assistant", "Welcome back.", "output_text")
    talk.client(type="response.create")
    assert len(talk.events("response.created")) == 1
    talk.client(type="response.cancel")
    talk.client(type="response.create")
    assert errors(talk) == ["no_turn_to_answer"]


def test_what_was_said_aloud_is_placed_by_its_transcript(talk):
    part = {"type": "output_audio", "transcript": "Welcome back."}
    item = {"type": "message", "role": "assistant", "id": "earlier", "content": [part]}
    talk.client(type="conversation.item.create", item=item)
    talk.client(type="conversation.item.retrieve", item_id="earlier")
    kept = talk.events("conversation.item.retrieved")[-1]["item"]["content"]
    assert kept == [{"type": "output_text", "text": "Welcome back."}]


def test_an_earlier_talk_that_is_told_anew_is_not_answered_again(talk):
    typed(talk, "I slept badly.", id="one")
    place(talk, "assistant", "Tell me more.", "output_text", item={"id": "two"}, previous_item_id="one")
    talk.client(type="response.create")
    assert errors(talk) == ["no_turn_to_answer"]
    typed(talk, "I am tired.", id="three")
    talk.client(type="response.create")
    assert talk.last(c.AskDialogue).text == "I am tired."


def test_a_message_before_the_waiting_turn_leaves_it_waiting(talk):
    typed(talk, "I slept badly.", id="one")
    place(talk, "assistant", "Welcome back.", "output_text", previous_item_id="root")
    talk.client(type="response.create")
    assert talk.last(c.AskDialogue).text == "I slept badly."


def test_danger_in_an_earlier_talk_is_seen(talk):
    typed(talk, "level three", id="one")
    place(talk, "assistant", "Please call somebody.", "output_text", previous_item_id="one")
    assert talk.events("hamdel.crisis")


@pytest.mark.parametrize(
    ("item", "fields", "code"),
    [
        ({"role": "assistant", "content": []}, {}, "invalid_value"),
        ({"role": "assistant", "content": [{"type": "output_audio"}]}, {}, "invalid_value"),
        ({"role": "system", "content": [{"type": "input_text", "text": ""}]}, {}, "invalid_value"),
        (
            {"role": "assistant", "content": [{"type": "output_text", "text": "a" * 6_000}] * 2},
            {},
            "invalid_value",
        ),
        (
            {"role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
            {"previous_item_id": "nobody"},
            "item_not_found",
        ),
        (
            {"role": "assistant", "id": "there", "content": [{"type": "output_text", "text": "a"}]},
            {},
            "item_create_duplicate_item_id",
        ),
        ({"role": "judge", "content": [{"type": "output_text", "text": "a"}]}, {}, "invalid_value"),
    ],
)
def test_messages_of_others_that_cannot_be_placed_change_nothing(talk, item, fields, code):
    typed(talk, "I slept badly.", id="there")
    added = len(talk.events("conversation.item.added"))
    talk.client(type="conversation.item.create", item={"type": "message", **item}, **fields)
    assert errors(talk) == [code]
    assert len(talk.events("conversation.item.added")) == added
    talk.client(type="response.create")
    assert talk.last(c.AskDialogue).text == "I slept badly."
