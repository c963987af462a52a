"""A loudspeaker and a room made of numbers, with speech of espeak-ng on both sides."""

import io
import subprocess
import time

import numpy as np
import pytest
import soundfile
import soxr

from bot.echo_gate import EchoGate
from bot.endpointing import Endpointer, SpeechEnded, SpeechStarted
from bot.voice_activity import FRAME_SAMPLES, VoiceActivity, load_voice_activity_model

RATE_HZ = 16_000
SENT_HZ = 24_000
BOT = (
    "I am here with you and I listen to what you say. Take your time and breathe slowly in and out. "
    "There is nothing that you have to do right now. Many people feel like this after such a day."
)
BEGIN_MS = 512


def spoken(text, voice):
    made = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", "160", "--stdout", text], capture_output=True, check=True
    )
    samples, rate_hz = soundfile.read(io.BytesIO(made.stdout), dtype="float32")
    return soxr.resample(samples, rate_hz, RATE_HZ)


@pytest.fixture(scope="module")
def model():
    return load_voice_activity_model()


@pytest.fixture(scope="module")
def bot():
    return 0.7 * spoken(BOT, "en-us+f3")


@pytest.fixture(scope="module")
def user():
    return spoken("Wait, I want to say something about that.", "en-us")


def in_a_room(sound, chance):
    room = chance.normal(0, 1, 1_600) * np.exp(-np.arange(1_600) / 250)
    room[0] = 4
    return np.convolve(sound, room / np.sqrt((room**2).sum()))[: len(sound)]


def microphone(bot, *, delay_ms=180, echo_db=-15.0, user=None, user_at_ms=3_000):
    """What is heard from half a second before the bot speaks to a second after it; None in `echo_db`: no echo."""
    chance = np.random.default_rng(3)
    heard = chance.normal(0, 0.001, len(bot) + RATE_HZ * 2)
    if echo_db is not None:
        begin = RATE_HZ * (BEGIN_MS + delay_ms) // 1000
        echo = in_a_room(bot, chance) * 10 ** (echo_db / 20)
        heard[begin : begin + len(echo)] += echo[: len(heard) - begin]
    if user is not None:
        begin = RATE_HZ * (BEGIN_MS + user_at_ms) // 1000
        heard[begin : begin + len(user)] += user
    return np.clip(heard, -1, 1).astype(np.float32)[: len(heard) // FRAME_SAMPLES * FRAME_SAMPLES]


def listen(model, gate, heard, bot, *, stop_ms=None):
    """Speech that is found, as (event, milliseconds since the bot's beginning); the bot is sent as by `Speaker`."""
    sent = (soxr.resample(bot, RATE_HZ, SENT_HZ) * 32_767).astype(np.int16)
    endpointer, found, at, suppressed = Endpointer(patience_ms=600), [], 0, 0
    for number, probability in enumerate(VoiceActivity(model).probabilities(heard)):
        now_ms = number * 32
        if stop_ms is not None and now_ms >= stop_ms and at < len(sent):
            gate.stop(now_ms)
            at = len(sent)
        while at < len(sent) and now_ms >= BEGIN_MS and at / 24 - 200 <= now_ms - BEGIN_MS:
            gate.play(sent[at : at + 2_400], SENT_HZ, now_ms)
            at += 2_400
        frame = heard[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES]
        is_echo = gate.is_echo(frame, now_ms)
        suppressed += is_echo
        for event in endpointer.advance(0.0 if is_echo else float(probability)):
            found.append((type(event), now_ms + 32 - BEGIN_MS))
    return found, suppressed


def starts(found):
    return [at_ms for kind, at_ms in found if kind is SpeechStarted]


@pytest.mark.parametrize(("delay_ms", "echo_db"), [(60, -15), (180, -5), (180, -15), (180, -20), (400, -15)])
def test_the_bots_own_voice_is_known_within_a_second_and_then_not_heard(model, bot, delay_ms, echo_db):
    gate = EchoGate()
    found, _ = listen(model, gate, microphone(bot, delay_ms=delay_ms, echo_db=echo_db), bot)
    assert abs(gate.delay_ms - delay_ms) <= 24
    assert all(at_ms < 1_000 for at_ms in starts(found))
    ends = [at_ms for kind, at_ms in found if kind is SpeechEnded]
    assert all(at_ms < 1_600 + delay_ms for at_ms in ends)


def test_without_the_gate_the_bot_would_hear_itself(model, bot):
    class Open(EchoGate):
        def is_echo(self, frame, position_ms):
            return False

    found, _ = listen(model, Open(), microphone(bot), bot)
    assert len(found) > 2
    assert found[-1][1] > 5_000


def test_in_the_next_reply_the_echo_is_known_from_its_beginning(model, bot):
    gate = EchoGate()
    heard = microphone(bot)
    listen(model, gate, heard, bot)
    position_ms = len(heard) * 1000 // RATE_HZ
    sent = (soxr.resample(bot, RATE_HZ, SENT_HZ) * 32_767).astype(np.int16)
    voices = VoiceActivity(model).probabilities(heard)
    passed = 0
    for number, probability in enumerate(voices[: 3_000 // 32]):
        now_ms = position_ms + number * 32
        if now_ms - position_ms >= BEGIN_MS and (now_ms - position_ms) % 96 == 0:
            begin = (now_ms - position_ms - BEGIN_MS) * 24
            gate.play(sent[begin : begin + 2_304], SENT_HZ, now_ms)
        is_echo = gate.is_echo(heard[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES], now_ms)
        passed += probability >= 0.5 and not is_echo
    assert passed <= 3  # fewer frames than begin a turn


@pytest.mark.parametrize("echo_db", [-10.0, -15.0, -25.0])
def test_a_voice_over_the_echo_is_heard(model, bot, user, echo_db):
    found, _ = listen(model, EchoGate(), microphone(bot, echo_db=echo_db, user=user), bot)
    assert any(3_000 <= at_ms <= 3_400 for at_ms in starts(found))


@pytest.mark.parametrize("user_at_ms", [50, 300, 1_100, 3_000, 5_000])
def test_without_an_echo_nothing_is_taken_for_one(model, bot, user, user_at_ms):
    heard = microphone(bot, echo_db=None, user=user, user_at_ms=user_at_ms)
    gate = EchoGate()
    found, suppressed = listen(model, gate, heard, bot)
    assert suppressed == 0
    assert gate.delay_ms is None
    assert starts(found)[0] <= user_at_ms + 250


def test_an_echo_that_is_cancelled_later_is_forgotten(model, bot, user):
    gate = EchoGate()
    listen(model, gate, microphone(bot), bot)
    assert gate.delay_ms is not None
    talking = np.tile(user, 6)[: len(bot)]
    heard = microphone(bot, echo_db=None, user=talking, user_at_ms=0)
    sent = (soxr.resample(bot, RATE_HZ, SENT_HZ) * 32_767).astype(np.int16)
    for number in range(len(heard) // FRAME_SAMPLES):
        now_ms = 100_000 + number * 32
        gate.play(sent[number * 768 : (number + 1) * 768], SENT_HZ, now_ms)
        gate.is_echo(heard[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES], now_ms)
    assert gate.delay_ms is None


def test_what_was_stopped_is_no_longer_expected(model, bot, user):
    gate = EchoGate()
    heard = microphone(bot, user=user, user_at_ms=4_000)
    silent_from = RATE_HZ * (BEGIN_MS + 3_180) // 1000
    user_from = RATE_HZ * (BEGIN_MS + 4_000) // 1000
    heard[silent_from:user_from] *= 0.001
    rest = np.zeros(len(heard) - user_from, dtype=np.float32)
    rest[: len(user)] = 0.1 * user[: len(rest)]  # quieter than the echo was
    heard[user_from:] = rest
    found, _ = listen(model, gate, heard, bot, stop_ms=BEGIN_MS + 3_000)
    assert any(4_000 <= at_ms <= 4_400 for at_ms in starts(found))


def test_silence_noise_and_full_scale_harm_nothing():
    gate = EchoGate()
    chance = np.random.default_rng(1)
    for number in range(200):
        kind = (number // 20) % 4
        frame = [np.zeros(512), np.ones(512), chance.normal(0, 0.2, 512), -np.ones(512)][kind].astype(
            np.float32
        )
        gate.play((chance.normal(0, 1, 768) * 3_000).astype(np.int16), SENT_HZ, number * 32)
        assert gate.is_echo(frame, number * 32) in (True, False)
    assert np.isfinite(gate._gain_db).all()


def test_it_costs_little(model, bot, user):
    heard = microphone(bot, echo_db=None, user=user)
    gate, sent = EchoGate(), (soxr.resample(bot, RATE_HZ, SENT_HZ) * 32_767).astype(np.int16)
    begun = time.thread_time()
    for number in range(len(heard) // FRAME_SAMPLES):
        gate.play(sent[number * 768 : (number + 1) * 768], SENT_HZ, number * 32)
        gate.is_echo(heard[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES], number * 32)
    assert (time.thread_time() - begun) / (len(heard) / RATE_HZ) < 0.05
