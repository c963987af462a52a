import pytest
from scripted_talk import ScriptedTalk, records, sent_types, speech_mood, typed

from bot import commands as c
from bot.endpointing import SpeechConfirmed, SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted
from bot.protocol import ProtocolError
from session_log import events as log


@pytest.fixture
def talk():
    return ScriptedTalk()


# A spoken turn --------------------------------------------------------------------------------------


def test_a_spoken_turn_is_understood_asked_and_answered_in_order(talk):
    talk.utter("I had a hard day")
    talk.answer("That sounds hard.", "What happened?")
    talk.speak_all()
    assert [event["type"] for event in talk.events()][2:] == [
        "hamdel.disclosure",
        "hamdel.resume_token",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "response.output_audio_transcript.delta",
        "hamdel.intent",
        "response.output_audio.delta",
        "hamdel.latency",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    done = talk.events("response.done")[0]["response"]
    assert done["status"] == "completed"
    assert done["output"][0]["content"][0]["transcript"] == "That sounds hard. What happened?"


def test_recognition_starts_in_the_pause_before_the_turn_ends(talk):
    talk.hear(SpeechStarted(1_000))
    talk.hear(SpeechConfirmed(1_000))
    commands = talk.hear(SpeechPaused(1_000, 2_500))
    asked = [command for command in commands if isinstance(command, c.Understand)]
    assert len(asked) == 1
    assert asked[0].start_ms == 700  # 300 ms of pre-roll
    assert talk.all(c.AskDialogue) == []


def test_what_was_recognised_before_the_speaker_went_on_is_dropped(talk):
    talk.hear(SpeechStarted(1_000))
    talk.hear(SpeechPaused(1_000, 2_000))
    stale = talk.last(c.Understand)
    talk.hear(SpeechResumed(2_400))
    talk.do(
        talk.conversation.understood(
            c.Understood(stale.item_id, stale.attempt, "half a", "en", 0.9, 900, None), talk.now_ms
        )
    )
    talk.hear(SpeechPaused(1_000, 4_000))
    fresh = talk.last(c.Understand)
    assert fresh.attempt > stale.attempt
    talk.hear(SpeechEnded(1_000, 4_000, 600, 2_500))
    assert talk.all(c.AskDialogue) == []
    talk.do(
        talk.conversation.understood(
            c.Understood(fresh.item_id, fresh.attempt, "half a sentence", "en", 0.9, 3_000, None), talk.now_ms
        )
    )
    assert [asked.text for asked in talk.all(c.AskDialogue)] == ["half a sentence"]


def test_a_turn_ended_by_hand_right_after_an_inner_pause_is_recognised_whole(talk):
    talk.hear(SpeechStarted(1_000))
    talk.hear(SpeechPaused(1_000, 2_000))
    talk.hear(SpeechResumed(2_400))
    talk.hear(SpeechEnded(1_000, 4_000, 64, 2_500))
    asked = talk.last(c.Understand)
    assert asked.end_ms >= 4_000
    result = c.Understood(asked.item_id, asked.attempt, "the whole of it", "en", 0.9, 3_000, None)
    talk.do(talk.conversation.understood(result, talk.now_ms))
    assert talk.last(c.AskDialogue).text == "the whole of it"


def test_a_speculative_recognition_that_failed_is_tried_once_more_at_the_end(talk):
    talk.hear(SpeechStarted(1_000))
    talk.hear(SpeechPaused(1_000, 2_000))
    first = talk.last(c.Understand)
    talk.do(talk.conversation.understood(c.UnderstandingFailed(first.item_id, first.attempt), talk.now_ms))
    talk.hear(SpeechEnded(1_000, 2_000, 600, 900))
    assert talk.last(c.Understand).attempt > first.attempt


def test_each_turn_is_answered_once_even_if_its_recognition_comes_twice(talk):
    talk.utter("hello")
    asked = talk.last(c.Understand)
    again = c.Understood(asked.item_id, asked.attempt, "hello", "en", 0.9, 900, None)
    talk.do(talk.conversation.understood(again, talk.now_ms))
    assert len(talk.all(c.AskDialogue)) == 1


def test_event_ids_end_in_a_rising_sequence_number(talk):
    talk.utter("hello")
    numbers = [int(event["event_id"].rsplit("_", 1)[1]) for event in talk.events()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_no_words_and_little_voice_are_passed_over(talk):
    talk.utter("", voiced_ms=400)
    assert talk.all(c.AskDialogue) == []
    assert talk.events("response.created") == []


def test_no_words_in_long_speech_are_asked_for_again(talk):
    talk.utter("", voiced_ms=2_000)
    assert "couldn't make out" in talk.all(c.Speak)[0].text or "sorry" in talk.all(c.Speak)[0].text
    assert talk.all(c.AskDialogue) == []


def test_a_failed_recognition_is_told_and_asked_again(talk):
    talk.hear(SpeechStarted(1_000))
    talk.hear(SpeechPaused(1_000, 3_000))
    asked = talk.last(c.Understand)
    talk.hear(SpeechEnded(1_000, 3_000, 600, 2_000))
    commands = talk.do(
        talk.conversation.understood(c.UnderstandingFailed(asked.item_id, asked.attempt), talk.now_ms)
    )
    assert "conversation.item.input_audio_transcription.failed" in sent_types(commands)
    assert any(isinstance(command, c.Speak) for command in commands)


# Mood -----------------------------------------------------------------------------------------------


def test_mood_goes_to_the_dialogue_and_to_the_client(talk):
    talk.utter("it is eleven o'clock", mood=speech_mood("anger"))
    assert talk.last(c.AskDialogue).metadata["mood"]["label"] == "anger"
    assert talk.events("hamdel.emotion")[0]["label"] == "anger"
    assert records(talk, log.MoodEstimated)[0].label == "anger"


def test_without_consent_no_mood_is_asked_for():
    talk = ScriptedTalk(grants=("talk",))
    talk.utter("hello")
    assert talk.last(c.Understand).with_emotion is False
    assert talk.last(c.AskDialogue).metadata["mood"] is None


def test_a_mood_that_arrives_after_consent_was_withdrawn_is_dropped(talk):
    talk.client(type="hamdel.consent.set", scope="emotion", granted=False, version="1")
    talk.utter("hello", mood=speech_mood("fear"))
    assert talk.last(c.AskDialogue).metadata["mood"] is None
    assert talk.events("hamdel.emotion") == []
    assert records(talk, log.MoodEstimated) == []


def test_patience_is_longer_after_sadness_and_normal_again_later(talk):
    talk.utter("I miss her", mood=speech_mood("sadness"))
    assert talk.last(c.ConfigureListening).patience_ms == 1_000
    talk.utter("well", mood=speech_mood("neutral"))
    assert talk.last(c.ConfigureListening).patience_ms == 600


@pytest.mark.parametrize(("mood", "style"), [("sadness", "soft"), ("fear", "soft"), ("anger", "plain")])
def test_somebody_who_sounds_sad_or_afraid_is_answered_softly(talk, mood, style):
    talk.utter("I miss her", mood=speech_mood(mood))
    talk.answer("I am with you.")
    assert talk.last(c.Speak).style == style


def test_in_danger_the_voice_is_plain_however_sad_somebody_sounds(talk):
    talk.utter("level two", mood=speech_mood("sadness"))
    assert talk.last(c.Speak).style == "plain"


def test_a_patience_that_the_client_chose_stays(talk):
    detection = {"type": "server_vad", "silence_duration_ms": 500}
    talk.client(type="session.update", session={"audio": {"input": {"turn_detection": detection}}})
    talk.utter("I miss her", mood=speech_mood("sadness"))
    assert talk.last(c.ConfigureListening).patience_ms == 500


# Interruption ---------------------------------------------------------------------------------------


def test_speech_cuts_the_reply(talk):
    talk.utter("hello")
    talk.answer("A long reply.", "With two sentences.", done=False)
    talk.sound(talk.last(c.Speak).generation)
    commands = talk.begin_speaking(9_000)
    assert [kind for kind in sent_types(commands) if kind != "hamdel.duck"] == [
        "input_audio_buffer.speech_started",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    assert any(isinstance(command, c.StopSpeaking) for command in commands)
    done = talk.events("response.done")[0]["response"]
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}


def test_no_sound_of_a_cut_reply_gets_out(talk):
    talk.utter("hello")
    talk.answer("A reply.", done=False)
    old = talk.last(c.Speak).generation
    talk.begin_speaking(9_000)
    assert sent_types(talk.sound(old)) == []
    assert talk.do(talk.conversation.spoken(old, talk.now_ms)) == []


def test_a_late_message_for_a_cut_turn_is_not_spoken(talk):
    talk.utter("first")
    first = talk.last(c.AskDialogue).turn_id
    talk.utter("second", start_ms=9_000)
    before = len(talk.all(c.Speak))
    talk.answer("Answer to the first.", turn_id=first)
    assert len(talk.all(c.Speak)) == before
    talk.answer("Answer to the second.")
    assert talk.last(c.Speak).text == "Answer to the second."


def test_a_turn_whose_speaker_has_already_gone_on_is_told_to_the_dialogue_but_not_answered(talk):
    talk.hear(SpeechStarted(1_000))
    talk.hear(SpeechPaused(1_000, 2_000))
    asked = talk.last(c.Understand)
    talk.hear(SpeechEnded(1_000, 2_000, 600, 900))
    talk.hear(SpeechStarted(2_900))
    result = c.Understood(asked.item_id, asked.attempt, "and then", "en", 0.9, 900, None)
    talk.do(talk.conversation.understood(result, talk.now_ms))
    assert talk.last(c.AskDialogue).text == "and then"
    talk.answer("I see.")
    assert talk.all(c.Speak) == []
    assert talk.events("response.done")[0]["response"]["status"] == "cancelled"


def test_the_log_and_the_history_hold_what_was_heard_of_a_cut_reply(talk):
    talk.utter("hello")
    talk.answer("One.", "Two.", done=False)
    talk.sound(talk.last(c.Speak).generation, index=0)
    talk.now_ms += 90
    talk.sound(talk.last(c.Speak).generation, index=1)
    talk.begin_speaking(9_000)
    reply = records(talk, log.ReplyGiven)[0]
    assert (reply.text, reply.heard_text, reply.status) == ("One. Two.", "One.", "cancelled")
    item_id = talk.events("response.done")[0]["response"]["output"][0]["id"]
    talk.client(type="conversation.item.retrieve", item_id=item_id)
    assert talk.events("conversation.item.retrieved")[0]["item"]["content"][0]["transcript"] == "One."


def test_truncation_keeps_what_had_been_played(talk):
    talk.utter("hello")
    talk.answer("One.", "Two.")
    talk.speak_all()
    item_id = talk.events("response.done")[0]["response"]["output"][0]["id"]
    talk.client(type="conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=100)
    talk.client(type="conversation.item.retrieve", item_id=item_id)
    assert talk.events("conversation.item.truncated")[0]["audio_end_ms"] == 100
    assert talk.events("conversation.item.retrieved")[0]["item"]["content"][0]["transcript"] == "One."


def test_the_client_can_cancel_and_is_told_when_there_is_nothing_to_cancel(talk):
    talk.client(type="response.cancel", event_id="e1")
    assert talk.events("error")[0]["error"]["code"] == "response_cancel_not_active"
    assert talk.events("error")[0]["error"]["event_id"] == "e1"
    talk.utter("hello")
    talk.answer("A reply.", done=False)
    talk.client(type="response.cancel")
    assert talk.events("response.done")[0]["response"]["status_details"]["reason"] == "client_cancelled"


# Typed turns, greeting, disclosure ------------------------------------------------------------------


def test_a_typed_turn_is_answered_on_request(talk):
    typed(talk, "سلام، حالم خوب نیست", id="mine")
    assert talk.all(c.AskDialogue) == []
    talk.client(type="response.create", response={"metadata": {"a": "b"}})
    asked = talk.last(c.AskDialogue)
    assert (asked.turn_id, asked.metadata["language"], asked.metadata["mood"]) == ("mine", "fa", None)
    assert talk.events("response.created")[0]["response"]["metadata"] == {"a": "b"}


def test_the_same_item_id_is_refused_twice(talk):
    typed(talk, "hello", id="mine")
    typed(talk, "hello", id="mine")
    assert talk.events("error")[0]["error"]["code"] == "item_create_duplicate_item_id"


def test_a_text_only_reply_has_text_events_and_no_speech(talk):
    typed(talk, "hello")
    talk.client(type="response.create", response={"output_modalities": ["text"]})
    commands = talk.answer("Hi. How are you?")
    assert talk.all(c.Speak) == []
    assert "response.output_text.delta" in sent_types(commands)
    assert sent_types(commands)[-1] == "response.done"
    assert records(talk, log.ReplyGiven)[0].heard_text == "Hi. How are you?"


def test_a_response_without_a_turn_greets_and_discloses(talk):
    talk.client(type="response.create")
    said = " ".join(command.text for command in talk.all(c.Speak))
    assert "computer program" in said
    assert "How are you feeling" in said


def test_a_stock_client_hears_the_disclosure_with_its_first_reply_only():
    talk = ScriptedTalk(own_events=False)
    talk.utter("hello")
    talk.answer("Hi there.")
    assert "computer program" in " ".join(command.text for command in talk.all(c.Speak))
    talk.speak_all()
    before = len(talk.all(c.Speak))
    talk.utter("hello again", start_ms=9_000)
    talk.answer("Hi again.")
    assert [command.text for command in talk.all(c.Speak)[before:]] == ["Hi again."]


def test_a_stock_client_never_sees_an_event_of_ours():
    talk = ScriptedTalk(own_events=False)
    talk.utter("level three", mood=speech_mood("anger"))
    assert not [event for event in talk.events() if event["type"].startswith("hamdel.")]
    assert "hamdel" not in talk.events("session.created")[0]["session"]


def test_several_typed_messages_make_one_turn(talk):
    typed(talk, "my day was hard")
    typed(talk, "and long")
    talk.client(type="response.create")
    assert talk.last(c.AskDialogue).text == "my day was hard\nand long"


def test_a_reply_asked_for_before_the_words_are_known_comes_when_they_are(talk):
    talk.client(type="session.update", session={"audio": {"input": {"turn_detection": None}}})
    talk.hear(SpeechStarted(1_000))
    talk.hear(SpeechEnded(1_000, 2_500, 100, 1_500))
    asked = talk.last(c.Understand)
    talk.client(type="response.create", response={"metadata": {"turn": "one"}})
    assert talk.events("response.created") == []
    result = c.Understood(asked.item_id, asked.attempt, "hello", "en", 0.9, 1_500, None)
    talk.do(talk.conversation.understood(result, talk.now_ms))
    assert talk.last(c.AskDialogue).text == "hello"
    assert talk.events("response.created")[0]["response"]["metadata"] == {"turn": "one"}


def test_without_a_turn_there_is_nothing_to_answer_in_mid_talk(talk):
    talk.utter("hello")
    talk.answer("Hi.")
    talk.speak_all()
    talk.client(type="response.create")
    assert talk.events("error")[0]["error"]["code"] == "no_turn_to_answer"


def test_two_replies_at_once_are_refused(talk):
    typed(talk, "hello")
    talk.client(type="response.create")
    talk.client(type="response.create")
    assert talk.events("error")[0]["error"]["code"] == "conversation_already_has_active_response"


# Parts that fail ------------------------------------------------------------------------------------


def test_a_failed_dialogue_is_told_in_the_language_of_the_turn(talk):
    talk.utter("سلام", language="fa")
    turn_id = talk.last(c.AskDialogue).turn_id
    talk.do(talk.conversation.dialogue(c.DialogueFailed(turn_id), talk.now_ms))
    assert talk.last(c.Speak).language == "fa"


def test_a_failed_voice_leaves_the_text(talk):
    talk.utter("hello")
    talk.answer("A reply.")
    talk.do(talk.conversation.voice_failed(talk.last(c.Speak).generation, talk.now_ms))
    done = talk.events("response.done")[0]["response"]
    assert done["status"] == "failed"
    assert done["output"][0]["content"][0]["transcript"] == "A reply."


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty"),
        ({"type": "conversation.item.retrieve", "item_id": "no"}, "item_not_found"),
        ({"type": "conversation.item.delete", "item_id": "no"}, "item_not_found"),
        (
            {"type": "conversation.item.truncate", "item_id": "no", "content_index": 0, "audio_end_ms": 1},
            "item_not_found",
        ),
        ({"type": "response.create", "response": {"conversation": "none"}}, "invalid_value"),
        ({"type": "hamdel.resume", "token": "x", "last_event_seq": 3}, "resume_expired"),
        ({"type": "session.update", "session": {"audio": {"output": {"speed": 9}}}}, "invalid_value"),
        ({"type": "conversation.item.create", "item": {"type": "function_call_output"}}, "invalid_value"),
    ],
)
def test_what_cannot_be_served_is_an_error_and_the_talk_goes_on(talk, event, code):
    talk.client(event_id="mine", **event)
    error = talk.events("error")[0]["error"]
    assert (error["code"], error["event_id"]) == (code, "mine")
    talk.utter("hello")
    assert len(talk.all(c.AskDialogue)) == 1


def test_an_unreadable_message_is_an_error_and_the_talk_goes_on(talk):
    talk.do(talk.conversation.refuse(ProtocolError("invalid_json", "no"), talk.now_ms))
    talk.utter("hello")
    assert talk.events("error")[0]["error"]["code"] == "invalid_json"
    assert len(talk.all(c.AskDialogue)) == 1


def test_a_cleared_turn_is_not_answered_when_its_words_come():
    talk = ScriptedTalk()
    talk.hear(SpeechStarted(1_000))
    talk.hear(SpeechPaused(1_000, 2_500))
    asked = talk.last(c.Understand)
    talk.client(type="input_audio_buffer.clear")
    heard = c.Understood(asked.item_id, asked.attempt, "never mind", "en", 0.9, 1_500, None)
    assert talk.do(talk.conversation.understood(heard, talk.now_ms)) == []


def test_a_reply_asked_for_to_what_was_only_noise_is_refused():
    talk = ScriptedTalk()
    talk.client(
        type="session.update", session={"audio": {"input": {"turn_detection": {"create_response": False}}}}
    )
    talk.hear(SpeechStarted(1_000))
    talk.hear(SpeechEnded(1_000, 1_400, 600, 400))
    talk.client(type="response.create", event_id="wanted")
    asked = talk.last(c.Understand)
    heard = c.Understood(asked.item_id, asked.attempt, "", "en", 0.0, 400, None)
    talk.do(talk.conversation.understood(heard, talk.now_ms))
    error = talk.events("error")[-1]["error"]
    assert (error["code"], error["event_id"]) == ("no_turn_to_answer", "wanted")
