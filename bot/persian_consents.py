"""How Persian asks for its words, voice and feelings to be kept or left alone: written and spoken forms.

Half-spaces are spaces here, and where people write none, none is needed.
"""

from __future__ import annotations

import re

from bot.consent_rules import ConsentRules, Rule, any_of, rule

__all__ = ["PERSIAN_CONSENTS"]

_POLITE = "لطفا|خب|نه|بله|آره|باشه|ببین|همدل|دیگه|دیگر|از این به بعد|از حالا به بعد|فعلا|ولی|اما|و"
_LEAD = rf"(?:(?:{_POLITE})\s+)*"
_END = r"(?:\s+\w+){0,3}$"
_OBJECT = r"(?: من)?(?: ?(?:را|رو|و))?(?: (?:دیگه|دیگر|اصلا|هیچ وقت|هرگز|جایی|هیچ جا|لطفا))*"

# What may be kept or left alone ------------------------------------------------------------------------

_WORDS = any_of(r"""
    (?:(?:این|اون|آن|همه|همه ی) )?حرف ?\w*(?: ?های من| ?های?م?| ?هامو?)?
    گفته ?(?:های من|ها\w*|هام|هایم)
    صحبت ?\w*(?: ?هایم| ?هام| ?های من)?
    (?:(?:این|اون|آن) )?(?:گفت ?و ?گو\w*|گفتگو\w*|مکالمه\w*)(?: ?(?:ی ما|مون|مان|یمان))?
    (?:هر ?چی|هر چه|هر چیزی که|چیزی که|چیزهایی که|آنچه|اونچه) می ?گ\w+
    (?:متن|پیام|نوشته) ?\w*(?: ?هایم| ?هام)?
    این(?:ها)?
    اینارو?
    هیچ ?چی\w*
    هیچ چیز\w*
""")
_VOICE = r"صدا\w*"
_FEELING = any_of(r"""
    احساس\w*(?: ?(?:ها\w*|هایم|هام|ات\w*))?(?: (?:(?:توی|در) )?صدا\w*)?
    حس\w*(?: ?هام| ?هایم)?(?: صدا\w*)?
    هیجان\w*(?: ?هام| ?هایم)?
    لحن\w*(?: صدا\w*)?
    حال و هوا\w*
""")
_KEEP = "(?:ذخیره|ضبط|ثبت|یادداشت|سیو)"
_INFER = "(?:تحلیل|بررسی|آنالیز|ارزیابی|تشخیص|تجزیه و تحلیل)"
_THERAPIST_WORD = any_of("""
    درمانگر
    روان ?درمانگر
    روان ?شناس
    روان ?پزشک
    مشاور
    دکتر
    پزشک
    تراپیست
    کلینیک
    هیچ ?کس
    کسی
""")
_THERAPIST = rf"{_THERAPIST_WORD}\w*(?: من)?"
_SHARED = rf"(?:{_WORDS}{_OBJECT} )?"
_WITH_THERAPIST = rf"{_SHARED}با {_THERAPIST} (?:در ?میان|در ?میون|به اشتراک)"

# Refusals and permissions, said to the listener ----------------------------------------------------------

_NOT_KEPT = any_of(rf"""
    {_KEEP} (?:نکن\w*|نشه|نشود)
    نگه ?(?:ندار\w*|نداشته باش\w*)
    ننویس\w*
    به خاطر نسپار\w*
""")
_TO_BE_KEPT = any_of(rf"""
    {_KEEP} (?:بشه|شه|بشود|شود|کنی\w*|بکنی\w*|بشن|شوند)
    نگه ?(?:داری\w*|داشته (?:بشه|شه|شود|بشود))
""")
_BE_KEPT = rf"(?:{_KEEP} کن(?:ید|ین)?|نگه ?دار(?:ید|ین)?)$"
_NOT_INFERRED = any_of(rf"""
    {_INFER} (?:نکن\w*|نده\w*)
    حدس نزن\w*
    گوش (?:نده\w*|نکن\w*)
    نخون\w*
    نخوان\w*
""")
_TO_BE_INFERRED = any_of(rf"""
    {_INFER} (?:بشه|شه|بشود|شود|کنی\w*|بد\w+)
    گوش (?:بد\w+|کنی\w*)
    حدس بزنی\w*
""")
_BE_INFERRED = rf"(?:{_INFER} کن(?:ید|ین)?|گوش (?:کن|بده)(?:ید|ین)?)"
_I_DONT = any_of(r"""
    نمی ?خوا(?:م|هم)(?: که)?
    (?:دوست ندارم|راضی نیستم|موافق نیستم)(?: که)?
    اجازه (?:نمی ?(?:دم|دهم)|نداری\w*)(?: که)?
""")
_ALLOW = any_of(r"""
    اجازه (?:داری\w*|می ?دم|می ?دهم)(?: که)?
    موافقم(?: که)?
    رضایت (?:می ?دم|می ?دهم|دارم)(?: که)?
    (?:اشکالی|اشکال|مشکلی|ایرادی|عیبی) (?:نداره|ندارد|نیست)(?: که| اگه| اگر)?
    می ?خوا(?:م|هم)(?: که)?
""")


def _refused(thing: str, imperative: str, subjunctive: str, *scopes: str) -> Rule:
    said = rf"{thing}{_OBJECT} {imperative}|{_I_DONT} {thing}{_OBJECT} {subjunctive}"
    return rule(rf"{_LEAD}(?:{said}){_END}", *scopes)


def _allowed(thing: str, imperative: str, subjunctive: str, *scopes: str) -> Rule:
    said = rf"{thing}{_OBJECT} {imperative}|{_ALLOW} {thing}{_OBJECT} {subjunctive}"
    return rule(rf"{_LEAD}(?:{said}){_END}", *scopes)


_NOT_SHARED = any_of(rf"""
    {_WITH_THERAPIST} (?:نگذار\w*|نذار\w*)
    {_SHARED}به {_THERAPIST} (?:نگو\w*|نشا?و?ن نده\w*|نده\w*)
    {_I_DONT} {_WITH_THERAPIST} (?:بگذاری\w*|بذاری\w*|گذاشته \w+)
    {_I_DONT} {_THERAPIST} {_SHARED}(?:ببین|بخون|بخوان|بدون|بدان)\w*
""")
_SHARED_WITH = any_of(rf"""
    {_ALLOW} {_WITH_THERAPIST} (?:بگذاری\w*|بذاری\w*)
    {_WITH_THERAPIST} (?:بگذار(?:ید)?|بذار(?:ین|ید)?)
    {_ALLOW} {_THERAPIST} {_SHARED}(?:ببین|بخون|بخوان)\w*
""")
_WHAT = "(?:چی|چیا|چه چیزی|چه چیزهایی|چه چیزایی|چه اطلاعاتی|کدوم اطلاعات)(?: رو| را)?"
_OF_ME = r"(?:از|درباره|در ?مورد)(?: ?ی)? (?:من|حرف\w*(?: ?ها\w*)?)(?: ?رو| ?را)?"
_IS_KEPT = any_of(rf"""
    نگه ?می ?دار\w*
    نگه ?داشت\w*
    {_KEEP} (?:می ?کن\w*|می ?ش\w+|شده|کرد\w*)
    می ?د(?:ون|ان)\w*
    دار\w+
""")
_ALL = any_of(rf"""
    (?:همه ?(?:ی)? ?)?چیزهایی که از من داری\w*
    (?:همه ?)?هر ?چی از من داری\w*
    (?:اطلاعات|داده ?ها)\w*
    همه ?چی\w*
    {_WORDS}
    {_VOICE}
""")

PERSIAN_CONSENTS = ConsentRules(
    revoking=(
        rule(rf"{_LEAD}{_NOT_SHARED}{_END}", "share"),
        rule(
            rf"{_LEAD}(?:از )?{_SHARED}(?:برای|توی|در) (?:پژوهش|تحقیق\w*) (?:استفاده )?نکن\w*{_END}",
            "research",
        ),
        _refused(rf"(?:به )?{_FEELING}", _NOT_INFERRED, _TO_BE_INFERRED, "emotion"),
        _refused(_VOICE, _NOT_KEPT, _TO_BE_KEPT, "store_audio"),
        rule(rf"{_LEAD}ضبط نکن\w*{_END}", "store_text", "store_audio"),
        _refused(_WORDS, _NOT_KEPT, _TO_BE_KEPT, "store_text", "store_audio"),
        rule(rf"{_LEAD}(?:منو|من رو|من را) (?:به یاد|به خاطر) (?:نسپار\w*|نیار\w*){_END}", "memory"),
        rule(rf"{_LEAD}دوربین(?:و| ?رو| ?را)? (?:خاموش|قطع) کن\w*{_END}", "camera"),
    ),
    granting=(
        rule(rf"{_LEAD}{_SHARED_WITH}{_END}", "share"),
        _allowed(rf"(?:به )?{_FEELING}", _BE_INFERRED, _TO_BE_INFERRED, "emotion"),
        _allowed(_VOICE, _BE_KEPT, _TO_BE_KEPT, "store_audio"),
        _allowed(_WORDS, _BE_KEPT, _TO_BE_KEPT, "store_text"),
    ),
    telling=re.compile(
        rf"{_LEAD}(?:(?:{_WHAT} {_OF_ME}|{_OF_ME} {_WHAT}) {_IS_KEPT}"
        rf"|(?:آیا )?(?:{_WORDS}|{_VOICE}){_OBJECT} (?:{_KEEP} (?:می ?کن\w*|می ?ش\w+)|نگه ?می ?دار\w*))"
    ),
    erasing=re.compile(rf"{_LEAD}{_ALL}{_OBJECT} (?:پاک|حذف) کن\w*{_END}"),
    joined_by=re.compile(r"(?:^|\s)(?:ولی|اما|چون)(?=\s)"),
    reported=re.compile(r"(?:گفتم|گفت|می ?گه|می ?گوید|گفتن|گفتند|داد زد\w*|پرسید\w*)(?: \w+){0,2}$"),
)
"""The rules."""
