"""How soon a voice is heard and what its speech costs, beside coqui-tts in PyTorch with the same checkpoint.

`python -m benchmarks.voice_speed --voice NAME --json OUT` in either environment; with `--peer
ACOUSTIC VOCODER` (two checkpoints, in `.venv-voices`) coqui-tts speaks the same sentences in turn
with the voice, in the same run: its own `inference`, then the vocoder, whole, as its synthesiser
does. One thread each. Sentences are of about 60 characters, from our own suggestions. First audio
is the time to the first chunk; the real-time factor is time per time of speech. Nothing is cached.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from language import LANGUAGES, split_sentences
from tts_voices.catalogue import load_voice
from tts_voices.glow_voice import GlowVoice
from tts_voices.joined_voice import JoinedVoice
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
        peer = _peer(voice, args.language, *args.peer) if args.peer else None
    except VoiceError as error:
        print(error, file=sys.stderr)
        return 2
    report = _measure(voice, peer, _sentences(args.language, args.sentences), args.language)
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
    voice: Voice, peer: Callable[[str], float] | None, sentences: list[str], language: str
) -> dict[str, Any]:
    list(voice.speak(sentences[0], language=language))  # whatever is made ready at the first call
    first_ms, factors, processor, peers = [], [], [], []
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
        if peer is not None:
            peers.append(peer(sentence))
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
    if peers:
        report["coqui_first_audio_ms"] = _spread(peers)
        report["times_as_soon"] = _spread([other / own for own, other in zip(first_ms, peers, strict=True)])
    return report


def _spread(values: list[float]) -> dict[str, float]:
    p50, p95 = np.percentile(values, (50, 95))
    return {"p50": round(float(p50), 4), "p95": round(float(p95), 4)}


def _peer(voice: Voice, language: str, acoustic: Path, vocoder: Path) -> Callable[[str], float]:
    """Gives the milliseconds until coqui-tts has spoken a sentence, which is when its sound can begin."""
    import torch

    from tts_voices.model import spectrum_to_samples
    from tts_voices.pronunciation.readers import own_reader
    from tts_voices.training.configuration import Vocoder
    from tts_voices.training.release import read_acoustic, read_vocoder

    torch.set_num_threads(1)
    network, mean, deviation, _ = read_acoustic(acoustic)
    network.inference_noise_scale = 0.3
    network.length_scale = _glow(voice, language).description.length
    waves = read_vocoder(vocoder, Vocoder.model_validate({}))
    read = own_reader(language)
    numbers = {symbol: place for place, symbol in enumerate(_glow(voice, language).description.symbols)}

    def speak(sentence: str) -> float:
        began = time.perf_counter()
        ids = torch.tensor([[numbers[symbol] for symbol in read(sentence)]])
        with torch.inference_mode():
            given = {"x_lengths": torch.tensor([ids.shape[1]]), "d_vectors": None, "speaker_ids": None}
            mel = network.inference(ids, given)["model_outputs"][0].T
            spectrum_to_samples(*waves((mel * deviation[:, None] + mean[:, None])[None]))
        return 1000 * (time.perf_counter() - began)

    speak("Begin.")
    return speak


def _glow(voice: Voice, language: str) -> GlowVoice:
    voices = voice.voices if isinstance(voice, JoinedVoice) else (voice,)
    for each in voices:
        if isinstance(each, GlowVoice) and language in each.languages:
            return each
    raise VoiceError(f"the voice {voice.name} is no Glow-TTS of {language!r}: there is no peer for it")


if __name__ == "__main__":
    sys.exit(main())
