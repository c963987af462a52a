import numpy as np
import pytest

from tts_voices.joined_voice import JoinedVoice
from tts_voices.voice import VoiceError


class Tone:
    """One level for one language."""

    def __init__(self, language, level, sample_rate_hz=22_050):
        self.name = f"tone-{language}"
        self.sample_rate_hz = sample_rate_hz
        self.languages = frozenset({language})
        self.level = level
        self.asked = []

    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        self.asked.append((text, language, speed, style, cancelled))
        yield np.full(100, self.level, dtype=np.int16)


def test_each_language_is_spoken_by_the_voice_that_speaks_it():
    english, persian = Tone("en", 1), Tone("fa", 2)
    voice = JoinedVoice("both", [english, persian])
    assert (voice.name, voice.sample_rate_hz, voice.languages) == ("both", 22_050, {"en", "fa"})
    assert next(voice.speak("hello", language="en"))[0] == 1
    assert next(voice.speak("سلام", language="fa", speed=0.8, style="soft"))[0] == 2
    assert persian.asked == [("سلام", "fa", 0.8, "soft", None)]


def test_a_language_that_none_speaks_is_refused():
    with pytest.raises(VoiceError, match="both speaks en, not 'fa'"):
        JoinedVoice("both", [Tone("en", 1)]).speak("سلام", language="fa")


def test_voices_of_different_sample_rates_do_not_fit_together():
    with pytest.raises(VoiceError, match=r"one sample rate.*\[16000, 22050\]"):
        JoinedVoice("both", [Tone("en", 1), Tone("fa", 2, 16_000)])
