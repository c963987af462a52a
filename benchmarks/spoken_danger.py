"""What of spoken danger the guard finds: said by espeak-ng, heard by the recogniser, read by the guard.

`python -m benchmarks.spoken_danger --sentences S.csv --json OUT`; the columns are text, context, level and
language, as in `tests/crisis/sets/development.csv`. Sentences with a context are left out, and of the rest
those of level ≥ 2 and of level 0 are said at two paces each. A robot's voice is harder to recognise than a
person's: read the figures against each other, not as what people will meet.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import crisis
from bot.audio import StreamResampler
from bot.model_store import ModelMissingError, UnknownModelError, default_store
from bot.transcriber import Transcriber
from language import LANGUAGES
from tts_voices import EspeakVoice, VoiceError

__all__ = ["main"]

_RATE_HZ = 16_000
_PACES = (0.9, 1.1)
_BELIEVED_CONFIDENCE = 0.5  # of `bot.safety`
_DANGER = 2


def main(arguments: list[str] | None = None) -> int:
    """Runs the benchmark; 0 done, 1 without model or voice, 2 on bad input."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.spoken_danger", description=__doc__)
    parser.add_argument("--sentences", type=Path, required=True, metavar="S.csv")
    parser.add_argument("--model", default="whisper-base", help="a model of models.toml (%(default)s)")
    parser.add_argument("--first", type=int, default=40, metavar="N", help="of each sort (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="OUT")
    args = parser.parse_args(arguments)
    try:
        sentences = _read(args.sentences, args.first)
        transcriber = Transcriber.load(default_store().path(args.model))
        report = _measure(transcriber, sentences)
    except (OSError, UnicodeDecodeError, KeyError, ValueError, UnknownModelError) as error:
        print(f"{args.sentences} can't be used: {error!r}", file=sys.stderr)
        return 2
    except (ModelMissingError, VoiceError) as error:
        print(error, file=sys.stderr)
        return 1
    text = json.dumps(report, ensure_ascii=False, indent=2)
    if args.json is not None:
        args.json.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


def _read(path: Path, first: int) -> list[tuple[str, str, bool]]:
    """(text, language, whether it is danger) of the first sentences of each sort."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if not row["context"]]
    chosen = []
    for language in LANGUAGES:
        own = [(row["text"], int(row["level"])) for row in rows if row["language"] == language]
        chosen += [(text, language, True) for text, level in own if level >= _DANGER][:first]
        chosen += [(text, language, False) for text, level in own if level == 0][:first]
    if not chosen:
        raise ValueError("no sentence without a context")
    return chosen


def _measure(transcriber: Transcriber, sentences: Sequence[tuple[str, str, bool]]) -> dict[str, Any]:
    found: dict[str, list[int]] = {}
    for text, language, danger in tqdm(sentences, unit="sentence", disable=None):
        for pace in _PACES:
            heard = transcriber.transcribe(_said(text, language, pace), language=language)
            read = crisis.assess(
                heard.text,
                language=language,
                alternatives=heard.alternatives,
                uncertain=heard.confidence < _BELIEVED_CONFIDENCE,
            )
            found.setdefault(f"{language} {'danger' if danger else 'harmless'}", []).append(read.level)
    return {
        "results": {
            name: {
                "n": len(levels),
                "level_2": sum(level >= _DANGER for level in levels),
                "level_1": sum(level >= 1 for level in levels),
            }
            for name, levels in found.items()
        },
        "load": round(os.getloadavg()[0], 2),
    }


def _said(text: str, language: str, pace: float) -> NDArray[np.float32]:
    voice = EspeakVoice()
    sound = np.concatenate(list(voice.speak(text, language=language, speed=pace)))
    samples = StreamResampler(voice.sample_rate_hz, _RATE_HZ).convert(sound, last=True)
    return samples.astype(np.float32) / np.float32(32_768)


if __name__ == "__main__":
    sys.exit(main())
