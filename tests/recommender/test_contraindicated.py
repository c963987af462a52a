"""What harms somebody is never suggested to them: HAMDEL_CALLS calls, with every contraindication set."""

import os
from random import Random

import pytest

from emotion import MOODS
from recommender.suggestions import DEFAULT_DIRECTORY
from recommender.vocabulary import read_vocabulary

VOCABULARY = read_vocabulary(DEFAULT_DIRECTORY)
CALLS = int(os.environ.get("HAMDEL_CALLS", "2000"))
SAID = {
    "en": ("", "I can't breathe", "my boss shouted at me", "I want to walk it off", "my mother died"),
    "fa": ("", "نفسم بالا نمی‌آد", "رئیسم سرم داد زد", "می‌خوام برم بیرون راه برم", "مادرم فوت کرده"),
}


@pytest.mark.parametrize("named", tuple(VOCABULARY.contraindications))
def test_no_call_suggests_what_is_contraindicated(recommender, named):
    by_id = {suggestion.id: suggestion for suggestion in recommender.suggestions}
    random = Random(named)
    others = sorted(set(VOCABULARY.contraindications) - {named})
    shown = 0
    for _ in range(-(-CALLS // len(VOCABULARY.contraindications))):
        barred = frozenset([named, *random.sample(others, random.choice((0, 0, 1, 3)))])
        language = random.choice(("en", "fa"))
        chosen = recommender.suggest(
            random.choice(MOODS),
            language=language,
            text=random.choice(SAID[language]),
            distress=random.choice((None, random.uniform(0, 10))),
            hour=random.choice((None, random.randrange(24))),
            contraindications=barred,
            # What was learnt asks for just what is barred.
            corrections={s.technique: 1.5 for s in by_id.values() if s.contraindications & barred},
            seed=random.randrange(2**31),
        )
        shown += len(chosen)
        assert not any(by_id[suggestion.id].contraindications & barred for suggestion in chosen)
    assert shown > 0
