"""Numbers between speech and digits: what somebody said (0 to 10), and how a voice says a number."""

from __future__ import annotations

import re

from language.normalise import fold

__all__ = ["decimal_words", "digit_words", "number_words", "parse_small_number"]

# Spellings and colloquial or misheard forms that name the number wherever they stand.
_SAID = {
    "en": (
        "zero|nought|naught|nil|zeros",
        "one",
        "two",
        "three|tree",
        "four",
        "five",
        "six|sicks",
        "seven",
        "eight",
        "nine",
        "ten",
    ),
    "fa": (
        "صفر",
        "یک|یکی|یک‌تا",
        "دو|دوتا",
        "سه|سه‌تا|ستا",
        "چهار|چار|چهارتا|چارتا",
        "پنج|پنش|پنج‌تا",
        "شش|شیش|شیشت|شش‌تا|شیش‌تا",
        "هفت|هف|هفت‌تا",
        "هشت|هش|هشت‌تا",
        "نه‌تا",
        "ده|ده‌تا",
    ),
}
# Forms that name the number only when nothing else was said.
_SAID_ALONE = {
    "en": {"oh": 0, "o": 0, "none": 0, "won": 1, "to": 2, "too": 2, "for": 4, "fore": 4, "ate": 8, "tan": 10},
    "fa": {"سفر": 0, "یه": 1, "سی": 3, "ثه": 3},
}
_NOT_A_NUMBER = {
    "en": re.compile(
        r"\b(?:no|this|that|which|the|every|any|some|another|each) one\b|\bone (?:of|day|another|more)\b"
        r"|\b\w+(?:st|nd|rd|th)\b(?<=\d(?:st|nd|rd|th))"
    ),
    "fa": re.compile(
        r"(?<!\w)(?:هیچ|این|اون|آن|هر) یکی(?!\w)|(?<!\w)یکی از(?!\w)|(?<!\w)یک (?:کم|ذره|جورایی|روز)(?!\w)"
    ),
}
_SCALE = {
    "en": re.compile(r"(?:\bout of|\bon a scale (?:of|from) [\w]+ to|/)\s*(?:10|ten|a ten)\b"),
    "fa": re.compile(r"(?<!\w)از\s*(?:10|ده)(?!\w)|/\s*10(?!\d)"),
}
_WORD = re.compile(r"[-−]?\d+(?:[.,]\d+)*|[^\W\d_]+(?:[\u200c'][^\W\d_]+)*")
_PERSIAN_NINE = re.compile(r"نُه|(?<!\w)نه\s*(?:تا|از\s*(?:10|ده))(?!\w)")

_EN_BELOW_TWENTY_WORDS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen
"""
_EN_BELOW_TWENTY = _EN_BELOW_TWENTY_WORDS.split()
_EN_TENS_WORDS = """
zero ten twenty thirty forty fifty sixty seventy eighty ninety
"""
_EN_TENS = _EN_TENS_WORDS.split()
_EN_SCALES = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"))
_FA_BELOW_TWENTY_WORDS = """
صفر یک دو سه چهار پنج شش هفت هشت نُه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده نوزده
"""
_FA_BELOW_TWENTY = _FA_BELOW_TWENTY_WORDS.split()
_FA_TENS_WORDS = """
صفر ده بیست سی چهل پنجاه شصت هفتاد هشتاد نود
"""
_FA_TENS = _FA_TENS_WORDS.split()
_FA_HUNDREDS_WORDS = """
صفر صد دویست سیصد چهارصد پانصد ششصد هفتصد هشتصد نهصد
"""
_FA_HUNDREDS = _FA_HUNDREDS_WORDS.split()
_FA_SCALES = ((10**9, "میلیارد"), (10**6, "میلیون"), (10**3, "هزار"))
_LARGEST = 10**12


def parse_small_number(text: str, language: str) -> int | None:
    """The one number from 0 to 10 that `text` says, in digits or words; None if none or several.

    "7 out of 10", "۷ از ۱۰" and "7/10" are 7. A lone Persian «نه» is None: it is "no" more often than
    nine, and asking again costs less than a wrong nine («نُه», «نه تا», «نه از ده» are 9). Numbers with
    a fraction, a sign or above ten are None. A lone "to", "for" or "سفر", which recognisers write for
    2, 4 and 0, counts.
    """
    if language not in _SAID or len(text) > 400:
        return None
    nine = language == "fa" and bool(_PERSIAN_NINE.search(text))
    folded = fold(text, language)
    whole_scale = _SCALE[language].search(folded)
    folded = _SCALE[language].sub(" ", _NOT_A_NUMBER[language].sub(" ", folded))
    values = _spoken_values(language)
    words = _WORD.findall(folded)
    found: set[int] = {9} if nine else set()
    for word in words:
        if word[0].isdecimal() or word[0] in "-−":
            if not word.isdecimal() or int(word) > 10:
                return None
            found.add(int(word))
        elif word in values:
            found.add(values[word])
    if not found and len(words) == 1:
        alone = _SAID_ALONE[language].get(words[0])
        return alone
    if not found and whole_scale and not words:
        return None
    return found.pop() if len(found) == 1 else None


def _spoken_values(language: str) -> dict[str, int]:
    return {form: value for value, forms in enumerate(_SAID[language]) for form in forms.split("|")}


def number_words(number: int, language: str) -> str:
    """The words of a whole number: 42 is "forty-two" or «چهل و دو».

    Numbers of a trillion or more are read digit by digit; negative ones with "minus" or «منفی».
    """
    if number < 0:
        return ("منفی " if language == "fa" else "minus ") + number_words(-number, language)
    if number >= _LARGEST:
        return digit_words(str(number) if number < 10**40 else "0", language)
    return _persian_words(number) if language == "fa" else _english_words(number)


def digit_words(digits: str, language: str) -> str:
    """The digits one by one, as a telephone number is read; anything but ASCII digits is left out."""
    names = _FA_BELOW_TWENTY if language == "fa" else _EN_BELOW_TWENTY
    return " ".join(names[int(digit)] for digit in digits if digit in "0123456789")


def decimal_words(number: str, language: str) -> str:
    """The words of a number in ASCII digits, such as "1,500", "3.05" or "007".

    Persian says one half as «و نیم»; a number that opens with a zero, or has more than twelve digits before
    the point, is read digit by digit.
    """
    whole, _, fraction = number.replace(",", "").partition(".")
    if len(whole) > 12 or (len(whole) > 1 and whole[0] == "0" and not fraction):
        words = digit_words(whole, language)
    else:
        words = number_words(int(whole), language)
    if not fraction:
        return words
    if language != "fa":
        return f"{words} point {digit_words(fraction, language)}"
    if fraction == "5":
        return f"{words} و نیم" if words != _FA_BELOW_TWENTY[0] else "نیم"
    zeros = len(fraction) - len(fraction.lstrip("0"))
    said = [_FA_BELOW_TWENTY[0]] * zeros
    if zeros < len(fraction):
        said.append(number_words(int(fraction), language))
    return " ".join([words, "ممیز", *said])


def _english_words(number: int) -> str:
    if number < 20:
        return _EN_BELOW_TWENTY[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _EN_TENS[tens] + (f"-{_EN_BELOW_TWENTY[ones]}" if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_EN_BELOW_TWENTY[hundreds]} hundred" + (f" and {_english_words(rest)}" if rest else "")
    size, name = next((size, name) for size, name in _EN_SCALES if number >= size)
    count, rest = divmod(number, size)
    joint = " and " if 0 < rest < 100 else " "
    return f"{_english_words(count)} {name}" + (f"{joint}{_english_words(rest)}" if rest else "")


def _persian_words(number: int) -> str:
    if number < 20:
        return _FA_BELOW_TWENTY[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        head = _FA_TENS[tens]
    elif number < 1000:
        hundreds, rest = divmod(number, 100)
        head = _FA_HUNDREDS[hundreds]
    else:
        size, name = next((size, name) for size, name in _FA_SCALES if number >= size)
        count, rest = divmod(number, size)
        head = name if count == 1 and size == 1000 else f"{_persian_words(count)} {name}"
    return head + (f" و {_persian_words(rest)}" if rest else "")
