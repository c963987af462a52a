import pytest
from made_suggestion import ROW, made

from recommender.content_rules import CLEAR_HEAD_UP_TO, faults


def rules(**changes):
    return {rule for rule, _ in faults(made(**changes))}


def test_the_row_that_the_others_are_changed_from_breaks_no_rule():
    assert list(faults(made())) == []


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        ("sentences", "Sit down. Look up. Stay there.", "Sit down. Look up."),
        ("sentences", "Look at the sky for a while", "Look at the sky for a while."),
        ("sentences", "Wait a bit. Go on. Then say: 'No.'", "You may say, 'No. Not now. Later.' Then go."),
        ("sentences", "Ask, 'Am I safe?' Look up. Stay there.", "'I am lost.' Look up. Stay there."),
        ("sentences", "Ask 'Am I safe?' aloud. Look up. Stay.", "Ask 'Am I safe?' and look up. Stay there."),
        ("length", "Breathe slowly.", "Breathe very slowly."),
        ("script", "Look at the ابر for a while.", "Look at the café for a while."),
        ("script", "Look at the небо for a while.", "Look at the naïve sky for a while."),
        ("digits", "Look at 3 clouds for a while.", "Look at three clouds for a while."),
        ("digits", "Look at ۳ clouds for a while.", "Look at three clouds for a while."),
        ("digits", "Walk for ½ an hour today.", "Walk for half an hour today."),
        ("letters", "Look at the sky 🙂 for a while.", "Look at the sky for a while."),
        ("letters", "Look at the sky  for a while.", "Look at the sky for a while."),
        ("letters", "Let it out with a long, soft 'shhh'.", "Let it out with a long, soft 'sh'."),
        ("punctuation", "Look up، and wait a moment.", "Look up, and wait a moment."),
        ("punctuation", 'Say "no" to one thing.', "Say 'no' to one thing."),
        ("punctuation", "Look up , and wait a moment.", "Look up, and wait a moment."),
        ("punctuation", "Look up,and wait a moment.", "Look up, and wait a moment."),
        ("punctuation", "Well done!! Look up now.", "Well done! Look up now."),
    ],
)
def test_what_is_wrong_in_english_is_found_and_its_neighbour_is_not(rule, bad, good):
    fa = "کمی به آسمان نگاه کنید."
    assert rule in rules(en=bad, fa=fa)
    assert rules(en=good, fa=fa) <= {"ratio"}


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        ("sentences", "بنشینید. بالا را ببینید. بمانید.", "بنشینید. بالا را ببینید."),
        ("sentences", "کمی به آسمان نگاه کنید", "می‌توانید بگویید: «نه. حالا نه. بعداً.»"),
        ("length", "نگاه کنید.", "کمی نگاه کنید."),
        ("script", "کمی به sky نگاه کنید.", "کمی به آسمان نگاه کنید."),
        ("digits", "به ۳ ابر نگاه کنید.", "به سه ابر نگاه کنید."),
        ("digits", "به 3 ابر نگاه کنید.", "به سه ابر نگاه کنید."),
        ("letters", "كمی به آسمان نگاه کنید.", "کمی به آسمان نگاه کنید."),
        ("letters", "کمی به آسمان آبي نگاه کنید.", "کمی به آسمان آبی نگاه کنید."),
        ("letters", "دربارۀ آسمان بنویسید.", "دربارهٔ آسمان بنویسید."),
        ("letters", "کمی به آســمان نگاه کنید.", "کمی به آسمان نگاه کنید."),
        ("half_spaces", "ببینید چه می بینید امشب.", "ببینید چه می‌بینید امشب."),
        ("half_spaces", "به ابر ها نگاه کنید.", "به ابرها نگاه کنید."),
        ("half_spaces", "به ابر\u200c نگاه کنید.", "به ابر نگاه کنید."),
        ("punctuation", "بنشینید, نگاه کنید.", "بنشینید، نگاه کنید."),
        ("punctuation", "به چه نگاه می‌کنید?", "به چه نگاه می‌کنید؟"),
        ("punctuation", "بنشینید ، نگاه کنید.", "بنشینید، نگاه کنید."),
        ("punctuation", "بنشینید،نگاه کنید.", "بنشینید، نگاه کنید."),
        ("punctuation", "بگویید «نه و بروید.", "بگویید «نه» و بروید."),
        ("punctuation", "بگویید 'نه' و بروید.", "بگویید «نه» و بروید."),
        ("politeness", "تو کمی نگاه کن.", "شما کمی نگاه کنید."),
        ("politeness", "با خودت مهربان باشید.", "با خودتان مهربان باشید."),
        ("politeness", "بگو چه می‌بینید امشب.", "بگویید: «تو برایم عزیزی.»"),
        ("spelling", "ببینید چه می‌تونید بکنید.", "ببینید چه می‌توانید بکنید."),
        ("spelling", "یه دقیقه بنشینید.", "یک دقیقه بنشینید."),
        ("spelling", "برگردید خونه و بنشینید.", "بگویید: «دلم برای خونه تنگ شده.»"),
    ],
)
def test_what_is_wrong_in_persian_is_found_and_its_neighbour_is_not(rule, bad, good):
    en = "Look up at the night sky."
    assert rule in rules(en=en, fa=bad)
    assert rules(en=en, fa=good) <= {"ratio"}


@pytest.mark.parametrize(("fa", "broken"), [("آسمان " * 4, True), ("آسمان " * 12, False)])
def test_a_sentence_far_shorter_than_the_other_is_found(fa, broken):
    text = fa.strip() + "."
    assert ("ratio" in rules(fa=text)) is broken


@pytest.mark.parametrize("mood", ["anger", "fear", "sadness"])
@pytest.mark.parametrize("change", [{"technique": "problem_solving"}, {"effort": 4}])
def test_what_needs_a_clear_head_ends_before_the_highest_distress(mood, change):
    named = {"mood": mood, "contraindications": ["violence_at_home", "driving"], **change}
    assert rules(**named, distress_max=CLEAR_HEAD_UP_TO) == set()
    assert rules(**named, distress_max=CLEAR_HEAD_UP_TO + 1) == {"distress"}


def test_a_hard_thing_may_reach_a_happy_person_at_any_distress():
    assert rules(mood="happiness", effort=4, distress_max=10) == set()


@pytest.mark.parametrize("setting", ["home", "bed", "work", "outdoors", "school"])
def test_what_needs_another_place_is_barred_at_the_wheel(setting):
    assert rules(setting=[setting], contraindications=[]) == {"contraindication"}
    assert rules(setting=[setting], contraindications=["driving"]) == set()
    assert rules(setting=[setting, "transport"], contraindications=[]) == set()


@pytest.mark.parametrize("technique", ["perspective_taking", "thought_checking", "problem_solving"])
def test_seeing_the_other_side_of_anger_is_barred_under_violence(technique):
    angry = {"mood": "anger", "technique": technique, "distress_max": 6}
    assert rules(**angry, contraindications=["driving"]) == {"contraindication"}
    assert rules(**angry, contraindications=["violence_at_home", "driving"]) == set()
    assert rules(**angry, setting=["work"], contraindications=["driving"]) == set()
    assert rules(**{**angry, "mood": "fear"}, contraindications=["driving"]) == set()


def test_a_complaint_names_the_language_and_what_to_write():
    found = dict(faults(made(fa=ROW["fa"].replace("تیره‌ترین", "تیره ترین"))))
    assert found["half_spaces"].startswith("fa: ")
    assert "write a half-space" in found["half_spaces"]
