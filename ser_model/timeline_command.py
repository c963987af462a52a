"""What `predict --windows` does: a recording of any length in, lines and a picture of its moods out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tqdm import tqdm

from ser_model.detector import RecordingDetector
from ser_model.errors import ManifestError
from ser_model.recordings import recording_blocks, recording_length_s
from ser_model.timeline import STEP_S, Moment, moments
from ser_model.timeline_picture import clock, draw_timeline

__all__ = ["predict_windows"]


def predict_windows(
    detector: RecordingDetector, path: Path, language: str, picture: Path | None, as_json: bool
) -> Iterator[str]:
    """Follows the emotions of a recording over its time.

    Args:
        detector: what estimates the emotion of each window.
        path: recording of any length and format; decoded as it goes.
        language: code such as "en".
        picture: where a PNG file of the whole goes, if anywhere, once the last line is out.
        as_json: one JSON object for each second, instead of a line for each stretch of one mood.

    Yields:
        Lines without their ends. A bar on a terminal's stderr shows how far it is.

    Raises:
        ManifestError: where the recording cannot be decoded, ends early or has no sound in it.
        ConfigurationError: where the picture cannot be made.
    """
    length_s = recording_length_s(path)
    total = None if length_s is None else int(length_s // STEP_S)
    followed = moments(recording_blocks(path), detector, language=language)
    kept: list[Moment] = []

    def seen() -> Iterator[Moment]:
        for moment in tqdm(followed, desc=path.name, total=total, unit="s", disable=not sys.stderr.isatty()):
            kept.append(moment)
            yield moment

    if as_json:
        for moment in seen():
            yield _object(moment, detector, path, language)
    else:
        for (label, reason), stretch in groupby(seen(), key=lambda moment: (moment.label, moment.reason)):
            yield _line(label, reason, list(stretch))
    if not kept:
        raise ManifestError(f"{path}: holds less than a tenth of a second; there is no emotion in it")
    if picture is not None:
        draw_timeline(kept, picture, title=f"{path.name}  ({detector.model})")


def _object(moment: Moment, detector: RecordingDetector, path: Path, language: str) -> str:
    shares = moment.probabilities
    answer = {
        "file": str(path),
        "start_s": round(moment.start_s, 3),
        "end_s": round(moment.end_s, 3),
        "label": moment.label,
        "reason": moment.reason,
        "probabilities": None if shares is None else {name: round(shares[name], 4) for name in shares},
        "model": detector.model,
        "language": language,
        "validated": language in detector.card.validated_languages,
    }
    return json.dumps(answer, ensure_ascii=False)


def _line(label: str, reason: str | None, stretch: list[Moment]) -> str:
    times = f"{clock(stretch[0].start_s)}-{clock(stretch[-1].end_s)}"
    shares = [moment.probabilities for moment in stretch if moment.probabilities is not None]
    if not shares:
        return f"{times}  {label}: {(reason or '').replace('_', ' ')}"
    means = {name: sum(share[name] for share in shares) / len(shares) for name in shares[0]}
    likeliest = sorted(means, key=lambda name: -means[name])[:3]
    return f"{times}  {label}  ({'  '.join(f'{name} {means[name]:.2f}' for name in likeliest)})"
