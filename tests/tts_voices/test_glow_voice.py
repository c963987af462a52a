import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tiny_voice import FFT, HOP, RATE, write_tiny_voice

from tts_voices import CHUNK_MS, VoiceError
from tts_voices.glow_voice import GlowVoice
from tts_voices.pronunciation.phones import SYMBOLS
from tts_voices.sessions import open_session
from tts_voices.vocoder import Vocoder
from tts_voices.waveform_vocoder import open_vocoder

SOUNDS = [symbol for symbol in SYMBOLS["en"] if symbol not in "^,.?!"]
TEXT = "one two three four five"


def read(text):
    """A symbol or two for each word, so that the tests need no dictionary."""
    words = [SOUNDS[(len(word) + place) % len(SOUNDS)] for place, word in enumerate(text.split())]
    return ["^", *words, "."] if words else []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("voices") / "tiny"
    write_tiny_voice(folder)
    return folder


@pytest.fixture(scope="module")
def voice(folder):
    return made(folder)


def made(folder, read=read, **changes):
    return GlowVoice(
        write_tiny_voice(folder, **changes),
        open_session(folder / "encoder.onnx"),
        open_session(folder / "decoder.onnx"),
        open_vocoder(folder / "vocoder.onnx", size=FFT, hop=HOP),
        read,
    )


def say(voice, text=TEXT, **options):
    chunks = list(voice.speak(text, language="en", **options))
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int16)


def test_it_speaks_in_short_chunks_of_16_bit(voice):
    chunks = list(voice.speak("word " * 60, language="en"))
    assert len(chunks) > 10
    assert all(chunk.dtype == np.int16 and chunk.ndim == 1 for chunk in chunks)
    assert all(0 < len(chunk) <= RATE * CHUNK_MS // 1000 for chunk in chunks)


def test_it_says_what_it_is(voice):
    assert (voice.name, voice.sample_rate_hz, voice.languages) == ("tiny", RATE, {"en"})


def test_in_chunks_it_is_the_sound_that_the_vocoder_makes_at_once(voice, folder):
    mel = voice.mel(read(TEXT))
    whole = open_vocoder(folder / "vocoder.onnx", size=FFT, hop=HOP).whole(mel)
    spoken = say(voice).astype(float) / 32767
    quiet = np.abs(whole) < 0.8  # what is louder is bent
    quiet[:200] = quiet[-200:] = False  # and the ends are faded
    assert len(spoken) == len(whole)
    assert quiet.sum() > 1_000
    assert np.abs(spoken - whole)[quiet].max() < 1e-4


def test_the_same_sentence_sounds_the_same_and_another_otherwise(voice):
    assert np.array_equal(say(voice), say(voice))
    assert not np.array_equal(say(voice), say(voice, "five four three two one zero zero")[: len(say(voice))])


@pytest.mark.parametrize(("speed", "least", "most"), [(0.5, 1.9, 2.1), (1.0, 1, 1), (2.0, 0.3, 0.7)])
def test_speed_changes_the_length(voice, speed, least, most):
    assert least <= len(say(voice, speed=speed)) / len(say(voice)) <= most


def test_the_soft_style_is_slower_and_quieter(tmp_path):
    voice = made(tmp_path / "slow", length=2.0)  # of so many frames that a tenth more is not rounded away
    plain, soft = say(voice), say(voice, style="soft")
    assert len(soft) > 1.05 * len(plain)
    assert np.std(soft.astype(float)) < 0.9 * np.std(plain.astype(float))


def test_the_gain_of_the_description_is_applied(tmp_path):
    loud, low = made(tmp_path / "loud", gain=0.2), made(tmp_path / "low", gain=0.1)
    assert np.std(say(loud).astype(float)) == pytest.approx(2 * np.std(say(low).astype(float)), rel=0.01)


def test_text_without_a_word_gives_no_sound(voice):
    assert list(voice.speak("   ", language="en")) == []


def test_a_sentence_of_any_length_is_spoken_whole(voice):
    frames_a_symbol = 6
    for words in (1, 2, 73, 217, 218, 219, 220, 221, 400, 900):
        seconds = len(say(voice, "a " * words)) / RATE
        assert seconds == pytest.approx((2 * (words + 2) + 1) * frames_a_symbol * HOP / RATE, rel=0.1)


def test_a_long_sentence_is_cut_at_its_pauses(tmp_path):
    parts = []
    symbols = ["^", *([*["k"] * 99, ","] * 6), "k", "?"]
    voice = made(tmp_path / "long", read=lambda text: symbols)
    whole_mel = voice.mel
    voice.mel = lambda part, **options: parts.append(part) or whole_mel(part, **options)
    say(voice)
    assert len(parts) > 2
    assert all(len(part) <= 220 for part in parts)
    assert all(part[0] == "^" for part in parts)
    assert [part[-1] for part in parts] == [","] * (len(parts) - 1) + ["?"]
    assert sum(part.count("k") for part in parts) == 6 * 99 + 1


def test_the_durations_of_symbols_make_up_its_length(voice, tmp_path):
    symbols = read(TEXT)
    lasting = voice.durations(symbols)
    assert lasting.tolist() == [12] * (len(symbols) - 1) + [18]
    assert lasting.sum() == voice.mel(symbols).shape[2]
    without = made(tmp_path / "without", blank=None)
    assert without.durations(symbols).tolist() == [6] * len(symbols)


def test_an_utterance_that_was_read_already_sounds_as_its_text(voice):
    assert np.array_equal(np.concatenate(list(voice.speak_symbols(read(TEXT)))), say(voice))


@pytest.mark.parametrize("speed", [0.0, -1.0, 0.49, 2.01, float("nan"), float("inf")])
def test_a_speed_out_of_range_is_refused(voice, speed):
    with pytest.raises(VoiceError, match=r"between 0\.5 and 2\.0"):
        voice.speak("hello", language="en", speed=speed)


def test_a_language_it_does_not_speak_is_refused(voice):
    with pytest.raises(VoiceError, match="speaks 'en', not 'fa'"):
        voice.speak("hello", language="fa")


def test_a_text_that_is_far_too_long_is_refused_with_advice(voice):
    with pytest.raises(VoiceError, match="split_sentences"):
        voice.speak("word " * 2_000, language="en")


@pytest.mark.parametrize("reader", ["hamdel", "characters", "espeak"])
def test_a_text_that_is_far_too_long_reaches_no_reader(folder, reader):
    asked = []
    voice = made(folder, lambda text: asked.append(len(text)) or read(text), reader=reader)
    with pytest.raises(VoiceError, match="too long"):
        voice.speak("a" * 5_001, language="en")
    list(voice.speak("a" * 5_000, language="en"))
    assert asked == [5_000]


def test_cancelled_before_it_began_it_computes_nothing(voice):
    cancelled = threading.Event()
    cancelled.set()
    broken = GlowVoice(voice.description, None, None, None, read)
    assert list(broken.speak("hello", language="en", cancelled=cancelled)) == []


def test_once_it_is_cancelled_nothing_comes_and_nothing_is_computed(voice, monkeypatch):
    calls = []
    spectra = Vocoder._spectra
    monkeypatch.setattr(Vocoder, "_spectra", lambda self, mel: calls.append(1) or spectra(self, mel))
    cancelled = threading.Event()
    chunks = voice.speak("word " * 200, language="en", cancelled=cancelled)
    next(chunks)
    before = len(calls)
    cancelled.set()
    assert list(chunks) == []
    assert len(calls) == before


def test_closing_the_iterator_ends_the_work(voice, monkeypatch):
    calls = []
    spectra = Vocoder._spectra
    monkeypatch.setattr(Vocoder, "_spectra", lambda self, mel: calls.append(1) or spectra(self, mel))
    chunks = voice.speak("word " * 200, language="en")
    next(chunks)
    before = len(calls)
    chunks.close()
    assert (len(calls), list(chunks)) == (before, [])


def test_the_first_chunk_does_not_wait_for_the_last(voice, monkeypatch):
    frames = []
    spectra = Vocoder._spectra
    monkeypatch.setattr(
        Vocoder, "_spectra", lambda self, mel: frames.append(mel.shape[2]) or spectra(self, mel)
    )
    next(voice.speak("word " * 200, language="en"))
    assert sum(frames) < 100


def test_several_threads_may_speak_at_once(voice):
    alone = say(voice)
    with ThreadPoolExecutor(4) as threads:
        assert all(np.array_equal(sound, alone) for sound in threads.map(lambda _: say(voice), range(12)))


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_voice_is_loaded_from_its_folder_with_the_front_end_of_its_language(tmp_path, language):
    write_tiny_voice(tmp_path, language)
    text = {"en": "I hear you.", "fa": "می‌شنوم چه می‌گویید."}[language]
    voice = GlowVoice.load(tmp_path)
    assert sum(map(len, voice.speak(text, language=language))) > RATE // 10
    for without_words in ("", "😀", "...", "* * *", "\u200c"):
        assert list(voice.speak(without_words, language=language)) == []


@pytest.mark.parametrize("name", ["encoder.onnx", "decoder.onnx", "vocoder.onnx"])
def test_a_voice_that_lacks_a_file_says_which(tmp_path, name):
    write_tiny_voice(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(VoiceError, match=f"{name} can't be read"):
        GlowVoice.load(tmp_path)


@pytest.mark.parametrize("name", ["encoder.onnx", "decoder.onnx", "vocoder.onnx"])
def test_a_description_that_does_not_name_a_network_is_refused(tmp_path, name):
    files = write_tiny_voice(tmp_path).files
    write_tiny_voice(tmp_path, files={other: digest for other, digest in files.items() if other != name})
    with pytest.raises(VoiceError, match="lacks the encoder, decoder or vocoder"):
        GlowVoice.load(tmp_path)


def test_a_long_sentence_of_letters_is_cut_between_words(folder):
    letters = tuple(" ,.?!abcdefghijklmnopqrstuvwxyz")
    asked = []
    voice = made(folder, lambda text: list(text), reader="characters", symbols=letters)
    whole = voice.mel
    voice.mel = lambda symbols, **options: asked.append("".join(symbols)) or whole(symbols, **options)
    text = "some words of a sentence that does not end " * 8
    say(voice, text)
    assert "".join(asked) == text
    assert len(asked) > 1
    assert all(len(part) <= 220 and part.endswith(" ") for part in asked)
