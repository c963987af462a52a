import pytest

from language.clock_times import with_times


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("7:30", "seven thirty"), ("19:05", "nineteen oh five"), ("10:00", "ten o'clock"),
        ("14:00", "fourteen hundred"), ("7:30 pm", "seven thirty P M"), ("7.30pm", "seven thirty P M"),
        ("7:00 PM", "seven P M"), ("9am", "nine A M"), ("9am-5pm", "nine A M to five P M"),
        ("9-5pm", "9 to five P M"), ("8:00 – 17:30", "eight o'clock to seventeen thirty"),
        ("24/7", "twenty-four seven"),
    ],
)  # fmt: skip
def test_english_times(text: str, said: str) -> None:
    assert with_times(text, "en") == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("7:30", "هفت و نیم"), ("19:05", "نوزده و پنج دقیقه"), ("8:00-17:30", "هشت تا هفده و نیم"),
        ("7:30 pm", "هفت و نیم بعدازظهر"), ("24/7", "شبانه‌روزی"),
    ],
)  # fmt: skip
def test_persian_times(text: str, said: str) -> None:
    assert with_times(text, "fa") == said


@pytest.mark.parametrize(
    "text", ["7:75", "1:2", "1:2:3", "13pm", "9amp", "9-5", "24/70", "2001:db8", "7pm's"]
)
def test_what_is_no_time_stays(text: str) -> None:
    assert with_times(text, "en") == text
