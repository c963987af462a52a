"""RAVDESS (Livingstone & Russo 2018, PLoS ONE 13:e0196391): 24 actors, North American English.

Names are `03-01-05-01-02-01-12.wav`: modality, vocal channel, emotion, intensity, statement, repetition,
actor. Calm counts as neutral. Song is left out: it is another way to use a voice.
"""

from __future__ import annotations

import re

from ser_model.corpora.reading import Corpus, Flaw, Reading, Recording, Source, sound_files

__all__ = ["CORPUS", "TEST_ACTORS", "VALID_ACTORS", "read"]

VALID_ACTORS = frozenset(range(17, 21))
TEST_ACTORS = frozenset(range(21, 25))
"""The corpus publishes no split. Every actor speaks the same 60 trials, so the emotions are spread alike in
any split by actor; odd actors are men and even ones women, so four in a row are two of each. Sixteen are
left to learn from."""

_NAME = re.compile(r"(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)")
_SOUND_ONLY = "03"
_SPEECH = "01"
_EMOTIONS = {
    "01": "neutral",
    "02": "neutral",  # calm
    "03": "happiness",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
_STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
_ACTORS = frozenset(range(1, 25))


def read(source: Source) -> Reading:
    """Reads file names.

    Raises:
        CorpusError: for a folder without recordings.
    """
    reading = Reading()
    for path in sound_files(source.folder, example=CORPUS.example):
        match = _NAME.fullmatch(path.stem)
        if match is None or match[5] not in _STATEMENTS or int(match[7]) not in _ACTORS:
            reading.complain(Flaw.NAME, path)
        elif match[2] != _SPEECH:
            reading.left_out["song"] += 1
        elif match[1] != _SOUND_ONLY:
            reading.left_out["sound of a film, which is there as sound alone too"] += 1
        elif match[3] not in _EMOTIONS:
            reading.complain(Flaw.LABEL, f"{match[3]} in {path}")
        else:
            actor = int(match[7])
            recording = Recording(
                path=path,
                corpus=CORPUS.name,
                speaker=match[7],
                gender="male" if actor % 2 else "female",
                emotion=_EMOTIONS[match[3]],
                language="en",
                split=_split(actor),
                text=_STATEMENTS[match[5]],
            )
            reading.recordings.append(recording)
    reading.miss([f"{actor:02d}" for actor in _ACTORS])
    return reading


def _split(actor: int) -> str:
    if actor in VALID_ACTORS:
        return "valid"
    return "test" if actor in TEST_ACTORS else "train"


CORPUS = Corpus(
    name="ravdess",
    read=read,
    example="Actor_12/03-01-05-01-02-01-12.wav",
    licence="CC BY-NC-SA 4.0, cite Livingstone and Russo (2018)",
    research_only=True,
    note="calm counts as neutral, so that neutral is half again as large as the other labels",
)
