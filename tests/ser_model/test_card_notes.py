"""What a card says of licences and limits."""

import pytest

from ser_model.card_notes import licence_text, limits
from ser_model.corpora import CORPORA


def test_open_corpora_give_open_weights_with_attribution():
    text = licence_text({"crema-d", "emo-db"})
    assert text.startswith("Weights: Apache-2.0, with attribution")
    assert "Cao et al. (2014)" in text
    assert "Burkhardt et al. (2005)" in text


@pytest.mark.parametrize("corpus", ["ravdess", "tess", "shemo"])
def test_one_corpus_for_research_binds_the_weights(corpus):
    text = licence_text({"crema-d", corpus, "own"})
    assert text.startswith(f"Weights: research-only, as {corpus} are")


def test_weights_of_an_unknown_corpus_are_its_owners_business():
    text = licence_text({"crema-d", "corrections"})
    assert text.startswith("Weights: as far as the owners of corrections allow.")


def test_every_published_corpus_has_a_licence():
    assert [name for name, corpus in CORPORA.items() if not corpus.licence] == ["folder"]


def told(corpora, *, untrained=(), languages=("en",), reads_states=False):
    return " ".join(limits(corpora, untrained=untrained, languages=languages, reads_states=reads_states))


def test_limits_follow_what_was_learnt_from():
    ours = told({"crema-d", "emo-db"}, untrained=["surprise"], languages=["de", "en"])
    assert "Surprise is an output of the network without an example" in ours
    assert "Not validated on Persian" in ours
    assert "looks up to 5 kHz only" in ours
    assert "recogniser" not in ours
    persian = told({"shemo"}, untrained=["disgust", "fear"], languages=["fa"], reads_states=True)
    assert "Disgust and fear are outputs" in persian
    assert "Not validated" not in persian
    assert "38 recordings" in persian
    assert "no other" in persian
    assert "5.5 kHz" not in persian
