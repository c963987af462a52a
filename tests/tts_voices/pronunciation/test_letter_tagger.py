from pathlib import Path

import numpy as np
import pytest

from tts_voices.pronunciation.letter_tagger import LetterTagger, word_spans
from tts_voices.pronunciation.persian import TAGGER
from tts_voices.voice import VoiceError


@pytest.fixture(scope="module")
def tagger() -> LetterTagger:
    return LetterTagger.load(TAGGER)


def test_words_lie_between_single_spaces() -> None:
    assert word_spans("ab c") == [(0, 2), (3, 4)]
    assert word_spans("a") == [(0, 1)]


def test_tags_are_logarithms_of_probabilities(tagger: LetterTagger) -> None:
    text = "دوست خوب من"
    tags = tagger.tag([text])[0]
    assert tags.sounds.shape == (len(text), len(tagger.sounds))
    assert tags.linked.shape == (3,)
    np.testing.assert_allclose(np.exp(tags.sounds).sum(axis=1), 1, atol=1e-3)
    assert (tags.linked <= 0).all()


def test_the_sentence_decides_and_not_its_company(tagger: LetterTagger) -> None:
    alone = tagger.tag(["نفس عمیق"])[0]
    together = tagger.tag(["سلام", "نفس عمیق"])[1]
    np.testing.assert_array_equal(alone.sounds, together.sounds)


def test_letters_it_never_saw_are_taken(tagger: LetterTagger) -> None:
    assert np.isfinite(tagger.tag(["漢 字\u200c"])[0].sounds).all()


def test_a_letter_stands_for_its_sound(tagger: LetterTagger) -> None:
    best = tagger.tag(["شب"])[0].sounds.argmax(axis=1)
    assert [tagger.sounds[place] for place in best] == ["Sa", "b"]


def test_the_file_is_small(tagger: LetterTagger) -> None:
    assert TAGGER.stat().st_size < 1_500_000


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x08\x07"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tagger.onnx"
    path.write_bytes(content)
    with pytest.raises(VoiceError, match=r"tagger\.onnx is no letter tagger"):
        LetterTagger.load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="train and export"):
        LetterTagger.load(tmp_path / "missing.onnx")
