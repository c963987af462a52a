"""Vocoders whose network gives samples itself (HiFi-GAN, MelGAN and their kin), in chunks without a seam.

The graph takes `mel` [1, bands, n] and gives `samples` [1, n × hop]. Its metadata say how many frames on
each side of a frame its samples depend on (`context_frames`), so that a piece with that context around it is
the same as a piece of the whole, and by how many repetitions of the first and last frame the ends are to be
lengthened (`padding_frames`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from tts_voices.blocks import piece_ends
from tts_voices.sessions import open_session, run_network
from tts_voices.vocoder import Vocoder
from tts_voices.voice import VoiceError

__all__ = ["CONTEXT", "PADDING", "WaveformVocoder", "open_vocoder"]

CONTEXT = "context_frames"
PADDING = "padding_frames"

_MOST_CONTEXT = 200

Frames = NDArray[np.float32]


class WaveformVocoder:
    """The network in a file and its context. Safe to use from several threads.

    Args:
        session: of the graph.
        hop: samples a frame.
        context: frames on each side that a frame's samples depend on.
        padding: frames by which both ends are lengthened, by repeating them.
    """

    def __init__(
        self, session: onnxruntime.InferenceSession, *, hop: int, context: int, padding: int
    ) -> None:
        self._session = session
        self._hop, self._context, self._padding = hop, context, padding

    @classmethod
    def of(cls, session: onnxruntime.InferenceSession, *, hop: int) -> WaveformVocoder:
        """The vocoder of an open graph; raises `VoiceError` where its metadata lack the context."""
        stored = session.get_modelmeta().custom_metadata_map
        try:
            context, padding = int(stored[CONTEXT]), int(stored[PADDING])
        except (KeyError, ValueError) as error:
            raise VoiceError(
                f"the vocoder does not say its {CONTEXT} and {PADDING}: import it again"
            ) from error
        if not (0 <= context <= _MOST_CONTEXT and 0 <= padding <= _MOST_CONTEXT):
            raise VoiceError(
                f"the vocoder's {CONTEXT} or {PADDING} is beyond {_MOST_CONTEXT}: import it again"
            )
        return cls(session, hop=hop, context=context, padding=padding)

    def whole(self, mel: Frames) -> Frames:
        """Log-mel frames [1, bands, n] as samples [hop × n] at once."""
        return np.concatenate([*self._pieces(mel, [mel.shape[2]])])

    def stream(self, mel: Frames) -> Iterator[Frames]:
        """The same samples as `whole`, the first 209 ms as soon as they exist, then in growing pieces."""
        yield from self._pieces(mel, piece_ends(mel.shape[2]))

    def _pieces(self, mel: Frames, ends: list[int]) -> Iterator[Frames]:
        padded = np.pad(mel, ((0, 0), (0, 0), (self._padding, self._padding)), mode="edge")
        start = 0
        for end in ends:
            first = max(0, start + self._padding - self._context)
            last = min(padded.shape[2], end + self._padding + self._context)
            piece = np.ascontiguousarray(padded[:, :, first:last])
            samples = run_network(self._session, ("samples",), {"mel": piece})[0][0]
            if len(samples) != piece.shape[2] * self._hop:
                raise VoiceError("the vocoder has another hop: install the voice again")
            before = (start + self._padding - first) * self._hop
            yield samples[before : before + (end - start) * self._hop]
            start = end


def open_vocoder(path: Path, *, size: int, hop: int) -> Vocoder | WaveformVocoder:
    """The vocoder in a file, of whichever kind it is; raises `VoiceError` for a file that is none."""
    session = open_session(path)
    outputs = {output.name for output in session.get_outputs()}
    if "samples" in outputs:
        return WaveformVocoder.of(session, hop=hop)
    if {"real", "imaginary"} <= outputs:
        return Vocoder(session, size=size, hop=hop)
    raise VoiceError(f"{path} gives neither samples nor spectra: it is no vocoder")
