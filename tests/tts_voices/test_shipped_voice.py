"""The voice that ships, as it is: its files, and what its networks make of sentences of both languages."""

import json
from pathlib import Path

import numpy as np
import pytest

from tts_voices import load_voice
from tts_voices.judging.durations import own_voice, phoneme_durations
from tts_voices.judging.sound_checks import HIGHEST_PEAK, LOWEST_PEAK, check_sound
from tts_voices.voice_files import checked_files, read_description

WEIGHTS = Path(__file__).parents[2] / "tts_voices" / "weights"
LARGEST_VOICE, LARGEST_VOCODER = 10_000_000, 6_000_000
SENTENCES = {
    "en": [
        "I am here with you, and there is no hurry.",
        "Would you like to breathe slowly with me for a minute?",
        "Call 988 now, or text 741741; it costs nothing at 3:30 in the night.",
        "That sounds like a lot to carry!",
    ],
    "fa": [
        "من اینجا کنار شما هستم و عجله‌ای نیست.",
        "دوست دارید یک دقیقه با هم آرام نفس بکشیم؟",
        "همین حالا با ۱۲۳ یا ۱۴۸۰ تماس بگیرید؛ ساعت ۳:۳۰ شب هم جواب می‌دهند.",
        "چقدر سخت بوده است!",
    ],
}
EACH = [(language, text) for language, texts in SENTENCES.items() for text in texts]


@pytest.fixture(scope="module")
def voice():
    return load_voice("hamdel")


def said(voice, language, text, **options):
    return np.concatenate(list(voice.speak(text, language=language, **options)))


@pytest.mark.parametrize("language", ["en", "fa"])
def test_its_files_are_small_and_those_that_the_card_names(language):
    description = read_description(WEIGHTS / language)
    files = checked_files(WEIGHTS / language, description.files)
    sizes = {name: path.stat().st_size for name, path in files.items()}
    assert sizes["vocoder.onnx"] <= LARGEST_VOCODER
    assert sum(sizes.values()) - sizes["vocoder.onnx"] <= LARGEST_VOICE
    card = json.loads((WEIGHTS / language / "card.json").read_text(encoding="utf-8"))
    assert card["sha256"] == description.files
    assert card["licence"] == description.licence
    assert {"data", "protocol", "metrics", "commands", "how it sounds"} <= set(card)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_it_speaks_as_when_it_was_released(voice, language):
    golden = json.loads((WEIGHTS / language / "card.json").read_text(encoding="utf-8"))["golden"]
    mel = own_voice(voice, language).mel(golden["symbols"].split())
    assert mel.shape == (1, 80, golden["frames"])
    assert mel[0].mean(axis=1) == pytest.approx(golden["mean of each mel band"], abs=0.05)


@pytest.mark.parametrize(("language", "text"), EACH)
def test_its_sound_is_whole_and_level(voice, language, text):
    samples = said(voice, language, text)
    found = check_sound(samples, voice.sample_rate_hz)
    assert found.clipped_samples == found.not_finite_samples == 0
    assert LOWEST_PEAK <= found.peak <= HIGHEST_PEAK
    assert found.loudness_lufs == pytest.approx(-20, abs=2)
    assert max(found.silence_before_ms, found.silence_after_ms) < 200
    assert 1 < found.duration_s < 10


@pytest.mark.parametrize(("language", "text"), EACH)
def test_no_phoneme_is_left_out_or_stretched(voice, language, text):
    own = own_voice(voice, language)
    durations = phoneme_durations(own, [own.read(text)])
    assert durations.phonemes > 10
    assert durations.too_short == durations.too_long == 0


@pytest.mark.parametrize(("language", "text"), EACH)
def test_in_pieces_it_is_the_sound_of_the_whole(voice, language, text):
    own = own_voice(voice, language)
    mel = own.mel(own.read(text))
    pieces = np.concatenate(list(own._vocoder.stream(mel)))
    assert np.abs(pieces - own._vocoder.whole(mel)).max() < 1e-4


@pytest.mark.parametrize("language", ["en", "fa"])
def test_slower_is_longer_and_soft_is_slower_and_quieter(voice, language):
    text = SENTENCES[language][0]
    plain = said(voice, language, text)
    soft = said(voice, language, text, style="soft")
    for speed in (0.7, 1.3):
        length = len(said(voice, language, text, speed=speed))
        assert length == pytest.approx(len(plain) / speed, rel=0.1)
    assert len(soft) > 1.05 * len(plain)
    assert np.std(soft.astype(float)) < np.std(plain.astype(float))


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "😀😀",
        "…!?",
        "<b>hello</b> سلام",
        "+98 21 1234 5678",
        "a" * 400,
        "\u202e\u200f",
        "ℵ∑≠",
        "Привет 你好",
    ],
)
def test_whatever_is_given_it_speaks_or_is_silent(voice, language, text):
    chunks = list(voice.speak(text, language=language))
    samples = np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int16)
    assert len(samples) < 120 * voice.sample_rate_hz
    assert check_sound(samples, voice.sample_rate_hz).not_finite_samples == 0


@pytest.mark.parametrize("language", ["en", "fa"])
def test_five_thousand_characters_are_spoken_to_their_end(voice, language):
    text = (SENTENCES[language][0].rstrip(".") + ", ") * 200
    chunks = voice.speak(text[:5_000], language=language)
    first = next(iter(chunks))
    assert len(first)
    chunks.close()
