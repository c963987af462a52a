import pytest

from recommender.word_forms import known_forms


@pytest.mark.parametrize(
    ("word", "known", "forms"),
    [
        ("می‌خوام", {"می‌خواهم"}, ("می‌خواهم",)),
        ("می‌گه", {"می‌گوید"}, ("می‌گوید",)),
        ("می‌رم", {"می‌روم"}, ("می‌روم",)),
        ("نمی‌تونم", {"نمی‌توانم", "می‌توانم"}, ("نمی‌توانم",)),
        ("نمی‌تونم", {"می‌توانم"}, ("می‌توانم",)),
        ("می‌ترسه", {"می‌ترسم"}, ("می‌ترسم",)),
        ("میام", {"می‌آیم"}, ("می‌آیم",)),
        ("خونه", {"خانه"}, ("خانه",)),
        ("کتاب‌هام", {"کتاب"}, ("کتاب",)),
        ("دخترهاش", {"دختر"}, ("دختر",)),
        ("دوستت", {"دوست"}, ("دوست",)),
        ("خونتون", {"خونه", "خون"}, ("خون",)),
        ("دل‌تنگی", {"دل", "تنگی"}, ("دل", "تنگی")),
        ("walked", {"walk"}, ("walk",)),
        ("worries", {"worry"}, ("worry",)),
        ("running", {"run"}, ("run",)),
        ("hoping", {"hope"}, ("hope",)),
        ("i", {"me"}, ("me",)),
        ("گربه", {"سگ"}, ()),
        ("table", {"chair"}, ()),
    ],
)
def test_another_form_of_the_word_is_found(word, known, forms):
    assert known_forms(word, known) == forms


def test_the_order_of_the_forms_is_fixed():
    assert known_forms("کتاب‌هایش", {"کتاب", "کتاب‌ها"}) == ("کتاب",)
    assert known_forms("sleeping", {"sleep", "sleepe"}) == ("sleep",)
