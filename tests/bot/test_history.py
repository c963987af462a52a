import pytest

from bot import server_events as events
from bot.history import History
from bot.protocol import ProtocolError


@pytest.fixture
def history():
    """Three typed items: one, two, three."""
    kept = History()
    for name in ("one", "two", "three"):
        kept.add(events.user_text_item(name, name))
    return kept


def place(history, item_id, previous):
    added = history.add(events.user_text_item(item_id, "text"), previous_item_id=previous)
    return [event["previous_item_id"] for event in added]


def reply(text, *, spoken=True, status="completed"):
    return events.assistant_item("reply", text, spoken=spoken, status=status)


def test_items_without_a_place_follow_the_last(history):
    assert place(history, "four", None) == ["three", "three"]
    assert history.last_id == "four"


def test_an_item_goes_behind_the_one_that_it_names(history):
    assert place(history, "between", "one") == ["one", "one"]
    assert place(history, "first", "root") == [None, None]
    assert history.last_id == "three"
    assert place(history, "last", "three") == ["three", "three"]
    assert history.last_id == "last"


def test_the_first_item_of_all_may_be_placed_at_the_beginning():
    history = History()
    assert place(history, "one", "root") == [None, None]
    assert history.last_id == "one"


def test_an_unknown_place_is_refused_and_nothing_has_changed(history):
    with pytest.raises(ProtocolError) as caught:
        place(history, "lost", "nobody")
    assert (caught.value.code, caught.value.param) == ("item_not_found", "previous_item_id")
    assert "lost" not in history
    assert history.last_id == "three"


def test_a_deleted_item_does_not_come_back_when_it_is_finished(history):
    history.put(reply(None, status="in_progress"))
    history.add(events.user_audio_item("spoken", None))
    for item_id in ("reply", "spoken"):
        history.delete(item_id, event_id=None)
    history.put(reply("All of it."))
    history.put(events.user_audio_item("spoken", "words"))
    assert "reply" not in history
    assert "spoken" not in history


def test_a_deleted_id_may_be_used_again(history):
    history.put(reply(None, status="in_progress"))
    history.delete("reply", event_id=None)
    place(history, "reply", None)
    assert history.last_id == "reply"


def test_a_spoken_reply_can_be_truncated(history):
    history.put(reply("One. Two."))
    history.require_spoken("reply", event_id=None)


@pytest.mark.parametrize("item_id", ["one", "reply"])
def test_what_was_not_spoken_cannot_be_truncated(history, item_id):
    history.put(reply("One. Two.", spoken=False))
    before = history.get(item_id, event_id=None)
    with pytest.raises(ProtocolError, match="spoken replies") as caught:
        history.require_spoken(item_id, event_id="e1")
    assert (caught.value.code, caught.value.event_id) == ("invalid_value", "e1")
    assert history.get(item_id, event_id=None) == before


@pytest.mark.parametrize("method", ["get", "delete"])
def test_an_unknown_item_is_named_by_its_field(history, method):
    with pytest.raises(ProtocolError) as caught:
        getattr(history, method)("nobody", event_id="e1")
    assert (caught.value.code, caught.value.param) == ("item_not_found", "item_id")


def test_of_more_items_than_it_holds_the_first_is_forgotten():
    history = History()
    for number in range(401):
        place(history, str(number), None)
    assert "0" not in history
    assert "1" in history
    assert history.last_id == "400"
