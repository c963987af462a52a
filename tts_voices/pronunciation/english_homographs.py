"""Which of its two readings a word has, from the words around it.

Most such pairs are a noun or adjective and a verb ("a record", "to record"); a few cue words before and
after decide. The rest have a rule each. The readings stand in `tables/english_homographs.tsv`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tts_voices.pronunciation.phones import MARKS, SYMBOLS
from tts_voices.pronunciation.table_files import read_table
from tts_voices.voice import VoiceError

__all__ = ["HOMOGRAPHS", "Homographs"]

HOMOGRAPHS = Path(__file__).with_name("tables") / "english_homographs.tsv"

Reading = tuple[str, ...]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DETERMINERS = _words(
    "the a an this that these those my your his her its our their some any no every each another either "
    "whose one's both which what such"
)
_OBJECTS = _DETERMINERS - _words("which what such whose") | _words(
    "me you him it us them myself yourself himself herself itself ourselves themselves everything something "
    "anything nothing everyone someone all what whatever how one two three"
)
_AUXILIARIES = _words(
    "to can could will would shall should may might must do does did don't doesn't didn't can't couldn't "
    "won't wouldn't shouldn't mustn't cannot let's lets please never always not i'll you'll he'll she'll "
    "we'll they'll it'll i'd you'd he'd she'd we'd they'd gonna wanna gotta help"
)
_SUBJECTS = _words("i you we they who people")
_SINGULAR_SUBJECTS = _words("he she it who that which everyone someone nobody everybody somebody one")
_TURNERS = _words("i you he she it we they who and then")
_JOINTS = _words(
    "and or then but so just now also simply only quickly slowly gently carefully quietly instead"
)
_DEGREES = _words("so too very as how more most quite really that this pretty fairly especially less rather")
_BE = _words(
    "am is are was were be been being i'm you're he's she's it's we're they're that's isn't aren't wasn't "
    "weren't feel feels felt feeling seem seems seemed get gets got getting stay stays stayed become became"
)
_HAVE = _words("have has had having i've you've we've they've he's she's haven't hasn't hadn't")
_PREPOSITIONS = _words(
    "of in on at for with from by about into without under over between through during like than near after"
)
_NUMBERS = _words(
    "one two three four five six seven eight nine ten eleven twelve thirty fifteen fifty forty twenty "
    "hundred thousand zero oh o'clock"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """A word among its neighbours, all in lower case; "" at the ends of a clause."""

    words: Sequence[str]
    at: int
    written: str
    opens: bool

    def before(self, count: int = 1) -> str:
        return self.words[self.at - count] if self.at >= count else ""

    def after(self, count: int = 1) -> str:
        return self.words[self.at + count] if self.at + count < len(self.words) else ""

    def near(self, names: frozenset[str], reach: int) -> bool:
        around = (
            *self.words[max(0, self.at - reach) : self.at],
            *self.words[self.at + 1 : self.at + 1 + reach],
        )
        return not names.isdisjoint(around)


def _is_verb(place: _Place, default: bool) -> bool:
    before, after = place.before(), place.after()
    if before in _AUXILIARIES or (before in _SUBJECTS and place.before(2) not in _PREPOSITIONS):
        return True
    if before in _DETERMINERS or before.endswith("'s") or before in _NUMBERS:
        return False
    if "let" in {place.before(2), place.before(3)}:
        return True
    if before.endswith("ly") and place.before(2) in _AUXILIARIES | _SUBJECTS:
        return True
    if before in _PREPOSITIONS or before in _BE:
        return False
    starts = not before or before in _JOINTS
    if after in _OBJECTS and (starts or before not in _DEGREES):
        return True
    if before.endswith("s") and not before.endswith("ss") and after.endswith("ly"):
        return True
    return default and after not in {"is", "was", "of"} if starts else default


def _live(place: _Place) -> bool:
    things = "music show stream streaming chat concert band event audience broadcast wire performance call tv"
    if place.before() in {"go", "goes", "going", "went", "broadcast", "streamed", "recorded"}:
        return bool(_words("in with on at to for by").intersection((place.after(),)))
    return place.after() not in _words(things + " person people version recording video coverage bait")


def _lives(place: _Place) -> bool:
    before, after = place.before(), place.after()
    if before in _DETERMINERS - _words("that which this") or before in _PREPOSITIONS | _NUMBERS:
        return False
    return before in _SINGULAR_SUBJECTS or after in _words(
        "in with on at here there alone near nearby next by under inside far together"
    )


def _read(place: _Place) -> bool:
    """True for the present."""
    before = place.before()
    heard_before = _words(" ".join(place.words[max(0, place.at - 4) : place.at]))
    if before in {"he", "she", "it", "who"} and place.at and not heard_before & _words("did does to will"):
        return before == "it" and place.opens
    if heard_before & (_AUXILIARIES - _words("always never not please help")) and before not in _HAVE | _BE:
        return not heard_before & _HAVE or "to" in heard_before
    if before in _HAVE | _BE or (
        before in _JOINTS | _words("never always already ever") and heard_before & _HAVE
    ):
        return False
    past = _words("yesterday ago last earlier once when before already")
    if before in _SUBJECTS and place.before(2) in _HAVE:
        return False
    if before in {"i", "we", "they", "you"} | _words("never always already"):
        later = place.words[place.at + 1 :]
        named = _words("yesterday ago").intersection(place.words) or "last" in later
        return not (named or (past & set(place.words[: place.at]) and _has_past(place)))
    return True


def _has_past(place: _Place) -> bool:
    return any(word.endswith("ed") or word in _words("was were had did said went") for word in place.words)


def _lead(place: _Place) -> bool:
    metal = _words("pipe pipes paint poisoning pencil pencils weight weights shot acid free-paint")
    return place.after() not in metal and not (
        place.before() == "of" and place.before(2) in {"made", "sheet"}
    )


def _wind(place: _Place) -> bool:
    if place.before() in _DETERMINERS or place.before() in _PREPOSITIONS:
        return False
    return place.after() in _words("down up back around through") or _is_verb(place, default=False)


def _tear(place: _Place) -> bool:
    if place.before(2) == "wear" and place.before() == "and":
        return True
    if place.before() in _DETERMINERS | _words("muscle ligament"):
        torn = _words("paper page cloth fabric sleeve coat jacket dress sheet curtain ligament muscle")
        return place.before() in torn or (place.after() in {"in", "along", "through"} and place.near(torn, 4))
    return place.after() in _words("up apart off down out away open along") or _is_verb(place, default=False)


def _tears(place: _Place) -> bool:
    following = place.after() in _words("up apart off down out away open at me you us it them him")
    return following and place.before() not in _words("the my your his her our their of in to with into")


def _wound(place: _Place) -> bool:
    if place.before() in _DETERMINERS:
        return False
    turned = _words("up down around round tight tightly back through itself on")
    if place.before() in _AUXILIARIES:
        return False
    return place.after() in turned or (place.before() in _TURNERS and place.after() in _OBJECTS)


def _minute(place: _Place) -> bool:
    tiny = _words(
        "detail details amount amounts quantity quantities particle particles difference differences"
    )
    return place.before() in _words("so very most too extremely") or place.after() in tiny


def _content(place: _Place) -> bool:
    if place.before() in _DETERMINERS - _words("that this"):
        return False
    pleased = _BE | _words("more quite very so perfectly almost not feel calm happy")
    return place.before() in pleased or place.after() in {"with", "to", "enough"}


def _row(place: _Place) -> bool:
    quarrel = place.after() in {"with", "about", "over"} or place.before(2) in _HAVE | _words(
        "after another big"
    )
    return quarrel and place.before() in _words(
        "a the that this big awful terrible first last another our huge"
    )


def _dove(place: _Place) -> bool:
    return (
        place.after() in _words("into in under for down straight headfirst")
        and place.before() not in _DETERMINERS
    )


def _bass(place: _Place) -> bool:
    return place.near(_words("fish fishing sea lake caught catch striped cooked grilled"), 3)


def _polish(place: _Place) -> bool:
    return place.written[0].isupper() and not place.opens


def _used(place: _Place) -> bool:
    """True for "used to" of a habit; what "is used to" do something is made use of."""
    if place.after() != "to":
        return False
    made_use_of = place.before() in _words("is was be being it's that's") and place.before(2) not in _words(
        "he she i you one"
    )
    return not made_use_of or place.after(2) in _OBJECTS - {"one"} or place.after(2).endswith("ing")


def _bow(place: _Place) -> bool:
    if place.before(2) in _words("take takes took taking") and place.before() in {"a", "your", "his", "her"}:
        return True
    return place.before() not in _DETERMINERS and _is_verb(place, default=False)


def _close(place: _Place) -> bool:
    before, after = place.before(), place.after()
    if before in _AUXILIARIES:
        return after not in {"to"} or before == "to"
    if before in _DEGREES | _BE or after in _words("to by enough friend friends together behind one ones"):
        return False
    return _is_verb(place, default=False) or (before in _JOINTS | {""} and after in {"eyes", "both", "out"})


def _always(_: _Place) -> bool:
    return True


_RULES: Mapping[str, Callable[[_Place], bool]] = {
    "live": _live,
    "lives": _lives,
    "read": _read,
    "lead": _lead,
    "wind": _wind,
    "tear": _tear,
    "tears": _tears,
    "wound": _wound,
    "minute": _minute,
    "content": _content,
    "row": _row,
    "dove": _dove,
    "bass": _bass,
    "polish": _polish,
    "used": _used,
    "bow": _bow,
    "close": _close,
    "closes": _always,
    "leads": _always,
}
_WITHOUT_S = frozenset({"read", "wound", "used", "dove", "polish"})


@dataclass(frozen=True, slots=True)
class Homographs:
    """The words with two readings: each with both and whether the second is the usual one."""

    readings: Mapping[str, tuple[Reading, Reading, bool]]

    @classmethod
    def load(cls, path: Path = HOMOGRAPHS) -> Homographs:
        """The table that ships; raises `VoiceError` where it is missing or not of its form."""
        lines = read_table(path, "bring it back from the repository")
        known, found = set(SYMBOLS["en"]).difference(MARKS), {}
        for number, line in enumerate(lines, start=1):
            if not line or line.startswith("#"):
                continue
            fields = line.split("\t")
            readings = [tuple(field.split()) for field in fields[1:3]]
            sound = len(fields) == 4 and all(one and known.issuperset(one) for one in readings)
            if not sound or fields[3] not in {"noun", "verb"}:
                raise VoiceError(f"{path.name}, line {number}: write word, two readings, noun or verb")
            found[fields[0]] = (readings[0], readings[1], fields[3] == "verb")
        return cls(found)

    def reading(self, words: Sequence[str], at: int, written: str, opens: bool) -> Reading | None:
        """How the word at `at` is read among `words` (a clause in lower case); None where it has one reading.

        `written` is the word with its capitals, `opens` whether it opens the sentence.
        """
        word = words[at]
        place = _Place(words, at, written, opens)
        if word in self.readings:
            noun, verb, default = self.readings[word]
            rule = _RULES.get(word)
            return verb if (rule(place) if rule else _is_verb(place, default)) else noun
        stem = word.removesuffix("es") if word.endswith(("sses", "ches")) else word.removesuffix("s")
        if stem == word or stem not in self.readings or stem in _WITHOUT_S:
            return None
        noun, verb, _ = self.readings[stem]
        rule = _RULES.get(word)
        return _with_s(verb if (rule(place) if rule else _is_third_person(place)) else noun)


def _is_third_person(place: _Place) -> bool:
    before, after = place.before(), place.after()
    if before in _DETERMINERS - _words("that this which") or before in _PREPOSITIONS | _NUMBERS:
        return False
    if after in _words("are were have"):
        return False
    return before in _SINGULAR_SUBJECTS or (after in _OBJECTS and bool(before))


def _with_s(said: Reading) -> Reading:
    if said[-1] in {"s", "z", "sh", "ch"}:
        return (*said, "ax", "z")
    return (*said, "s" if said[-1] in {"p", "t", "k", "f", "th"} else "z")
