import json

import numpy as np
import pytest
import torch
from coqui_layout import (
    CHARACTERS,
    PHONES,
    audio_block,
    glow_config,
    write_glow,
    write_hifigan,
    write_melgan,
    write_statistics,
)

from tts_voices.coqui.importing import import_checkpoint
from tts_voices.glow_voice import GlowVoice
from tts_voices.model import VocoderNetwork
from tts_voices.pronunciation import load_reader
from tts_voices.sessions import open_session
from tts_voices.training.configuration import Vocoder as VocoderSizes
from tts_voices.training.export import vocoder_graph
from tts_voices.voice import VoiceError
from tts_voices.voice_files import checked_files, read_description
from tts_voices.waveform_vocoder import open_vocoder

torch.set_num_threads(1)
LETTERS = 41
SMALL_ENCODERS = {
    "gated_conv": {"kernel_size": 5, "dropout_p": 0.1, "num_layers": 2},
    "residual_conv_bn": {"kernel_size": 4, "dilations": [1, 2], "num_conv_blocks": 2, "num_res_blocks": 2},
    "time_depth_separable": {"kernel_size": 5, "num_layers": 2},
}


@pytest.fixture(scope="module")
def hifigan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vocoders") / "hifigan"
    write_hifigan(
        folder, upsample_initial_channel=16, resblock_type="2", resblock_dilation_sizes=[[1, 3]] * 3
    )
    return folder


@pytest.fixture(scope="module")
def own_vocoder(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "vocoder.onnx"
    torch.manual_seed(3)
    vocoder_graph(VocoderNetwork(VocoderSizes(channels=8, blocks=1)), path)
    return path


def spoken_by_coqui(network, ids):
    """What coqui makes of the symbols without noise: natural log amplitudes [bands, n]."""
    network.inference_noise_scale = 0.0
    lengths = torch.tensor([ids.shape[1]])
    made = network.inference(ids, {"x_lengths": lengths, "d_vectors": None, "speaker_ids": None})
    levels = network.ap.denormalize(made["model_outputs"][0].T.detach().numpy())
    base = np.log(10) if network.ap.base == 10 else 1.0
    return levels * base / network.ap.spec_gain


def spoken_by_graphs(folder, ids):
    encoder, decoder = open_session(folder / "encoder.onnx"), open_session(folder / "decoder.onnx")
    frames, durations = encoder.run(None, {"ids": ids.numpy(), "length": np.ones(1, dtype=np.float32)})
    return decoder.run(None, {"frames": frames})[0][0], durations


def assert_same_speech(network, folder, symbols=LETTERS, lengths=(3, 8, 37)):
    for length in lengths:
        ids = torch.randint(4, symbols, (1, length), generator=torch.Generator().manual_seed(length))
        true = spoken_by_coqui(network, ids)
        made, durations = spoken_by_graphs(folder, ids)
        assert durations.sum() // 2 * 2 == made.shape[1]
        assert true.shape == made.shape
        assert np.abs(true - made).max() < 1e-3
        assert true.std() > 0.05


@pytest.mark.parametrize("old", [False, True], ids=["new keys", "old keys"])
@pytest.mark.parametrize(
    "audio",
    [
        audio_block(),
        audio_block(symmetric_norm=False, clip_norm=False, max_norm=1.0, ref_level_db=0),
        audio_block(signal_norm=False, spec_gain=1, log_func="np.log"),
    ],
    ids=["symmetric", "from nothing", "as they are"],
)
def test_graphs_speak_as_coqui_does(tmp_path, hifigan, old, audio):
    network = write_glow(tmp_path / "glow", glow_config(audio=audio), old=old)
    import_checkpoint(tmp_path / "glow", tmp_path / "voice", hifigan)
    assert_same_speech(network, tmp_path / "voice")


def test_frames_of_a_mean_and_deviation_are_brought_back(tmp_path, hifigan):
    audio = audio_block(stats_path=str(tmp_path / "glow" / "scale_stats.npy"))
    (tmp_path / "glow").mkdir()
    write_statistics(tmp_path / "glow" / "scale_stats.npy", audio)
    network = write_glow(tmp_path / "glow", glow_config(audio=audio))
    import_checkpoint(tmp_path / "glow", tmp_path / "voice", hifigan)
    assert_same_speech(network, tmp_path / "voice")


@pytest.mark.parametrize("kind", sorted(SMALL_ENCODERS))
def test_every_encoder_of_coqui_is_exported(tmp_path, hifigan, kind):
    network = write_glow(
        tmp_path / "glow",
        glow_config(
            encoder_type=kind,
            encoder_params=SMALL_ENCODERS[kind],
            sigmoid_scale=True,
            use_encoder_prenet=False,
        ),
    )
    import_checkpoint(tmp_path / "glow", tmp_path / "voice", hifigan)
    # Convolutions of even width make shorter texts than this fail in coqui too.
    assert_same_speech(network, tmp_path / "voice", lengths=(9, 37))


@pytest.mark.parametrize("old", [False, True], ids=["new keys", "old keys"])
@pytest.mark.parametrize("kind", ["melgan", "hifigan"])
def test_the_matched_vocoder_sounds_as_coqui_has_it(tmp_path, old, kind):
    write = {"melgan": write_melgan, "hifigan": write_hifigan}[kind]
    audio = (
        audio_block() if kind == "melgan" else audio_block(signal_norm=False, spec_gain=1, log_func="np.log")
    )
    generator = write(tmp_path / "vocoder", old=old, audio=audio)
    network = write_glow(tmp_path / "glow", glow_config(audio=audio))
    description = import_checkpoint(tmp_path / "glow", tmp_path / "voice", tmp_path / "vocoder")
    made = open_vocoder(tmp_path / "voice" / "vocoder.onnx", size=description.fft, hop=description.hop)
    ids = torch.randint(4, LETTERS, (1, 23), generator=torch.Generator().manual_seed(3))
    natural = spoken_by_coqui(network, ids)
    # The level in decibels or natural units that coqui hands from one model to the other.
    level = natural * (20 / np.log(10) if kind == "melgan" else 1.0)
    expected = (
        generator.inference(torch.from_numpy(network.ap.normalize(level))[None].float())[0, 0]
        .detach()
        .numpy()
    )
    around = generator.inference_padding * description.hop
    sound = made.whole(natural[None].astype(np.float32))
    assert np.abs(sound - expected[around:-around]).max() < 1e-4
    assert expected.std() > 1e-3
    assert np.abs(np.concatenate(list(made.stream(natural[None].astype(np.float32)))) - sound).max() < 1e-5


def test_the_voice_speaks_letters(tmp_path, hifigan):
    write_glow(tmp_path / "glow")
    description = import_checkpoint(tmp_path / "glow", tmp_path / "voice", hifigan)
    assert description == read_description(tmp_path / "voice")
    assert (description.language, description.reader, description.blank) == ("en", "characters", None)
    assert len(description.symbols) == 67
    assert set(checked_files(tmp_path / "voice", description.files)) == {
        "encoder.onnx",
        "decoder.onnx",
        "vocoder.onnx",
    }
    folder = tmp_path / "voice"
    voice = GlowVoice(
        description,
        open_session(folder / "encoder.onnx"),
        open_session(folder / "decoder.onnx"),
        open_vocoder(folder / "vocoder.onnx", size=description.fft, hop=description.hop),
        load_reader(description),
    )
    sound = np.concatenate(list(voice.speak("Hello there.", language="en")))
    assert len(sound) > 2_000
    assert 0.001 < np.abs(sound / 32_768).max() < 0.98


def test_capitals_that_a_cleaner_takes_away_are_never_read(tmp_path, hifigan):
    write_glow(tmp_path / "glow")
    lowered = import_checkpoint(tmp_path / "glow", tmp_path / "voice", hifigan)
    assert "".join(load_reader(lowered)("Hello")) == "hello"
    write_glow(tmp_path / "kept", glow_config(text_cleaner="no_cleaners"))
    kept = import_checkpoint(tmp_path / "kept", tmp_path / "other", hifigan)
    assert "".join(load_reader(kept)("Hello")) == "Hello"


def test_symbols_have_coquis_numbers(tmp_path, hifigan):
    config = glow_config(add_blank=True, enable_eos_bos_chars=True)
    network = write_glow(tmp_path / "glow", config)
    description = import_checkpoint(tmp_path / "glow", tmp_path / "voice", hifigan)
    read = load_reader(description)("hello, you are fine.")
    numbers = [description.symbols.index(symbol) for symbol in read]
    assert numbers == network.tokenizer.text_to_ids("hello, you are fine.")
    assert (description.blank, description.opening, description.closing) == ("<BLNK>", ("^",), ("~",))


@pytest.mark.parametrize(
    "text",
    [
        "Hello there, my friend.",
        "What do you think? I don't know!",
        "It is good that you are here; there is no hurry.",
        "One, two, three",
    ],
)
def test_phonemes_are_those_of_coqui(tmp_path_factory, hifigan, text):
    folder = tmp_path_factory.mktemp("phones")
    characters = PHONES | {"is_unique": True}
    config = glow_config(
        characters=characters,
        use_phonemes=True,
        phoneme_language="en-us",
        phonemizer="espeak",
        text_cleaner="phoneme_cleaners",
    )
    network = write_glow(folder / "glow", config)
    description = import_checkpoint(folder / "glow", folder / "voice", hifigan)
    numbers = [description.symbols.index(symbol) for symbol in load_reader(description)(text)]
    assert numbers == network.tokenizer.text_to_ids(text)


def test_the_persian_recipe_becomes_a_voice_with_our_vocoder(tmp_path, own_vocoder):
    # As the published Persian model: 24 kHz, coqui's own levels, phonemes, all bands up to half the rate.
    audio = audio_block(sample_rate=24_000)
    audio.mel_fmax = None
    config = glow_config(
        audio=audio, characters=PHONES, use_phonemes=True, phoneme_language="fa", phonemizer="espeak",
        text_cleaner="basic_cleaners",
    )  # fmt: skip
    network = write_glow(tmp_path / "glow", config)
    description = import_checkpoint(tmp_path / "glow", tmp_path / "voice", own_vocoder)
    assert (description.language, description.reader, description.sample_rate_hz) == ("fa", "espeak", 22_050)
    ids = torch.randint(4, 90, (1, 40), generator=torch.Generator().manual_seed(3))
    true = spoken_by_coqui(network, ids)
    made, _ = spoken_by_graphs(tmp_path / "voice", ids)
    # The same time in frames of 256 samples at another rate; the same level within what bands allow.
    assert abs(made.shape[1] - true.shape[1] * 22_050 / 24_000) < 1
    assert made.min() >= np.log(1e-5) - 1e-4
    assert abs(np.maximum(true, np.log(1e-5)).mean() - made.mean()) < 0.5


def test_without_a_vocoder_the_error_says_what_to_give(tmp_path):
    write_glow(tmp_path / "glow")
    with pytest.raises(VoiceError, match="no vocoder of its own: name one"):
        import_checkpoint(tmp_path / "glow", tmp_path / "voice")


def test_a_folder_that_holds_something_is_left_alone(tmp_path, hifigan):
    write_glow(tmp_path / "glow")
    (tmp_path / "voice").mkdir()
    (tmp_path / "voice" / "mine.txt").write_text("mine")
    with pytest.raises(VoiceError, match="there already"):
        import_checkpoint(tmp_path / "glow", tmp_path / "voice", hifigan)
    assert [path.name for path in (tmp_path / "voice").iterdir()] == ["mine.txt"]


def changed(folder, **fields):
    path = folder / "config.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    for name, value in fields.items():
        block, _, inner = name.partition("__")
        if inner:
            stored[block][inner] = value
        else:
            stored[block] = value
    path.write_text(json.dumps(stored), encoding="utf-8")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": "vits"}, "not a Glow-TTS"),
        ({"model": "nothing_like_it"}, "no configuration"),
        ({"hidden_channels_enc": 32}, "don't fit"),
        ({"encoder_type": "residual_conv_bn"}, "makes no network"),
        ({"use_speaker_embedding": True}, "several speakers"),
        ({"add_blank": True, "characters": CHARACTERS | {"blank": None}}, "names no blank"),
        ({"characters": CHARACTERS | {"is_sorted": False}}, "order is not in"),
        ({"characters": CHARACTERS | {"characters_class": "os.path"}}, "not known here"),
        ({"characters": CHARACTERS | {"characters": "ab"}}, "don't fit"),
        ({"audio__stats_path": "scale_stats.npy"}, "statistics beside it"),
        ({"audio__do_amp_to_db_mel": False}, "no logarithms"),
        ({"audio__mel_fmax": 600.0}, "choose another vocoder"),
        ({"audio__num_mels": 40}, "makes 80 bands"),
        ({"audio__sample_rate": 96_000}, "not possible"),
        ({"use_phonemes": True, "phoneme_language": "de"}, "only en-us and fa"),
        (
            {"use_phonemes": True, "phoneme_language": "en-us", "phonemizer": "ja_jp_phonemizer"},
            "ja_jp_phonemizer",
        ),
    ],
)
def test_a_checkpoint_that_can_not_be_used_is_told_in_one_line(tmp_path, hifigan, fields, message):
    write_glow(tmp_path / "glow")
    changed(tmp_path / "glow", **fields)
    with pytest.raises(VoiceError, match=message) as raised:
        import_checkpoint(tmp_path / "glow", tmp_path / "voice", hifigan)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "voice").exists()
    assert not list(tmp_path.glob(".importing-*"))


class _Bomb:
    def __reduce__(self):
        return (open, ("hacked", "w"))


@pytest.mark.parametrize("content", ["cut", "empty", "text", "pickle", "other", "not numbers"])
def test_damaged_weights_are_told_and_run_nothing(tmp_path, hifigan, content, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network = write_glow(tmp_path / "glow")
    path = tmp_path / "glow" / "model_file.pth"
    if content == "pickle":
        torch.save({"model": _Bomb()}, path)
    elif content == "other":
        torch.save([1, 2], path)
    elif content == "not numbers":
        state = network.state_dict()
        state["encoder.emb.weight"] = state["encoder.emb.weight"] * float("nan")
        torch.save({"model": state}, path)
    else:
        path.write_bytes(
            {"cut": path.read_bytes()[:900], "empty": b"", "text": b"<html>not found</html>"}[content]
        )
    with pytest.raises(VoiceError, match=r"model_file.pth can't be read|not all numbers") as raised:
        import_checkpoint(tmp_path / "glow", tmp_path / "voice", hifigan)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("changes", ["cut", "bands", "program", "zero"])
def test_damaged_statistics_are_told_and_run_nothing(tmp_path, hifigan, changes, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_glow(tmp_path / "glow")
    changed(tmp_path / "glow", audio__stats_path="/elsewhere/scale_stats.npy")
    path = tmp_path / "glow" / "scale_stats.npy"
    if changes == "program":
        np.save(path, np.asarray(_Bomb(), dtype=object), allow_pickle=True)
    else:
        more = {"zero": {"mel_std": np.zeros(80)}}.get(changes, {})
        write_statistics(path, audio_block(), bands=40 if changes == "bands" else 80, **more)
    if changes == "cut":
        path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(VoiceError, match=r"scale_stats.npy"):
        import_checkpoint(tmp_path / "glow", tmp_path / "voice", hifigan)
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda folder: changed(folder, generator_model="wavernn"), "only hifigan_generator"),
        (lambda folder: changed(folder, audio__hop_length=200, audio__win_length=800), "256 samples a frame"),
        (lambda folder: (folder / "model_file.pth").unlink(), "no weights"),
        (lambda folder: (folder / "config.json").write_text("{"), "no configuration"),
        (lambda folder: (folder / "config.json").unlink(), "no config.json"),
    ],
)
def test_a_vocoder_that_can_not_be_used_is_told(tmp_path, break_it, message):
    write_glow(tmp_path / "glow")
    write_hifigan(tmp_path / "vocoder", upsample_initial_channel=16)
    break_it(tmp_path / "vocoder")
    with pytest.raises(VoiceError, match=message):
        import_checkpoint(tmp_path / "glow", tmp_path / "voice", tmp_path / "vocoder")
    assert not (tmp_path / "voice").exists()


def test_a_folder_with_several_weights_needs_a_known_name(tmp_path, hifigan):
    write_glow(tmp_path / "glow", name="checkpoint_1000.pth")
    (tmp_path / "glow" / "checkpoint_2000.pth").write_bytes(b"")
    with pytest.raises(VoiceError, match="2 weights"):
        import_checkpoint(tmp_path / "glow", tmp_path / "voice", hifigan)
    (tmp_path / "glow" / "checkpoint_2000.pth").unlink()
    import_checkpoint(tmp_path / "glow", tmp_path / "voice", hifigan)
