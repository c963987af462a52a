from tts_voices.pronunciation.building.english_alignment import align

PAIRS = [
    ("cat", ("k", "ae1", "t")),
    ("check", ("ch", "eh1", "k")),
    ("chat", ("ch", "ae1", "t")),
    ("tack", ("t", "ae1", "k")),
    ("tax", ("t", "ae1", "k", "s")),
    ("w", ("d", "ah1", "b", "ax", "l", "y", "uw1")),
] * 5


def test_letters_are_aligned_with_at_most_two_sounds() -> None:
    aligned = align(PAIRS)
    assert aligned[0] == [("k",), ("ae1",), ("t",)]
    assert aligned[4] is not None
    assert aligned[4][-1] == ("k", "s")
    assert aligned[5] is None
    for (_, said), parts in zip(PAIRS, aligned, strict=True):
        assert parts is None or tuple(sound for part in parts for sound in part) == said


def test_nothing_to_align() -> None:
    assert align([]) == []
    assert align([("", ()), ("e", ())]) == [None, [()]]
