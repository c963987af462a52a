"""Words and feeling side by side, with the real recogniser and detector on speech of espeak-ng."""

import asyncio
import subprocess
import threading

import numpy as np
import pytest
import soundfile
import soxr

from bot.model_store import default_store
from bot.speech import LocalSpeech, SpeechBusyError, SpeechTimeoutError
from bot.transcriber import Transcriber
from ser_model.detector import SpeechEmotionDetector


@pytest.fixture(scope="module")
def models():
    return Transcriber.load(default_store().path("whisper-base"), threads=1), SpeechEmotionDetector.load()


@pytest.fixture
def backend(models):
    def make(**options):
        made.append(LocalSpeech(*models, **{"workers": 1, "queue": 2, "deadline_s": 60, **options}))
        return made[-1]

    made = []
    yield make
    for speech in made:
        speech.close()


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    def make(text, voice):
        path = tmp_path_factory.mktemp("speech") / "sentence.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text], check=True)
        samples, rate_hz = soundfile.read(path, dtype="float32")
        return soxr.resample(samples, rate_hz, 16_000).astype(np.float32)

    return make


async def test_words_and_feeling_come_together(backend, recording):
    heard = await backend().understand(
        recording("I had a very hard day at work today.", "en-us"), language=None, with_emotion=True
    )
    assert "work today" in heard.transcript.text.lower()
    assert heard.transcript.language == "en"
    assert heard.mood.validated
    assert sum(heard.mood.probabilities.values()) == pytest.approx(1, abs=1e-3)


async def test_without_consent_the_detector_is_not_asked(backend, recording):
    heard = await backend().understand(recording("hello there", "en-us"), language="en", with_emotion=False)
    assert heard.mood is None


async def test_feeling_in_persian_is_marked_as_not_validated(backend, recording):
    heard = await backend().understand(
        recording("سلام، امروز حال من خوب نیست.", "fa"), language="fa", with_emotion=True
    )
    assert heard.transcript.language == "fa"
    assert not heard.mood.validated


async def test_a_full_queue_refuses_at_once_and_takes_again_later(backend, recording):
    speech = backend(workers=1, queue=1)
    samples = recording("one two three", "en-us")
    waiting = [
        asyncio.create_task(speech.understand(samples, language="en", with_emotion=False)) for _ in range(3)
    ]
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results].count(SpeechBusyError) == 1
    assert (await speech.understand(samples, language="en", with_emotion=False)).transcript is not None


async def test_a_detector_that_breaks_leaves_the_words(models, recording):
    class BrokenDetector:
        card = models[1].card

        def estimate(self, samples, *, language):
            raise RuntimeError("broken")

    speech = LocalSpeech(models[0], BrokenDetector(), workers=1, queue=1, deadline_s=60)
    heard = await speech.understand(recording("one two three", "en-us"), language="en", with_emotion=True)
    speech.close()
    assert heard.transcript.text
    assert heard.mood is None


async def test_a_detector_that_is_too_late_leaves_the_words(models, recording):
    class SlowDetector:
        card = models[1].card

        def estimate(self, samples, *, language):
            released.wait(30)

    released = threading.Event()
    speech = LocalSpeech(models[0], SlowDetector(), workers=1, queue=1, deadline_s=60)
    heard = await speech.understand(recording("one two three", "en-us"), language="en", with_emotion=True)
    released.set()
    speech.close()
    assert heard.transcript.text
    assert heard.mood is None


async def test_whoever_stops_waiting_frees_no_place_before_the_thread_is_free(models, recording):
    class SlowTranscriber:
        def transcribe(self, samples, *, language, stale, full_window=False):
            released.wait(30)

    released = threading.Event()
    speech = LocalSpeech(SlowTranscriber(), models[1], workers=1, queue=0, deadline_s=0.05)
    samples = recording("one two three", "en-us")
    for expected in (SpeechTimeoutError, SpeechBusyError):
        with pytest.raises(expected):
            await speech.understand(samples, language="en", with_emotion=False)
    released.set()
    speech.close()


async def test_a_deadline_ends_the_wait(backend, recording):
    with pytest.raises(SpeechTimeoutError):
        await backend(deadline_s=0.001).understand(
            recording("one two three", "en-us"), language="en", with_emotion=False
        )
