"""Where the processor time of a spoken turn goes, stage by stage, in one process and on one thread.

`python -m benchmarks.stages --json OUT FILE…`; for each recording the processor time of listening (resampling
and voice activity), of the words (log-mel and encoder, then decoder), of the feeling in the voice, of the
crisis guard, and of a short sentence of the voice, of which the program's own is not counted. The dialogue
engine is a process of its own: see `benchmarks.latency`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

import crisis
from bot.audio import StreamResampler
from bot.client import ClientError, read_recording
from bot.model_store import ModelMissingError, default_store
from bot.session_config import SAMPLE_RATE_HZ
from bot.transcriber import LANGUAGES, Transcriber
from bot.voice_activity import FRAME_SAMPLES, VoiceActivity, load_voice_activity_model
from ser_model.detector import SpeechEmotionDetector
from tts_voices import load_voice

__all__ = ["main"]

_RATE_HZ = 16_000
_WORDS = ("voice activity again, log-mel, encoder", "decoder")
_MARKS_OF_ONE_STRETCH = 3
_SENTENCES = {"en": "That sounds very hard.", "fa": "خیلی سخت به نظر می‌رسد."}


def main(arguments: list[str] | None = None) -> int:
    """Runs the benchmark; 0 done, 1 without the model, 2 on bad input."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--json", type=Path, metavar="OUT")
    args = parser.parse_args(arguments)
    try:
        transcriber = Transcriber.load(default_store().path("whisper-base"))
        recordings = [read_recording(path) for path in args.files]
    except ModelMissingError as error:
        print(error, file=sys.stderr)
        return 1
    except ClientError as error:
        print(error, file=sys.stderr)
        return 2
    report = _measure(transcriber, recordings, args.language)
    text = json.dumps(report, ensure_ascii=False, indent=2)
    if args.json is not None:
        args.json.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


def _measure(transcriber: Transcriber, recordings: Sequence[Any], language: str) -> dict[str, Any]:
    voice_model, emotion, voice = load_voice_activity_model(), SpeechEmotionDetector.load(), load_voice()
    times: dict[str, list[float]] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        start_s = time.process_time()
        result = work()
        times.setdefault(stage, []).append(1000 * (time.process_time() - start_s))
        return result

    for recording in tqdm([recordings[0], *recordings], unit="recording", disable=None):
        resampler = StreamResampler(SAMPLE_RATE_HZ, _RATE_HZ)
        samples = timed("resampling", partial(resampler.convert, recording, last=True))
        speech = samples.astype(np.float32) / 32_768
        padded = np.pad(speech, (0, -len(speech) % FRAME_SAMPLES))
        timed("voice activity", partial(VoiceActivity(voice_model).probabilities, padded))
        marks_s = [time.process_time()]
        heard = transcriber.transcribe(speech, language=language, on_encoded=partial(_mark, marks_s))
        marks_s.append(time.process_time())
        if len(marks_s) == _MARKS_OF_ONE_STRETCH:
            for stage, (start_s, end_s) in zip(_WORDS, pairwise(marks_s), strict=True):
                times.setdefault(stage, []).append(1000 * (end_s - start_s))
        timed("feeling in the voice", partial(emotion.estimate, speech, language=language))
        timed("crisis guard", partial(crisis.assess, heard.text, language=language))
        timed("voice, a short sentence", partial(list, voice.speak(_SENTENCES[language], language=language)))
    # The first recording is there twice: the first pass only warms up.
    return {
        "recordings": len(recordings),
        "audio_s": round(sum(map(len, recordings)) / SAMPLE_RATE_HZ, 1),
        "processor_ms": {stage: round(float(np.median(values[1:])), 1) for stage, values in times.items()},
        "load": round(os.getloadavg()[0], 2),
    }


def _mark(marks_s: list[float], _: object) -> None:
    marks_s.append(time.process_time())


if __name__ == "__main__":
    sys.exit(main())
