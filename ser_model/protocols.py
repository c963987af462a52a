"""Protocols of evaluation: which clips teach, which choose, and which judge.

A fold holds positions in the sequence of clips that it was made from. Whatever is chosen in a fold
(calibration, threshold) is chosen on its validation clips; its test clips choose nothing. Nothing here reads
a recording, and clips that come in another order fall into the same parts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from ser_model.corpus import CorpusClip
from ser_model.errors import CorpusError

__all__ = [
    "VALIDATION_SHARE",
    "Fold",
    "Protocol",
    "fixed_split",
    "leave_one_corpus_out",
    "random_split",
    "speaker_folds",
]

VALIDATION_SHARE = 0.15
"""Of the speakers that aren't in the test part (of the clips, in `random_split`) for validation."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Three parts of the clips, as ascending positions; no clip is in two.

    Raises:
        ValueError: where a position occurs twice.
    """

    train: tuple[int, ...]
    valid: tuple[int, ...]
    test: tuple[int, ...]
    name: str = ""

    def __post_init__(self) -> None:
        places = [*self.train, *self.valid, *self.test]
        if len(set(places)) != len(places):
            raise ValueError("a clip is in two parts of a fold, or twice in one")


@dataclass(frozen=True, slots=True)
class Protocol:
    """A way of dividing clips.

    Attributes:
        name: short, for tables.
        description: one sentence, for reports.
        folds: each gives figures for its test part.
        leaks: whether a speaker of the test part is also heard in training; such figures are too good.
    """

    name: str
    description: str
    folds: tuple[Fold, ...]
    leaks: bool = False


def speaker_folds(
    clips: Sequence[CorpusClip],
    *,
    folds: int = 5,
    seed: int = 0,
    genders: Mapping[str, str] | None = None,
) -> Protocol:
    """Every speaker is judged once, by a model that has never heard them.

    Speakers are spread by corpus and gender, so that the folds differ by at most one speaker of a kind; among
    those divisions the folds get about as many clips each.

    Args:
        clips: without those that are kept for a last judgement.
        folds: from 2.
        seed: of the draw.
        genders: speaker → gender; one who is missing counts as of unknown gender.

    Raises:
        CorpusError: for fewer speakers than folds, or fewer than three.
        ValueError: for fewer than two folds.
    """
    if folds < 2:
        raise ValueError(f"folds must be 2 or more, not {folds}")
    kinds = _kinds(clips, genders or {})
    _need_speakers(len(kinds), max(folds, 3), f"{folds} folds")
    random = np.random.default_rng(seed)
    sizes = Counter(clip.speaker for clip in clips)
    tested: list[list[str]] = [[] for _ in range(folds)]
    filled = [0] * folds
    for speakers in _by_kind(kinds).values():
        here = [0] * folds
        shuffled = [speakers[place] for place in random.permutation(len(speakers))]
        for speaker in sorted(shuffled, key=lambda name: -sizes[name]):
            fold = min(range(folds), key=lambda number: (here[number], filled[number]))
            tested[fold].append(speaker)
            here[fold] += 1
            filled[fold] += sizes[speaker]
    return Protocol(
        name=f"speaker-independent {folds}-fold",
        description=f"{folds} folds of whole speakers, spread by corpus and gender; about "
        f"{100 * VALIDATION_SHARE:.0f} % of the training speakers choose calibration and threshold.",
        folds=tuple(
            _fold_of_speakers(clips, kinds, set(held_out), random, f"fold {number}")
            for number, held_out in enumerate(tested, start=1)
        ),
    )


def fixed_split(clips: Sequence[CorpusClip]) -> Protocol:
    """The division that the manifest makes; clips of other splits than train, valid and test are left out.

    Raises:
        CorpusError: for an empty part, or a speaker in two.
    """
    parts = {
        split: tuple(place for place, clip in enumerate(clips) if clip.split == split)
        for split in ("train", "valid", "test")
    }
    empty = [split for split, places in parts.items() if not places]
    if empty:
        raise CorpusError(f"no clips of the splits {empty}; the manifest's column `split` has to name them")
    speakers = [{clips[place].speaker for place in places} for places in parts.values()]
    seen = Counter(chain.from_iterable(speakers))
    shared = sorted(speaker for speaker, times in seen.items() if times > 1)
    if shared:
        raise CorpusError(f"speakers {shared[:3]} are in two splits; give each speaker one split")
    return Protocol(
        name="fixed split",
        description="The manifest's own split by speaker; its test speakers are judged once, at the end.",
        folds=(Fold(**parts, name="test"),),
    )


def leave_one_corpus_out(
    clips: Sequence[CorpusClip], *, seed: int = 0, genders: Mapping[str, str] | None = None
) -> Protocol:
    """Every corpus is judged by a model that has heard only the others: other microphones, other actors.

    Raises:
        CorpusError: for fewer than two corpora, or a remainder of fewer than two speakers.
    """
    kinds = _kinds(clips, genders or {})
    corpora = sorted({clip.corpus for clip in clips})
    if len(corpora) < 2:
        raise CorpusError("leaving a corpus out needs two or more; name the manifests of others too")
    random = np.random.default_rng(seed)
    folds = []
    for corpus in corpora:
        held_out = {clip.speaker for clip in clips if clip.corpus == corpus}
        _need_speakers(len(kinds) - len(held_out), 2, f"training without {corpus}")
        folds.append(_fold_of_speakers(clips, kinds, held_out, random, corpus))
    return Protocol(
        name="leave one corpus out",
        description="Each corpus is judged by a model trained and calibrated on the speakers of the others.",
        folds=tuple(folds),
    )


def random_split(clips: Sequence[CorpusClip], *, folds: int = 5, seed: int = 0) -> Protocol:
    """Clips are drawn, not speakers, as many papers do it: for comparison with them only.

    Raises:
        CorpusError: for fewer than three clips, or fewer clips than folds.
        ValueError: for fewer than two folds.
    """
    if folds < 2:
        raise ValueError(f"folds must be 2 or more, not {folds}")
    if len(clips) < max(folds, 3):
        raise CorpusError(f"{len(clips)} clips are too few for {folds} folds; add recordings")
    named = sorted(range(len(clips)), key=lambda place: (clips[place].corpus, clips[place].path.as_posix()))
    random = np.random.default_rng(seed)
    order = [named[place] for place in random.permutation(len(named))]
    made = []
    for number in range(folds):
        rest = [place for position, place in enumerate(order) if position % folds != number]
        valid = max(1, round(VALIDATION_SHARE * len(rest)))
        made.append(
            Fold(
                train=tuple(sorted(rest[valid:])),
                valid=tuple(sorted(rest[:valid])),
                test=tuple(sorted(order[number::folds])),
                name=f"fold {number + 1}",
            )
        )
    return Protocol(
        name=f"random {folds}-fold (leaks)",
        description="Clips drawn at random, so that the test speakers, and often their very sentences, are "
        "heard in training: the figures tell how well known voices are recognised, not new ones.",
        folds=tuple(made),
        leaks=True,
    )


def _kinds(clips: Iterable[CorpusClip], genders: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Speaker → (corpus, gender), in the order of the speakers' names."""
    corpus_of: dict[str, str] = {}
    for clip in clips:
        if corpus_of.setdefault(clip.speaker, clip.corpus) != clip.corpus:
            raise CorpusError(
                f"speaker {clip.speaker} is in two corpora; put the corpus before the speaker's name"
            )
    return {speaker: (corpus_of[speaker], genders.get(speaker, "")) for speaker in sorted(corpus_of)}


def _by_kind(kinds: Mapping[str, tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    speakers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for speaker, kind in kinds.items():
        speakers[kind].append(speaker)
    return speakers


def _fold_of_speakers(
    clips: Sequence[CorpusClip],
    kinds: Mapping[str, tuple[str, str]],
    held_out: set[str],
    random: np.random.Generator,
    name: str,
) -> Fold:
    chosen = _validation_speakers({s: kind for s, kind in kinds.items() if s not in held_out}, random)
    return Fold(
        train=tuple(p for p, clip in enumerate(clips) if clip.speaker not in held_out | chosen),
        valid=tuple(p for p, clip in enumerate(clips) if clip.speaker in chosen),
        test=tuple(p for p, clip in enumerate(clips) if clip.speaker in held_out),
        name=name,
    )


def _validation_speakers(kinds: Mapping[str, tuple[str, str]], random: np.random.Generator) -> set[str]:
    wanted = min(max(1, round(VALIDATION_SHARE * len(kinds))), len(kinds) - 1)
    groups = list(_by_kind(kinds).values())
    shares = [wanted * len(group) / len(kinds) for group in groups]
    counts = [int(share) for share in shares]
    # What rounding down has left over goes to the groups that it took most from.
    for place in sorted(range(len(groups)), key=lambda g: counts[g] - shares[g])[: wanted - sum(counts)]:
        counts[place] += 1
    return {
        group[place]
        for group, count in zip(groups, counts, strict=True)
        for place in random.permutation(len(group))[:count]
    }


def _need_speakers(found: int, needed: int, purpose: str) -> None:
    if found < needed:
        raise CorpusError(f"{found} speakers are too few for {purpose}; {needed} or more are needed")
