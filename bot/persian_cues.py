"""Persian words before a pause: what has to go on, and what is whole. No I/O.

`words` are those of the last sentence, folded; `mark` is the punctuation that the recogniser put behind it.
A Persian sentence ends in its verb, so that a verb at the end says much, and a conjunction, a preposition
or the object's «را» after it just as much. Small recognisers write Persian by ear («فالی» for «ولی»,
«یا نی» for «یعنی»): where the last word is none that is known, its sounds decide, and only when they
allow one reading: no verb ends in "A" or "v" as «اما» and «و» do, most that are said of oneself end in "m".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from language.phonemes import phonemes, sound_distance, sound_weight

__all__ = ["is_complete", "is_open"]

_ZWNJ = "\u200c"


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in text.split("|"))


_CONJUNCTIONS = _set(
    """
    و که ولی اما اگه اگر چون یا تا چونکه زیرا بلکه هرچند گرچه اگرچه درحالیکه وقتی هروقت همینکه
    اینکه بعدش وگرنه همچنین ضمنا درواقع درحقیقت
    """
)
_PREPOSITIONS = _set("از به با در برای واسه توی روی مثل بدون درباره دربارهی بین جلوی پیش بخاطر طبق برا تو")
_FILLERS = _set("یعنی مثلا راستش خب ام اممم اوم امم اه ااا عه چیز حالا اصولا")
_DETERMINERS = _set("یه یک این اون آن هر همه‌ی همهی هیچ چند کلی")
_OBJECT_MARKS = _set("رو را")
_PREFIXES = _set("می نمی همی")
_ALWAYS_OPEN = _CONJUNCTIONS | _PREPOSITIONS | _FILLERS | _DETERMINERS | _OBJECT_MARKS | _PREFIXES
_MAY_REST = {
    "تو": frozenset({"با", "از", "به", "خود"}),
    "پیش": _set("سال ماه هفته روز ساعت شب مدتها مدت‌ها"),
    "حالا": _set("تا از همین"),
    "ام": _set("خسته ناراحت عصبانی نگران تنها غمگین افسرده خوشحال مضطرب گرفته ناامید"),
}
_OPEN_PHRASES = _phrases(
    """
    به خاطر | به خاطر این | به غیر | بعد از | قبل از | نه تنها | برای این | از این |
    چه جوری بگم | چی بگم | چطور بگم | می‌دونید | می‌دونی | با این حال | و بعد | مشکل این
    """
)
_IN_FRONT_OF_A_CONDITION = _set("وقتی اگه اگر هروقت همینکه تا زمانی موقعی")

_IN_FRONT_OF_A_RELATIVE = frozenset(
    (word, "که")
    for word in _set("صبح شب روز روزی وقت موقعی زمانی هربار بار دفعه کسی کسایی چیزی جایی کاری حرفی")
)

_SHORT_ANSWERS = _set(
    """
    بله آره آری نه نخیر خیر باشه اوهوم آهان چشم حتما البته شاید هیچی هیچوقت همیشه گاهی مرسی
    ممنون متشکرم سلام خداحافظ درسته دقیقا اصلا نمی‌دونم نمی‌دانم نمیدونم نمیدانم خوبم بدم بهترم
    خسته‌ام خستم اوکی
    """
)
_QUESTION_WORDS = _set("چرا چی چه کی کجا آیا چطور چطوری چند چقدر کدوم کدام چیه")

_ENDINGS = ("م", "ی", "ه", "د", "یم", "ید", "ین", "ند", "ن")
_INTENSIFIERS = _set("خیلی کم زیاد یه بد خوب ممنون")
_VERBS = _set(
    """
    است هست نیست هستم نیستم هستیم نیستیم هستند نیستند هستن نیستن هستید نیستید بود نبود شد نشد
    کرد نکرد رفت نرفت گفت نگفت داد نداد زد نزد اومد آمد نیومد نیامد داره نداره دارد ندارد دارم
    ندارم داریم نداریم دارن ندارن دارید ندارید باشم باشه نباشه باشد نداشت داشت گرفت نگرفت
    افتاد خورد موند ماند مرد رسید دید شنید خواست تونست کنم کنه کنی کنیم کنن کنند کنید نکنم نکنه
    شم شه شود بشم بشه بشود کردم کردی کردیم کردن کردند نکردم شدم شدی شدیم شدن شدند نشدم بودم بودی
    بودیم بودن بودند نبودم رفتم رفتیم گفتم گفتند گفتن دادم زدم اومدم آمدم داشتم نداشتم گرفتم
    افتادم خوردم موندم ماندم رسیدم دیدم شنیدم خواستم تونستم خوابیدم ترسیدم فهمیدم نفهمیدم شده
    نشده کرده نکرده رفته بوده گفته داده اومده آمده نیومده مرده
    """
)
_KIN = _set(
    """
    مادرم پدرم مامانم بابام خواهرم برادرم همسرم شوهرم زنم خانمم دخترم پسرم دوستم دوستام بچه‌م
    بچه‌ام رئیسم
    """
)
_OWNED = _KIN | _set("خونم خونه‌م کارم زندگیم دلم سرم حالم قلبم گوشیم وسایلم حرفام فکرم ذهنم خودم بچگیم من")
"""A thing of one's own: in Persian its verb is still to come."""
_GOALS = _set(
    """
    شما اینجا اونجا آنجا کجا آقا خدا بالا برو بگو تنها حالا خونه خانه سرکار دانشگاه مدرسه دیروز
    امروز پریروز بهتر
    """
)
"""Words that stand after the verb, in place of one, or in an answer: they say nothing."""
_ATTACHED = ("که", "چون")
_NOT_ATTACHED = ("ناکه", "یکه", "وکه", "شبکه", "سکه", "تکه", "ملکه")
_NO_VERB_ENDING = ("A", "u", "v", "f", "li", "ly")
"""Of a verb in "mi-" the last vowel is misheard as "A" too often."""
_FEWEST_SOUNDS = 8

_OPEN_SOUNDS = ("vali", "yani", "barAye", "masalan", "agar", "hamCenin")
"""Only forms of several consonants: of the others half of all words are near."""
_VERB_SOUNDS = _set(
    """
    kardam kardand nakardam mikonam nemikonam mikone nistam hastam nadAram nemidunam nemidAnam
    nemitunam mitunam mixAm nemixAm mitarsam Sodam Sode nemiSe nist budam xAbidam goftam raftam
    xasteam
    """
)
_NEAR = 0.22
"""Part of a form's weight that may have been misheard; «فالی» for «ولی» is 0.17."""


def is_open(words: Sequence[str], mark: str) -> bool:
    """Whether more has to come."""
    last = words[-1]
    before = words[-2] if len(words) > 1 else ""
    if any(tuple(words[-len(phrase) :]) == phrase for phrase in _OPEN_PHRASES):
        return True
    if last in _ALWAYS_OPEN:
        return before not in _MAY_REST.get(last, ())
    if last.endswith((f"ه{_ZWNJ}ی", "ۀ", "هٔ")):  # an ezafe that is written
        return True
    if _is_only_a_condition(words):
        return True
    if last in _OWNED:
        return not _is_motion(before)
    if last.endswith(_ATTACHED) and not last.endswith(_NOT_ATTACHED) and _ZWNJ not in last:
        return True
    if _is_verb(last) or last in _GOALS or _is_short_answer(words):
        return False
    heard = phonemes(" ".join(words[-4:]))
    return _sounds_like(heard, _OPEN_SOUNDS) or (
        len(heard) >= _FEWEST_SOUNDS and heard.endswith(_NO_VERB_ENDING) and "mi" not in heard[-6:]
    )


def is_complete(words: Sequence[str], mark: str) -> bool:
    """Whether what is not open is a whole sentence, a question or a short answer."""
    if "…" in mark or (mark and mark[-1] in "،,؛:-–—"):
        return False
    last = words[-1]
    if _is_short_answer(words):
        return True
    if _is_question(words):
        return True
    if len(words) > 1 and (_is_verb(last) or _is_state(words)):
        return True
    heard = phonemes(" ".join(words[-4:]))
    if len(words) < 2 or last in _GOALS:
        return False
    return _sounds_like(heard, _VERB_SOUNDS) or (
        len(heard) >= _FEWEST_SOUNDS and heard.endswith(("m", "ist"))
    )


def _is_short_answer(words: Sequence[str]) -> bool:
    return (
        len(words) <= 3
        and words != ["خیلی"]
        and all(word in _SHORT_ANSWERS or word in _INTENSIFIERS for word in words)
    )


def _is_motion(word: str) -> bool:
    """Whether a goal may follow: «رفتم خونه‌م»."""
    return word.startswith(("رفت", "برگشت", "می‌ر", "اومد", "آمد"))


def _is_verb(word: str) -> bool:
    stem, joined, rest = word.partition(_ZWNJ)
    if joined and stem in ("می", "نمی"):
        return bool(rest)
    if joined and rest in ("ام", "ای", "ایم", "اند", "اید", "است", "م"):
        return True
    if word in _VERBS:
        return True
    return len(word) > 4 and word.startswith(("می", "نمی")) and word.endswith(_ENDINGS)


def _is_state(words: Sequence[str]) -> bool:
    """Whether a feeling and "I am", parted as recognisers part them, stand last: «خسته ام»."""
    return words[-1] == "ام" and words[-2] in _MAY_REST["ام"]


def _is_question(words: Sequence[str]) -> bool:
    return len(words) > 1 and _is_verb(words[-1]) and bool(_QUESTION_WORDS & set(words))


def _is_only_a_condition(words: Sequence[str]) -> bool:
    """Whether all there is is «وقتی برمی‌گردم», with no main clause: one verb, and that at the end."""
    rest = list(words)
    while rest and (rest[0] in _CONJUNCTIONS | _FILLERS) and rest[0] not in _IN_FRONT_OF_A_CONDITION:
        rest = rest[1:]
    relative = any(pair in _IN_FRONT_OF_A_RELATIVE for pair in zip(rest, rest[1:], strict=False))
    if len(rest) < 2 or not (rest[0] in _IN_FRONT_OF_A_CONDITION or relative):
        return False
    return not any(_is_verb(word) for word in rest[:-1])


def _sounds_like(heard: str, forms: Iterable[str]) -> bool:
    """Whether what was heard ends like one of the forms."""
    return any(_nearness(heard, form) <= _NEAR for form in forms)


def _nearness(heard: str, form: str) -> float:
    lengths = range(max(1, len(form) - 1), len(form) + 3)
    return min(sound_distance(form, heard[-length:]) for length in lengths) / sound_weight(form)
