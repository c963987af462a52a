from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialogue.discreet_log import keep_words_out_of_the_log

WORD = "marmalade"


@pytest.fixture
def discreet() -> Iterator[None]:
    factory = logging.getLogRecordFactory()
    keep_words_out_of_the_log()
    yield
    logging.setLogRecordFactory(factory)
    logging.captureWarnings(False)


@pytest.mark.usefixtures("discreet")
def test_other_peoples_records_say_where_and_what_kind_but_no_words(caplog: pytest.LogCaptureFixture) -> None:
    try:
        try:
            raise ValueError(WORD)
        except ValueError as error:
            raise RuntimeError(f"body={WORD}") from error
    except RuntimeError:
        logging.getLogger("rasa.core").exception("failed at %s: " + WORD, WORD, stack_info=True)
    assert WORD not in caplog.text
    assert f"rasa.core: {Path(__file__).name}, line" in caplog.text
    assert "RuntimeError from ValueError" in caplog.text


@pytest.mark.usefixtures("discreet")
def test_warnings_say_their_place_and_kind_but_no_words(caplog: pytest.LogCaptureFixture) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning(WORD, UserWarning, "somewhere.py", 7)
    assert WORD not in caplog.text
    assert "somewhere.py:7: UserWarning" in caplog.text


@pytest.mark.usefixtures("discreet")
def test_our_own_records_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("dialogue.turn_desk").error("A turn failed with %s.", "ValueError")
    assert "A turn failed with ValueError." in caplog.text
