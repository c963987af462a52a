"""Corpora of emotional speech, each read from the layout in which it is published.

In: a folder as it was downloaded. Out: recordings with speaker, gender, emotion, language, split and text,
all in one vocabulary, and complaints about what is wrong with them. One file a corpus; `CORPORA` has them by
name; soundness.py listens to what they found. `python -m ser_model corpus` writes it down as a manifest that
training reads (`ser_model.corpus`).
"""

from ser_model.corpora import crema_d, emo_db, folder, ravdess, shemo, tess
from ser_model.corpora.reading import Complaint, Corpus, Flaw, Reading, Recording, Source

__all__ = ["CORPORA", "Complaint", "Corpus", "Flaw", "Reading", "Recording", "Source"]

CORPORA = {
    corpus.name: corpus
    for corpus in (
        crema_d.CORPUS,
        emo_db.CORPUS,
        ravdess.CORPUS,
        tess.CORPUS,
        shemo.CORPUS,
        folder.CORPUS,
    )
}
"""Name on the command line and in the column `corpus` → how it is read."""
