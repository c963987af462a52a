"""What no suggestion may say, and what a suggestion's words oblige its contraindications to name.

Tables with a pattern a language. The patterns are a floor under the reading by people, not a substitute
for it: they know the plain ways to say a thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from emotion import MOODS
from language import LANGUAGES
from recommender.suggestions import Suggestion

__all__ = ["CUES", "FORBIDDEN", "Cue", "Forbidden", "forbidden_in", "unnamed_contraindications"]

_BEFORE, _AFTER = r"(?<![\w\u200c])", r"(?!\w)"


@dataclass(frozen=True)
class Forbidden:
    """One kind of content that is forbidden for some moods.

    Attributes:
        name: for people, such as "medication".
        en, fa: alternatives of a regular expression for whole words; case is ignored.
        instead: what to do about it.
        moods: for which moods; by default all.
    """

    name: str
    en: str
    fa: str
    instead: str
    moods: tuple[str, ...] = MOODS


@dataclass(frozen=True)
class Cue:
    """Words that oblige a suggestion to name a contraindication; `en`, `fa` as in `Forbidden`."""

    contraindication: str
    en: str
    fa: str


FORBIDDEN = (
    Forbidden(
        "medication",
        r"medicines?|medications?|medicat\w+|pills?|tablets?|capsules?|dos(?:e|es|age)|antidepressants?|valium|"
        r"xanax|sedatives?|tranquilli[sz]ers?|painkillers?|melatonin",
        r"دارو|داروی\w*|داروها\w*|قرص|قرصی|کپسول|مسکن بخورید|آرام‌?بخش بخورید|خواب‌آور|ملاتونین",
        "medication is for a doctor; name something else to do",
    ),
    Forbidden(
        "diagnosis",
        r"diagnos\w+|disorders?|bipolar|depression|depressive|ptsd|adhd|schizo\w+|patholog\w+",
        r"اختلال|اختلالی|افسردگی|دوقطبی|تشخیص|اسکیزو\w+|بیش‌فعالی",
        "say what the person feels, without a name of an illness",
    ),
    Forbidden(
        "fasting",
        r"fasting|(?:go|do|going) without food|skip (?:a |the |your )?(?:meals?|dinner|lunch|breakfast)|"
        r"lose weight|calories?|on a diet",
        r"روزه|روزه‌داری|رژیم بگیرید|کالری|وزن کم کنید|(?:صبحانه|ناهار|شام) نخورید",
        "nothing that restricts eating",
    ),
    Forbidden(
        "alcohol and drugs",
        r"alcohol|wine|beer|vodka|whisk(?:e)?y|cocktails?|weed|cannabis|smoke a|cigarettes?|hookah",
        r"الکل|الکلی|شراب|آبجو|عرق بخورید|سیگار|قلیان|تریاک|حشیش|ماری‌جوانا",
        "name something that calms without a substance",
    ),
    Forbidden(
        "confronting somebody",
        r"confront\w*|stand up to (?:him|her|them)|have it out with|give (?:him|her|them) a piece",
        r"رودررو شوید|مقابله کنید|(?:جلویش|جلویشان|جلوی او|جلوی آن‌ها) بایستید",
        "send nobody to face a person who may harm them",
    ),
    Forbidden(
        "revenge",
        r"revenge|get back at|pay (?:him|her|them) back|get even with",
        r"انتقام|تلافی",
        "name something that lowers the anger",
    ),
    Forbidden(
        "wish to die or self-harm",
        r"suicid\w*|kill (?:yourself|myself)|self-?harm\w*|(?:hurt|harm|hurting|harming) (?:yourself|myself)|"
        r"(?:not|no longer) wanting to (?:live|be alive)|(?:want|wish)(?:ing|s)? to die|end it all|"
        r"end(?:ing)? your life",
        r"خودکشی|خودزنی|خودتان را بکشید|به خودتان (?:آسیب|صدمه)\w*|زنده نماندن|زنده نباش(?:ید|م)|"
        r"نمی‌خواه(?:ید|م) زنده|مرگ خودتان",
        "the crisis path answers this, never a suggestion; delete the line",
    ),
    Forbidden(
        "brushing a feeling aside",
        r"get over it|calm down|man up|cheer up|snap out of|toughen up|bright side|others have it worse|"
        r"(?:could|might) be worse|worse off than you|(?:time to|have to|must|should|learn to) move on|"
        r"everything happens for a reason|don't (?:cry|be sad|be angry|be afraid|be silly)|"
        r"(?:stay|think) positive|you should be grateful",
        r"خونسرد باشید|مثبت فکر کنید|مثبت‌اندیش\w*|نیمهٔ پر لیوان|گریه نکنید|مرد باشید|فراموشش کنید|"
        r"از شما بدتر|ناشکری|حکمتی دارد",
        "take the feeling as it is and offer one thing to do",
    ),
    Forbidden(
        "promise of a cure",
        r"cures?|cured|guarantee\w*|i promise you|(?:will|you'll) never feel|"
        r"will (?:surely|certainly|definitely) (?:pass|help|feel|work)",
        r"درمانتان می‌کند|تضمین|تضمینی|حتماً خوب می‌شوید|شفا",
        "promise nothing; say what may help",
    ),
    Forbidden(
        "religion presumed",
        r"pray(?:ing|ers?|s)?|god|church|mosque|bible|qur'?an|koran|allah|holy",
        r"خدا|خداوند|دعا کنید|دعا بخوانید|نماز|مسجد|کلیسا|قرآن|نذر|زیارت|توکل",
        "keep faith open: the person may say it, the suggestion doesn't",
    ),
    Forbidden(
        "held breath",
        r"hold (?:your|the) breath",
        r"نفستان را (?:نگه دارید|حبس کنید)|نفس را (?:نگه دارید|حبس کنید)",
        "let the breath flow; lengthen the way out",
    ),
    Forbidden(
        "venting",
        r"hit|hitting|punch\w*|scream\w*|yell\w*|shout\w*|smash\w*|kick\w*|throw\w*|tear up|pillow|"
        r"let it (?:all )?out|vent|venting|(?:run|running) it off|go for a run|jog\w*|sprint\w*|box|boxing|"
        r"work ?out|gym|sweat\w*",
        r"مشت بزن\w*|بزنید به|فریاد\w*|داد بزن\w*|جیغ\w*|بکوبید|بشکنید|لگد\w*|پرت کن\w*|بالش|خالی کنید|"
        r"خالی شوید|بدوید|دویدن|بوکس|باشگاه|عرق کنید",
        "for anger only what lowers arousal: breathing, loosening, a pause, cooling, solving it later",
        ("anger",),
    ),
    Forbidden(
        "hitting and screaming",
        r"punch (?:a|the|your)|scream into|smash (?:a|the)",
        r"مشت بزنید|جیغ بزنید|جیغ بکشید",
        "name something that doesn't raise arousal",
        ("fear", "sadness"),
    ),
    Forbidden(
        "endless avoidance",
        r"avoid (?:it|them|that|him|her) (?:for ?ever|always)|always avoid|never go (?:there|back)|"
        r"stay away from (?:it|there|that|them) for ?ever|never leave (?:the house|home)",
        r"برای همیشه (?:از آن )?دور|هرگز (?:به آنجا )?نروید|همیشه (?:از آن )?دوری|دیگر هیچ‌وقت نروید",
        "a pause may be suggested, or a smaller step towards it",
        ("fear",),
    ),
    Forbidden(
        "medical reassurance",
        r"nothing is wrong with (?:you|your heart)|your heart is (?:fine|healthy|not sick)|"
        r"it's only anxiety|no need (?:for|to see) a doctor",
        r"قلبتان سالم است|فقط اضطراب است|دکتر لازم نیست|به پزشک نیازی نیست",
        "reassure of nothing that only a doctor can know",
    ),
)
"""Forbidden content; for anger see Kjærvik and Bushman, Clinical Psychology Review 109 (2024)."""

CUES = (
    Cue(
        "breathing_difficulty",
        r"deep breaths?|breathe (?:in )?deeply|breathe in (?:for|to a count|while you count|counting)",
        r"نفس(?:‌های)? عمیق",
    ),
    Cue(
        "trauma_memories",
        r"close (?:both )?your eyes",
        r"(?:چشم‌هایتان|چشم‌ها|چشمتان) را ببندید",
    ),
    Cue(
        "driving",
        r"(?:close|shut) (?:both )?your eyes|(?:with )?your eyes (?:closed|shut)",
        r"(?:چشم‌هایتان|چشم‌ها|چشمتان) را ببندید|دراز بکشید",
    ),
    Cue(
        "pain_or_injury",
        r"(?:tense|clench|stretch) (?:out )?(?:your|the|both|all)",
        r"منقبض کنید|(?:عضله‌ها|شانه‌ها|مشت‌ها) را سفت کنید|کش و قوس",
    ),
    Cue(
        "limited_mobility",
        r"(?:go for|take) a (?:\w+ )?walk",
        r"(?:پیاده‌روی|پیاده روی) کنید",
    ),
    Cue(
        "unsafe_outside",
        r"(?:go for|take) a (?:\w+ )?walk|(?:go|step) outdoors",
        r"(?:پیاده‌روی|پیاده روی) کنید",
    ),
    Cue(
        "hearing_loss",
        r"listen to (?:\w+ ){0,3}(?:music|songs?|tunes?|records?|album|playlist)",
        r"(?:موسیقی|آهنگ|ترانه)\w* (?:\w+ )?گوش (?:بدهید|کنید)",
    ),
    Cue(
        "no_trusted_person",
        r"(?:call|ring|text|phone) (?:a friend|someone|somebody)",
        r"به (?:یک )?(?:دوست|دوستی|دوستتان) (?:زنگ بزنید|پیام بدهید)",
    ),
    Cue(
        "estranged_family",
        r"(?:call|ring|text|phone|visit) (?:your|a) "
        r"(?:mother|father|mum|mom|dad|parents|sister|brother|aunt|uncle|cousin|relatives?|family)",
        r"به (?:مادرتان|پدرتان|خواهرتان|برادرتان|خانواده‌تان) (?:زنگ بزنید|پیام بدهید)",
    ),
    Cue(
        "recent_loss",
        r"(?:grateful|thankful) for|three good things|count your blessings",
        r"شکرگزار\w*|سه چیز خوب",
    ),
    Cue(
        "eating_disorder",
        r"(?:cook|bake) (?:a|the|one|some|something)",
        r"(?:غذا|غذایی|کیک|سوپ) بپزید",
    ),
)
"""A floor: words that are near certain; what else a suggestion asks is for its reviewer to see."""


def forbidden_in(suggestion: Suggestion) -> Iterator[tuple[str, Forbidden, str]]:
    """Language, rule and the words that break it."""
    for rule in FORBIDDEN:
        if suggestion.mood not in rule.moods:
            continue
        for language in LANGUAGES:
            found = _search(rule.fa if language == "fa" else rule.en, suggestion.text(language))
            if found:
                yield language, rule, found


def unnamed_contraindications(suggestion: Suggestion) -> Iterator[tuple[str, str]]:
    """Contraindications that the words of a suggestion call for and its list lacks, with those words."""
    for cue in CUES:
        if cue.contraindication in suggestion.contraindications:
            continue
        found = _search(cue.en, suggestion.en) or _search(cue.fa, suggestion.fa)
        if found:
            yield cue.contraindication, found


def _search(alternatives: str, text: str) -> str | None:
    match = re.search(f"{_BEFORE}(?:{alternatives}){_AFTER}", text, re.IGNORECASE)
    return match[0] if match else None
