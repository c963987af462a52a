"""Somebody talks for ten minutes with hardly a pause: ear, turn ends and the real recogniser.

Takes about two minutes on an idle core; needs the model whisper-base in the cache and espeak-ng. Run by
`make soak`. Proves that a monologue is cut at pauses into turns of about two minutes, that each turn's
audio is whole, that its first and its last words are recognised, and that the ear's memory stays flat.
"""

from __future__ import annotations

import difflib
import io
import itertools
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import psutil
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from bot.endpointing import SpeechEnded
from bot.listener import Listener
from bot.model_store import ModelMissingError, default_store
from bot.transcriber import Transcriber
from bot.voice_activity import load_voice_activity_model

RATE_HZ = 16_000
LENGTH_S = 600
PATIENCE_MS = 600
PIECE_BYTES = RATE_HZ * 2 // 5
PAUSES_S = (0.30, 0.45, 0.25, 0.40, 0.35)
"""Breaths between sentences: long enough to be noticed, too short to end a turn by themselves."""

SENTENCES = (
    "My brother and I had a long argument about the house of our parents.",
    "He said that I never help, and that hurt me very much.",
    "After that I could not sleep for three nights.",
    "At work I made many mistakes, and my boss was angry with me.",
    "Yesterday I walked along the river and watched the birds.",
    "It was quiet there, and I felt a little better.",
    "Now I would like to find a way to speak with him again.",
    "Perhaps I will write him a letter this weekend.",
    "My daughter asked me why I look so tired in the morning.",
    "I told her that I worry about money and about the winter.",
    "Then she made me a cup of tea and we talked in the kitchen.",
)


@dataclass(frozen=True)
class Spoken:
    """One sentence of the monologue and where it stands."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Turn:
    """One turn as the ear cut it, with the audio handed to the recogniser."""

    start_ms: int
    end_ms: int
    samples: NDArray[np.float32]


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    try:
        return Transcriber.load(default_store().path("whisper-base"))
    except ModelMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def monologue() -> tuple[NDArray[np.float32], list[Spoken]]:
    """Ten minutes of sentences (n,), 16 kHz, and which of them is where."""
    voiced = {text: _say(text) for text in SENTENCES}
    pieces: list[NDArray[np.float32]] = []
    spoken: list[Spoken] = []
    position = 0
    for text, pause_s in zip(itertools.cycle(SENTENCES), itertools.cycle(PAUSES_S), strict=False):
        samples = voiced[text]
        if position + len(samples) > LENGTH_S * RATE_HZ:
            break
        spoken.append(Spoken(text, position // 16, (position + len(samples)) // 16))
        pieces += [samples, np.zeros(int(pause_s * RATE_HZ), np.float32)]
        position += len(pieces[-1]) + len(samples)
    pieces.append(np.zeros(2 * RATE_HZ, np.float32))
    return np.concatenate(pieces), spoken


def _say(text: str) -> NDArray[np.float32]:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("espeak-ng is not installed")
    command = [espeak, "-v", "en-us", "-s", "150", "--stdout", text]
    wave = subprocess.run(command, capture_output=True, check=True).stdout
    samples, rate_hz = soundfile.read(io.BytesIO(wave), dtype="float32")
    speech = np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), dtype=np.float32)
    loud = np.flatnonzero(np.abs(speech) > 0.01)
    return speech[loud[0] : loud[-1] + 1]


def _turns(samples: NDArray[np.float32]) -> Iterator[Turn]:
    listener = Listener(load_voice_activity_model(), client_rate_hz=RATE_HZ, patience_ms=PATIENCE_MS)
    pcm = (samples * 32767).astype("<i2").tobytes()
    for start in range(0, len(pcm), PIECE_BYTES):
        for event in listener.append(pcm[start : start + PIECE_BYTES]):
            if isinstance(event, SpeechEnded):
                audio = listener.audio(event.start_ms, event.end_ms)
                yield Turn(event.start_ms, event.end_ms, audio)


def _words(text: str) -> list[str]:
    return ["".join(filter(str.isalnum, word)) for word in text.lower().split()]


def _likeness(heard: list[str], said: list[str]) -> float:
    return difflib.SequenceMatcher(None, heard, said).ratio()


def test_ten_minutes_without_a_long_pause_lose_no_word_at_the_cuts(
    transcriber: Transcriber, monologue: tuple[NDArray[np.float32], list[Spoken]]
) -> None:
    samples, spoken = monologue
    process = psutil.Process()
    before_bytes = process.memory_info().rss
    started = time.monotonic()
    turns = list(_turns(samples))
    listening_s = time.monotonic() - started
    after_listening_mib = (process.memory_info().rss - before_bytes) / 2**20
    heard_by_turn = []
    for turn in turns:
        assert len(turn.samples) == (turn.end_ms - turn.start_ms) * 16, "the turn's audio is not whole"
        heard_by_turn.append(_words(transcriber.transcribe(turn.samples, language="en").text))
    recognising_s = time.monotonic() - started - listening_s
    grown_mib = (process.memory_info().rss - before_bytes) / 2**20
    print(
        f"\n{len(samples) / RATE_HZ:.0f} s of speech: {len(turns)} turns of "
        f"{[round((turn.end_ms - turn.start_ms) / 1000) for turn in turns]} s; listening "
        f"{listening_s:.1f} s, recognising {recognising_s:.1f} s; memory "
        f"+{after_listening_mib:.0f} MiB after listening, +{grown_mib:.0f} MiB after recognising"
    )

    assert all(turn.end_ms - turn.start_ms <= 135_000 for turn in turns)
    assert [turn for turn in turns[:-1] if turn.end_ms - turn.start_ms < 110_000] == []
    assert sum(turn.end_ms - turn.start_ms for turn in turns) > 0.95 * spoken[-1].end_ms
    said_in_all = 0
    for turn, heard in zip(turns, heard_by_turn, strict=True):
        inside = [one for one in spoken if turn.start_ms <= (one.start_ms + one.end_ms) // 2 < turn.end_ms]
        said_in_all += len(inside)
        said = [word for one in inside for word in _words(one.text)]
        assert _likeness(heard, said) > 0.85, (" ".join(heard), " ".join(said))
        first, last = _words(inside[0].text), _words(inside[-1].text)
        assert _likeness(heard[: len(first)], first) > 0.7, (heard[: len(first)], first)
        assert _likeness(heard[-len(last) :], last) > 0.7, (heard[-len(last) :], last)
    assert said_in_all == len(spoken), "a sentence fell between two turns"
    # Ten minutes at 16 kHz are 38 MB as float32 and 19 MB as PCM16, which this test itself holds; the
    # ear keeps at most three minutes beside them. The rest is the recogniser's working memory.
    assert after_listening_mib < 150
    assert grown_mib < 400
