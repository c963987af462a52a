"""The files of the fixed sentences, made by the real voice of espeak-ng."""

import asyncio
import hashlib
import os
import resource
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from tiny_voice import write_tiny_voice

from bot import rendered_speech
from bot.audio import samples_from_pcm16
from bot.fixed_sentences import FixedSentence
from bot.rendered_speech import RenderedSpeech, RenderingError, default_folder
from bot.rendering import render_lacking
from tts_voices import EspeakVoice, VoiceError, load_voice
from tts_voices.cached.sound_files import read_sealed
from tts_voices.cached.voice import CachedVoice

DANGER = FixedSentence("Please call 112 now.", "en", True)
PERSIAN = FixedSentence("لطفاً همین حالا با ۱۱۵ تماس بگیرید.", "fa", True)
PHRASE = FixedSentence("How are you?", "en", False)
NEW = FixedSentence("Are you safe right now?", "en", True)
SENTENCES = (DANGER, PERSIAN, PHRASE)
VOICES = (EspeakVoice(),)


@pytest.fixture(scope="module")
def master(tmp_path_factory):
    """A folder in which all is rendered."""
    folder = tmp_path_factory.mktemp("rendered") / "speech"
    assert render_lacking(RenderedSpeech(folder, SENTENCES), VOICES).rendered == len(SENTENCES)
    return folder


@pytest.fixture
def store(master, tmp_path):
    store = RenderedSpeech(shutil.copytree(master, tmp_path / "speech"), SENTENCES)
    yield store
    store.close()


def find(store, sentence, *names):
    async def finding():
        async with asyncio.timeout(5):
            return await store.find(names or ("espeak",), sentence.text, sentence.language)

    return asyncio.run(finding())


def file_of(store, sentence):
    """The file without which this sentence is not found."""
    for path in store.folder.glob("*.ogg"):
        path.rename(path.with_suffix(".away"))
        lost = store.read("espeak", sentence.text, sentence.language) is None
        path.with_suffix(".away").rename(path)
        if lost:
            return path
    raise AssertionError("it is in no file")


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_rendered_sentence_sounds_like_the_voice(store, sentence):
    rendered = samples_from_pcm16(find(store, sentence)).astype(float)
    spoken = np.concatenate(list(EspeakVoice().speak(sentence.text, language=sentence.language))).astype(
        float
    )
    assert abs(len(rendered) / 24_000 - len(spoken) / 22_050) < 0.005
    bins = len(spoken) // 441  # loudness in steps of 20 ms
    loudness = [
        [np.sqrt(np.mean(piece**2)) for piece in np.array_split(sound, bins)] for sound in (rendered, spoken)
    ]
    assert np.corrcoef(loudness)[0, 1] > 0.98
    assert 0.95 < np.sum(loudness[0]) / np.sum(loudness[1]) < 1.05
    assert np.abs(rendered).max() > 0.2 * 32_767


def test_what_is_rendered_is_found_without_any_program(store, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert all(find(store, sentence) for sentence in SENTENCES)
    assert not store.missed.is_set()
    assert render_lacking(store, VOICES).rendered == 0


def test_files_are_small(store):
    seconds = sum(len(find(store, sentence)) for sentence in SENTENCES) / 48_000
    assert store.size_bytes() / seconds < 15_000


def test_nothing_of_another_voice_text_or_language_is_taken(store):
    assert find(store, DANGER, "other") is None
    assert find(store, FixedSentence(DANGER.text, "fa", True)) is None
    assert find(store, FixedSentence("Please call 999 now.", "en", True)) is None
    assert store.missed.is_set()
    assert find(store, DANGER, "other", "espeak") is not None


def test_only_sentences_in_danger_are_fixed_at_any_speed(store):
    assert store.is_fixed(DANGER.text, "en", 1.0)
    assert store.is_fixed(DANGER.text, "en", 1.4)
    assert store.is_fixed(PHRASE.text, "en", 1.0)
    assert not store.is_fixed(PHRASE.text, "en", 0.9)
    assert not store.is_fixed(PHRASE.text, "fa", 1.0)
    assert not store.is_fixed("Whatever.", "en", 1.0)


def flipped(data):
    return data[:1_000] + bytes([data[1_000] ^ 1]) + data[1_001:]


@pytest.mark.parametrize(
    "damage",
    [flipped, lambda data: data[:-1], lambda data: data[: len(data) // 2], lambda data: b""],
)
def test_a_damaged_file_is_not_played_is_told_of_once_and_rendered_anew(store, damage, caplog):
    path = file_of(store, DANGER)
    whole = path.read_bytes()
    caplog.clear()
    path.write_bytes(damage(whole))
    assert (find(store, DANGER), find(store, DANGER)) == (None, None)
    assert len(caplog.records) == 1
    assert DANGER.text not in caplog.text
    assert store.missed.is_set()
    assert store.lacking(VOICES).missing == (DANGER,)
    assert render_lacking(store, VOICES).rendered == 1
    assert find(store, DANGER) is not None


def test_a_whole_file_under_the_name_of_another_is_damaged(store):
    shutil.copy(file_of(store, PHRASE), file_of(store, DANGER))
    assert find(store, DANGER) is None
    assert find(store, PHRASE) is not None


def test_a_folder_in_place_of_a_file_is_told_of_and_passed_over(store, caplog):
    path = file_of(store, DANGER)
    path.unlink()
    path.mkdir()
    assert find(store, DANGER) is None
    assert "is damaged" in caplog.text


class Noise:
    """espeak-ng's successor, without a program: that would be ended by the limit that stands for a full disk."""

    name = "espeak"
    sample_rate_hz = 24_000
    languages = frozenset({"en", "fa"})

    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        yield np.random.default_rng(1).integers(-9_000, 9_000, 24_000).astype(np.int16)


def test_a_full_disk_leaves_no_half_of_a_file_and_what_there_was(store):
    old = {sentence: find(store, sentence) for sentence in SENTENCES}
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(RenderingError, match="make room"):
            render_lacking(store, (Noise(),))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(store.folder.glob("*.part"))
    assert {sentence: find(store, sentence) for sentence in SENTENCES} == old
    assert render_lacking(store, (Noise(),)).rendered == len(SENTENCES)
    assert find(store, PHRASE) != old[PHRASE]


# Old sounds ----------------------------------------------------------------------------------------


@pytest.fixture
def own_voice(tmp_path):
    """Loads a voice of both languages, after changing fields of the English one's description."""

    def load(**changes):
        write_tiny_voice(tmp_path / "voice" / "en", **changes)
        write_tiny_voice(tmp_path / "voice" / "fa", "fa")
        return load_voice(str(tmp_path / "voice"))

    return load


def test_after_a_change_of_the_voice_the_old_sound_plays_until_it_is_rendered_anew(store, own_voice):
    earlier, later = own_voice(), own_voice(noise=1.2, length=1.4)
    render_lacking(store, (earlier,))
    old = {sentence: find(store, sentence, earlier.name) for sentence in SENTENCES}
    lacking = store.lacking((later, *VOICES))
    assert (lacking.missing, lacking.old) == ((), (DANGER, PHRASE))  # the Persian is as it was
    assert {sentence: find(store, sentence, later.name) for sentence in SENTENCES} == old
    assert not store.missed.is_set()
    assert render_lacking(store, (later, *VOICES)).rendered == 2
    assert not store.lacking((later, *VOICES)).sentences
    new = {sentence: find(store, sentence, later.name) for sentence in SENTENCES}
    assert [new[sentence] == old[sentence] for sentence in SENTENCES] == [False, True, False]


def test_a_voice_whose_sentences_are_kept_besides_has_the_same_sound(store, own_voice, tmp_path):
    voice = own_voice()
    render_lacking(store, (voice,))
    cached = CachedVoice(voice, tmp_path / "cache", 1, keep=lambda *_: True)
    try:
        assert not store.lacking((cached,)).sentences
        assert len(store.lacking((CachedVoice(own_voice(gain=1.1), tmp_path, 1, keep=cached),)).old) == 2
    finally:
        cached.close()


def without_fingerprint(path):
    """Makes a file as they were written before voices had fingerprints."""
    sound = read_sealed(path)[:-64]
    path.write_bytes(sound + hashlib.sha256(path.name.encode() + sound).digest())


def test_files_from_before_there_were_fingerprints_play_and_are_old(store):
    expected = find(store, DANGER)
    path = file_of(store, DANGER)
    without_fingerprint(path)
    assert find(store, DANGER) == expected
    assert (store.lacking(VOICES).missing, store.lacking(VOICES).old) == ((), (DANGER,))
    assert render_lacking(store, VOICES).rendered == 1
    assert find(store, DANGER) == expected
    assert not store.lacking(VOICES).sentences


def test_what_has_no_sound_is_rendered_before_what_has_an_old_one(store):
    without_fingerprint(file_of(store, DANGER))
    file_of(store, PHRASE).unlink()
    assert store.lacking(VOICES).sentences == (PHRASE, DANGER)


class Dead(Noise):
    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        raise VoiceError("its program is gone")


class Mute(Noise):
    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        yield np.zeros(0, dtype=np.int16)


@pytest.mark.parametrize(("voice", "problem"), [(Dead(), "is gone"), (Mute(), "gives no sound")])
def test_where_no_voice_can_speak_old_sounds_stay_and_play(store, voice, problem):
    old = {sentence: find(store, sentence) for sentence in SENTENCES}
    assert store.lacking((voice,)).old == SENTENCES
    with pytest.raises(RenderingError, match=problem):
        render_lacking(store, (voice,))
    assert {sentence: find(store, sentence) for sentence in SENTENCES} == old
    assert None not in old.values()


def test_a_voice_whose_files_can_not_be_read_is_named(store, monkeypatch):
    def unreadable(voice):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(rendered_speech, "voice_fingerprint", unreadable)
    with pytest.raises(RenderingError, match=r"the voice espeak .* \(Permission denied\)"):
        store.lacking(VOICES)
    assert find(store, DANGER) is not None


def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(tmp_path):
    (tmp_path / "file").write_text("")
    store = RenderedSpeech(tmp_path / "file" / "speech", SENTENCES)
    with pytest.raises(RenderingError, match="HAMDEL_HOME"):
        render_lacking(store, VOICES)
    assert find(store, DANGER) is None


def test_a_read_only_folder_is_played_from_and_what_it_lacks_is_refused(master):
    with tempfile.TemporaryDirectory() as home:
        folder = shutil.copytree(master, Path(home) / "speech")
        for each in (Path(home), folder):
            each.chmod(0o555)
        before = os.geteuid()
        if before == 0:  # for whom nothing is read-only
            os.seteuid(65534)
        try:
            complete, more = (RenderedSpeech(folder, (*SENTENCES, *new)) for new in ((), (NEW,)))
            assert render_lacking(complete, VOICES).rendered == 0
            assert find(complete, DANGER) is not None
            with pytest.raises(RenderingError, match="Permission denied"):
                render_lacking(more, VOICES)
        finally:
            os.seteuid(before)
            for each in (Path(home), folder):
                each.chmod(0o755)


def test_a_disk_that_does_not_answer_is_not_waited_for_and_the_event_loop_goes_on(store, monkeypatch):
    monkeypatch.setattr(rendered_speech, "_PATIENCE_S", 0.3)
    monkeypatch.setattr(store, "read", lambda *_: time.sleep(1.2))
    steps = []

    async def counting():
        while True:
            steps.append(1)
            await asyncio.sleep(0.005)

    async def finding():
        task = asyncio.create_task(counting())
        found = await store.find(("espeak",), DANGER.text, "en")
        task.cancel()
        return found

    assert asyncio.run(finding()) is None
    assert len(steps) > 5


def test_files_lie_beside_the_models(monkeypatch, tmp_path):
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "rendered_speech"
