"""What counts as a wish for one's own data, in the words that people use and in those that only sound so."""

import time

import pytest

from bot.spoken_consent import ConsentWish, consent_wish
from session_log.events import SCOPES

KEPT = ("store_text", "store_audio")

REVOKED = [
    ("Stop storing what I say.", KEPT),
    ("Please don't store what I say", KEPT),
    ("Please don’t keep my words.", KEPT),
    ("Hamdel, stop saving our conversation!", KEPT),
    ("I don't want this conversation to be recorded", KEPT),
    ("I'm sad, and please don't record this", KEPT),
    ("stop recording me", KEPT),
    ("I don't want you to record my voice", ("store_audio",)),
    ("Don't analyse my feelings", ("emotion",)),
    ("please don't analyze my emotions", ("emotion",)),
    ("stop listening to the feeling in my voice", ("emotion",)),
    ("Don't share this with my therapist", ("share",)),
    ("don't tell my therapist", ("share",)),
    ("My therapist must not read this", ("share",)),
    ("don't use my words for research", ("research",)),
    ("Please don't remember me.", ("memory",)),
    ("turn off the camera", ("camera",)),
    ("حرف‌هایم را ذخیره نکن", KEPT),
    ("حرفامو ذخیره نکن", KEPT),
    ("لطفاً حرف‌های من را ذخیره نکنید", KEPT),
    ("نمی‌خواهم حرف‌هایم ذخیره شود", KEPT),
    ("نمی‌خوام حرفام ضبط بشه", KEPT),
    ("این گفتگو را ذخیره نکن", KEPT),
    ("چیزی که می‌گم رو ذخیره نکن", KEPT),
    ("صدامو ضبط نکن", ("store_audio",)),
    ("نمی‌خوام صدام ذخیره بشه", ("store_audio",)),
    ("احساسم را تحلیل نکن", ("emotion",)),
    ("احساساتم رو تحلیل نکنید", ("emotion",)),
    ("به احساس صدایم گوش نده", ("emotion",)),
    ("این رو با درمانگرم در میون نذار", ("share",)),
    ("به درمانگرم نگو", ("share",)),
    ("دوربین رو خاموش کن", ("camera",)),
]

GRANTED = [
    ("You may share this with my therapist", "share"),
    ("My therapist can read this conversation", "share"),
    ("you can keep what I say", "store_text"),
    ("I allow you to store this conversation", "store_text"),
    ("You may keep my voice", "store_audio"),
    ("You may listen to the feeling in my voice.", "emotion"),
    ("اجازه داری این را با درمانگرم در میان بگذاری", "share"),
    ("اجازه می‌دم حرفامو نگه داری", "store_text"),
    ("حرفامو ذخیره کن", "store_text"),
    ("اجازه می‌دهم به احساس صدایم گوش بدهی", "emotion"),
]

NO_WISH = [
    "I told my husband, don't record what I say",
    "My mother said stop recording me",
    "I can't keep this in anymore",
    "I don't keep my feelings inside",
    "They don't remember what I say",
    "He never listens to how I feel",
    "I wish they would stop reading my messages",
    "I want to save this relationship",
    "My therapist said I should write down my feelings",
    "keep this between us",
    "what do you think about me",
    "You can read how I feel",
    "I analyse my feelings too much",
    "don't judge me",
    "can you share this with my therapist?",
    "Can you keep what I say?",
    "احساسم خوب نیست",
    "حرف‌هایم را کسی نمی‌فهمد",
    "مادرم گفت حرف‌هایم را ضبط نکن",
    "حرف‌هایم را در دلم نگه می‌دارم و کسی نمی‌داند",
    "نمی‌خوام حرف بزنم",
    "حرفامو گوش نمی‌کنه",
    "می‌تونی حرفامو ذخیره کنی؟",
    "چی از من می‌خوای",
    "",
    "…",
]


@pytest.mark.parametrize(("text", "scopes"), REVOKED)
def test_a_refusal_is_understood(text, scopes):
    wish = consent_wish(text, "en")
    assert wish is not None
    assert (set(wish.revoked), wish.granted) == (set(scopes), ())


@pytest.mark.parametrize(("text", "scope"), GRANTED)
def test_a_plain_permission_is_understood(text, scope):
    assert consent_wish(text, "en") == ConsentWish(granted=(scope,))


@pytest.mark.parametrize("text", NO_WISH)
def test_what_only_sounds_like_a_wish_changes_nothing(text):
    wish = consent_wish(text, "en")
    assert wish is None or (wish.revoked, wish.granted) == ((), ())


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("What do you keep about me?", "tell"),
        ("what are you storing about me", "tell"),
        ("Do you record my voice?", "tell"),
        ("what did I agree to", "tell"),
        ("Delete everything you have about me", "erase"),
        ("Could you please erase my words?", "erase"),
        ("چه چیزی از من نگه می‌دارید؟", "tell"),
        ("درباره من چی می‌دونی", "tell"),
        ("حرف‌های من ذخیره می‌شود؟", "tell"),
        ("حرف‌هایم را پاک کن", "erase"),
    ],
)
def test_questions_about_what_is_kept_are_understood(text, question):
    assert consent_wish(text, "en") == ConsentWish(question=question)


def test_several_wishes_of_one_turn_are_all_understood():
    wish = consent_wish("Don't keep my words. You may share this with my therapist!", "en")
    assert wish == ConsentWish(revoked=KEPT, granted=("share",))


def test_a_refusal_beats_a_permission_of_the_same_turn():
    wish = consent_wish("You can keep what I say. No, don't keep what I say.", "en")
    assert wish == ConsentWish(revoked=KEPT)


def test_only_scopes_that_exist_are_named():
    named = {scope for _, scopes in REVOKED for scope in scopes} | {scope for _, scope in GRANTED}
    assert named <= set(SCOPES)


@pytest.mark.parametrize(
    "text", ["حرف" + "ها" * 900, "don't keep " + "this " * 400, ("please " * 20 + "x. ") * 15, "w" * 10_000]
)
def test_a_hostile_text_takes_no_longer_than_a_frame_of_sound(text):
    began = time.process_time()
    consent_wish(text, "en")
    assert time.process_time() - began < 1.0  # far above what it takes; catastrophic patterns take minutes
