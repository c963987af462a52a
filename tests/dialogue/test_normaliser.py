from __future__ import annotations

import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from dialogue.normaliser import ORIGINAL_TEXT, Normaliser


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("خيلي ناراحتم", "خیلی ناراحتم"),
        ("كمك كرد", "کمک کرد"),
        ("شماره ٣", "شماره 3"),
        ("شماره ۳", "شماره 3"),
        ("می ترسم", "می‌ترسم"),
    ],
)
def test_persian_spellings_become_one(typed: str, normal: str) -> None:
    message = Message(data={TEXT: typed})
    Normaliser().process([message])
    assert message.get(TEXT) == normal
    assert message.get(ORIGINAL_TEXT) == typed


def test_english_stays_readable_and_the_original_is_kept() -> None:
    message = Message(data={TEXT: "I’m   so angry"})
    Normaliser().process([message])
    assert message.get(TEXT) == "I'm so angry"
    assert message.get(ORIGINAL_TEXT) == "I’m   so angry"


def test_a_message_without_text_passes() -> None:
    message = Message(data={})
    assert Normaliser().process([message]) == [message]
    assert message.get(TEXT) is None


def test_training_examples_and_look_up_words_are_normalised_alike() -> None:
    examples = [Message(data={TEXT: "خيلي ناراحتم", "intent": "feel_sadness"})]
    data = TrainingData(examples, lookup_tables=[{"name": "words", "elements": ["ناراحتي", "sad"]}])
    trained = Normaliser().process_training_data(data)
    assert trained.training_examples[0].get(TEXT) == "خیلی ناراحتم"
    assert trained.lookup_tables[0]["elements"] == ["ناراحتی", "sad"]


@pytest.mark.parametrize("text", ["", " ", "😭", "\x00", "\u202e", "\ufffd", "** __"])
def test_a_text_with_nothing_to_read_is_not_left_empty_which_the_components_after_it_cannot_take(
    text: str,
) -> None:
    message = Message(data={TEXT: text})
    Normaliser().process([message])
    assert message.get(TEXT).strip()
    assert message.get(ORIGINAL_TEXT) == text
