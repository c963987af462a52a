"""Encoding a small corpus with the real recogniser; skipped where whisper-base is not in the cache."""

import json

import numpy as np
import pytest
import soundfile
from speech_like import speech_like

from bot.model_store import ModelMissingError, cache_home, default_store
from ser_model.__main__ import main
from ser_model.configuration import Configuration, StatesNetwork
from ser_model.corpus import read_corpus
from ser_model.encode_command import encode_corpus
from ser_model.encoder_states import averaged_pairs
from ser_model.errors import ConfigurationError, CorpusError
from ser_model.feature_cache import cache_folder, cached_features, states_recipe
from ser_model.loading import load_encoder

NETWORK = StatesNetwork(layers=(3,))
STATES = Configuration(name="states", version="1", network=NETWORK)


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Three recordings, and a cache of this test's own in which the recogniser is that of the machine."""
    home = tmp_path / "home"
    home.mkdir()
    models = cache_home() / "models"
    monkeypatch.setenv("HAMDEL_HOME", str(home))
    if models.is_dir():
        (home / "models").symlink_to(models)
    rows = ["path,corpus,speaker,emotion,language,split"]
    for number, split in enumerate(("train", "valid", "test")):
        soundfile.write(tmp_path / f"{number}.wav", speech_like(0.6 + 0.2 * number, seed=number), 16_000)
        rows.append(f"{number}.wav,made,{number},anger,en,{split}")
    (tmp_path / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def whisper(corpus):
    try:
        default_store().path(NETWORK.encoder)
    except ModelMissingError as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("whisper")
def test_states_of_recordings_and_copies_are_what_training_reads(corpus, capsys):
    path = corpus / "config.json"
    path.write_text(
        STATES.model_copy(
            update={"augmentation": STATES.augmentation.model_copy(update={"copies": 1})}
        ).model_dump_json(),
        encoding="utf-8",
    )
    assert main(["encode", "--config", str(path), "--corpus", str(corpus)]) == 0
    assert "3 recordings are encoded" in capsys.readouterr().out
    clips = read_corpus(corpus)
    plain, copies = (
        cached_features(clips, None, name="states", recipe=states_recipe(NETWORK), copy=copy)
        for copy in (0, 1)
    )
    encoder = load_encoder(NETWORK.encoder, NETWORK.encoder_sha256, NETWORK.layers)
    for clip, states, copy in zip(clips, plain, copies, strict=True):
        samples = soundfile.read(clip.path, dtype="float32")[0]
        np.testing.assert_allclose(states, averaged_pairs(encoder.encode(samples)), rtol=2e-3, atol=2e-3)
        assert states.shape[1] == copy.shape[1] == 512
        assert states.shape != copy.shape or not np.array_equal(states, copy)


@pytest.mark.usefixtures("whisper")
def test_what_is_there_is_not_computed_again(corpus):
    assert encode_corpus(STATES, [corpus]) == 3
    (values,) = cache_folder().glob("states-0-*/values.npy")
    np.save(values, np.zeros_like(np.load(values)))
    assert encode_corpus(STATES, [corpus]) == 3
    assert not np.load(values).any()


def test_a_network_that_reads_no_encoder_has_nothing_to_encode(corpus):
    alone = Configuration(name="alone", version="1", network={"kind": "logmel_cnn"})
    with pytest.raises(ConfigurationError, match="alone reads no encoder: there is nothing to encode"):
        encode_corpus(alone, [corpus])


def test_missing_recordings_are_named_before_anything_is_encoded(corpus):
    (corpus / "1.wav").unlink()
    with pytest.raises(CorpusError, match="1 recordings are missing"):
        encode_corpus(STATES, [corpus])
    assert not cache_folder().exists()


def test_another_recogniser_is_a_line_of_error_and_leaves_nothing(corpus, capsys):
    path = corpus / "config.json"
    other = STATES.model_copy(update={"network": NETWORK.model_copy(update={"encoder_sha256": "0" * 64})})
    path.write_text(json.dumps(other.model_dump(mode="json")), encoding="utf-8")
    assert main(["encode", "--config", str(path), "--corpus", str(corpus)]) == 2
    assert capsys.readouterr().err.startswith("ser_model: ")
    assert not cache_folder().exists()
