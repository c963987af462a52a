"""Small checkpoints in the layout of coqui's: Glow-TTS and vocoders with random weights. Needs coqui-tts."""

import json

import numpy as np
import torch
from TTS.config.shared_configs import BaseAudioConfig
from TTS.tts.configs.glow_tts_config import GlowTTSConfig
from TTS.tts.models.glow_tts import GlowTTS
from TTS.vocoder.configs import HifiganConfig, MultibandMelganConfig
from TTS.vocoder.models import setup_generator

__all__ = [
    "CHARACTERS",
    "PHONES",
    "audio_block",
    "glow_config",
    "old_keys",
    "write_glow",
    "write_hifigan",
    "write_melgan",
    "write_statistics",
]

CHARACTERS = {
    "pad": "_",
    "eos": "~",
    "bos": "^",
    "blank": "<BLNK>",
    "characters": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "punctuations": "!'(),-.:;? ",
    "characters_class": "TTS.tts.utils.text.characters.Graphemes",
    "is_unique": True,
    "is_sorted": True,
}
PHONES = CHARACTERS | {
    "characters": "",
    "phonemes": "iyɨʉɯuɪʏʊeøɘəɵɤoɛœɜɞʌɔæɐaɶɑɒᵻʘɓǀɗǃʄǂɠǁʛpbtdʈɖcɟkɡqɢʔɴŋɲɳnɱmʙrʀⱱɾɽɸβfvθðszʃʒʂʐçʝxɣχʁħʕhɦɬɮʋɹɻjɰlɭʎʟˈˌːˑʍwɥʜʢʡɕʑɺɧɚ˞ɫ",
    "characters_class": "TTS.tts.utils.text.characters.IPAPhonemes",
}


def audio_block(**changes):
    """coqui's defaults with our transform; frames of 80 bands."""
    return BaseAudioConfig(mel_fmin=0.0, mel_fmax=8000.0, do_trim_silence=False, **changes)


def glow_config(**changes):
    given = {
        "audio": audio_block(),
        "characters": CHARACTERS,
        "text_cleaner": "english_cleaners",
        "use_phonemes": False,
        "hidden_channels_enc": 16,
        "hidden_channels_dec": 16,
        "hidden_channels_dp": 16,
        "num_flow_blocks_dec": 2,
        "num_block_layers": 2,
        "encoder_params": {
            "kernel_size": 3,
            "dropout_p": 0.1,
            "num_layers": 2,
            "num_heads": 2,
            "hidden_channels_ffn": 32,
            "input_length": None,
        },
    } | changes
    config = GlowTTSConfig()
    config.from_dict(
        {name: value.to_dict() if hasattr(value, "to_dict") else value for name, value in given.items()}
    )
    return config


def _lively(network, seed):
    """Random weights large enough that every part of the network shows in what it makes."""
    chance = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in network.named_parameters():
            if "gamma" in name:
                value.copy_(1 + 0.1 * torch.randn(value.shape, generator=chance))
            elif value.ndim <= 1 or "bias" in name or "logs" in name or "beta" in name:
                value.copy_(0.1 * torch.randn(value.shape, generator=chance))
            elif ".end." in name:
                value.copy_(0.02 * torch.randn(value.shape, generator=chance))
    return network


def old_keys(state):
    """The names of weights under weight normalisation as PyTorch before 2.0 wrote them."""
    renamed = {}
    for name, value in state.items():
        name = name.replace("parametrizations.weight.original0", "weight_g")
        renamed[name.replace("parametrizations.weight.original1", "weight_v")] = value
    return renamed


def write_glow(folder, config=None, *, old=False, name="model_file.pth", seed=1):
    """Writes a checkpoint; returns the model as coqui has it in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    config = config or glow_config()
    network = _lively(GlowTTS(config), seed)
    with torch.no_grad():
        network.encoder.duration_predictor.proj.bias.fill_(1.3)
    config.save_json(str(folder / "config.json"))
    _save(network.state_dict(), folder / name, old)
    return network.eval()


def _save(state, path, old):
    stored = {
        "model": old_keys(state) if old else state,
        "optimizer": [{"state": {}}],
        "step": 3,
        "config": {},
    }
    torch.save(stored, path)


def write_hifigan(folder, *, old=False, audio=None, seed=2, **params):
    config = HifiganConfig()
    config.audio = audio or audio_block(spec_gain=1, log_func="np.log", signal_norm=False)
    config.generator_model_params = (
        dict(config.generator_model_params)
        | {
            "upsample_factors": [8, 8, 2, 2],
            "upsample_kernel_sizes": [16, 16, 4, 4],
            "upsample_initial_channel": 32,
            "resblock_type": "1",
        }
        | params
    )
    return _write_vocoder(folder, config, old, seed)


def write_melgan(folder, *, old=False, audio=None, seed=2):
    config = MultibandMelganConfig()
    config.audio = audio or audio_block(spec_gain=1, log_func="np.log")
    return _write_vocoder(folder, config, old, seed)


def _write_vocoder(folder, config, old, seed):
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    network = setup_generator(config)
    config.save_json(str(folder / "config.json"))
    # As a whole checkpoint has it: the generator's weights beside those of its critic.
    state = {f"model_g.{name}": value for name, value in network.state_dict().items()}
    _save(state | {"model_d.weight": torch.zeros(1)}, folder / "model_file.pth", old)
    return network.eval()


def write_statistics(path, audio, bands=80, **changes):
    chance = np.random.default_rng(4)
    stored = {
        "mel_mean": chance.normal(-50, 5, bands),
        "mel_std": chance.uniform(5, 9, bands),
        "linear_mean": np.zeros(513),
        "linear_std": np.ones(513),
        "audio_config": json.loads(json.dumps({"sample_rate": audio.sample_rate})),
    } | changes
    np.save(path, stored, allow_pickle=True)
