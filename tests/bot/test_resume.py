"""What a talk does whose socket broke, without sockets: tokens, waiting, and items that are sent again."""

import itertools

import pytest
from scripted_talk import ScriptedTalk, sent_types, typed

from bot import commands as c
from bot.endpointing import SpeechConfirmed, SpeechEnded, SpeechStarted

SECOND_MS = 1_000


def tokens(talk):
    return [event["token"] for event in talk.events("hamdel.resume_token")]


def wait(talk, milliseconds):
    talk.now_ms += milliseconds
    return talk.do(talk.conversation.tick(talk.now_ms))


def lose(talk):
    return talk.do(talk.conversation.lose(talk.now_ms))


def regain(talk):
    return talk.do(talk.conversation.regain(talk.now_ms))


def accepts(talk, token):
    return talk.conversation.accepts(token, talk.now_ms)


def create(talk, text, item_id="mine"):
    item = {
        "id": item_id,
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": text}],
    }
    return talk.client(type="conversation.item.create", item=item, event_id="e1")


# Tokens -------------------------------------------------------------------------------------------


def test_a_client_that_asks_for_our_events_gets_a_token_and_no_other():
    plain = ScriptedTalk(own_events=False)
    plain.client(type="session.update", session={"type": "realtime"})
    assert not plain.conversation.resumable
    assert tokens(plain) == []
    talk = ScriptedTalk()
    (token,) = tokens(talk)
    assert len(token) >= 40
    assert talk.conversation.resumable
    assert accepts(talk, token)
    assert talk.events("hamdel.resume_token")[0]["expires_at"] > talk.now_ms / 1000


def test_no_two_talks_have_a_token_in_common():
    first, second = ScriptedTalk(), ScriptedTalk()
    assert tokens(first) != tokens(second)
    assert not accepts(first, tokens(second)[0])


@pytest.mark.parametrize("token", ["", "x", "é" * 40, "\ud800", "0" * 100_000])
def test_whatever_else_is_no_token(token):
    assert not accepts(ScriptedTalk(), token)


def test_further_changes_of_the_session_bring_no_further_token():
    talk = ScriptedTalk()
    talk.client(type="session.update", session={"hamdel": {"language": "fa"}})
    assert len(tokens(talk)) == 1


def test_a_client_that_gives_our_events_up_can_not_come_back():
    talk = ScriptedTalk()
    (token,) = tokens(talk)
    talk.client(type="session.update", session={"hamdel": None})
    assert not talk.conversation.resumable
    assert not accepts(talk, token)


def test_a_token_is_renewed_long_before_it_expires_and_then_is_good_no_more():
    talk = ScriptedTalk()
    first, expires_at = tokens(talk)[0], talk.events("hamdel.resume_token")[0]["expires_at"]
    while len(tokens(talk)) == 1:
        wait(talk, 10 * SECOND_MS)
    assert talk.now_ms / 1000 < expires_at - 60
    assert accepts(talk, first)
    assert accepts(talk, tokens(talk)[1])
    talk.now_ms = (expires_at + 1) * 1000
    assert not accepts(talk, first)
    assert accepts(talk, tokens(talk)[1])


def test_few_tokens_are_good_at_once_however_often_the_client_comes_back():
    talk = ScriptedTalk()
    for _ in range(50):
        lose(talk)
        regain(talk)
    given = tokens(talk)
    assert len(set(given)) == 51
    assert accepts(talk, given[-2])  # the newest may not have arrived
    assert sum(accepts(talk, token) for token in given) <= 4


def test_nothing_can_be_resumed_where_the_deployer_does_not_want_it():
    talk = ScriptedTalk(resume_ms=0)
    wait(talk, 400 * SECOND_MS)
    assert tokens(talk) == []
    assert not talk.conversation.resumable


# Waiting ------------------------------------------------------------------------------------------


def test_a_talk_that_nobody_comes_back_to_ends_when_its_time_is_over():
    talk = ScriptedTalk()
    lose(talk)
    wait(talk, 29 * SECOND_MS)
    assert not talk.all(c.CloseTalk)
    wait(talk, 1 * SECOND_MS)
    assert talk.last(c.CloseTalk).reason == "client_left"


def test_whoever_came_back_has_the_whole_time_again():
    talk = ScriptedTalk()
    for _ in range(3):
        lose(talk)
        wait(talk, 25 * SECOND_MS)
        assert sent_types(regain(talk)) == ["hamdel.resume_token"]
        wait(talk, 25 * SECOND_MS)
    assert not talk.all(c.CloseTalk)


def test_what_was_being_said_when_the_socket_broke_is_concluded_after_a_moment():
    talk = ScriptedTalk()
    talk.hear(SpeechStarted(1_000))
    talk.hear(SpeechConfirmed(1_000))
    lose(talk)
    assert not talk.all(c.EndUtterance)
    assert c.EndUtterance() in wait(talk, 1 * SECOND_MS)
    talk.hear(SpeechEnded(1_000, 2_500, 600, 1_500))
    asked = talk.last(c.Understand)
    words = c.Understood(asked.item_id, asked.attempt, "I lost my job", "en", 0.9, 1_500, None)
    talk.do(talk.conversation.understood(words, talk.now_ms))
    assert talk.last(c.AskDialogue).text == "I lost my job"
    talk.answer("I am sorry.")
    assert talk.last(c.Speak).text == "I am sorry."
    assert c.EndUtterance() not in wait(talk, 1 * SECOND_MS)


def test_whoever_is_back_at_once_may_finish_the_sentence():
    talk = ScriptedTalk()
    talk.hear(SpeechStarted(1_000))
    talk.hear(SpeechConfirmed(1_000))
    lose(talk)
    talk.now_ms += 500
    regain(talk)
    assert c.EndUtterance() not in wait(talk, 5 * SECOND_MS)


def test_people_are_called_and_their_answer_is_taken_while_the_talk_waits():
    talk = ScriptedTalk(on_duty=True)
    typed(talk, "level three")
    assert talk.all(c.CallPeople)
    talk.speak_all()
    lose(talk)
    talk.do(talk.conversation.people("suicide", "acknowledged", talk.now_ms))
    assert talk.events("hamdel.handoff")[-1]["status"] == "acknowledged"
    wait(talk, 1 * SECOND_MS)
    assert "Sentence reached for US." in [speak.text for speak in talk.all(c.Speak)]


def test_a_server_that_is_about_to_stop_does_not_wait_for_those_who_are_gone():
    talk = ScriptedTalk()
    talk.utter("hello")
    talk.answer("Hello.")
    lose(talk)
    talk.do(talk.conversation.restart(talk.now_ms))
    assert talk.last(c.CloseTalk).reason == "server_restarting"


def test_a_socket_that_breaks_while_the_server_is_about_to_stop_is_not_waited_for():
    talk = ScriptedTalk()
    talk.utter("hello")
    talk.answer("Hello.")
    talk.do(talk.conversation.restart(talk.now_ms))
    assert not talk.all(c.CloseTalk)
    lose(talk)
    assert talk.last(c.CloseTalk).reason == "server_restarting"


def test_a_late_request_is_refused_and_the_talk_goes_on():
    talk = ScriptedTalk()
    talk.client(type="hamdel.resume", token=tokens(talk)[0], last_event_seq=1, event_id="e9")
    error = talk.events("error")[-1]["error"]
    assert (error["code"], error["event_id"]) == ("resume_expired", "e9")
    assert sent_types(talk.client(type="response.create"))[0] == "response.created"


# Items that are sent again --------------------------------------------------------------------------


def test_an_item_that_is_sent_again_after_a_break_is_acknowledged_and_not_doubled():
    talk = ScriptedTalk()
    create(talk, "first", "before")
    announced = [command.event for command in create(talk, "hello") if isinstance(command, c.Send)]
    lose(talk)
    regain(talk)
    again = [command.event for command in create(talk, "hello") if isinstance(command, c.Send)]
    assert [{**event, "event_id": ""} for event in again] == [
        {**event, "event_id": ""} for event in announced
    ]
    assert [event["previous_item_id"] for event in again] == ["before", "before"]
    talk.client(type="response.create")
    assert [asked.text for asked in talk.all(c.AskDialogue)] == ["first\nhello"]


def test_danger_that_is_sent_again_is_answered_once():
    talk = ScriptedTalk()
    create(talk, "level three")
    lose(talk)
    regain(talk)
    before = len(talk.all(c.Speak))
    assert sent_types(create(talk, "level three")) == ["conversation.item.added", "conversation.item.done"]
    assert len(talk.all(c.Speak)) == before
    assert len(talk.all(c.CallPeople)) == 1


@pytest.mark.parametrize(("text", "broke"), [("hello", False), ("something else", True)])
def test_any_other_item_with_an_id_in_use_is_an_error(text, broke):
    talk = ScriptedTalk()
    create(talk, "hello")
    if broke:
        lose(talk)
        regain(talk)
    create(talk, text)
    assert talk.events("error")[-1]["error"]["code"] == "item_create_duplicate_item_id"


def test_numbers_of_events_go_on_without_a_gap_over_a_break():
    talk = ScriptedTalk()
    typed(talk, "hello")
    talk.client(type="response.create")
    lose(talk)
    talk.answer("Hello.")
    regain(talk)
    typed(talk, "and again")
    found = [int(event["event_id"].rsplit("_", 1)[1]) for event in talk.events()]
    assert found == list(itertools.islice(itertools.count(1), len(found)))
