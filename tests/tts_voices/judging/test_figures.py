import json
from pathlib import Path

import numpy as np
import pytest

from tts_voices.judging.figures import report
from tts_voices.judging.spoken_set import Sentence, SpokenSet, listen, render
from tts_voices.voice import VoiceError

RATE = 22_050
SYMBOLS = ("^", "g", "uh1", "d", "d", "ey1", ",", "t", "ax", "y", "uw1", ".")
PHONES = "g uh d d ey t ax y uw"


def _set(folder: Path, voice: str, seconds: float = 0.7, text: str = "Good day to you.") -> SpokenSet:
    sentences = [
        Sentence(f"{split}{number}", split, text, SYMBOLS, "")
        for split in ("test", "unseen_words")
        for number in range(4)
    ]
    tone = 0.14 * np.sin(2 * np.pi * 997 * np.arange(round(seconds * RATE)) / RATE)
    sound = np.rint(tone * 32_767).astype(np.int16)
    return render(sentences, "en", voice, lambda _: sound, RATE, folder)


def _hear(spoken: SpokenSet, kind: str, right: str, wrong: str, wrong_in: set[str], by: str = "r") -> None:
    listen(spoken, kind, by, lambda path: wrong if path.stem in wrong_in else right)


@pytest.fixture
def sets(tmp_path: Path) -> tuple[SpokenSet, SpokenSet]:
    return _set(tmp_path / "voice", "new"), _set(tmp_path / "teacher", "teacher")


def test_errors_stand_beside_the_teachers_split_by_split(sets: tuple[SpokenSet, SpokenSet]) -> None:
    voice, teacher = sets
    _hear(voice, "phones", PHONES, "g uh d ey t ax y uw uw m", {"test0", "unseen_words0", "unseen_words1"})
    _hear(teacher, "phones", PHONES, PHONES.replace("uh", "ah"), {"test0"})
    phones = report(voice, teacher)["phones"]
    assert phones["recogniser"] == "r"
    test, unseen, whole = phones["test"], phones["unseen_words"], phones["all"]
    assert (test["sentences"], test["units"], whole["sentences"], whole["units"]) == (4, 36, 8, 72)
    assert test["voice"]["error"]["value"] == pytest.approx(3 / 36, abs=1e-5)
    assert test["teacher"]["error"]["value"] == pytest.approx(1 / 36, abs=1e-5)
    assert test["difference"]["value"] == pytest.approx(2 / 36, abs=1e-5)
    assert test["ratio"]["value"] == pytest.approx(3)
    assert unseen["voice"]["error"]["value"] == pytest.approx(6 / 36, abs=1e-5)
    assert unseen["ratio"]["value"] is None
    assert whole["voice"]["insertions"]["value"] == pytest.approx(6 / 72, abs=1e-5)
    assert whole["voice"]["deletions"]["value"] == pytest.approx(3 / 72, abs=1e-5)
    assert whole["voice"]["substitutions"]["value"] == 0
    assert whole["voice"]["insertions_and_deletions"]["value"] == pytest.approx(9 / 72, abs=1e-5)
    assert whole["voice"]["error"]["low"] < 9 / 72 < whole["voice"]["error"]["high"]


def test_words_are_folded_and_those_unheard_counted(sets: tuple[SpokenSet, SpokenSet]) -> None:
    voice, teacher = sets
    _hear(voice, "words", "good day, to YOU", "", {"test1"})
    _hear(teacher, "words", "Good day to you!", "Could day to you", {"test1"})
    words = report(voice, teacher)["words"]
    assert words["measure"] == "word error rate"
    assert words["voice"]["error"]["value"] == pytest.approx(4 / 32)
    assert words["teacher"]["error"]["value"] == pytest.approx(1 / 32)
    assert words["ratio"]["value"] == pytest.approx(4)
    assert words["nothing_heard"] == {"voice": 1, "teacher": 0}


def test_what_nobody_heard_yet_is_left_open(sets: tuple[SpokenSet, SpokenSet]) -> None:
    figures = report(*sets)
    assert figures["phones"] is None
    assert figures["words"] is None
    assert figures["sentences"] == 8
    assert figures["sound"]["voice"]["utterances"] == 8
    assert figures["sound"]["voice"]["ms_per_phone"]["median"] == pytest.approx(700 / 9, abs=1)


def test_two_recognisers_are_never_compared(sets: tuple[SpokenSet, SpokenSet]) -> None:
    voice, teacher = sets
    _hear(voice, "phones", PHONES, "", set(), by="r1")
    _hear(teacher, "phones", PHONES, "", set(), by="r2")
    assert report(voice, teacher)["phones"] is None


def test_only_sentences_that_both_were_heard_in_count(sets: tuple[SpokenSet, SpokenSet]) -> None:
    voice, teacher = sets
    _hear(voice, "phones", PHONES, "", set())
    listen(teacher, "phones", "r", lambda _: PHONES, at_most=3)
    assert report(voice, teacher)["phones"]["all"]["sentences"] == 3


def test_sets_of_other_sentences_are_refused(tmp_path: Path) -> None:
    voice = _set(tmp_path / "voice", "new")
    other = _set(tmp_path / "teacher", "teacher", text="Another text.")
    with pytest.raises(VoiceError, match="same sentences"):
        report(voice, other)


def test_the_report_can_be_written_as_json(sets: tuple[SpokenSet, SpokenSet]) -> None:
    figures = report(*sets)
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_a_number_written_in_digits_is_no_error_once_read_out(tmp_path: Path) -> None:
    text = "Breathe in for four seconds."
    voice, teacher = (_set(tmp_path / name, name, text=text) for name in ("voice", "teacher"))
    _hear(voice, "words", "Breathe in for 4 seconds.", "", set())
    _hear(teacher, "words", text, "", set())
    words = report(voice, teacher)["words"]
    assert words["voice"]["error"]["value"] == pytest.approx(0.2)
    assert words["numbers_in_words"]["voice"]["error"]["value"] == 0
