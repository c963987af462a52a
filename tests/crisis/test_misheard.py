"""What Whisper base makes of a synthetic Persian voice that speaks of suicide, and what is only near to it."""

import pytest

import crisis


@pytest.mark.parametrize(
    "text",
    [
        "مدتی است دارم به خود کروشی فک می کنم",
        "ندتی استرام بی خود کروشی فک می کنیم",
        "مدتی است ارام بی خود کروشی فیک می کرویم",
        "ندتی استرام بای خود کروشی ایک میکرونیم",
        "درام بی خود کشی فک می کنم",
        "حروس ای خود کروشی فک میکرونام",
    ],
)
def test_sketches_of_thinking_of_suicide_are_danger(text):
    found = crisis.assess(text, language="fa", uncertain=True)
    assert found.level == 2
    assert found.kind == "suicide"


@pytest.mark.parametrize(
    "text",
    [
        "بی خود فکر می کنم",
        "بیخود خودم رو خسته می کنم",
        "به خود گوشی فکر می کنم که چرا خاموش شد",
        "بی خود خوشی می کنم",
        "به خود کوشش فکر می کنم",
        "ای خود خدا کمکم کن",
        "بای خود کار فکر می کنم",
    ],
)
def test_what_only_looks_near_it_is_no_sketch_of_it(text):
    assert "fa:suicide-misheard" not in crisis.assess(text, language="fa", uncertain=True).matched
