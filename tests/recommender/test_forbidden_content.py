import pytest
from made_suggestion import made

from recommender.forbidden_content import CUES, FORBIDDEN, forbidden_in, unnamed_contraindications

FA = "کمی به آسمان نگاه کنید."
EN = "Look at the sky for a while."

# name of the rule, mood, language, what breaks it, a neighbour that doesn't
PAIRS = [
    ("medication", "fear", "en", "Take one of your pills.", "Take one of your pillows."),
    ("medication", "fear", "en", "Ask for a lower dose of it.", "Ask for a dozen of them."),
    ("medication", "fear", "fa", "یک قرص بخورید.", "ماه کامل را ببینید."),
    ("diagnosis", "sadness", "en", "It may be a mild depression.", "It may be a heavy afternoon."),
    ("diagnosis", "sadness", "fa", "شاید افسردگی باشد.", "شاید فقط دل‌گرفتگی باشد."),
    ("fasting", "sadness", "en", "Skip dinner and lie down.", "Have dinner and lie down."),
    ("fasting", "sadness", "fa", "فردا روزه بگیرید.", "سفری یک‌روزه در نظر بگیرید."),
    ("alcohol and drugs", "sadness", "en", "Pour a glass of wine.", "Pour a glass of water."),
    ("alcohol and drugs", "fear", "fa", "کنار پنجره سیگار بکشید.", "کنار پنجره نفس بکشید."),
    ("confronting somebody", "fear", "en", "Confront your brother today.", "Write to your brother today."),
    ("confronting somebody", "fear", "fa", "جلویش بایستید و بگویید.", "جلوی پنجره بایستید."),
    ("revenge", "sadness", "en", "Plan a small revenge on him.", "Plan a small walk with him."),
    ("revenge", "anger", "fa", "به فکر انتقام باشید.", "به فکر فردا باشید."),
    ("wish to die or self-harm", "sadness", "en", "If you want to die, wait.", "If you want to cry, wait."),
    (
        "wish to die or self-harm",
        "fear",
        "fa",
        "اگر به خودکشی فکر می‌کنید، بمانید.",
        "اگر فکر می‌کنید، بمانید.",
    ),
    ("brushing a feeling aside", "anger", "en", "Calm down and sit.", "Let the room calm you a little."),
    (
        "brushing a feeling aside",
        "sadness",
        "en",
        "It is time to move on.",
        "When that is dull, move on to the next.",
    ),
    ("brushing a feeling aside", "sadness", "fa", "مثبت فکر کنید.", "به چای فکر کنید."),
    ("promise of a cure", "sadness", "en", "This cures every sorrow.", "This may ease the evening."),
    ("promise of a cure", "sadness", "fa", "حتماً خوب می‌شوید.", "شاید کمی سبک‌تر شوید."),
    ("religion presumed", "fear", "en", "Pray for a short while.", "Stay for a short while."),
    ("religion presumed", "fear", "fa", "کمی دعا بخوانید.", "کمی کتاب بخوانید."),
    ("held breath", "fear", "en", "Hold your breath for five.", "Notice whether you're holding your breath."),
    ("held breath", "fear", "fa", "نفستان را نگه دارید.", "دستتان را نگه دارید."),
    ("venting", "anger", "en", "Punch a pillow until it is out of you.", "Lay your head down for a minute."),
    ("venting", "anger", "en", "Go for a run and sweat the anger out.", "Sit where it is cool for a while."),
    ("venting", "anger", "fa", "آن‌قدر به بالش مشت بزنید که خالی شوید.", "مشت‌ها را آرام باز کنید."),
    ("venting", "anger", "fa", "بروید در ماشین و فریاد بکشید.", "در ماشین بنشینید و نفس بکشید."),
    ("hitting and screaming", "sadness", "en", "Scream into the dark.", "Look into the dark."),
    ("hitting and screaming", "fear", "fa", "از ته دل جیغ بزنید.", "از ته دل نفس بکشید."),
    ("endless avoidance", "fear", "en", "Never go there again.", "Don't go there today."),
    ("endless avoidance", "fear", "fa", "هرگز به آنجا نروید.", "امروز به آنجا نروید."),
    ("medical reassurance", "fear", "en", "Your heart is fine, sit.", "Your hand is warm, sit."),
    ("medical reassurance", "fear", "fa", "قلبتان سالم است، بنشینید.", "اینجا امن است، بنشینید."),
]


def broken(mood, language, text):
    texts = {"en": EN, "fa": FA, language: text}
    found = list(forbidden_in(made(**texts, mood=mood)))
    assert all(where == language for where, _, _ in found)
    return [rule.name for _, rule, _ in found]


@pytest.mark.parametrize(("name", "mood", "language", "bad", "good"), PAIRS)
def test_forbidden_words_are_found_and_their_neighbours_are_not(name, mood, language, bad, good):
    assert name in broken(mood, language, bad)
    assert broken(mood, language, good) == []


def test_every_rule_is_tried_in_both_languages():
    assert {(name, language) for name, _, language, _, _ in PAIRS} == {
        (rule.name, language) for rule in FORBIDDEN for language in ("en", "fa")
    }


@pytest.mark.parametrize(
    ("mood", "language", "text"),
    [("sadness", "en", "Throw a warm blanket round you."), ("fear", "fa", "سرتان را روی بالش بگذارید.")],
)
def test_what_is_forbidden_for_anger_alone_may_be_said_for_other_moods(mood, language, text):
    assert broken(mood, language, text) == []
    assert broken("anger", language, text) == ["venting"]


@pytest.mark.parametrize(
    ("contraindication", "en", "fa"),
    [
        ("breathing_difficulty", "Take a deep breath.", "یک نفس عمیق بکشید."),
        ("trauma_memories", "Close your eyes and listen.", "چشم‌هایتان را ببندید و گوش کنید."),
        ("driving", "Close your eyes and listen.", "روی فرش دراز بکشید."),
        ("pain_or_injury", "Tense your calves a little.", "شانه‌ها را سفت کنید."),
        ("limited_mobility", "Go for a short walk.", "کمی پیاده‌روی کنید."),
        ("unsafe_outside", "Take a short walk.", "کمی پیاده‌روی کنید."),
        ("hearing_loss", "Listen to calming music.", "به موسیقی آرام گوش بدهید."),
        ("no_trusted_person", "Ring a friend tonight.", "به دوستی زنگ بزنید."),
        ("estranged_family", "Call your sister tonight.", "به خواهرتان زنگ بزنید."),
        ("recent_loss", "Name what you are grateful for.", "بگویید برای چه شکرگزارید."),
        ("eating_disorder", "Cook something small.", "غذایی بپزید."),
    ],
)
@pytest.mark.parametrize("language", ["en", "fa"])
def test_words_that_call_for_a_contraindication_are_held_against_the_list(contraindication, en, fa, language):
    texts = {"en": EN, "fa": FA} | ({"en": en} if language == "en" else {"fa": fa})
    named = {name for name, _ in unnamed_contraindications(made(**texts, contraindications=[]))}
    assert contraindication in named
    listed = made(**texts, contraindications=sorted(named))
    assert list(unnamed_contraindications(listed)) == []


def test_every_cue_names_a_contraindication_once():
    names = [cue.contraindication for cue in CUES]
    assert len(names) == len(set(names))


def test_plain_words_call_for_no_contraindication():
    assert list(unnamed_contraindications(made(en=EN, fa=FA, contraindications=[]))) == []
