import pytest

from bot.jurisdiction import PRESETS, jurisdiction
from bot.offered_consents import not_offered
from bot.settings import ROOT, Settings, SettingsError, load_settings


def offered(**sections):
    return not_offered(Settings.model_validate(sections))


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_a_preset_can_be_made_stricter_and_never_laxer(preset):
    assert jurisdiction(preset, emotion_inference=False).emotion_inference is False
    assert jurisdiction(preset, emotion_inference=True) == PRESETS[preset]


def test_without_a_preset_the_deployers_own_switch_counts():
    assert jurisdiction(None, emotion_inference=True).emotion_inference
    assert not jurisdiction(None, emotion_inference=False).emotion_inference


@pytest.mark.parametrize("rules", [{"preset": "us-il"}, {"emotion_inference": "off"}, {"preset": "eu-work"}])
def test_where_feelings_may_not_be_inferred_neither_voice_nor_camera_is_offered(rules):
    assert {"emotion", "camera"} <= offered(jurisdiction=rules)


def test_sound_is_offered_only_where_it_is_kept():
    assert offered() == {"store_audio"}
    assert offered(session_log={"audio_days": 7}) == frozenset()


def test_an_unknown_preset_ends_the_start_with_the_names_of_all(tmp_path):
    path = tmp_path / "endpoints.yml"
    path.write_text("hamdel:\n  jurisdiction:\n    preset: mars\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"jurisdiction\.preset.*us-il"):
        load_settings(path, {})


def test_off_in_yaml_is_a_word(tmp_path):
    path = tmp_path / "endpoints.yml"
    path.write_text("hamdel:\n  jurisdiction:\n    emotion_inference: off\n", encoding="utf-8")
    assert load_settings(path, {}).jurisdiction.rules.emotion_inference is False


def test_each_preset_has_its_row_with_source_and_date():
    page = (ROOT / "docs" / "compliance.md").read_text(encoding="utf-8")
    for name in PRESETS:
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}`"))
        assert "2026-" in row
