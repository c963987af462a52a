"""The graphs against the same weights in CTranslate2, the implementation that they stand in for."""

import io
import json
import shutil
import subprocess

import ctranslate2
import numpy as np
import pytest
import soundfile
import soxr
import tokenizers
from faster_whisper.feature_extractor import FeatureExtractor

from bot.model_store import ModelMissingError, default_store
from bot.whisper_network import WhisperNetwork
from bot.whisper_vocabulary import sayable_tokens
from bot.whisper_weights import WeightsFormatError

START, ENGLISH, PERSIAN, TRANSCRIBE, NO_SPEECH, NO_TIMESTAMPS, END = (
    50_258,
    50_259,
    50_300,
    50_359,
    50_362,
    50_363,
    50_257,
)
PROMPTS = [[ENGLISH, TRANSCRIBE, NO_TIMESTAMPS], [PERSIAN, TRANSCRIBE, NO_TIMESTAMPS]]


@pytest.fixture(scope="module")
def folder():
    try:
        return default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def vocabulary(folder):
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    return sayable_tokens(
        tokenizer.get_vocab(with_added_tokens=True), specials_from=END, timestamps_from=NO_TIMESTAMPS + 1
    )


@pytest.fixture(scope="module")
def network(folder, vocabulary):
    return WhisperNetwork(folder, vocabulary=vocabulary, threads=1, beams=3)


@pytest.fixture(scope="module")
def peer(folder):
    return ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="float32", intra_threads=1)


@pytest.fixture(scope="module")
def mel():
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("espeak-ng is not installed")
    command = [espeak, "-v", "en-us", "-s", "150", "--stdout", "I feel sad and alone today."]
    wave = subprocess.run(command, capture_output=True, check=True).stdout
    samples, rate_hz = soundfile.read(io.BytesIO(wave), dtype="float32")
    speech = soxr.resample(samples, rate_hz, 16_000)
    frames = FeatureExtractor(feature_size=80)(np.pad(speech, (0, 8 * 16_000 - len(speech))))
    return np.ascontiguousarray(frames[np.newaxis, :, : frames.shape[1] // 2 * 2])


def test_states_are_close_to_those_of_the_peer(network, peer, mel):
    wanted = np.asarray(peer.encode(ctranslate2.StorageView.from_array(mel)))[0]
    states = network.encoder.encode(mel).states
    assert states.shape == wanted.shape
    assert np.sqrt(np.mean((states - wanted) ** 2) / np.mean(wanted**2)) < 0.1


def test_words_are_those_of_the_peer(network, peer, mel):
    encoded = network.encoder.encode(mel)
    ((likeliest, *_),) = network.search(
        encoded, network.begin(encoded, START), PROMPTS[:1], end=END, longest=40
    )
    (result,) = peer.generate(
        ctranslate2.StorageView.from_array(mel),
        [[START, *PROMPTS[0]]],
        beam_size=3,
        return_scores=True,
        max_length=88,
    )
    assert list(likeliest.tokens) == result.sequences_ids[0]
    count = len(likeliest.tokens)
    assert likeliest.log_probability == pytest.approx(result.scores[0] * count / (count + 1), abs=0.05)


def test_language_and_silence_are_heard_as_by_the_peer(network, peer, mel):
    encoded = network.encoder.encode(mel)
    beginning = network.begin(encoded, START)
    known = dict(peer.detect_language(ctranslate2.StorageView.from_array(mel))[0])
    languages = [beginning.probability(token) for token in range(START + 1, 50_358)]
    assert beginning.probability(ENGLISH) / sum(languages) == pytest.approx(known["<|en|>"], abs=0.05)
    silence = np.full((1, 80, 800), -1.0, dtype=np.float32)
    quiet = network.begin(network.encoder.encode(silence), START)
    assert quiet.probability(NO_SPEECH) > 10 * beginning.probability(NO_SPEECH)


def test_prompts_side_by_side_find_what_each_finds_alone(network, mel):
    encoded = network.encoder.encode(mel)
    beginning = network.begin(encoded, START)
    together = network.search(encoded, beginning, PROMPTS, end=END, longest=30)
    for prompt, found in zip(PROMPTS, together, strict=True):
        (alone,) = network.search(encoded, beginning, [prompt], end=END, longest=30)
        assert found[0].log_probability == pytest.approx(alone[0].log_probability, abs=0.1)


def test_hypotheses_are_likeliest_first_and_differ(network, mel):
    encoded = network.encoder.encode(mel)
    (found,) = network.search(encoded, network.begin(encoded, START), PROMPTS[:1], end=END, longest=40)
    assert len(found) == len({one.tokens for one in found}) == 3
    assert [one.log_probability for one in found] == sorted(
        (one.log_probability for one in found), reverse=True
    )


def test_a_search_is_broken_off_at_the_longest(network, mel):
    encoded = network.encoder.encode(mel)
    (found,) = network.search(encoded, network.begin(encoded, START), PROMPTS[:1], end=END, longest=3)
    assert all(len(one.tokens) <= 3 for one in found)


@pytest.mark.parametrize("config", ["", "[]", "{}", '{"suppress_ids": "x", "suppress_ids_begin": [1]}'])
def test_a_damaged_config_is_refused(folder, vocabulary, tmp_path, config):
    (tmp_path / "model.bin").symlink_to(folder / "model.bin")
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(WeightsFormatError, match=r"config\.json"):
        WhisperNetwork(tmp_path, vocabulary=vocabulary, threads=1, beams=3)


def test_tokens_that_the_model_lacks_are_refused(folder):
    tokens = json.loads((folder / "config.json").read_text())["suppress_ids"]
    with pytest.raises(WeightsFormatError, match="more tokens than the model"):
        WhisperNetwork(folder, vocabulary=[*tokens, 60_000], threads=1, beams=3)
