"""How soon a voice is heard and what its speech costs, beside coqui-tts in PyTorch with the same checkpoint.

`python -m benchmarks.voice_speed --voice NAME --json OUT` in either environment; with `--peer
ACOUSTIC VOCODER` (two checkpoints, in `.venv-voices`) coqui-tts speaks the same sentences in turn
with the voice, in the same run: its own `inference`, then the vocoder, whole, as its synthesiser
does. One thread each. Sentences are of about 60 characters, from our own suggestions. First audio
is the time to the first chunk; the real-time factor is time per time of speech. Nothing is cached
but for `kept_first_audio_ms`: there each sentence lies in the cache that the gateway has for those
of the product.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from language import LANGUAGES, split_sentences
from tts_voices.cached.voice import CachedVoice
from tts_voices.catalogue import load_voice
from tts_voices.glow_voice import GlowVoice
from tts_voices.joined_voice import JoinedVoice
from tts_voices.pronunciation.phones import network_ids
from tts_voices.voice import Voice, VoiceError

__all__ = ["main"]

_CHARACTERS = (52, 68)
_ROOT = Path(__file__).parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; 0 done, 2 on bad input."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.voice_speed", description=__doc__)
    parser.add_argument("--voice", default="hamdel", help="as in endpoints.yml; a folder too")
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--sentences", type=int, default=100)
    parser.add_argument("--peer", type=Path, nargs=2, metavar=("ACOUSTIC", "VOCODER"))
    parser.add_argument("--json", type=Path, metavar="OUT")
    args = parser.parse_args(arguments)
    try:
        voice = load_voice(args.voice)
        peers = _peers(voice, args.language, *args.peer) if args.peer else {}
    except VoiceError as error:
        print(error, file=sys.stderr)
        return 2
    report = _measure(voice, peers, _sentences(args.language, args.sentences), args.language)
    text = json.dumps(report, indent=2)
    print(text)
    if args.json:
        args.json.write_text(text + "\n", encoding="utf-8")
    return 0


def _sentences(language: str, count: int) -> list[str]:
    shortest, longest = _CHARACTERS
    found = []
    for path in sorted((_ROOT / "data" / "bilingual_suggestions").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            pieces = split_sentences(json.loads(line)[language], language)
            found += [piece for piece in pieces if shortest <= len(piece) <= longest]
    return found[:: max(1, len(found) // count)][:count]


def _measure(
    voice: Voice, peers: dict[str, Callable[[str], float]], sentences: list[str], language: str
) -> dict[str, Any]:
    list(voice.speak(sentences[0], language=language))  # whatever is made ready at the first call
    first_ms, factors, processor = [], [], []
    peers_ms: dict[str, list[float]] = {name: [] for name in peers}
    for sentence in tqdm(sentences):
        began, used = time.perf_counter(), time.process_time()
        chunks: list[NDArray[np.int16]] = []
        for chunk in voice.speak(sentence, language=language):
            if not chunks:
                first_ms.append(1000 * (time.perf_counter() - began))
            chunks.append(chunk)
        seconds = sum(map(len, chunks)) / voice.sample_rate_hz
        factors.append((time.perf_counter() - began) / seconds)
        processor.append((time.process_time() - used) / seconds)
        for name, peer in peers.items():
            peers_ms[name].append(peer(sentence))
    report: dict[str, Any] = {
        "voice": voice.name,
        "language": language,
        "sentences": len(sentences),
        "first_audio_ms": _spread(first_ms),
        "real_time_factor": _spread(factors),
        "processor_seconds_a_second": _spread(processor),
        "machine": f"{os.cpu_count()} cores",
        "load": round(os.getloadavg()[0], 2),
    }
    report["kept_first_audio_ms"] = _spread(_kept_ms(voice, sentences, language))
    report["coqui"] = {
        name: {
            "first_audio_ms": _spread(times),
            "times_as_soon": _spread([other / own for own, other in zip(first_ms, times, strict=True)]),
        }
        for name, times in peers_ms.items()
    }
    return report


def _kept_ms(voice: Voice, sentences: list[str], language: str) -> list[float]:
    times = []
    with tempfile.TemporaryDirectory() as folder:
        kept = CachedVoice(voice, Path(folder), 1_000, keep=lambda text, language: True)
        for sentence in sentences:
            kept.render(sentence, language)
        for sentence in sentences:
            began = time.perf_counter()
            chunks = kept.speak(sentence, language=language)
            next(iter(chunks))
            times.append(1000 * (time.perf_counter() - began))
        kept.close()
    return times


def _spread(values: list[float]) -> dict[str, float]:
    p50, p95 = np.percentile(values, (50, 95))
    return {"p50": round(float(p50), 4), "p95": round(float(p95), 4)}


def _peers(voice: Voice, language: str, acoustic: Path, vocoder: Path) -> dict[str, Callable[[str], float]]:
    """Each gives the milliseconds until coqui-tts has spoken a sentence, which is when its sound can begin.

    The acoustic network is the checkpoint's in coqui's own `inference`. What makes sound of its frames: our
    vocoder, as PyTorch has it; the two generators that coqui names for its English Glow-TTS, whose weights
    are random here, which costs the same; and Griffin-Lim, its way where no vocoder is named, as for Persian.
    """
    import torch
    from librosa.feature.inverse import mel_to_audio
    from TTS.vocoder.models.hifigan_generator import HifiganGenerator
    from TTS.vocoder.models.multiband_melgan_generator import MultibandMelganGenerator

    from tts_voices.model import spectrum_to_samples
    from tts_voices.training.configuration import Vocoder
    from tts_voices.training.release import read_acoustic, read_vocoder

    torch.set_num_threads(1)
    own = _glow(voice, language)
    network, mean, deviation, _ = read_acoustic(acoustic)
    network.inference_noise_scale = own.description.noise
    network.length_scale = own.description.length
    waves = read_vocoder(vocoder, Vocoder.model_validate({}))
    dilations = [[1, 3, 5]] * 3
    hifigan = HifiganGenerator(80, 1, "1", dilations, [3, 7, 11], [16, 16, 4, 4], 128, [8, 8, 2, 2])
    hifigan.remove_weight_norm()
    melgan = MultibandMelganGenerator()
    melgan.remove_weight_norm()
    definition = {"sr": 22_050, "n_fft": 1024, "hop_length": 256, "fmax": 8_000, "n_iter": 60, "power": 1.0}
    endings: dict[str, Callable[[Any], Any]] = {
        "our vocoder": lambda mel: spectrum_to_samples(*waves(mel)),
        "hifigan_v2": hifigan.eval(),
        "multiband-melgan": melgan.eval(),
        "Griffin-Lim": lambda mel: mel_to_audio(torch.exp(mel[0]).numpy(), **definition),
    }

    def of(ending: Callable[[Any], Any]) -> Callable[[str], float]:
        def speak(sentence: str) -> float:
            began = time.perf_counter()
            ids = torch.tensor([network_ids(own.read(sentence), language)])
            with torch.inference_mode():
                given = {"x_lengths": torch.tensor([ids.shape[1]]), "d_vectors": None, "speaker_ids": None}
                mel = network.inference(ids, given)["model_outputs"][0].T
                ending((mel * deviation[:, None] + mean[:, None])[None])
            return 1000 * (time.perf_counter() - began)

        speak("Begin.")
        return speak

    return {name: of(ending) for name, ending in endings.items()}


def _glow(voice: Voice, language: str) -> GlowVoice:
    voices = voice.voices if isinstance(voice, JoinedVoice) else (voice,)
    for each in voices:
        if isinstance(each, GlowVoice) and language in each.languages:
            return each
    raise VoiceError(f"the voice {voice.name} is no Glow-TTS of {language!r}: there is no peer for it")


if __name__ == "__main__":
    sys.exit(main())
