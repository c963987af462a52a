"""How English asks for words, voice and feelings to be kept or left alone; without apostrophes ("dont")."""

from __future__ import annotations

import re

from bot.consent_rules import ConsentRules, Rule, any_of, rule

__all__ = ["ENGLISH_CONSENTS"]

_POLITE = "please|ok|okay|yes|no|well|hey|hamdel|now|also|actually|so|from now on|just|and|but|wait"
_LEAD = rf"(?:(?:{_POLITE})\s+)*"
_TAIL = r"(?:\s+\w+){0,6}$"

# What may be kept or left alone ------------------------------------------------------------------------

_KEEP = "(?:store|save|keep|record|log|retain|write down|hold on to|remember)"
_STORE = "(?:store|save|keep|record|log)"
_KEEPING = "(?:storing|saving|keeping|recording|logging|retaining|writing down)"
_KEPT = "(?:stored|saved|kept|recorded|logged|retained|written down)"
_SAYING = r"(?:say\w*|said|tell\w*|told|type\w*|writ\w+)"
_WORDS = any_of(rf"""
    (?:what|anything|everything|(?:the )?things) (?:i|we)(?: am|m|ve| have)? {_SAYING}(?:(?: to)? you| here)?
    (?:my|our|these|the|any of my) (?:words?|texts?|messages?|story|data|transcripts?)
    (?:my|our|this|the) (?:talks?|conversations?|chats?|sessions?)
    this
    any of this
    anything
""")
_VOICE = any_of(r"""
    my (?:voice|speech|sound|audio)(?: recordings?)?
    the (?:sound|audio|recordings?)(?: of (?:me|my voice|this talk|our talk))?
    recordings? of (?:me|my voice)
    audio
    sound
""")
_INFER = any_of(r"""
    anal[iy][sz]\w*
    (?:detect|infer|guess|track|monitor|interpret|recogni[sz]|measur)\w*
    read(?:ing)?
    listen\w* (?:to|for)
""")
_INFER_PLAINLY = "(?:anal[iy][sz]e|detect|infer|recogni[sz]e|listen (?:to|for))"
_INFERRED = "(?:anal[iy][sz]ed|detected|read|tracked)"
_FEELING = any_of(r"""
    (?:(?:the|my|any) )?(?:feelings?|emotions?|moods?|tone)(?: (?:in|of|from) (?:my|the) (?:voice|face))?
    how i (?:feel|sound)
    (?:my )?voice for (?:feelings?|emotions?)
""")
_THERAPIST = any_of(r"""
    (?:(?:my|the|a|any|our) )?(?:therapist|doctor|clinic|psychologist|psychiatrist|counsell?or)
    any(?:one|body)
""")
_SHARED = rf"(?:that|it|everything|these|them|{_WORDS})"
_FOR_RESEARCH = (
    rf"(?:me|{_SHARED}) (?:for|in) (?:(?:any|your|the) )?(?:research|science|stud(?:y|ies)|training)"
)

# Refusals and permissions, said to the listener ----------------------------------------------------------

_NOT = any_of(r"""
    (?:dont|do not|never)(?: you)?
    you (?:(?:may|must|should|can) not|cant|cannot|mustnt|shouldnt|(?:may|can) no longer)
    i (?:dont|do not) (?:want|wish|allow|permit)(?: that)? you(?: to)?
    (?:id|i would) rather you (?:didnt|did not)
""")
_STOP = "(?:stop|quit|(?:i want|id like|i would like) you to stop)"
_I_DONT = "i (?:dont|do not) (?:want|wish|agree to|consent to|like)"
_MAY = any_of(r"""
    you (?:may|can|are allowed to|have my permission to|are welcome to)(?: now)?
    i (?:allow|permit|want|would like|authori[sz]e) you to
    id like you to
    i (?:agree|consent)(?: to you| that you(?: may| can)?| to let you)?(?: to)?
    i give (?:you )?(?:my )?(?:permission|consent)(?: for you)? to
    please
    do
""")


def _refused(verb: str, verbing: str, verbed: str, thing: str, *scopes: str) -> Rule:
    passive = rf"{_I_DONT} {thing}(?: to be| being| getting)? {verbed}"
    return rule(rf"{_LEAD}(?:{_NOT} {verb} {thing}|{_STOP} {verbing} {thing}|{passive}){_TAIL}", *scopes)


def _allowed(verb: str, thing: str, *scopes: str) -> Rule:
    return rule(rf"{_LEAD}{_MAY} {verb} {thing}(?:\s+\w+){{0,4}}$", *scopes)


_NOT_SHARED = any_of(rf"""
    {_NOT} (?:share|show|send|give|pass on) (?:{_SHARED} )?(?:with|to) {_THERAPIST}
    {_STOP} (?:sharing|showing|sending) (?:{_SHARED} )?(?:with|to) {_THERAPIST}
    {_NOT} (?:tell|show|let) {_THERAPIST}
    keep (?:it|{_WORDS}) from {_THERAPIST}
    {_NOT} share {_SHARED}(?: any ?more)?
    {_THERAPIST} (?:(?:may|must|should|can) ?not|cant|mustnt|shouldnt) (?:see|read|hear|know)
""")
_SHARED_WITH = any_of(rf"""
    {_MAY} (?:share|show|send) {_SHARED} (?:with|to) {_THERAPIST}
    my therapist (?:may|can) (?:see|read|hear) {_SHARED}
""")
_WHAT = "(?:tell me )?(?:what|which)(?: (?:data|information|things|else))?"
_HAVE = f"(?:{_KEEP}|{_KEEPING}|{_KEPT}|know|have)(?: here)?"
_ABOUT_ME = "(?:about|of|from|on) (?:me|what i say|this talk|our talk|my words)"
_TOLD = any_of(rf"""
    {_WHAT} (?:do|are|have) you {_HAVE} {_ABOUT_ME}
    (?:do|are) you (?:{_KEEP}|{_KEEPING}) (?:me|{_WORDS}|{_VOICE})
    what (?:did|have) i agreed? to$
""")

ENGLISH_CONSENTS = ConsentRules(
    revoking=(
        rule(rf"{_LEAD}{_NOT_SHARED}{_TAIL}", "share"),
        rule(rf"{_LEAD}{_NOT} use {_FOR_RESEARCH}{_TAIL}", "research"),
        _refused(_INFER, _INFER, _INFERRED, _FEELING, "emotion"),
        _refused(_KEEP, _KEEPING, _KEPT, _VOICE, "store_audio"),
        rule(
            rf"{_LEAD}(?:{_NOT} record|{_STOP} recording)(?: me)?(?: (?:now|any ?more|please))?$",
            "store_text",
            "store_audio",
        ),
        _refused(_KEEP, _KEEPING, _KEPT, _WORDS, "store_text", "store_audio"),
        rule(rf"{_LEAD}{_NOT} remember me{_TAIL}", "memory"),
        rule(rf"{_LEAD}{_NOT} (?:watch|look at|film) (?:me|my face){_TAIL}", "camera"),
        rule(rf"{_LEAD}(?:turn|switch) off (?:the|my) camera{_TAIL}", "camera"),
    ),
    granting=(
        rule(rf"{_LEAD}{_SHARED_WITH}{_TAIL}", "share"),
        rule(rf"{_LEAD}{_MAY} use {_FOR_RESEARCH}{_TAIL}", "research"),
        _allowed(_INFER_PLAINLY, _FEELING, "emotion"),
        _allowed(_KEEP, _VOICE, "store_audio"),
        _allowed(_STORE, _WORDS, "store_text"),
    ),
    telling=re.compile(rf"{_LEAD}{_TOLD}"),
    erasing=re.compile(
        rf"{_LEAD}(?:(?:can|could) you |(?:i want|id like) you to )?(?:please )?(?:delete|erase|remove) "
        rf"(?:everything|all|all of it|it all|what|{_WORDS}|{_VOICE}|my account)"
        r"(?: (?:you|that you) (?:have|know|kept|keep|stored|saved))?(?: (?:about|of|on|from) me)?"
        r"(?: please| now)?$"
    ),
    joined_by=re.compile(r"\b(?:and|but|because)\b"),
    reported=re.compile(
        r"\b(?:told|tell|said|says|say|asked|asks|shouted|yelled|screamed|like)(?: \w+){0,3}$"
    ),
)
"""The rules."""
