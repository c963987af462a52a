import pytest

from tts_voices import CATALOGUE, VoiceError, load_voice


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_voice_says_what_it_is(name: str) -> None:
    voice = load_voice(name)
    assert voice.name == name
    assert 8_000 <= voice.sample_rate_hz <= 48_000
    assert voice.languages <= {"en", "fa"}


def test_an_unknown_voice_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(VoiceError, match="choose from: espeak"):
        load_voice("nobody")
