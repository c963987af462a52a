"""Where an ezafe can't stand, where it must, and how it sounds."""

from __future__ import annotations

from tts_voices.pronunciation.persian_notation import HALF_SPACE
from tts_voices.pronunciation.persian_tokens import Token
from tts_voices.pronunciation.persian_words import DOUBLED

__all__ = ["can_link", "ezafe_symbols", "must_link"]

_PREPOSITION_LIST = """
و به از با بر تا که را رو یا هم اگر چون ولی اما مگر نیز پس
"""
_VERB_LIST = """
است هست هستم هستی هستیم هستید هستند هستین هستن نیست نیستم نیستی نیستیم نیستید نیستند نیستین نیستن
بود بودم بودی بودیم بودید بودند نبود نبودم نبودی نبودیم نبودید نبودند
شد شدم شدی شدیم شدند نشد نشدم شود شوید شوند شوم شویم نشود نشوید
کرد کردم کردی کردیم کردید کردند نکرد نکردم کنم کنی کند کنیم کنید کنند نکنم نکنید نکند کنین کنن
داد دادم دادید دادند دهید دهد دهم دارم داری دارد داریم دارید دارند ندارم ندارد ندارید نداریم ندارند
داشت داشتم داشتید داشتند نداشت نداشتم باشد باشم باشی باشیم باشید باشند نباشد نباشید باش
گفت گفتم گفتید گفتند رفت رفتم رفتید رفتند آمد آمدم آمدید آمدند گرفت گرفتم گرفتید گرفتند
بگیرید بگیر بدهید بده بزنید بزن بکشید بروید برو بگویید بگو باید شاید خواهد خواهم خواهید خواهند
"""
_NUMBER_LIST = """
صفر یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده نوزده بیست سی چهل
پنجاه شصت هفتاد هشتاد نود صد دویست سیصد چهارصد پانصد ششصد هفتصد هشتصد نهصد هزار میلیون میلیارد
"""
_NEVER_BEARING_LIST = """
در این آن اون همین همان هر هیچ یه چند چندین چه بله نخیر آره خیلی اینجا آنجا حالا الان فقط
"""
_TIME_OF_DAY_LIST = """
صبح ظهر عصر شب غروب سحر بعدازظهر نصفه‌شب نیمه‌شب بامداد
"""
_NUMBERS = frozenset(_NUMBER_LIST.split())
_COUNTS = _NUMBERS | {"چند", "یه", "هر", "چندین"}
_NOT_BEFORE = frozenset((_PREPOSITION_LIST + _VERB_LIST).split())
_NEVER_BEARING = _NOT_BEFORE | _NUMBERS | frozenset(_NEVER_BEARING_LIST.split())
_TIMES_OF_DAY = frozenset(_TIME_OF_DAY_LIST.split())
_SAID_WITH_AN_HOUR = frozenset({"صبح", "عصر", "بعدازظهر", "نصفه‌شب"})
_VERB_STARTS = ("می" + HALF_SPACE, "نمی" + HALF_SPACE)


def can_link(word: Token, following: Token | None) -> bool:
    """Whether an unwritten ezafe may stand between `word` and what follows."""
    if following is None or following.kind == "mark":
        return False
    if word.text in _NEVER_BEARING or word.text.startswith(_VERB_STARTS):
        return False
    return following.text not in _NOT_BEFORE and not following.text.startswith(_VERB_STARTS)


def must_link(before: Token | None, word: Token, following: Token | None) -> bool:
    """Whether an ezafe must stand behind `word`: an hour is named («ساعتِ هشت»), not counted («هشت ساعت»)."""
    if following is None:
        return False
    if word.text == "ساعت":
        return following.text in _NUMBERS and (before is None or before.text not in _COUNTS)
    hour = before is not None and before.text == "ساعت"
    # «سه شب» is three nights, «سه صبح» an hour.
    if not hour and word.text == "یک":
        return False
    return word.text in _NUMBERS and following.text in (_TIMES_OF_DAY if hour else _SAID_WITH_AN_HOUR)


def ezafe_symbols(last_symbol: str, word: str = "") -> list[str]:
    """The ezafe behind `word`, which ends in `last_symbol`: e, after a vowel ye.

    «حس» alone is "hes", with ezafe "hesse": the symbols begin with the consonant that is said twice.
    """
    if last_symbol[-1] in "01":
        return ["y", "e0"]
    return [last_symbol, "e0"] if word.rpartition(HALF_SPACE)[2] in DOUBLED else ["e0"]
