"""English words before a pause: what has to go on, and what is whole. No I/O.

`words` are those of the last sentence, folded; `mark` is the punctuation that the recogniser put behind it.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["is_complete", "is_open"]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in text.split("|"))


_CONJUNCTIONS = _set("and but or nor because cause cuz although unless until till whereas than whether if")
_ARTICLES = _set("the a an my your our their its every each another")
_FILLERS = _set("um uh erm er uhm umm uhh hmm mm ehm")
_ADVERBS = _set("also plus even just very quite such basically especially including")
_CONTRACTIONS = _set(
    """
    i'm you're we're they're he's she's it's that's there's i've you've we've they've i'd we'd they'd he'd
    she'd i'll we'll you'll he'll she'll it'll they'll gonna wanna gotta who's where's
    """
)
_ALWAYS_OPEN = _CONJUNCTIONS | _ARTICLES | _FILLERS | _ADVERBS | _CONTRACTIONS

_PREPOSITIONS = _set(
    "of from with for at into onto about during without toward towards between among to like"
)
_SUBJECTS = _set("i we they he she")
_BE = _set("am is are was were be been being")
_AUXILIARIES = _BE | _set(
    """
    do does did have has had can could will would should shall may might must isn't aren't wasn't weren't
    don't doesn't didn't haven't hasn't hadn't can't couldn't won't wouldn't shouldn't
    """
)
_WANTING_AN_OBJECT = _set(
    "told gave made makes said says keeps kept seems seemed became wanted wants started brought"
)
_WANTING_A_CLAUSE = _set(
    """
    said says think thinks thought feel felt believe believes hope realised realized noticed decided afraid
    worried fact way means meant told me him us them
    """
)
_QUESTION_WORDS = _set("what who whom whose which where when why how")
_LEAVING_A_GAP = _QUESTION_WORDS | _set(
    """
    what's who's whatever someone somebody anyone anybody nobody everyone something anything nothing
    everything one lot people things person place
    """
)
"""After these a verb or preposition may stand last: "somebody to talk to", "that's what she said"."""
_SAID_BEFORE_SO = _set(
    "think hope guess say said says even not suppose if or do did believe much told thought never"
)
_LIKERS = _set("don't didn't doesn't i you we they would not really also")
_NOT_AS_FILLER = _set("do did don't as let if")
_OPEN_PHRASES = _phrases(
    """
    i mean | let me think | let me see | and then | but then | so then | so that | even though |
    as if | as though | for example | for instance | how do i say | how should i say | how can i
    say | how do i put it | the thing is | the problem is | i was trying to
    """
)
_ADJECTIVES = _set(
    "old new big small young whole good bad nice great hard long difficult terrible strange close"
)

_LEADS = _set("and but so well um uh oh because or then like okay yeah")
_SUBORDINATORS = _set("if when whenever although though while before after unless once")
_SHORT_WORDS = _set(
    """
    yes no yeah yep nope okay ok sure maybe never always sometimes nothing thanks exactly right absolutely
    definitely probably fine hello hi goodbye bye good better worse bad
    """
)
_SHORT_PHRASES = _phrases(
    """
    not really | not yet | not at all | not sure | a little | a little bit | a bit | a lot | of
    course | thank you | no thanks | no thank you | yes please | i don't know | i do | i did | i
    don't | i didn't | i am | i can't | i think so | i guess so | i hope so | all right | very
    much | that's right | that's all | that's it
    """
)
_YES_OR_NO = _set("yes no yeah yep nope okay ok sure well")
_ANY_SUBJECT = _SUBJECTS | _set(
    "you it there this that these those nobody everybody everyone somebody someone"
)
_VERBS = (
    _AUXILIARIES
    | _WANTING_AN_OBJECT
    | _set(
        """
    feel feels felt think know knows knew want need needs like love loves hate hates miss went go goes came
    comes got gets get say see saw seen left lost died help helps helped makes take took work works sleep
    slept eat ate hurt hurts feels looks looked happens happened broke fell spent sat stood ran met
    """
    )
)


def is_open(words: Sequence[str], mark: str) -> bool:
    """Whether more has to come."""
    last = words[-1]
    before = words[-2] if len(words) > 1 else ""
    gap = any(word in _LEAVING_A_GAP for word in words[:-1])
    if any(tuple(words[-len(phrase) :]) == phrase for phrase in _OPEN_PHRASES):
        return True
    if last in _ALWAYS_OPEN:
        return True
    if last in _PREPOSITIONS:
        return not gap and not _rests(last, before, words)
    if last in _SUBJECTS:
        return before not in _AUXILIARIES
    if last in _BE:
        return not gap and words[0] not in _YES_OR_NO and not {"than", "as"} & set(words)
    if last in _WANTING_AN_OBJECT:
        return not gap
    if _is_owner(last):
        return True
    match last:
        case "so":
            return before not in _SAID_BEFORE_SO
        case "that":
            return before in _WANTING_A_CLAUSE
        case "know":
            return before == "you" and len(words) > 2 and words[-3] not in _NOT_AS_FILLER
        case "well":
            return len(words) == 1 or before in _LEADS
        case "while":
            return before != "a"
        case "really":
            return before in _BE | _SUBJECTS | _CONTRACTIONS
    if (
        last in _ADJECTIVES
        and before in _set("a an my")
        or (before == "the" and last in _set("old new big small whole"))
    ):
        return True
    if _is_only_a_condition(words, mark):
        return True
    return not _has_predicate(words) and _trails_off(mark) and not _is_short_answer(words)


def is_complete(words: Sequence[str], mark: str) -> bool:
    """Whether what is not open is a whole sentence, a question or a short answer."""
    if _trails_off(mark):
        return False
    if _is_short_answer(words):
        return True
    first = words[0]
    if "?" in mark and len(words) > 2 and (first in _QUESTION_WORDS or first in _AUXILIARIES):
        return True
    return len(words) > 2 and _has_predicate(words)


def _rests(last: str, before: str, words: Sequence[str]) -> bool:
    if last == "to":  # "I don't want to."
        return any(word.endswith("n't") or word in ("not", "never") for word in words)
    if last == "like":
        return before in _LIKERS
    return False


def _is_owner(word: str) -> bool:
    return word.endswith("'s") and word not in ("let's", "what's", "how's", "here's", "where's")


def _trails_off(mark: str) -> bool:
    return not mark or "…" in mark or mark[-1] in ",;:-–—"


def _is_short_answer(words: Sequence[str]) -> bool:
    rest = list(words)
    while rest and rest[0] in _YES_OR_NO:
        rest = rest[1:]
    return not rest or (len(rest) == 1 and rest[0] in _SHORT_WORDS) or tuple(rest) in _SHORT_PHRASES


def _is_only_a_condition(words: Sequence[str], mark: str) -> bool:
    """Whether all there is is "if he calls me again", with no main clause."""
    rest = list(words)
    while rest and rest[0] in _LEADS:
        rest = rest[1:]
    if len(rest) < 3 or rest[0] not in _SUBORDINATORS or rest[1] in _AUXILIARIES or "?" in mark:
        return False
    subjects = sum(word in _ANY_SUBJECT or word in _CONTRACTIONS for word in rest)
    return subjects < 2 and _has_predicate(rest)


def _has_predicate(words: Sequence[str]) -> bool:
    for place, word in enumerate(words[:-1]):
        if word in _CONTRACTIONS or (word in _ANY_SUBJECT and words[place + 1] not in _FILLERS):
            return True
    return any(
        word in _VERBS or (word.endswith("ed") and len(word) > 4) or word.endswith("n't")
        for word in words[1:]
    )
