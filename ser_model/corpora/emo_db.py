"""EMO-DB (Burkhardt et al. 2005, Interspeech): ten speakers of German.

Names are `03a01Fa.wav`: speaker, sentence, first letter of the emotion in German, take. Boredom is none
of our labels and left out. The split is ours: a woman and a man each for valid and test.
"""

from __future__ import annotations

import re

from ser_model.corpora.reading import Corpus, Flaw, Reading, Recording, Source, sound_files

__all__ = ["CORPUS", "read"]

_NAME = re.compile(r"(\d\d)([ab]\d\d)([A-Z])[a-z]?")
_GENDERS = {
    **dict.fromkeys(("03", "10", "11", "12", "15"), "male"),
    **dict.fromkeys(("08", "09", "13", "14", "16"), "female"),
}
_SPLITS = {"13": "valid", "11": "valid", "14": "test", "15": "test"}
_BOREDOM = "L"
_EMOTIONS = {
    "W": "anger",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
_SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}


def read(source: Source) -> Reading:
    """Reads file names.

    Raises:
        CorpusError: for a folder without recordings.
    """
    reading = Reading()
    for path in sound_files(source.folder, ("wav",), example=CORPUS.example):
        match = _NAME.fullmatch(path.stem)
        if match is None or match[1] not in _GENDERS or match[2] not in _SENTENCES:
            reading.complain(Flaw.NAME, path)
        elif match[3] == _BOREDOM:
            reading.left_out["boredom, which is none of our labels"] += 1
        elif match[3] not in _EMOTIONS:
            reading.complain(Flaw.LABEL, f"{match[3]} in {path}")
        else:
            recording = Recording(
                path=path,
                corpus=CORPUS.name,
                speaker=match[1],
                gender=_GENDERS[match[1]],
                emotion=_EMOTIONS[match[3]],
                language="de",
                split=_SPLITS.get(match[1], "train"),
                text=_SENTENCES[match[2]],
            )
            reading.recordings.append(recording)
    reading.miss(_GENDERS)
    return reading


CORPUS = Corpus(
    name="emo-db",
    read=read,
    example="wav/03a01Fa.wav",
    licence="free to download and use, cite Burkhardt et al. (2005)",
)
