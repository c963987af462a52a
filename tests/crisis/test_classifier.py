import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crisis.classifier import (
    BUCKETS,
    PACKAGE_FOLDER,
    ZERO,
    Classifier,
    ClassifierError,
    Thresholds,
    bucket,
    load_classifier,
    parts,
)
from crisis.features import feature_sets

EN = load_classifier("en")
HALF = Thresholds(0.5, 0.5, 0.5, 0.2)


def _made(*known: tuple[str, int, int], thresholds: Thresholds = HALF) -> Classifier:
    """A classifier with outputs none, suicide 1 and suicide 2 that knows these features: (name, output, step)."""
    weights = bytearray([ZERO]) * (BUCKETS * 3)
    for feature, output, step in known:
        weights[3 * bucket(feature) + output] = ZERO + step
    outputs = (("none", 0), ("suicide", 1), ("suicide", 2))
    return Classifier(outputs, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), bytes(weights), thresholds)


def test_probabilities_add_up_to_one() -> None:
    for text in ("", "a", "i want to die", "nice weather today"):
        assert sum(EN.probabilities(text)) == pytest.approx(1)


def test_a_feature_counts_for_its_output() -> None:
    model = _made(("wbridge", 2, 100))
    plain, heard = model.probabilities("the river"), model.probabilities("the bridge")
    assert plain == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert heard[2] > 0.9
    assert model.opinion("the bridge").level == 2


def test_a_level_needs_the_levels_below_it() -> None:
    model = _made(("wbridge", 0, 2), thresholds=Thresholds(0.9, 0.1, 0.1, 0.9))
    assert model.probabilities("the bridge")[2] > 0.1
    assert model.opinion("the bridge").level == 0


def test_distress_lowers_the_threshold_for_asking_and_for_nothing_else() -> None:
    model = _made(thresholds=Thresholds(0.9, 0.9, 0.9, 0.5))
    assert model.opinion("words").level == 0
    assert model.opinion("words", distressed=True).level == 1


def test_the_kind_is_the_likeliest_of_the_level() -> None:
    weights = bytearray([ZERO]) * (BUCKETS * 3)
    weights[3 * bucket("wknife") + 2] = 255
    outputs = (("none", 0), ("past", 1), ("harm_to_others", 3))
    model = Classifier(outputs, (0.0,) * 3, (1.0,) * 3, bytes(weights), HALF)
    opinion = model.opinion("a knife")
    assert (opinion.level, opinion.kind) == (3, "harm_to_others")


def test_a_short_text_is_one_part_and_a_long_one_several_that_overlap() -> None:
    assert list(parts("one two")) == ["one two"]
    words = [str(number) for number in range(200)]
    found = list(parts(" ".join(words)))
    assert len(found) > 5
    assert all(len(part.split()) <= 40 for part in found)
    assert set(" ".join(found).split()) == set(words)


def test_a_sentence_at_the_end_of_a_long_text_is_not_drowned() -> None:
    model = _made(("wbridge", 2, 100))
    assert model.opinion("and so on " * 300 + "the bridge").level == 2


def test_features_tell_phrases_and_their_places() -> None:
    phrases, shortened, pieces = feature_sets("want to die")
    assert {"wwant", "w^ want", "wto die $", "wwant to die"} <= phrases
    assert "swant to die" in shortened
    assert "c to " in pieces
    assert {feature[0] for feature in phrases | shortened | pieces} == {"w", "s", "c"}


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_has_probabilities(text: str) -> None:
    assert all(0 <= share <= 1 for share in EN.probabilities(text))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(PACKAGE_FOLDER / "weights", tmp_path / "weights")
    shutil.copy(PACKAGE_FOLDER / "card.json", tmp_path)
    return tmp_path


def test_a_copy_answers_like_the_original(copy: Path) -> None:
    assert load_classifier("en", copy).probabilities("hello") == EN.probabilities("hello")


def test_other_weights_than_the_card_s_are_refused(copy: Path) -> None:
    path = copy / "weights" / "fa.json.gz"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ClassifierError, match=r"fa\.json\.gz.*make train-crisis"):
        load_classifier("fa", copy)


@pytest.mark.parametrize("content", [b"", b"\xff", b"{}", b"[]", b'{"languages": {"en": 5}}'])
def test_a_damaged_card_is_named(copy: Path, content: bytes) -> None:
    (copy / "card.json").write_bytes(content)
    with pytest.raises(ClassifierError, match=r"card\.json.*git checkout"):
        load_classifier("en", copy)


def test_missing_weights_are_named(copy: Path) -> None:
    (copy / "weights" / "en.json.gz").unlink()
    with pytest.raises(ClassifierError, match="FileNotFoundError"):
        load_classifier("en", copy)


def test_a_card_of_another_form_of_thresholds_is_refused(copy: Path) -> None:
    card = json.loads((copy / "card.json").read_text(encoding="utf-8"))
    card["languages"]["en"]["thresholds"]["level_4"] = 1
    (copy / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ClassifierError, match="TypeError"):
        load_classifier("en", copy)


def test_thresholds_are_those_of_the_card() -> None:
    card = json.loads((PACKAGE_FOLDER / "card.json").read_text(encoding="utf-8"))
    assert Thresholds(**card["languages"]["en"]["thresholds"]) == EN.thresholds
    assert replace(EN, thresholds=HALF).thresholds == HALF
