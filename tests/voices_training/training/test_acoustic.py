import json

import numpy as np
import pytest
import soundfile
import torch

from tts_voices.training.acoustic import CHECKPOINT, train_acoustic
from tts_voices.training.configuration import Configuration
from tts_voices.training.corpus import LESSONS_FILE, read_lessons, read_piece
from tts_voices.training.pictures import alignment, draw_alignment, draw_history, draw_spectrograms
from tts_voices.training.release import read_acoustic, release_vocoder, release_voice
from tts_voices.training.vocoder import train_vocoder
from tts_voices.voice import VoiceError
from tts_voices.voice_files import read_description

TINY = {"hidden": 16, "feed_forward": 16, "encoder_layers": 1, "duration_hidden": 16}


def configuration(steps=4, **changes):
    schedule = {"steps": steps, "batch": 3, "check_every": 2, "warm_up": 1}
    return Configuration.model_validate(
        {
            "acoustic": {**TINY, "flow_blocks": 2, "flow_layers": 1},
            "vocoder": {"channels": 16, "blocks": 4},
            "schedule": schedule,
            "vocoder_schedule": schedule,
            **changes,
        }
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Tones that stand for speech: what is tested is the way through, not what is learnt."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "wavs").mkdir()
    chance = np.random.default_rng(1)
    lines = []
    for number in range(8):
        seconds = 0.8 + 0.1 * number
        time = np.arange(int(seconds * 22_050)) / 22_050
        tone = 0.2 * np.sin(2 * np.pi * (150 + 20 * number) * time) + 0.01 * chance.standard_normal(len(time))
        soundfile.write(folder / "wavs" / f"{number}.wav", tone, 22_050)
        fields = {
            "id": str(number),
            "split": "test" if number > 5 else "train",
            "symbols": "^ hh eh0 l ow1 .",
        }
        lines.append(json.dumps(fields))
    (folder / LESSONS_FILE).write_text("\n".join(lines) + "\n")
    return folder


def test_it_goes_on_from_where_it_was_left(corpus, tmp_path):
    lessons = read_lessons(corpus, "en")
    train_acoustic(lessons, "en", configuration(2), tmp_path)
    first = torch.load(tmp_path / CHECKPOINT, weights_only=True)
    path = train_acoustic(lessons, "en", configuration(4), tmp_path)
    last = torch.load(path, weights_only=True)
    assert (first["step"], last["step"]) == (2, 4)
    assert [entry["step"] for entry in last["history"]] == [2, 4]
    assert all(np.isfinite(entry["likelihood"]) for entry in last["history"])
    weights = [stored["network"]["encoder.proj_m.weight"] for stored in (first, last)]
    assert not torch.equal(*weights)


def test_a_persian_voice_begins_with_an_english_ones_weights(corpus, tmp_path):
    lessons = read_lessons(corpus, "en")
    start = train_acoustic(lessons, "en", configuration(2), tmp_path / "en")
    network, _, _, _ = read_acoustic(start)
    persian = [
        type(lesson)(lesson.name, lesson.split, ("^", "s", "a0", "l", "A1", "m", "."), "", lesson.path)
        for lesson in lessons
    ]
    path = train_acoustic(persian, "fa", configuration(1), tmp_path / "fa", start=start)
    begun, _, _, language = read_acoustic(path)
    assert language == "fa"
    before = network.state_dict()["decoder.flows.2.wn.in_layers.0.bias"]
    after = begun.state_dict()["decoder.flows.2.wn.in_layers.0.bias"]
    assert torch.allclose(before, after, atol=0.01)
    with pytest.raises(VoiceError, match="no checkpoint of a voice of these sizes"):
        train_acoustic(persian, "fa", configuration(1), tmp_path / "other", start=corpus / "wavs" / "0.wav")


def test_from_a_corpus_to_a_voice_with_pictures(corpus, tmp_path):
    lessons = read_lessons(corpus, "en")
    acoustic = train_acoustic(lessons, "en", configuration(), tmp_path)
    vocoder = train_vocoder(lessons, configuration(), tmp_path, adversarial_from=2)
    release_vocoder(vocoder, configuration().vocoder, tmp_path / "voice")
    voice = release_voice(
        acoustic, "vocoder.onnx", lessons, tmp_path / "voice", name="tones", licence="CC0-1.0"
    )
    described = read_description(tmp_path / "voice")
    assert (described.name, described.language, described.reader) == ("tones", "en", "hamdel")
    assert set(described.files) == {"encoder.onnx", "decoder.onnx", "vocoder.onnx"}
    assert 0.3 <= described.length <= 3
    sound = voice.samples(list(lessons[0].symbols))
    assert np.isfinite(sound).all()
    network, mean, deviation, _ = read_acoustic(acoustic)
    mel = np.random.default_rng(1).standard_normal((30, 80)).astype(np.float32)
    found = alignment(network, np.asarray([0, 5, 6, 7, 2]), mel, mean, deviation)
    assert found.shape == (30, 5)
    assert (found.sum(axis=1) == 1).all()
    draw_alignment(found, ("^", "a", "b", "c", "."), tmp_path / "alignment.png")
    draw_history(torch.load(acoustic, weights_only=True)["history"], tmp_path / "loss.png", ("likelihood",))
    draw_spectrograms({"one": mel, "other": mel}, tmp_path / "mels.png")
    pictures = [tmp_path / name for name in ("alignment.png", "loss.png", "mels.png")]
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)


@pytest.mark.parametrize(
    "line",
    ["", "[]", '{"id": "1"}', '{"id": "1", "split": "train", "symbols": "^ nonsense ."}', '{"id": 1}', "\0"],
)
def test_a_bad_line_of_a_corpus_is_named(tmp_path, line):
    (tmp_path / LESSONS_FILE).write_text(line + "\n")
    with pytest.raises(VoiceError, match=r"lessons\.jsonl"):
        read_lessons(tmp_path, "en")


def test_a_missing_corpus_and_sound_that_is_none_are_told(tmp_path):
    with pytest.raises(VoiceError, match="can't be read"):
        read_lessons(tmp_path, "en")
    (tmp_path / "0.wav").write_bytes(b"RIFF nothing")
    with pytest.raises(VoiceError, match="can't be read as sound"):
        read_piece(tmp_path / "0.wav", 100, 0.5)


def test_a_piece_of_another_rate_is_refused(tmp_path):
    soundfile.write(tmp_path / "0.wav", np.zeros(8_000), 8_000)
    with pytest.raises(VoiceError, match="22050"):
        read_piece(tmp_path / "0.wav", 100, 0.5)


def test_a_checkpoint_that_is_none_is_told(tmp_path):
    (tmp_path / CHECKPOINT).write_bytes(b"nothing")
    with pytest.raises(VoiceError, match="no checkpoint"):
        read_acoustic(tmp_path / CHECKPOINT)
