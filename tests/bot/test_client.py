"""Our own client in every way that sound may travel, against a real gateway with scripted models."""

import json
import subprocess

import numpy as np
import pytest
from gateway_parts import ToneVoice, running_gateway

from bot.audio_encoding import ENCODINGS
from bot.client import ClientError, open_talk, read_recording


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("speech") / "sentence.wav"
    subprocess.run(
        ["espeak-ng", "-v", "en-us", "-s", "170", "-w", str(path), "I had a hard day."], check=True
    )
    return read_recording(path)


def talk_with(gateway, **options):
    return open_talk(url=f"ws://127.0.0.1:{gateway.port}/v1", token=gateway.token(), **options)


@pytest.mark.parametrize(
    ("audio_format", "binary"),
    [("audio/pcm", False), ("audio/pcm", True), ("audio/pcmu", True), ("audio/pcma", False)],
)
async def test_a_recording_is_played_and_the_answer_is_sound_at_the_usual_rate(
    tmp_path, recording, audio_format, binary
):
    async with (
        running_gateway(tmp_path, voices=(ToneVoice(seconds=0.5),)) as gateway,
        talk_with(gateway, audio_format=audio_format, binary=binary, language="en") as talk,
    ):
        turn = await talk.play(recording)
    assert turn.transcript == "I feel fine today."
    assert turn.reply_text == "I see."
    assert turn.reply_status == "completed"
    assert turn.reply_audio.dtype == np.int16
    assert len(turn.reply_audio) == pytest.approx(12_000, rel=0.01)
    assert np.median(turn.reply_audio) == pytest.approx(1_000, abs=30)
    assert "error" not in turn.events


async def test_sound_travels_in_the_form_that_was_asked_for(tmp_path, recording):
    sent = []

    class Noting:
        def __init__(self, socket):
            self._socket = socket

        def __aiter__(self):
            return self._socket.__aiter__()

        async def send(self, message):
            sent.append(message)
            await self._socket.send(message)

    async with (
        running_gateway(tmp_path, voices=(ToneVoice(seconds=0.1),)) as gateway,
        talk_with(gateway, audio_format="audio/pcmu", binary=True) as talk,
    ):
        talk._socket = Noting(talk._socket)
        await talk.play(recording, until="first_audio")
    frames = [message for message in sent if isinstance(message, bytes)]
    mulaw = ENCODINGS["audio/pcmu"]
    assert {len(frame) for frame in frames[1:]} == {mulaw.bytes_of(40)}
    assert mulaw.bytes_of(20) <= len(frames[0]) <= mulaw.bytes_of(40)
    assert not [
        message for message in sent if isinstance(message, str) and "append" in json.loads(message)["type"]
    ]


async def test_a_server_that_is_not_there_is_told_with_what_to_do():
    with pytest.raises(ClientError, match="make serve"):
        async with open_talk(url="ws://127.0.0.1:9/v1", token="t"):
            pass


async def test_a_wrong_token_is_told(tmp_path):
    async with running_gateway(tmp_path) as gateway:
        with pytest.raises(ClientError, match="refused"):
            async with open_talk(url=f"ws://127.0.0.1:{gateway.port}/v1", token="wrong"):
                pass


@pytest.mark.parametrize("content", [None, b"", b"no audio at all"])
def test_what_is_no_recording_is_told(tmp_path, content):
    path = tmp_path / "recording.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ClientError, match=r"recording\.wav"):
        read_recording(path)
