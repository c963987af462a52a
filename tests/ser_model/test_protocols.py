from collections import Counter
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ser_model.corpus import CorpusClip
from ser_model.errors import CorpusError
from ser_model.protocols import (
    Fold,
    fixed_split,
    leave_one_corpus_out,
    random_split,
    speaker_folds,
)


def clips_of(corpus, sizes, *, split="train"):
    """Clips of speakers s0, s1, … with so many each."""
    return [
        CorpusClip(
            Path(f"/c/{corpus}/{speaker}_{take}.wav"), corpus, f"{corpus}/s{speaker}", "fear", "en", split
        )
        for speaker, size in enumerate(sizes)
        for take in range(size)
    ]


def genders_of(clips):
    return {clip.speaker: "male" if int(clip.speaker[-1]) % 2 else "female" for clip in clips}


def parts_as_paths(protocol, clips):
    return [
        tuple(frozenset(clips[place].path for place in part) for part in (fold.train, fold.valid, fold.test))
        for fold in protocol.folds
    ]


def by_speaker(clips, places):
    return {clips[place].speaker for place in places}


several_corpora = st.lists(st.lists(st.integers(1, 6), min_size=3, max_size=12), min_size=2, max_size=3).map(
    lambda corpora: [clip for number, sizes in enumerate(corpora) for clip in clips_of(f"c{number}", sizes)]
)
BY_SPEAKER = {
    "folds": lambda clips, seed: speaker_folds(clips, folds=3, seed=seed, genders=genders_of(clips)),
    "corpora": lambda clips, seed: leave_one_corpus_out(clips, seed=seed, genders=genders_of(clips)),
}
ALL = {**BY_SPEAKER, "random": lambda clips, seed: random_split(clips, folds=3, seed=seed)}


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
@settings(deadline=None, max_examples=60)
@given(clips=several_corpora, seed=st.integers(0, 2**32 - 1))
def test_parts_are_disjoint_and_complete_and_each_clip_is_judged_once(make, clips, seed):
    protocol = make(clips, seed)
    for fold in protocol.folds:
        assert sorted([*fold.train, *fold.valid, *fold.test]) == list(range(len(clips)))
        assert fold.train
        assert fold.valid
        assert fold.test
    assert sorted(place for fold in protocol.folds for place in fold.test) == list(range(len(clips)))


@pytest.mark.parametrize("make", BY_SPEAKER.values(), ids=BY_SPEAKER)
@settings(deadline=None, max_examples=60)
@given(clips=several_corpora, seed=st.integers(0, 2**32 - 1))
def test_no_speaker_is_in_two_parts(make, clips, seed):
    protocol = make(clips, seed)
    assert not protocol.leaks
    for fold in protocol.folds:
        parts = [by_speaker(clips, part) for part in (fold.train, fold.valid, fold.test)]
        assert sum(map(len, parts)) == len(set().union(*parts))


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
@settings(deadline=None, max_examples=60)
@given(data=st.data(), clips=several_corpora, seed=st.integers(0, 2**32 - 1))
def test_division_is_the_same_each_time_and_in_any_order_of_the_clips(make, data, clips, seed):
    shuffled = data.draw(st.permutations(clips))
    assert make(clips, seed) == make(clips, seed)
    assert parts_as_paths(make(clips, seed), clips) == parts_as_paths(make(shuffled, seed), shuffled)


def test_another_seed_divides_otherwise():
    clips = clips_of("c", [3] * 20)
    for make in (BY_SPEAKER["folds"], ALL["random"]):
        assert parts_as_paths(make(clips, 1), clips) != parts_as_paths(make(clips, 2), clips)


@settings(deadline=None, max_examples=40)
@given(women=st.integers(0, 23), men=st.integers(0, 23), seed=st.integers(0, 99))
def test_folds_have_as_many_of_each_gender_as_can_be(women, men, seed):
    assume(women + men >= 5)
    clips = clips_of("c", [9] * women + [1 + n % 3 for n in range(men)])
    genders = {f"c/s{n}": "female" if n < women else "male" for n in range(women + men)}
    protocol = speaker_folds(clips, folds=5, seed=seed, genders=genders)
    tested = [by_speaker(clips, fold.test) for fold in protocol.folds]
    for gender in ("female", "male"):
        counts = [sum(genders[speaker] == gender for speaker in speakers) for speakers in tested]
        assert max(counts) - min(counts) <= 1


@given(women=st.integers(2, 23), men=st.integers(3, 23))
@settings(deadline=None, max_examples=40)
def test_folds_of_speakers_alike_differ_by_one_speaker(women, men):
    clips = clips_of("c", [4] * (women + men))
    genders = {f"c/s{n}": "female" if n < women else "male" for n in range(women + men)}
    sizes = [len(fold.test) for fold in speaker_folds(clips, folds=5, genders=genders).folds]
    assert max(sizes) - min(sizes) <= 4


def test_large_and_small_speakers_are_spread_evenly():
    clips = clips_of("c", [90, 80, 70, 60, 50, 40, 30, 20, 10, 0 + 1])
    sizes = [len(fold.test) for fold in speaker_folds(clips, folds=5).folds]
    assert sizes == [91, 90, 90, 90, 90]


def test_validation_speakers_are_about_15_percent_and_of_both_genders():
    clips = clips_of("c", [2] * 50)
    genders = {f"c/s{n}": "female" if n < 25 else "male" for n in range(50)}
    for fold in speaker_folds(clips, folds=5, genders=genders).folds:
        chosen = Counter(genders[speaker] for speaker in by_speaker(clips, fold.valid))
        assert len(by_speaker(clips, fold.train)) == 34
        assert chosen == {"female": 3, "male": 3}


def test_validation_speakers_have_the_genders_of_the_training_speakers():
    clips = clips_of("c", [2] * 40)
    genders = {f"c/s{n}": "male" if n < 10 else "female" for n in range(40)}
    for fold in speaker_folds(clips, folds=5, genders=genders).folds:
        chosen = Counter(genders[speaker] for speaker in by_speaker(clips, fold.valid))
        assert chosen == {"female": 4, "male": 1}  # of 24 and 8


def test_fixed_split_follows_the_manifest_and_leaves_other_splits_out():
    parts = {split: clips_of(split, [2], split=split) for split in ("test", "exclude", "train", "valid")}
    clips = [clip for part in parts.values() for clip in part]
    assert fixed_split(clips).folds == (Fold(train=(4, 5), valid=(6, 7), test=(0, 1), name="test"),)


def test_fixed_split_with_an_empty_part_or_a_shared_speaker_is_refused():
    train, valid = clips_of("a", [2]), clips_of("b", [2], split="valid")
    with pytest.raises(CorpusError, match="test"):
        fixed_split([*train, *valid])
    with pytest.raises(CorpusError, match="two splits"):
        fixed_split([*train, *valid, *clips_of("a", [1], split="test")])


def test_corpus_that_is_left_out_is_the_whole_test_part():
    clips = [*clips_of("b", [2, 2, 2]), *clips_of("a", [3, 3])]
    first, second = leave_one_corpus_out(clips).folds
    assert (first.name, first.test) == ("a", tuple(range(6, 12)))
    assert (second.name, second.test) == ("b", tuple(range(6)))


def test_random_split_hears_test_speakers_in_training_and_says_that_it_leaks():
    clips = clips_of("c", [40] * 4)
    protocol = random_split(clips, folds=5)
    assert protocol.leaks
    assert "leaks" in protocol.name
    assert "test speakers" in protocol.description
    for fold in protocol.folds:
        assert by_speaker(clips, fold.test) <= by_speaker(clips, fold.train)
        assert len(fold.test) == 32
        assert len(fold.valid) == round(0.15 * 128)


def test_too_few_speakers_clips_or_corpora_are_refused():
    with pytest.raises(CorpusError, match="4 speakers are too few for 5 folds"):
        speaker_folds(clips_of("c", [9] * 4), folds=5)
    with pytest.raises(CorpusError, match="too few"):
        speaker_folds(clips_of("c", [9] * 2), folds=2)
    with pytest.raises(CorpusError, match="too few"):
        random_split(clips_of("c", [2]), folds=2)
    with pytest.raises(CorpusError, match="two or more"):
        leave_one_corpus_out(clips_of("c", [9] * 4))
    with pytest.raises(CorpusError, match="training without b"):
        leave_one_corpus_out([*clips_of("a", [9]), *clips_of("b", [9, 9])])
    with pytest.raises(ValueError, match="2 or more"):
        speaker_folds(clips_of("c", [9] * 4), folds=1)


def test_speaker_in_two_corpora_is_refused():
    clips = clips_of("a", [3] * 4)
    stray = CorpusClip(Path("/c/x.wav"), "b", "a/s0", "fear", "en", "train")
    with pytest.raises(CorpusError, match="a/s0"):
        speaker_folds([*clips, stray], folds=2)


def test_fold_with_a_clip_in_two_parts_cannot_be_made():
    with pytest.raises(ValueError, match="two parts"):
        Fold(train=(0, 1), valid=(2,), test=(1,))
