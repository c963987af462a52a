"""CREMA-D (Cao et al. 2014, IEEE Transactions on Affective Computing 5:377-390): 91 speakers of English.

Names are `1001_DFA_ANG_XX.wav`: speaker, sentence, emotion, intensity. The corpus publishes no split;
ours was drawn once, four women and four men each for valid and test.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from ser_model.corpora.reading import Corpus, Flaw, Reading, Recording, Source, sound_files
from ser_model.errors import CorpusError

__all__ = ["CORPUS", "TEST_SPEAKERS", "VALID_SPEAKERS", "read"]

VALID_SPEAKERS = frozenset({"1010", "1019", "1022", "1024", "1025", "1027", "1033", "1063"})
TEST_SPEAKERS = frozenset({"1023", "1028", "1031", "1056", "1065", "1067", "1073", "1075"})

_SPEAKERS = frozenset(str(number) for number in range(1001, 1092))
_NAME = re.compile(r"(\d{4})_([A-Z]{3})_([A-Z]{3})_[A-Z]{1,2}")
_EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
_SENTENCES = {
    "DFA": "Don't forget a jacket",
    "IEO": "It's eleven o'clock",
    "IOM": "I'm on my way to the meeting",
    "ITH": "I think I have a doctor's appointment",
    "ITS": "I think I've seen this before",
    "IWL": "I would like a new alarm clock",
    "IWW": "I wonder what this is about",
    "MTI": "Maybe tomorrow it will be cold",
    "TAI": "The airplane is almost full",
    "TIE": "That is exactly what happened",
    "TSI": "The surface is slick",
    "WSI": "We'll stop in a couple of minutes",
}
_SAME_SOUND = frozenset(
    {
        "1006_TIE_HAP_XX",
        "1006_TIE_NEU_XX",
        "1013_WSI_DIS_XX",
        "1013_WSI_SAD_XX",
        "1017_IWW_ANG_XX",
        "1017_IWW_FEA_XX",
    }
)
"""Three pairs of which both have the same sound, so that one label of each is wrong."""


def read(source: Source) -> Reading:
    """Reads file names, and genders from VideoDemographics.csv where it is there.

    Raises:
        CorpusError: for a folder without recordings, or unreadable demographics.
    """
    reading = Reading()
    genders = _genders(source.metadata or source.near("VideoDemographics.csv"))
    for path in sound_files(source.folder, ("AudioWAV",), example=CORPUS.example):
        match = _NAME.fullmatch(path.stem)
        if match is None or match[1] not in _SPEAKERS or match[2] not in _SENTENCES:
            reading.complain(Flaw.NAME, path)
        elif match[3] not in _EMOTIONS:
            reading.complain(Flaw.LABEL, f"{match[3]} in {path}")
        elif path.stem in _SAME_SOUND:
            reading.left_out["known to have the same sound under two labels"] += 1
        else:
            recording = Recording(
                path=path,
                corpus=CORPUS.name,
                speaker=match[1],
                gender=genders.get(match[1], ""),
                emotion=_EMOTIONS[match[3]],
                language="en",
                split=_split(match[1]),
                text=_SENTENCES[match[2]],
            )
            reading.recordings.append(recording)
    reading.miss(_SPEAKERS)
    return reading


def _split(speaker: str) -> str:
    if speaker in VALID_SPEAKERS:
        return "valid"
    return "test" if speaker in TEST_SPEAKERS else "train"


def _genders(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return {row["ActorID"].strip(): row["Sex"].strip().lower() for row in csv.DictReader(file)}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, AttributeError) as error:
        raise CorpusError(
            f"{path}: is not CREMA-D's VideoDemographics.csv with the columns ActorID and Sex ({error})"
        ) from None


CORPUS = Corpus(
    name="crema-d",
    read=read,
    example="AudioWAV/1001_DFA_ANG_XX.wav",
    licence="Open Database License 1.0 and Database Contents License 1.0, cite Cao et al. (2014)",
    metadata="VideoDemographics.csv",
)
