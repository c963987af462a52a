"""`python -m bot talk FILE…`: checks an installation by talking to it."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import soundfile

from bot.audio_encoding import ENCODINGS, PCM16, SAMPLE_RATE_HZ
from bot.client import ClientError, TurnResult, open_talk, read_recording
from language import LANGUAGES

__all__ = ["add_talk_arguments", "run_talk"]


def add_talk_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `talk`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recordings, one turn each")
    parser.add_argument("--language", choices=("auto", *LANGUAGES), default="auto")
    parser.add_argument("--purpose", choices=("therapy", "service"), default="therapy")
    parser.add_argument("--separate", action="store_true", help="a talk of its own for each recording")
    parser.add_argument(
        "--consent",
        default="talk,emotion",
        metavar="SCOPES",
        help="consents to grant, by commas (default: %(default)s; add store_text to keep the talk)",
    )
    parser.add_argument("--patience", type=int, metavar="MS", help="silence that ends a turn")
    parser.add_argument(
        "--format", choices=tuple(ENCODINGS), default=PCM16.name, help="how the sound travels, both ways"
    )
    parser.add_argument("--binary", action="store_true", help="send the recordings in binary frames")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="write the replies' audio there")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--url", help="another server, such as wss://example.org/v1")
    parser.add_argument("--token-file", type=Path, help="file with its token")


def run_talk(args: argparse.Namespace) -> int:
    """Plays the recordings; 0 when each was answered, 1 when one was not, 2 on bad input."""
    try:
        results = asyncio.run(_talk(args))
    except ClientError as error:
        print(error, file=sys.stderr)
        return 2
    rows = [_row(path, turn) for path, turn in results]
    if args.output is not None:
        args.output.mkdir(parents=True, exist_ok=True)
        for path, turn in results:
            soundfile.write(args.output / f"{path.stem}-reply.wav", turn.reply_audio, SAMPLE_RATE_HZ)
    if args.json:
        print(json.dumps({"turns": rows}, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            _print(row)
    return 0 if all(row["reply_text"] for row in rows) else 1


async def _talk(args: argparse.Namespace) -> list[tuple[Path, TurnResult]]:
    recordings = [(path, read_recording(path)) for path in args.files]
    groups = [[recording] for recording in recordings] if args.separate else [recordings]
    token = None
    if args.token_file is not None:
        try:
            token = args.token_file.read_text().strip()
        except OSError as error:
            raise ClientError(f"{args.token_file} can't be read.") from error
    elif args.url is not None:
        raise ClientError("--url needs --token-file.")
    results = []
    for group in groups:
        async with open_talk(
            url=args.url,
            token=token,
            purpose=args.purpose,
            language=args.language,
            consents=[scope for scope in args.consent.split(",") if scope],
            patience_ms=args.patience,
            audio_format=args.format,
            binary=args.binary,
        ) as talk:
            for path, samples in group:
                print(f"playing {path.name} ({len(samples) / SAMPLE_RATE_HZ:.1f} s) …", file=sys.stderr)
                results.append((path, await talk.play(samples)))
    return results


def _row(path: Path, turn: TurnResult) -> dict[str, Any]:
    return {
        "file": str(path),
        "transcript": turn.transcript,
        "language": turn.language,
        "emotion": turn.emotion,
        "intent": turn.intent,
        "suggestions": turn.suggestions,
        "choices": turn.choices,
        "crisis": turn.crisis,
        "handoff": turn.handoff,
        "reply_text": turn.reply_text,
        "reply_audio_s": round(len(turn.reply_audio) / SAMPLE_RATE_HZ, 2),
        "latency": turn.server_latency,
    }


def _print(row: dict[str, Any]) -> None:
    emotion = row["emotion"]
    feeling = "not asked for or not heard"
    if emotion is not None:
        ranked = sorted(emotion["probabilities"].items(), key=lambda pair: -pair[1])[:3]
        feeling = f"{emotion['label']} ({', '.join(f'{label} {p:.2f}' for label, p in ranked)})"
    print(f"\n{row['file']}")
    print(f"  heard    {row['transcript'] or '—'}  [{row['language'] or '?'}, intent {row['intent'] or '—'}]")
    print(f"  feeling  {feeling}")
    print(f"  reply    {row['reply_text'] or '—'}  ({row['reply_audio_s']} s of audio)")
    if row["handoff"] is not None:
        print(f"  queue    {row['handoff']['queue']} ({row['handoff']['reason']})")
    for item in row["suggestions"]:
        print(f"  • {item['id']} [{item['technique']}]")
    if row["choices"]:
        print("  answers  " + ", ".join(item["title"] for item in row["choices"]))
    if row["latency"]:
        print("  latency  " + ", ".join(f"{name} {value} ms" for name, value in row["latency"].items()))
