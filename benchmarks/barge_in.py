"""How the bot gives way: a client interrupts a running server, and notes when its voice goes down and stops.

`python -m benchmarks.barge_in --json OUT` holds a talk for each made interruption (`made_interruptions`). Two
seconds into the bot's first statement the client plays it, in frames of 20 ms in real time, and plays what it
is sent as a page would: quieter or paused as `hamdel.duck` says, and nothing more once speech has started.
Times count from the true onset of the voice by an offline detector. Of what was cut, the history's text is
compared with the share of the sound that the client had played.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake

from benchmarks.made_interruptions import RATE_HZ, Interruption, made_interruptions
from bot.settings import load_settings, runtime_dir
from language import LANGUAGES

__all__ = ["main"]

_FRAME_MS = 20
_FRAME_SAMPLES = RATE_HZ * _FRAME_MS // 1000
_INTO_THE_REPLY_S = 2.0
_AFTERWARDS_S = 2.0
_NO_REPLY_S = 30.0
_PAUSE_DB = -60
_DUCK_WITHIN_MS = 200
_STOP_WITHIN_MS = 450
_MOST_CHARACTERS_A_SECOND = 20.0


@dataclass
class _Playing:
    """What the client plays of a reply, and when it was told to be quieter, to pause or to stop."""

    item_id: str | None = None
    sent_ms: float = 0.0
    played_ms: float = 0.0
    paused: bool = False
    updated_at: float = 0.0
    first_audio_at: float | None = None
    last_audio_at: float | None = None
    ducked_at: float | None = None
    silent_at: float | None = None
    cut_at: float | None = None
    gain_db: float = 0.0
    text: str = ""
    retrieved: str | None = None
    found: asyncio.Event = field(default_factory=asyncio.Event)
    done: bool = False
    unexpected: list[str] = field(default_factory=list)

    def advance(self, now: float) -> None:
        if not self.paused and self.cut_at is None and self.first_audio_at is not None:
            self.played_ms = min(self.sent_ms, self.played_ms + (now - self.updated_at) * 1000)
        self.updated_at = now

    def take(self, event: dict[str, Any], now: float) -> None:
        self.advance(now)
        match event["type"]:
            case "response.output_audio.delta" if self.item_id in (None, event["item_id"]):
                if self.cut_at is not None:
                    self.unexpected.append("sound after the cut")
                self.item_id = event["item_id"]
                self.first_audio_at = self.first_audio_at or now
                self.last_audio_at = now
                self.sent_ms += len(base64.b64decode(event["delta"])) / 2 / RATE_HZ * 1000
            case "response.output_audio_transcript.delta" if self.cut_at is None:
                self.text += event["delta"]
            case "hamdel.duck":
                self.gain_db = event["gain_db"]
                self.paused = self.gain_db <= _PAUSE_DB
                if self.gain_db < 0:
                    self.ducked_at = self.ducked_at or now
                if self.paused:
                    self.silent_at = self.silent_at or now
            case "input_audio_buffer.speech_started" if self.cut_at is None and self.item_id is not None:
                self.cut_at = now
                self.silent_at = self.silent_at or now
            case "response.done":
                self.done = True
            case "conversation.item.retrieved":
                self.retrieved = event["item"]["content"][0].get("transcript") or ""
                self.found.set()


def main(arguments: list[str] | None = None) -> int:
    """Runs the benchmark; 0 when all bounds are kept, 1 when one is not, 2 without a server."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.barge_in", description=__doc__)
    parser.add_argument("--sentences", type=int, default=10, metavar="N", help="a language (default 10)")
    parser.add_argument("--back-channels", type=int, default=20, metavar="N", help="a language (default 20)")
    parser.add_argument("--coughs", type=int, default=20, metavar="N", help="in all (default 20)")
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=list(LANGUAGES))
    parser.add_argument("--url", help="ws://…/v1 (default: the server of endpoints.yml on this machine)")
    parser.add_argument("--token", help="for --url")
    parser.add_argument("--json", type=Path, metavar="OUT")
    args = parser.parse_args(arguments)
    try:
        url, token = (args.url, args.token) if args.url and args.token else _development_access()
        report = asyncio.run(_measure(url, token, args))
    except (OSError, ValueError, KeyError, InvalidHandshake) as error:
        print(f"No talk could be held ({error}); start a server with `make serve`.", file=sys.stderr)
        return 2
    text = json.dumps(report, ensure_ascii=False, indent=2)
    if args.json is not None:
        args.json.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0 if report["kept"] else 1


async def _measure(url: str, token: str, args: argparse.Namespace) -> dict[str, Any]:
    load_before = os.getloadavg()[0]
    planned = [
        interruption
        for place, language in enumerate(args.languages)
        for interruption in made_interruptions(
            language,
            sentences=args.sentences,
            back_channels=args.back_channels,
            coughs=_share(args.coughs, len(args.languages), place),
        )
    ]
    rows = []
    for interruption in tqdm(planned, unit="talk", disable=not sys.stderr.isatty()):
        rows.append(await _interrupt(url, token, interruption))
    _compare_history(rows)
    return _report(rows, load_before)


async def _interrupt(url: str, token: str, interruption: Interruption) -> dict[str, Any]:
    playing = _Playing()
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(f"{url}/realtime", additional_headers=headers, max_size=2**24, proxy=None) as socket:
        reader = asyncio.create_task(_read(socket, playing))
        try:
            language = interruption.language
            session = {
                "type": "realtime",
                "audio": {"input": {"transcription": {"language": language}}},
                "hamdel": {"language": language},
            }
            await _send(socket, "session.update", session=session)
            await _send(socket, "response.create")
            begun_at = await _play(socket, playing, interruption)
            if playing.cut_at is not None:
                end_ms = round(playing.played_ms)
                item = {"item_id": playing.item_id}
                await _send(
                    socket, "conversation.item.truncate", **item, content_index=0, audio_end_ms=end_ms
                )
                await _send(socket, "conversation.item.retrieve", **item)
                async with asyncio.timeout(5):
                    await playing.found.wait()
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
    onset_at = begun_at + interruption.onset_ms / 1000

    def after_onset(moment: float | None) -> int | None:
        return None if moment is None else round((moment - onset_at) * 1000)

    return {
        "kind": interruption.kind,
        "language": interruption.language,
        "name": interruption.name,
        "voiced_ms": interruption.end_ms - interruption.onset_ms,
        "duck_ms": after_onset(playing.ducked_at),
        "silent_ms": after_onset(playing.silent_at),
        "cut_ms": after_onset(playing.cut_at),
        "last_audio_ms": after_onset(playing.last_audio_at),
        "played_ms": round(playing.played_ms),
        "gain_db_at_the_end": playing.gain_db,
        "text": playing.text,
        "retrieved": playing.retrieved,
        "unexpected": playing.unexpected,
    }


async def _play(socket: ClientConnection, playing: _Playing, interruption: Interruption) -> float:
    """Plays silence, the interruption and silence in real time; gives when the interruption began."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    chance = np.random.default_rng(0)
    begun: int | None = None
    frames = -(-len(interruption.samples) // _FRAME_SAMPLES)
    number = 0
    while begun is None or number < begun + frames + _AFTERWARDS_S * 1000 / _FRAME_MS:
        frame: NDArray[np.int16] = chance.normal(0, 8, _FRAME_SAMPLES).astype(np.int16)
        now = loop.time()
        first = playing.first_audio_at
        if begun is None and first is not None and now - first >= _INTO_THE_REPLY_S:
            begun = number
        if begun is None and now - start > _NO_REPLY_S:
            raise ValueError("the bot says nothing")
        if begun is not None and begun <= number < begun + frames:
            at = (number - begun) * _FRAME_SAMPLES
            piece = interruption.samples[at : at + _FRAME_SAMPLES]
            frame[: len(piece)] = np.clip(frame[: len(piece)].astype(np.int32) + piece, -32_768, 32_767)
        # A microphone gives a frame when its last sample has been spoken.
        await asyncio.sleep(max(0.0, start + (number + 1) * _FRAME_MS / 1000 - loop.time()))
        audio = base64.b64encode(frame.astype("<i2").tobytes()).decode("ascii")
        await _send(socket, "input_audio_buffer.append", audio=audio)
        number += 1
    playing.advance(loop.time())
    return start + begun * _FRAME_MS / 1000


async def _read(socket: ClientConnection, playing: _Playing) -> None:
    async for text in socket:
        playing.take(json.loads(text), asyncio.get_running_loop().time())


async def _send(socket: ClientConnection, kind: str, **fields: Any) -> None:
    await socket.send(json.dumps({"type": kind, **fields}))


def _compare_history(rows: Sequence[dict[str, Any]]) -> None:
    """Adds to each cut reply whether the history's text is a beginning of what was said, and at which pace.

    Faster than a voice can speak would be more than was heard.
    """
    for row in rows:
        if row["retrieved"] is None:
            row["history"] = None
            continue
        heard = row["retrieved"].rstrip("… ")
        row["history"] = {
            "is_a_beginning_of_what_was_said": row["text"].startswith(heard),
            "characters_a_second": round(len(heard) / max(0.1, row["played_ms"] / 1000), 1),
        }


def _report(rows: Sequence[dict[str, Any]], load_before: float) -> dict[str, Any]:
    spoken = [row for row in rows if row["kind"] == "sentence"]
    shares = {}
    for name, kind, languages in (
        *((f"back-channel {language}", "back-channel", {language}) for language in LANGUAGES),
        ("cough", "cough", set(LANGUAGES)),
    ):
        some = [row for row in rows if row["kind"] == kind and row["language"] in languages]
        if some:
            shares[name] = {
                "n": len(some),
                "cut": sum(row["cut_ms"] is not None for row in some),
                "paused": sum(row["silent_ms"] is not None for row in some),
                "left_lowered": sum(row["cut_ms"] is None and row["gain_db_at_the_end"] < 0 for row in some),
            }
    times = {
        name: _percentiles([row[key] for row in spoken if row[key] is not None])
        for name, key in (("to_duck_ms", "duck_ms"), ("to_silence_ms", "silent_ms"), ("to_cut_ms", "cut_ms"))
    }
    uncut = sum(row["cut_ms"] is None for row in spoken)
    histories = [row["history"] for row in rows if row["history"] is not None]
    wrong = sum(
        not history["is_a_beginning_of_what_was_said"]
        or history["characters_a_second"] > _MOST_CHARACTERS_A_SECOND
        for history in histories
    )
    late = [
        row["name"]
        for row in spoken
        if not (_within(row["duck_ms"], _DUCK_WITHIN_MS) and _within(row["silent_ms"], _STOP_WITHIN_MS))
    ]
    kept = not late and not uncut and not wrong
    kept = kept and all(share["cut"] <= 0.05 * share["n"] for share in shares.values())
    return {
        "kept": kept,
        "sentences": {"n": len(spoken), "not_cut": uncut, "late": late, **times},
        "spared": shares,
        "history": {"n": len(histories), "wrong": wrong},
        "sound_after_a_cut": sum(bool(row["unexpected"]) for row in rows),
        "load": {"before": round(load_before, 2), "after": round(os.getloadavg()[0], 2)},
        "rows": list(rows),
    }


def _within(value: int | None, bound: int) -> bool:
    return value is not None and value <= bound


def _percentiles(values: Sequence[float]) -> dict[str, int | None]:
    if not values:
        return {"p50": None, "p95": None, "most": None, "n": 0}
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50": round(float(p50)), "p95": round(float(p95)), "most": round(max(values)), "n": len(values)}


def _share(count: int, parts: int, place: int) -> int:
    return count // parts + (place < count % parts)


def _development_access() -> tuple[str, str]:
    path = runtime_dir() / f"development-{load_settings().server.port}.json"
    access = json.loads(path.read_text(encoding="utf-8"))
    return access["url"], access["tokens"]["therapy"]


if __name__ == "__main__":
    sys.exit(main())
