"""What people say that speaks against a suggestion, and what only sounds so."""

import time

import pytest

from recommender.contraindications import ContraindicationCues
from recommender.suggestions import DEFAULT_DIRECTORY
from recommender.vocabulary import read_vocabulary

VOCABULARY = read_vocabulary(DEFAULT_DIRECTORY)
CUES = ContraindicationCues(VOCABULARY)

TOLD = {
    "breathing_difficulty": (
        "I have asthma",
        "well I'm asthmatic you know",
        "no I have asthma so breathing exercises don't work for me",
        "I left my inhaler at home",
        "I don't have my inhaler with me",
        "I've got COPD",
        "I get so short of breath when I do that",
        "I don't know what to do, I have asthma",
        "آسم دارم",
        "نه آسم دارم نمی‌تونم",
        "من آسم شدید دارم نفس عمیق نمی‌تونم بکشم",
        "نفسم بالا نمیاد",
        "تنگی نفس دارم",
        "مشکل تنفسی دارم",
        "اسپریم همراهم نیست",
    ),
    "trauma_memories": (
        "I have PTSD from the war",
        "when I close my eyes I get flashbacks",
        "I was raped when I was nineteen",
        "the memories keep coming back at night",
        "بهم تجاوز شده",
        "تروما دارم از بچگی",
        "خاطره‌های بد مدام برمی‌گردن",
        "صحنهٔ تصادف از جلوی چشمم نمی‌ره",
    ),
    "pain_or_injury": (
        "my knee is injured",
        "my back is killing me",
        "I hurt my shoulder at the gym",
        "I have arthritis in both hands",
        "I broke my wrist last week",
        "there's this pain in my neck",
        "زانوم آسیب دیده",
        "کمرم درد می‌کنه",
        "دستم شکسته",
        "دیسک کمر دارم",
        "پام پیچ خورده",
        "مچ پام در رفته پیچ‌خوردگی دارم",
        "گردن درد دارم",
        "آرتروز دارم",
    ),
    "limited_mobility": (
        "I'm in a wheelchair",
        "I cant walk very far",
        "I use a walker",
        "I'm on crutches",
        "I have broken my leg",
        "روی ویلچرم",
        "نمی‌تونم راه برم",
        "با عصا راه می‌رم",
        "من فلجم",
        "پام شکسته",
    ),
    "heart_condition": (
        "I have a heart condition",
        "I had a heart attack two years ago",
        "they put a pacemaker in",
        "my heart is weak",
        "ناراحتی قلبی دارم",
        "بیماری قلبی دارم",
        "پارسال سکتهٔ قلبی کردم",
        "قلبم رو عمل کردم",
        "فنر گذاشتن تو قلبم",
    ),
    "violence_at_home": (
        "he hits me",
        "my husband sometimes beats me",
        "my dad used to slap me",
        "she has hit me twice",
        "I get beaten when he drinks",
        "I'm afraid of my husband",
        "he doesn't let me leave the house",
        "شوهرم منو می‌زنه",
        "بابام کتکم می‌زنه",
        "دست روم بلند می‌کنه",
        "از شوهرم می‌ترسم",
        "من رو می‌زنه",
        "تهدیدم می‌کنه",
    ),
    "recent_loss": (
        "my mother died three weeks ago",
        "we buried my dad on Friday",
        "I lost my dog",
        "she broke up with me",
        "I'm getting divorced",
        "مادرم فوت کرده",
        "بابام رو از دست دادم",
        "پدربزرگم از دنیا رفت",
        "عزاداریم",
        "باهام کات کرد",
        "دارم طلاق می‌گیرم",
    ),
    "no_trusted_person": (
        "I have nobody to talk to",
        "there's no one I can trust",
        "I don't have any friends",
        "I can't trust anyone",
        "کسی رو ندارم",
        "هیچ‌کس رو ندارم باهاش حرف بزنم",
        "کسی نیست بهش زنگ بزنم",
        "هیچ دوستی ندارم",
        "به هیچ‌کس اعتماد ندارم",
    ),
    "estranged_family": (
        "I'm estranged from my family",
        "I don't talk to my parents any more",
        "my family threw me out",
        "با خانواده‌ام قهرم",
        "با پدرم حرف نمی‌زنم",
        "خانواده‌ام طردم کردن",
    ),
    "hearing_loss": (
        "I'm deaf in one ear",
        "I wear a hearing aid",
        "I'm hard of hearing",
        "گوشم سنگینه",
        "سمعک دارم",
        "ناشنوا هستم",
    ),
    "low_vision": (
        "I'm blind",
        "I can't see very well",
        "my eyesight is really bad",
        "چشمام ضعیفه",
        "نابینا هستم",
        "چشمم خوب نمی‌بینه",
    ),
    "eating_disorder": (
        "I'm anorexic",
        "I have an eating disorder",
        "I binge at night",
        "اختلال خوردن دارم",
        "پرخوری عصبی دارم",
        "بعد از غذا بالا میارم",
    ),
    "unsafe_outside": (
        "it's not safe outside",
        "my neighbourhood is dangerous at night",
        "there is bombing here",
        "I can't go out alone",
        "بیرون امن نیست",
        "محله‌مون خطرناکه",
        "نمی‌تونم تنها برم بیرون",
        "اینجا بمبارون می‌کنن",
    ),
    "driving": (
        "I'm driving",
        "I am still driving right now",
        "I'm behind the wheel",
        "I'm in the car on my way home",
        "I'm stuck in traffic",
        "no I'm driving",
        "دارم رانندگی می‌کنم",
        "پشت فرمونم",
        "الان پشت فرمون نشستم",
        "تو ماشینم",
        "پشت چراغ قرمزم",
        "نه دارم رانندگی می‌کنم",
    ),
}

DENIED = (
    "I don't have asthma",
    "no asthma",
    "I have no asthma",
    "I've never had asthma",
    "I do not have asthma or a heart condition",
    "I don't think I have asthma",
    "I haven't got asthma",
    "it isn't asthma",
    "I have neither asthma nor heart disease",
    "I was never diagnosed with asthma",
    "I don't have PTSD",
    "no flashbacks",
    "my knee doesn't hurt",
    "my back isn't injured",
    "my knee is not broken",
    "I'm not injured",
    "I wasn't really injured",
    "I have no pain in my neck",
    "I don't use a wheelchair",
    "I'm not in a wheelchair",
    "I am not paralysed",
    "I have no heart problems",
    "I don't have a heart condition",
    "my heart isn't weak",
    "he doesn't hit me",
    "he has never hit me",
    "my husband never beats me",
    "nobody beats me",
    "no one hits me",
    "I'm not deaf",
    "I don't need a hearing aid",
    "I'm not blind",
    "I don't have an eating disorder",
    "I've never been bulimic",
    "I'm not driving",
    "I'm not at the wheel",
    "without arthritis",
    "آسم ندارم",
    "من که آسم ندارم",
    "آسم اصلاً ندارم",
    "نه من آسم ندارم",
    "هیچ‌وقت آسم نداشتم",
    "آسم یا بیماری قلبی ندارم",
    "نه آسم دارم نه بیماری قلبی",
    "نه آسم دارم، نه بیماری قلبی",
    "آسم و تنگی نفس ندارم",
    "تنگی نفس ندارم",
    "مشکل تنفسی خاصی ندارم",
    "تروما ندارم",
    "بهم تجاوز نشده",
    "زانوم درد نمی‌کنه",
    "زانوم اصلاً درد نمی‌کنه",
    "زانوم آسیب ندیده",
    "کمرم درد نداره",
    "دستم نشکسته",
    "دیسک کمر ندارم",
    "آرتروز ندارم",
    "روی ویلچر نیستم",
    "من فلج نیستم",
    "معلول نیستم",
    "بیماری قلبی ندارم",
    "ناراحتی قلبی هم ندارم",
    "سکتهٔ قلبی نکردم",
    "شوهرم منو نمی‌زنه",
    "کتکم نمی‌زنه",
    "بی‌کس نیستم",
    "ناشنوا نیستم",
    "سمعک ندارم",
    "نابینا نیستم",
    "چشمام ضعیف نیست",
    "اختلال خوردن ندارم",
    "پشت فرمون نیستم",
    "رانندگی نمی‌کنم",
    "دست شما درد نکنه",
)

ORDINARY = (
    "",
    "🙂🙂",
    "you are driving me crazy",
    "my boss shouted at me in front of everyone",
    "it hit me that I will never finish this",
    "it hurts me that she left the room",
    "I'm out of my mind with worry",
    "I can't sleep",
    "I went to the park",
    "I went for a walk and looked at the sky",
    "آسمون ابریه",
    "اسمم علیه",
    "فوتبال دیدم",
    "قلبم شکسته",
    "بابام زنگ می‌زنه",
    "شوهرم داد می‌زنه",
    "کارم رو از دست دادم",
    "یه مرد دم در ایستاده بود",
    "دلم گرفته",
    "دستت درد نکنه",
    "رئیسم سرم داد زد",
)

STOPPED = (
    "I've parked now",
    "OK I pulled over",
    "I have stopped the car",
    "I've stopped.",
    "I'm not driving any more",
    "I'm home now",
    "I got out of the car",
    "پارک کردم",
    "زدم کنار",
    "ماشین رو نگه داشتم",
    "رسیدم خونه",
    "رسیدم",
    "پیاده شدم",
    "دیگه رانندگی نمی‌کنم",
    "دیگه پشت فرمون نیستم",
    "وایسادم کنار خیابون",
)

NOT_STOPPED = (
    "I haven't parked yet",
    "I can't park anywhere",
    "someone parked in my spot",
    "I've stopped crying",
    "I'm out of my mind",
    "I stood up to him",
    "هنوز نرسیدم",
    "جا نیست پارک کنم",
    "پارک نکردم",
    "جلوش ایستادم",
    "به این نتیجه رسیدم",
)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in TOLD.items() for text in texts])
def test_what_people_tell_of_themselves_is_heard(name, text):
    assert name in CUES.mentions(text).present


def test_each_contraindication_can_be_told_in_both_languages():
    assert set(TOLD) == set(VOCABULARY.contraindications)
    for texts in TOLD.values():
        assert {text.isascii() for text in texts} == {True, False}


def test_denials_are_tried_in_numbers():
    assert sum(text.isascii() for text in DENIED) >= 30
    assert sum(not text.isascii() for text in DENIED) >= 30


@pytest.mark.parametrize("text", DENIED)
def test_what_is_denied_does_not_count(text):
    assert CUES.mentions(text).present == frozenset()


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_say_nothing(text):
    assert CUES.mentions(text).present == frozenset()


@pytest.mark.parametrize("text", STOPPED)
def test_the_end_of_a_drive_is_understood(text):
    assert CUES.mentions(text).over == {"driving"}


@pytest.mark.parametrize("text", NOT_STOPPED)
def test_a_drive_does_not_end_by_a_likeness(text):
    assert CUES.mentions(text).over == frozenset()


def test_of_two_words_on_driving_the_later_counts():
    assert CUES.mentions("I parked my car, but now I'm driving again").present == {"driving"}
    assert CUES.mentions("I'm driving. Wait. OK, I've parked.").over == {"driving"}


def test_several_things_are_heard_in_one_turn_and_in_two_languages():
    said = CUES.mentions("I have asthma, my knee hurts and I'm driving")
    assert said.present == {"breathing_difficulty", "pain_or_injury", "driving"}
    assert CUES.mentions("من asthma دارم و سمعک هم دارم").present == {"breathing_difficulty", "hearing_loss"}


def test_a_denial_of_one_thing_leaves_the_next_alone():
    assert CUES.mentions("I don't have asthma but I have heart disease").present == {"heart_condition"}
    assert CUES.mentions("آسم ندارم ولی بیماری قلبی دارم").present == {"heart_condition"}


@pytest.mark.parametrize(
    "text", ["my knee my back " * 50_000, "not " * 100_000, "؟،" * 100_000, "\u200c" * 99_999]
)
def test_a_very_long_text_is_read_at_once(text):
    began = time.monotonic()
    CUES.mentions(text)
    assert time.monotonic() - began < 3
