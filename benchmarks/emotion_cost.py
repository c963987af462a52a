"""Processor time that each way to read an emotion takes for one second of audio, on one core.

`python -m benchmarks.emotion_cost --json OUT [FILE…]`: every way meets every clip in turn, so that all have
the same load of the machine and their ratios hold. The clips are the files, whole, or made voices of 2, 4 and
8 s. A clip shorter than 6.5 s goes through the encoder in a window of 8 s, as in a talk: for short clips a
second costs more there.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from bot.model_store import ModelMissingError, UnknownModelError, default_store
from bot.speech_encoder import LONGEST_STRETCH_SAMPLES, SAMPLE_RATE_HZ, SpeechWindow
from bot.whisper_encoder import STATES_PER_S, WhisperEncoder
from bot.whisper_weights import read_weights
from ser_model.detector import SpeechEmotionDetector, StatesEmotionDetector
from ser_model.errors import SpeechEmotionError
from ser_model.gates import gate
from ser_model.manifest import LABELS
from ser_model.model_card import DEFAULT_DIRECTORY
from ser_model.recordings import read_recording

__all__ = ["main"]

_Samples = NDArray[np.float32]
_Numbers = NDArray[Any]
_Features = Callable[[_Samples], _Numbers]
_Work = Callable[[], object]
_Way = Callable[[_Samples], _Work]
"""Prepares a clip, untimed; gives the work that is timed."""

_STATES = "whisper_cnn"
_LOG_MEL = "log_mel"
_PAPERS = "librosa_mlp"
_PAPERS_SHARED = "librosa_mlp_one_spectrogram"
_ENCODER = "encoder"
_ENCODER_LAYERS = "encoder_layers"

_WHAT = {
    _STATES: "gate, means of pairs and network on encoder states that exist already: what it costs beyond "
    f"recognition, with what {_ENCODER_LAYERS} takes more than {_ENCODER}",
    _LOG_MEL: "gate, log-mel spectrogram and network on samples alone",
    _PAPERS: "means of librosa's mfcc (40), chroma_stft (12) and melspectrogram (128), each from its own "
    f"spectrogram; 180-300-{len(LABELS)} perceptron, as numpy's products with random weights",
    _PAPERS_SHARED: "the same features from one spectrogram (ser_model.baselines), and the same perceptron",
    _ENCODER: "the recogniser's log-mel spectrogram and encoder pass, as words need it",
    _ENCODER_LAYERS: f"the same, giving out the layers that {_STATES} reads",
}
_DEFAULT_ENCODER = "whisper-base"
_DEFAULT_LENGTHS_S = (2.0, 4.0, 8.0)
_TOOLS = ("librosa", "sklearn", "threadpoolctl")
_HIDDEN_UNITS = 300
_LANGUAGE = "en"


class _UnusableClipError(Exception):
    """No emotion would be read of a clip; the message says why."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the benchmark; 0 done, 2 on bad input, damaged models, or without the test tools."""
    longest_s = LONGEST_STRETCH_SAMPLES / SAMPLE_RATE_HZ
    parser = argparse.ArgumentParser(prog="python -m benchmarks.emotion_cost", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument(
        "--seconds", type=float, action="append", metavar="N", help="of a made voice; may be given again"
    )
    parser.add_argument("--repeats", type=int, default=20, metavar="N", help="(default: 20)")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a card that reads encoder states")
    parser.add_argument("--json", type=Path, metavar="OUT")
    args = parser.parse_args(arguments)
    if args.files and args.seconds:
        parser.error("--seconds is the length of made voices: leave it or the files out")
    if any(not 1 <= length_s <= longest_s for length_s in args.seconds or ()):
        parser.error(f"--seconds must be 1 to {longest_s:.0f}")
    if args.repeats < 1:
        parser.error("--repeats must be at least 1")
    if missing := [tool for tool in _TOOLS if find_spec(tool) is None]:
        print(
            f"{', '.join(missing)} missing; `make .venv/.ready-dev` installs the test tools", file=sys.stderr
        )
        return 2
    load = os.getloadavg()[0]
    try:
        if args.files:
            clips = [_read(path) for path in args.files]
        else:
            clips = [_made_voice(length_s) for length_s in args.seconds or _DEFAULT_LENGTHS_S]
        ways, models, left_out = _ways(args.model)
    except (SpeechEmotionError, _UnusableClipError) as error:
        print(error, file=sys.stderr)
        return 2
    works = [{name: way(clip) for name, way in ways.items()} for clip in clips]
    _run_once(works)
    with _one_core():
        times_ms = _measure(works, args.repeats)
    report = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load": round(load, 2),
        "cores": 1,
        "repeats": args.repeats,
        "made": not args.files,
        "models": models,
        **_summary(times_ms, [len(clip) / SAMPLE_RATE_HZ for clip in clips]),
        "left_out": left_out,
        "what": {name: _WHAT[name] for name in ways},
    }
    text = json.dumps(report, ensure_ascii=False, indent=2)
    if args.json is not None:
        args.json.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


def _read(path: Path) -> _Samples:
    samples = read_recording(path)
    if len(samples) > LONGEST_STRETCH_SAMPLES:
        raise _UnusableClipError(f"{path}: is longer than 28 s, and recognition would cut it; cut it before")
    if held_back := gate(samples):
        raise _UnusableClipError(
            f"{path}: no emotion is read of it ({held_back.reason}); take another recording"
        )
    return samples


def _made_voice(length_s: float) -> _Samples:
    """Syllables, a bit over four a second, of a gliding buzz with falling harmonics, at -26 dB."""
    random = np.random.default_rng(0)
    times_s = np.arange(round(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    pitch_hz = 140.0 + 30.0 * np.sin(2.0 * np.pi * 0.4 * times_s)
    phase = 2.0 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    buzz = sum(np.cos(number * phase) / number**1.1 for number in range(1, 24))
    syllables = 4.3 * times_s
    loudness = np.exp(random.normal(0.0, 0.7, int(syllables[-1]) + 1))
    voice = buzz * np.sin(np.pi * syllables) ** 2 * loudness[syllables.astype(np.intp)]
    return np.asarray(np.clip(0.05 * voice / np.sqrt(np.mean(voice**2)), -1.0, 1.0), dtype=np.float32)


def _ways(folder: Path | None) -> tuple[dict[str, _Way], dict[str, str], dict[str, str]]:
    """The ways that can be measured here, the models of theirs, and why the others are left out."""
    ways: dict[str, _Way] = {}
    models: dict[str, str] = {}
    left_out: dict[str, str] = {}
    states = None
    if folder is not None or (DEFAULT_DIRECTORY / "card.json").is_file():
        states = StatesEmotionDetector.load(folder)
    encoder_name = _DEFAULT_ENCODER
    layers: tuple[int, ...] = ()
    if states is None:
        reason = "no default model is here yet; `make train-ser` makes it, --model DIR takes another"
        left_out |= {_STATES: reason, _ENCODER_LAYERS: reason}
    elif states.card.encoder is not None:
        encoder_name, layers = states.card.encoder.name, states.card.encoder.layers
    try:
        weights = read_weights(default_store().path(encoder_name) / "model.bin")
    except (ModelMissingError, UnknownModelError) as error:
        left_out |= {
            name: str(error) for name in (_STATES, _ENCODER, _ENCODER_LAYERS) if name not in left_out
        }
    else:
        if states is not None:
            encoder = WhisperEncoder(weights, threads=1, layers=layers)
            ways[_STATES] = partial(_of_states, states, encoder)
            ways[_ENCODER_LAYERS] = partial(_encoding, encoder)
            models[_STATES] = states.model
        ways[_ENCODER] = partial(_encoding, WhisperEncoder(weights, threads=1))
        models[_ENCODER] = encoder_name
    log_mel = SpeechEmotionDetector.load()
    ways[_LOG_MEL] = partial(_of_samples, log_mel)
    models[_LOG_MEL] = log_mel.model
    from ser_model.baselines import summary_features  # needs the test tools

    perceptron = _perceptron()
    ways[_PAPERS] = partial(_judging, _papers_features, perceptron)
    ways[_PAPERS_SHARED] = partial(_judging, summary_features, perceptron)
    return {name: ways[name] for name in _WHAT if name in ways}, models, left_out


def _encoding(encoder: WhisperEncoder, samples: _Samples) -> _Work:
    window = SpeechWindow(encoder.shape.mels)
    return lambda: encoder.encode(window.short(samples))


def _of_samples(detector: SpeechEmotionDetector, samples: _Samples) -> _Work:
    return partial(detector.estimate, samples, language=_LANGUAGE)


def _of_states(detector: StatesEmotionDetector, encoder: WhisperEncoder, samples: _Samples) -> _Work:
    spoken = math.ceil(len(samples) * STATES_PER_S / SAMPLE_RATE_HZ)
    mel = SpeechWindow(encoder.shape.mels).short(samples)
    states = encoder.encode(mel).states[:spoken].copy()
    return partial(detector.estimate, states, samples=samples, language=_LANGUAGE)


def _papers_features(samples: _Samples) -> _Numbers:
    import librosa

    magnitude = np.abs(librosa.stft(samples))
    cepstrum = librosa.feature.mfcc(y=samples, sr=SAMPLE_RATE_HZ, n_mfcc=40)
    chroma = librosa.feature.chroma_stft(S=magnitude, sr=SAMPLE_RATE_HZ)
    mel = librosa.feature.melspectrogram(y=samples, sr=SAMPLE_RATE_HZ)
    return np.concatenate([each.mean(axis=1) for each in (cepstrum, chroma, mel)])


def _perceptron() -> Callable[[_Numbers], _Numbers]:
    """One of the papers' sizes; what its weights are does not change what it costs."""
    random = np.random.default_rng(0)
    hidden = random.normal(0.0, 0.01, (40 + 12 + 128, _HIDDEN_UNITS))
    outer = random.normal(0.0, 0.1, (_HIDDEN_UNITS, len(LABELS)))

    def shares(features: _Numbers) -> _Numbers:
        logits = np.maximum(features.reshape(1, -1) @ hidden, 0.0) @ outer
        weights = np.exp(logits - logits.max())
        return np.asarray(weights / weights.sum())

    return shares


def _judging(summarise: _Features, perceptron: Callable[[_Numbers], _Numbers], samples: _Samples) -> _Work:
    return lambda: perceptron(summarise(samples))


@contextmanager
def _one_core() -> Iterator[None]:
    cores = os.sched_getaffinity(0)
    # The affinity is this thread's alone; the pools of numpy and scipy would compute elsewhere.
    with import_module("threadpoolctl").threadpool_limits(limits=1):
        os.sched_setaffinity(0, {max(cores)})
        try:
            yield
        finally:
            os.sched_setaffinity(0, cores)


def _run_once(works: Sequence[Mapping[str, _Work]]) -> None:
    # librosa compiles and loads libraries at first use, and only pools that are loaded can be held to a core.
    for works_of_clip in works:
        for work in works_of_clip.values():
            work()


def _measure(works: Sequence[Mapping[str, _Work]], repeats: int) -> dict[str, list[list[float]]]:
    """Milliseconds of each way: for each clip, those of each repeat."""
    times_ms: dict[str, list[list[float]]] = {name: [[] for _ in works] for name in works[0]}
    for _ in tqdm(range(repeats), unit="repeat", disable=None):
        for clip, works_of_clip in enumerate(works):
            for name, work in works_of_clip.items():
                start_s = time.process_time()
                work()
                times_ms[name][clip].append(1000 * (time.process_time() - start_s))
    return times_ms


def _summary(times_ms: Mapping[str, Sequence[Sequence[float]]], lengths_s: Sequence[float]) -> dict[str, Any]:
    medians_ms = {name: [float(np.median(of)) for of in clips] for name, clips in times_ms.items()}
    per_s = {name: sum(clips_ms) / sum(lengths_s) for name, clips_ms in medians_ms.items()}
    return {
        "processor_ms_per_s": {name: round(value, 2) for name, value in per_s.items()},
        f"share_of_{_PAPERS}": {name: round(value / per_s[_PAPERS], 3) for name, value in per_s.items()},
        "by_clip": [
            {
                "clip_s": round(length_s, 2),
                "processor_ms_per_s": {
                    name: round(clips_ms[clip] / length_s, 2) for name, clips_ms in medians_ms.items()
                },
            }
            for clip, length_s in enumerate(lengths_s)
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
