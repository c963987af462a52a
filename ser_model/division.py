"""A protocol over the recordings that may be looked at before the last judgement: all but the split test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ser_model.corpus import CorpusClip
from ser_model.errors import CorpusError
from ser_model.protocols import Fold, Protocol, leave_one_corpus_out, random_split, speaker_folds

__all__ = ["divide"]

_KEPT_APART = "test"


def divide(clips: Sequence[CorpusClip], protocol: str, *, folds: int, judged: str) -> Protocol:
    """The protocol over the clips that are not kept apart, in positions of all clips.

    Args:
        clips: all; those of the split test are in no part.
        protocol: `speakers`, `corpora` or `random`.
        folds: of `speakers` and `random`.
        judged: the corpus that is divided into folds; other corpora are learnt from in every fold.

    Raises:
        CorpusError: where there is nothing of that corpus, or too little.
    """
    known = [place for place, clip in enumerate(clips) if clip.split != _KEPT_APART]
    genders = {clip.speaker: clip.gender for clip in clips if clip.gender}
    if protocol == "corpora":
        divided = leave_one_corpus_out([clips[place] for place in known], genders=genders)
        return _moved(divided, known, [])
    own = [place for place in known if clips[place].corpus == judged]
    others = [place for place in known if clips[place].corpus != judged]
    if not own:
        raise CorpusError(f"no clips of {judged}; there are {sorted({clip.corpus for clip in clips})}")
    chosen = [clips[place] for place in own]
    if protocol == "random":
        return _moved(random_split(chosen, folds=folds), own, others)
    return _moved(speaker_folds(chosen, folds=folds, genders=genders), own, others)


def _moved(protocol: Protocol, places: Sequence[int], always: Sequence[int]) -> Protocol:
    """Positions in a part of the clips as those in all of them; some clips are learnt from in every fold."""

    def moved(fold: Fold) -> Fold:
        train = sorted([*(places[place] for place in fold.train), *always])
        return replace(
            fold,
            train=tuple(train),
            valid=tuple(places[place] for place in fold.valid),
            test=tuple(places[place] for place in fold.test),
        )

    return replace(protocol, folds=tuple(moved(fold) for fold in protocol.folds))
