"""Renders what is lacking of the fixed sentences, and has it done beside a running gateway."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from bot.fixed_sentences import FixedSentence
from bot.rendered_speech import RenderedSpeech, RenderingError
from bot.settings import ROOT
from tts_voices import Voice, VoiceError

__all__ = ["Rendering", "keep_rendered", "render_lacking"]

logger = logging.getLogger(__name__)

_FAILURES_IN_A_ROW = 3  # then the voice is broken, and not the sentence odd
_LONGEST_RUN_S = 1_800
_PAUSE_S = 60.0
_LONGEST_PAUSE_S = 3_600.0
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a run did: sentences rendered, sentences that no voice could speak, seconds."""

    rendered: int
    failed: int
    seconds: float


def render_lacking(
    store: RenderedSpeech,
    voices: Sequence[Voice],
    *,
    on_sentence: Callable[[int, int], None] = lambda done, of: None,
    on_wait: Callable[[], None] = lambda: None,
) -> Rendering:
    """Renders each sentence that has no sound, or that of an earlier voice, with the first voice that can.

    A run that was broken off is taken up where it stopped. Where nothing is lacking, nothing is written.

    Args:
        store: where the files go.
        voices: tried in order.
        on_sentence: takes how many of how many are through.
        on_wait: called where another process that renders is waited for.

    Raises:
        RenderingError: if a file can't be written, or the voices are broken.
    """
    began_s = time.monotonic()
    if not store.lacking(voices).sentences:
        return Rendering(0, 0, time.monotonic() - began_s)
    rendered = failed = failed_in_a_row = 0
    with store.writing(on_wait):
        lacking = store.lacking(voices).sentences  # another process may have rendered meanwhile
        for done, sentence in enumerate(lacking, start=1):
            try:
                _render(store, sentence, voices)
                rendered, failed_in_a_row = rendered + 1, 0
            except VoiceError as error:
                failed, failed_in_a_row = failed + 1, failed_in_a_row + 1
                if failed_in_a_row == _FAILURES_IN_A_ROW:
                    raise RenderingError(f"the voices can't speak: {error}") from error
            on_sentence(done, len(lacking))
    return Rendering(rendered, failed, time.monotonic() - began_s)


def _render(store: RenderedSpeech, sentence: FixedSentence, voices: Sequence[Voice]) -> None:
    problem = VoiceError(f"no voice speaks {sentence.language!r}")
    for voice in voices:
        if sentence.language not in voice.languages:
            continue
        if store.is_current(voice, sentence):
            return
        try:
            chunks = list(voice.speak(sentence.text, language=sentence.language))
        except VoiceError as error:
            problem = error
            continue
        except Exception as error:  # whatever fails in a voice, the next is tried
            problem = VoiceError(f"{voice.name} failed ({type(error).__name__})")
            continue
        if not any(map(len, chunks)):
            problem = VoiceError(f"the voice {voice.name} gives no sound")
            continue
        store.keep(voice, sentence, np.concatenate(chunks))
        return
    raise problem


async def keep_rendered(
    store: RenderedSpeech, voices: Sequence[Voice], *, country: str | None, pause_s: float = _PAUSE_S
) -> None:
    """Has rendered what is lacking or old now, and whatever is found lacking later, until cancelled.

    A process of its own does it, one thread at the lowest priority: a thread here would hold the
    interpreter's lock against the talks. The owner of the gateway owns this task; it raises nothing.

    Args:
        store: where the files go; its `missed` asks for another run.
        voices: the gateway's.
        country: the deployer's, whose sentences come first.
        pause_s: between two runs; it doubles with each that fails, which the next makes good unasked.
    """
    command = [sys.executable, "-m", "bot", "render", "--background", "--folder", str(store.folder)]
    command += ["--voice", voices[0].name, "--country", country or ""]
    told = ""
    while True:
        store.missed.clear()
        problem = await _render_beside(store, voices, command)
        if problem:
            if problem != told:
                logger.error("fixed sentences are not rendered beforehand: %s", problem)
            told, pause_s = problem, min(2 * pause_s, _LONGEST_PAUSE_S)
        await asyncio.sleep(pause_s)
        if not problem:
            await store.missed.wait()


async def _render_beside(store: RenderedSpeech, voices: Sequence[Voice], command: list[str]) -> str:
    """Runs the process where something is lacking; gives what went wrong, or nothing."""
    try:
        lacking = await asyncio.to_thread(store.lacking, voices)
    except RenderingError as error:
        return str(error)
    if not lacking.sentences:
        return ""
    logger.info(
        "of the fixed sentences %d have no sound and %d that of an earlier voice, which plays until then: "
        "they are rendered now",
        len(lacking.missing),
        len(lacking.old),
    )
    return await _run(command)


async def _run(command: list[str]) -> str:
    """Runs the process to its end; gives what went wrong, or nothing."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            env={**os.environ, **_ONE_THREAD},
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,  # Ctrl-C is for the gateway, which ends it
        )
    except OSError as error:
        return f"the process can't be started ({error.strerror})"
    try:
        async with asyncio.timeout(_LONGEST_RUN_S):
            output, errors = await process.communicate()
    except TimeoutError:
        return f"the voice took longer than {_LONGEST_RUN_S // 60} minutes"
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        lines = errors.decode(errors="replace").splitlines()
        return lines[-1] if lines else f"the process ended with status {process.returncode}"
    with suppress(ValueError, KeyError):
        run = json.loads(output)
        logger.info("%d fixed sentences were rendered in %.0f s", run["rendered"], run["seconds"])
    return ""
