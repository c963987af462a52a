"""Half-spaces (zero-width non-joiner, U+200C) of Persian: put where they belong, taken where they don't.

Careful on purpose: a suffix is joined only where the spaced form has hardly another reading, since a
wrong joint hides a word from everything that comes after.
"""

from __future__ import annotations

import re

__all__ = ["repair_half_spaces"]

ZWNJ = "\u200c"
_LETTER = "ءآأؤئابتثجحخدذرزسشصضطظعغفقلمنهوپچژکگیإة\u0654"
_NOT_JOINING = "اآأإدذرزژوءؤ"

_EXTRA = re.compile(f"{ZWNJ}{{2,}}")
_LONE = re.compile(f"(?<![{_LETTER}\u064b-\u0652]){ZWNJ}|{ZWNJ}(?![{_LETTER}])")
_AFTER_NOT_JOINING = re.compile(f"(?<=[{_NOT_JOINING}]){ZWNJ}")

# Words that never take the suffixes below; "ها" after them is an interjection.
_FUNCTION_WORD_LIST = """
و از به با در بر تا که چه اگر یا هم ولی اما پس را رو نه آره بله بلی آری خب من تو او ما شما آیا نیز هر
این آن اون سه ده ای یه یک بود شد است هست نیست کرد گفت چون مگر فقط خیلی
"""
_FUNCTION_WORDS = frozenset(_FUNCTION_WORD_LIST.split())
_NOT_WINE = f"(?!(?:و|را|رو|به|از|که|در|با|ناب|یا|هم|است|تا|این|آن)(?![{_LETTER}]))"

_PREFIX_SPACED = re.compile(f"(?<![{_LETTER}{ZWNJ}])(ن?می) (?={_NOT_WINE}[{_LETTER}]{{2}})")

_PRESENT_STEMS = (
    "خواه|خوا|خا|کن|دون|دان|شناس|فهم|ترس|مون|مان|بین|تون|توان|زن|خور|خند|خواب|میر|کش|پرس|نویس|خون|خوان|"
    "ذار|گذار|گیر|گرد|گذر|ده|گو|گ|ر|ش|د|شین|نشین|شنو|رس|ارز|افت|پیچ|پر|لرز|سوز|ساز|باز|باش|بر|برد|یار|"
    "آر|پوش|چرخ|چسب|دو|دزد|رقص|ریز|شکن|فروش|فرست|گرد|گنج|مال|نال|ناز|پذیر|انداز|بند|پز|جنگ|چش|خر|خواب"
)
_PRESENT_ENDINGS = "م|ی|ه|د|یم|ین|ید|ن|ند"
_PAST_STEMS = (
    "کرد|رفت|خواست|خاست|گفت|شد|دید|دونست|دانست|تونست|توانست|خورد|خوند|خواند|داد|زد|موند|ماند|ترسید|فهمید|"
    "خندید|خوابید|مرد|کشت|کشید|پرسید|نوشت|ذاشت|گذاشت|گرفت|گشت|گذشت|شنید|رسید|افتاد|اومد|آمد|ساخت|باخت|"
    "برد|آورد|بست|سوخت|لرزید|انداخت|شکست|بود|دوید|خرید|چرخید|پیچید"
)
_PAST_ENDINGS = "م|ی|یم|ین|ید|ن|ند|ه|"
_SPECIAL = (
    "خوام|خوای|خواد|خوایم|خواین|خوان|خام|خای|خاد|گم|گی|گه|گیم|گین|گن|ام|ای|اد|ایم|این|اید|"
    "آم|آی|آد|آیم|آید|آیند"
)
_MI_WORD_LIST = """
میان میرزا میدان میر میز میل میزان میگو
"""
_JOINED_WORDS_KEPT = frozenset(_MI_WORD_LIST.split())
_PREFIX_JOINED = re.compile(
    f"(?<![{_LETTER}{ZWNJ}])(ن?می)((?:{_SPECIAL})|(?:{_PRESENT_STEMS})(?:{_PRESENT_ENDINGS})"
    f"|(?:{_PAST_STEMS})(?:{_PAST_ENDINGS}))(?![{_LETTER}{ZWNJ}])"
)

_PLURAL = re.compile(
    f"(?<![{_LETTER}{ZWNJ}])([{_LETTER}{ZWNJ}]{{2,}}) "
    f"(ها|های|هایی|هایم|هایت|هایش|هایمان|هایتان|هایشان|هام|هات|هاش|هامون|هاتون|هاشون|هاست)(?![{_LETTER}{ZWNJ}])"
)
_COMPARATIVE = re.compile(
    f"(?<![{_LETTER}{ZWNJ}])([{_LETTER}{ZWNJ}]{{2,}}) (تر|ترین|تری|ترم|ترها|ترین‌ها)(?![{_LETTER}{ZWNJ}])"
)
_NOT_COMPARED_LIST = """
چشم چشمان چشمای دیده هوای موی خیس خشک لباس دستمال
"""
_NOT_COMPARED = _FUNCTION_WORDS | frozenset(_NOT_COMPARED_LIST.split())
_PERSONAL = re.compile(
    f"(?<![{_LETTER}{ZWNJ}])([{_LETTER}{ZWNJ}]+[هی]) (ام|ات|اش|ای|اند|ایم|اید)"
    f"(?![{_LETTER}{ZWNJ}])(?! (?:کاش|خدا|وای|بابا|دل|خدای|جان)(?![{_LETTER}]))"
)
_EZAFE = re.compile(f"(?<![{_LETTER}{ZWNJ}])([{_LETTER}{ZWNJ}]{{2,}}ه) ی(?![{_LETTER}{ZWNJ}])")


def repair_half_spaces(text: str, *, persian: bool) -> str:
    """Text with single, meaningful half-spaces; with `persian` also those that were left out.

    A half-space stays only between two letters of which the first would join (after "ر" it changes
    nothing that can be seen). Joins می/نمی to verbs, and ها, های, تر, ترین, ام, ات, اش, ای, اند, ی to
    the word before. Expects single spaces and Persian letters.
    """
    text = _AFTER_NOT_JOINING.sub("", _LONE.sub("", _EXTRA.sub(ZWNJ, text)))
    if not persian:
        return text
    text = _PREFIX_SPACED.sub(rf"\1{ZWNJ}", text)
    text = _PREFIX_JOINED.sub(_split_prefix, text)
    text = _PLURAL.sub(lambda match: _joined(match, _FUNCTION_WORDS), text)
    text = _COMPARATIVE.sub(lambda match: _joined(match, _NOT_COMPARED), text)
    text = _PERSONAL.sub(lambda match: _joined(match, _FUNCTION_WORDS), text)
    return _EZAFE.sub(lambda match: _joined_to(match, "ی"), text)


def _split_prefix(match: re.Match[str]) -> str:
    return match.group() if match.group() in _JOINED_WORDS_KEPT else f"{match.group(1)}{ZWNJ}{match.group(2)}"


def _joined(match: re.Match[str], kept_apart: frozenset[str]) -> str:
    word, suffix = match.groups()
    if word in kept_apart or word.startswith(("می" + ZWNJ, "نمی" + ZWNJ)):
        return match.group()
    return _glue(word, suffix)


def _joined_to(match: re.Match[str], suffix: str) -> str:
    return match.group() if match.group(1) in _FUNCTION_WORDS else _glue(match.group(1), suffix)


def _glue(word: str, suffix: str) -> str:
    return word + suffix if word[-1] in _NOT_JOINING else f"{word}{ZWNJ}{suffix}"
