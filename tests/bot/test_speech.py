"""Words and feeling side by side, with the real recogniser and detector on speech of espeak-ng."""

import asyncio
import subprocess
import threading

import numpy as np
import pytest
import soundfile
import soxr

from bot.model_store import default_store
from bot.speech import Heard, LocalSpeech, SpeechBusyError, SpeechTimeoutError
from bot.transcriber import RecognitionStaleError, Transcriber, Transcript
from emotion import EmotionEstimate
from ser_model.detector import SpeechEmotionDetector


@pytest.fixture(scope="module")
def models():
    transcriber = Transcriber.load(default_store().path("whisper-base"), threads=1)
    return {None: transcriber}, SpeechEmotionDetector.load()


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
        def transcribe(self, samples, *, language, stale, full_window=False, on_encoded=None):
            released.wait(30)

    released = threading.Event()
    speech = LocalSpeech({None: SlowTranscriber()}, models[1], workers=1, queue=0, deadline_s=0.05)
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


class ScriptedTranscriber:
    """Does what it is told, call by call, and remembers with which window it was asked."""

    def __init__(self, *steps):
        self.steps = list(steps)
        self.windows = []

    def transcribe(self, samples, *, language, stale, full_window=False, on_encoded=None):
        self.windows.append(full_window)
        return self.steps.pop(0)(stale)


def words(stale):
    return Transcript("I feel fine.", "en", 1.0, 0.9, 0.0, False, 1_000)


def broken(stale):
    raise RuntimeError("could not decode pomegranate")


SAMPLES = np.zeros(16_000, dtype=np.float32)


@pytest.fixture
def scripted():
    def make(*steps, **options):
        transcriber = ScriptedTranscriber(*steps)
        options = {"workers": 1, "queue": 1, "deadline_s": 5, **options}
        made.append(LocalSpeech({None: transcriber}, None, **options))
        return made[-1], transcriber

    made = []
    yield make
    for speech in made:
        speech.close()


async def understand(speech):
    return await speech.understand(SAMPLES, language="en", with_emotion=False)


async def test_a_recognition_that_breaks_is_tried_again_with_the_full_window(scripted, caplog):
    speech, transcriber = scripted(broken, words)
    assert (await understand(speech)).transcript.text == "I feel fine."
    assert transcriber.windows == [False, True]
    assert "RuntimeError" in caplog.text
    assert "pomegranate" not in caplog.text


async def test_a_recognition_that_breaks_twice_is_given_up(scripted):
    speech, transcriber = scripted(broken, broken, words)
    with pytest.raises(RuntimeError):
        await understand(speech)
    assert (await understand(speech)).transcript.text == "I feel fine."
    assert transcriber.windows == [False, True, False]


async def test_the_second_try_has_no_more_time_than_the_first(scripted):
    def slow(stale):
        stale.wait(10)
        return words(stale)

    speech, _ = scripted(broken, slow, deadline_s=0.2)
    with pytest.raises(SpeechTimeoutError):
        await understand(speech)


@pytest.mark.parametrize("leave", ["deadline", "cancelled"])
async def test_a_recognition_that_nobody_waits_for_is_told_so_and_not_tried_again(scripted, leave):
    def stale_soon(stale):
        told.append(stale.wait(10))
        raise RecognitionStaleError

    told = []
    speech, transcriber = scripted(stale_soon, words, words, deadline_s=0.1 if leave == "deadline" else 60)
    waiting = asyncio.create_task(understand(speech))
    async with asyncio.timeout(5):
        while not transcriber.windows:
            await asyncio.sleep(0.005)
    if leave == "cancelled":
        waiting.cancel()
    (result,) = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(result, SpeechTimeoutError if leave == "deadline" else asyncio.CancelledError)
    async with asyncio.timeout(5):
        while speech.waiting:
            await asyncio.sleep(0.005)
    assert (told, transcriber.windows) == ([True], [False])


async def test_those_that_wait_are_counted_with_those_being_understood(scripted):
    def held(stale):
        released.wait(10)
        return words(stale)

    released = threading.Event()
    speech, _ = scripted(held, held, words, queue=2)
    assert speech.waiting == 0
    waiting = [asyncio.create_task(understand(speech)) for _ in range(4)]
    await asyncio.sleep(0.05)
    assert speech.waiting == 3
    waiting[2].cancel()  # it has not begun, so that its place is free at once
    await asyncio.sleep(0.05)
    assert speech.waiting == 2
    released.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [Heard, Heard, asyncio.CancelledError, SpeechBusyError]
    async with asyncio.timeout(5):
        while speech.waiting:
            await asyncio.sleep(0.005)


async def test_a_long_recording_is_broken_off_between_two_parts(models, recording):
    class Watched(threading.Event):
        """Is set as soon as it was looked at for the second time, at the second part."""

        looks = 0

        def is_set(self):
            self.looks += 1
            return self.looks > 1

    sentence = recording("I had a very hard day at work today.", "en-us")
    pause = np.zeros(16_000, dtype=np.float32)
    long = np.tile(np.concatenate((sentence, pause)), 12)
    assert len(long) > 28 * 16_000
    stale = Watched()
    with pytest.raises(RecognitionStaleError):
        models[0][None].transcribe(long, language="en", stale=stale)
    assert stale.looks == 2


async def test_the_full_window_can_be_asked_for(models, recording):
    samples = recording("I had a very hard day at work today.", "en-us")
    heard = models[0][None].transcribe(samples, language="en", full_window=True)
    assert heard.used_full_window
    assert "work today" in heard.text.lower()


class NotedTranscriber:
    """The real recogniser, and which languages it was asked for."""

    def __init__(self, transcriber):
        self.asked = []
        self._transcriber = transcriber

    def transcribe(self, samples, *, language, **options):
        self.asked.append(language)
        return self._transcriber.transcribe(samples, language=language, **options)


@pytest.fixture
def two_models(models):
    first, persian = NotedTranscriber(models[0][None]), NotedTranscriber(models[0][None])
    speech = LocalSpeech({None: first, "fa": persian}, models[1], workers=1, queue=1, deadline_s=60)
    yield speech, first, persian
    speech.close()


@pytest.mark.parametrize(
    ("text", "voice", "language", "asked"),
    [
        ("سلام، امروز حال من خوب نیست.", "fa", "fa", ([], ["fa"])),
        ("I had a very hard day at work today.", "en-us", None, ([None], [])),
        ("I had a very hard day at work today.", "en-us", "en", (["en"], [])),
    ],
    ids=["asked for", "another heard", "another asked for"],
)
async def test_a_language_with_a_model_of_its_own_is_recognised_by_it(
    two_models, recording, text, voice, language, asked
):
    speech, first, persian = two_models
    heard = await speech.understand(recording(text, voice), language=language, with_emotion=False)
    assert (first.asked, persian.asked) == asked
    assert heard.transcript.language == ("fa" if voice == "fa" else "en")
    assert heard.transcript.text


async def test_what_the_first_model_hears_in_that_language_is_recognised_again_by_its_own(
    two_models, recording, monkeypatch
):
    speech, first, persian = two_models
    # The small model rarely knows Persian of espeak-ng by itself: here it does.
    understand = first.transcribe
    monkeypatch.setattr(
        first,
        "transcribe",
        lambda samples, *, language, **options: understand(samples, language="fa", **options),
    )
    heard = await speech.understand(
        recording("سلام، امروز حال من خوب نیست.", "fa"), language=None, with_emotion=False
    )
    assert (persian.asked, heard.transcript.language) == (["fa"], "fa")


class StatesHead:
    """Pools the encoder's states, as a head on them does, and remembers them."""

    def __init__(self, card):
        self.card = card
        self.heard = []

    def estimate(self, states, *, samples, language):
        self.heard.append(states)
        louder = float(np.tanh(np.abs(states).mean()))
        return EmotionEstimate(
            "unclear", {"anger": louder, "neutral": 1 - louder}, "speech", "pooled-1", 0.6, True
        )


@pytest.fixture
def with_head(models):
    head = StatesHead(models[1].card)
    detector = ScriptedTranscriber()  # has no `estimate`: it would break, were it asked
    detector.card = None
    speech = LocalSpeech(
        models[0],
        detector,
        workers=1,
        queue=1,
        deadline_s=60,
        states_detector=head,
        encoding=models[0][None],
    )
    yield speech, head
    speech.close()


async def test_one_encoder_pass_gives_words_and_feeling(with_head, recording):
    speech, head = with_head
    samples = recording("I had a very hard day at work today.", "en-us")
    heard = await speech.understand(samples, language=None, with_emotion=True)
    assert "work today" in heard.transcript.text.lower()
    assert heard.mood.model == "pooled-1"
    assert heard.mood.validated
    assert len(head.heard) == 1
    assert head.heard[0].shape[1] == 512
    assert len(head.heard[0]) <= np.ceil(len(samples) / 320)


async def test_a_head_on_the_states_knows_by_the_words_whether_it_is_validated(with_head, recording):
    speech, _ = with_head
    heard = await speech.understand(
        recording("سلام، امروز حال من خوب نیست.", "fa"), language="fa", with_emotion=True
    )
    assert not heard.mood.validated


@pytest.mark.parametrize(
    ("samples", "consented"), [(np.zeros(32_000, np.float32), True), (None, False)], ids=["silence", "no"]
)
async def test_without_speech_or_consent_the_head_is_not_asked(with_head, recording, samples, consented):
    speech, head = with_head
    if samples is None:
        samples = recording("hello there", "en-us")
    heard = await speech.understand(samples, language="en", with_emotion=consented)
    assert heard.mood is None
    assert head.heard == []


async def test_a_head_that_breaks_leaves_the_words(with_head, recording, monkeypatch):
    speech, head = with_head
    monkeypatch.setattr(head, "heard", None)
    heard = await speech.understand(recording("one two three", "en-us"), language="en", with_emotion=True)
    assert heard.transcript.text
    assert heard.mood is None


async def test_states_of_a_broken_try_are_thrown_away(models):
    class BreaksAfterEncoding:
        def transcribe(self, samples, *, language, stale, full_window=False, on_encoded=None):
            on_encoded(np.full((50, 512), float(full_window), np.float32))
            if not full_window:
                raise RuntimeError("broken")
            return words(stale)

    head = StatesHead(models[1].card)
    encoding = BreaksAfterEncoding()
    options = {"workers": 1, "queue": 1, "deadline_s": 5, "states_detector": head, "encoding": encoding}
    speech = LocalSpeech({None: encoding}, models[1], **options)
    await speech.understand(SAMPLES, language="en", with_emotion=True)
    speech.close()
    (states,) = head.heard
    assert states.shape == (50, 512)
    assert (states == 1.0).all()
