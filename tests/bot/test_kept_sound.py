"""The sound of consented turns, from the microphone to the sealed file; what fails is not felt in the talk."""

import asyncio
import io
from datetime import UTC, datetime

import numpy as np
import pytest
import soundfile

from bot.commands import KeepSound, Understand
from bot.kept_sound import KeptSound, ogg_opus
from session_log import SessionLog
from session_log.audio import open_audio
from session_log.events import AudioKept, ConsentSet, TalkStarted
from session_log.reader import reading

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TONE = (0.3 * np.sin(np.arange(16_000) * 2 * np.pi * 440 / 16_000)).astype(np.float32)


def understand(turn_id="turn-1", *, with_sound=True, attempt=1):
    return Understand(turn_id, attempt, 0, 1_000, None, False, with_sound)


@pytest.fixture
def log(tmp_path):
    with SessionLog.open(tmp_path / "log.sqlite") as opened:
        opened.record(
            TalkStarted(talk_id="t1", at=NOW, subject="p-1", purpose="therapy", language="en", client="test")
        )
        opened.record(
            ConsentSet(
                talk_id="t1", at=NOW, scope="store_audio", granted=True, version="1", given_by="widget"
            )
        )
        yield opened


async def kept(sounds, *turn_ids):
    async with asyncio.TaskGroup() as tasks:
        for turn_id in turn_ids:
            sounds.keep(KeepSound(turn_id, NOW), tasks)


def events(log):
    assert log.flush()
    with reading(log.places) as reader:
        return reader.events("t1", (AudioKept,)), reader.talk_key("t1")


def test_it_is_ogg_opus_that_sounds_like_what_was_said():
    encoded = ogg_opus(TONE)
    assert encoded.startswith(b"OggS")
    assert b"OpusHead" in encoded[:100]
    decoded, rate_hz = soundfile.read(io.BytesIO(encoded), dtype="float32")
    spectrum = np.abs(np.fft.rfft(decoded))
    assert abs(np.argmax(spectrum) * rate_hz / len(decoded) - 440) < 5
    assert len(encoded) < TONE.nbytes / 4


async def test_the_newest_sound_of_a_turn_is_kept(log):
    sounds = KeptSound(log, "t1")
    sounds.hold(understand(), TONE[:4_000])
    sounds.hold(understand(attempt=2), TONE)
    await kept(sounds, "turn-1")
    (event,), key = events(log)
    assert event.duration_ms == 1_000
    encoded = open_audio(log.places.audio, key, "t1", "turn-1")
    assert soundfile.info(io.BytesIO(encoded)).samplerate in (16_000, 48_000)


async def test_what_may_not_be_kept_is_not_even_held(log):
    sounds = KeptSound(log, "t1")
    sounds.hold(understand(with_sound=False), TONE)
    sounds.hold(understand("turn-2"), TONE)
    sounds.drop("turn-2")
    await kept(sounds, "turn-1", "turn-2", "turn-3")
    assert events(log)[0] == []


async def test_sound_of_turns_that_come_to_nothing_does_not_gather(log):
    sounds = KeptSound(log, "t1")
    for number in range(20):
        sounds.hold(understand(f"turn-{number}"), TONE)
    await kept(sounds, *(f"turn-{number}" for number in range(20)))
    assert {event.turn_id for event in events(log)[0]} == {"turn-16", "turn-17", "turn-18", "turn-19"}


async def test_a_disk_that_takes_nothing_is_not_felt_in_the_talk(log, caplog):
    log.places.audio.parent.joinpath(log.places.audio.name).touch()  # a file where the folder should be
    sounds = KeptSound(log, "t1")
    sounds.hold(understand(), TONE)
    await kept(sounds, "turn-1")
    assert "could not be kept" in caplog.text
    assert "t1" not in caplog.text
    assert events(log)[0] == []
