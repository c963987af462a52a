"""TESS (Pichora-Fuller & Dupuis 2010, University of Toronto): two women, Canadian English.

Names are `OAF_back_angry.wav`: speaker, the last word of "Say the word …", emotion. With two speakers no
three splits are independent of the speaker, and a test on one voice would say nothing: all of it is for
training.
"""

from __future__ import annotations

import re

from ser_model.corpora.reading import Corpus, Flaw, Reading, Recording, Source, sound_files

__all__ = ["CORPUS", "read"]

# One recording of the older woman is published as OA_bite_neutral.
_NAME = re.compile(r"(OAF?|YAF)_([a-z]+)_([a-z]+)", re.IGNORECASE)
_SPEAKERS = {"OA": "OAF", "OAF": "OAF", "YAF": "YAF"}
_EMOTIONS = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "neutral": "neutral",
    "ps": "surprise",  # pleasant surprise
    "sad": "sadness",
}


def read(source: Source) -> Reading:
    """Reads file names.

    Raises:
        CorpusError: for a folder without recordings.
    """
    reading = Reading()
    for path in sound_files(source.folder, example=CORPUS.example):
        match = _NAME.fullmatch(path.stem)
        if match is None:
            reading.complain(Flaw.NAME, path)
        elif match[3].lower() not in _EMOTIONS:
            reading.complain(Flaw.LABEL, f"{match[3]} in {path}")
        else:
            recording = Recording(
                path=path,
                corpus=CORPUS.name,
                speaker=_SPEAKERS[match[1].upper()],
                gender="female",
                emotion=_EMOTIONS[match[3].lower()],
                language="en",
                split="train",
                text=f"Say the word {match[2].lower()}",
            )
            reading.recordings.append(recording)
    reading.miss(set(_SPEAKERS.values()))
    return reading


CORPUS = Corpus(
    name="tess",
    read=read,
    example="OAF_angry/OAF_back_angry.wav",
    licence="CC BY-NC-ND 4.0, cite Pichora-Fuller and Dupuis (2020)",
    research_only=True,
    note="two speakers cannot be split into train, valid and test; all of it is for training, beside a "
    "corpus that has the other splits. Surprise is pleasant surprise only",
)
