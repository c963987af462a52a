"""A talk in which the user cuts in: item, session log and Rasa's record hold the same words."""

import asyncio
import json
import subprocess
import time
import urllib.request

import pytest
from stack import ROOT, Stack, running_stack

from bot.client import read_recording
from session_log.events import ReplyGiven, ReplyHeard
from session_log.reader import read_talk

API_TOKEN = "only-for-this-test"  # noqa: S105


class OpenStack(Stack):
    """Whose Rasa shows its records."""

    def start(self, part):
        if part != "dialogue":
            super().start(part)
            return
        rasa = [str(ROOT / ".venv-dialogue/bin/rasa"), "run", "-i", "127.0.0.1"]
        rasa += ["--port", str(self.ports["dialogue"]), "--endpoints", str(self.folder / "endpoints.yml")]
        rasa += ["--enable-api", "--auth-token", API_TOKEN]
        with (self.folder / "dialogue.log").open("ab") as log:
            self._processes[part] = subprocess.Popen(
                rasa, cwd=ROOT, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )

    def utterances(self, talk_id):
        """Texts of the bot in Rasa's record of a talk."""
        url = f"http://127.0.0.1:{self.ports['dialogue']}/conversations/{talk_id}/tracker?token={API_TOKEN}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            events = json.load(answer)["events"]
        return [event["text"] for event in events if event["event"] == "bot"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with running_stack(tmp_path_factory.mktemp("stack"), kind=OpenStack) as running:
        yield running


async def read_for(talk, seconds):
    """Reads what comes in this time, as a client that plays it."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                talk.events.append(json.loads(await talk.connection.recv()))
    except TimeoutError:
        return


@pytest.mark.parametrize("played_ms", [900, None], ids=["truncated", "unsaid"])
async def test_after_the_user_cuts_in_all_know_the_same_of_the_reply(stack, spoken, played_ms):
    await stack.ready()
    async with stack.talk() as talk:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
        await talk.send("conversation.item.create", item=item)
        await talk.send("response.create")
        first = await talk.until("response.output_audio.delta")
        await read_for(talk, 1.3)
        await talk.hear(read_recording(spoken("Please wait, I want to tell you what happened.")).tobytes())
        done = await talk.until("response.done")
        assert done["response"]["status_details"]["reason"] == "turn_detected"
        if played_ms is not None:
            await talk.send(
                "conversation.item.truncate",
                item_id=first["item_id"],
                content_index=0,
                audio_end_ms=played_ms,
            )
        await talk.until("response.done")  # the answer to what cut in
        await talk.send("conversation.item.retrieve", item_id=first["item_id"])
        kept = (await talk.until("conversation.item.retrieved"))["item"]["content"][0]["transcript"]
        said = done["response"]["output"][0]["content"][0]["transcript"]
        talk_id = first["event_id"].removeprefix("event_").rpartition("_")[0]
        assert kept != said
        assert said.startswith(kept.removesuffix("…").rstrip("."))
        await becomes(kept, lambda: stack.utterances(talk_id)[0])
    await becomes(kept, lambda: last_logged(stack.database, talk_id))


def last_logged(database, talk_id):
    """What the session log says in the end that was heard of a talk's first reply; None without one."""
    _, events = read_talk(database, talk_id)
    replies = [event for event in events if isinstance(event, ReplyGiven | ReplyHeard)]
    return next(
        (event.heard_text for event in reversed(replies) if event.turn_id == replies[0].turn_id), None
    )


async def becomes(wanted, look, within_s=10):
    """Waits until what is looked at is what is wanted: it is told first, and written a moment later."""
    deadline = time.monotonic() + within_s
    while (found := look()) != wanted:
        assert time.monotonic() < deadline, f"{found!r} instead of {wanted!r}"
        await asyncio.sleep(0.1)
