"""Nothing that a person says, and no secret, reaches a log, a metric or an error, whatever goes wrong."""

import asyncio
import json
import signal

from stack import TOKEN_SECRET

WORDS = ("zanzibarquartz", "گلابتونیزد")
WRITTEN = {"output_modalities": ["text"]}


async def test_planted_words_and_secrets_are_in_no_output(gateway, stack, spoken):
    watched = gateway(recogniser={"deadline_s": 15})
    await watched.ready()
    token = watched.token()
    async with watched.talk(session=WRITTEN, token=token, grants=("talk", "emotion")) as talk:
        for word in WORDS:
            assert await talk.type(f"I feel sad, {word}.")
            await talk.connection.send(json.dumps({"type": word, "event_id": word}))
            await talk.connection.send('{"type": "hamdel.consent.set", "scope": "' + word + '"}')
            await talk.connection.send('{"broken ' + word)
            item = {"type": "message", "role": word, "content": [{"type": "input_text", "text": word}]}
            await talk.send("conversation.item.create", item=item)
        assert await talk.type(f"/restart{{{WORDS[0]}}}")
        await talk.hear(spoken("I had a very hard day at work with zanzibar."))
        await talk.reply(60)
        # Each part fails while it holds the words.
        stack.signal("dialogue", signal.SIGSTOP)
        try:
            assert await talk.type(f"are you there, {WORDS[0]}?")
        finally:
            stack.signal("dialogue", signal.SIGCONT)
        stack.signal("actions", signal.SIGSTOP)
        try:
            assert await talk.type(f"I feel very sad, {WORDS[1]}.", 60)
        finally:
            stack.signal("actions", signal.SIGCONT)
        stack.kill("actions")
        assert await talk.type(f"I feel very sad, {WORDS[0]}.", 60)
        stack.start("actions")
        await stack.ready()
        assert await talk.type(f"I want to kill myself, {WORDS[0]}.")
        talk.connection.transport.abort()
    await asyncio.sleep(1)
    watched.signal("gateway", signal.SIGTERM)
    await asyncio.to_thread(watched.wait, "gateway")
    outputs = [watched.log("gateway"), stack.log("dialogue"), stack.log("actions"), stack.log("gateway")]
    everything = "\n".join([*outputs, stack.get("/metrics")[1]]).lower()
    secrets = (token, TOKEN_SECRET.strip(), "server-key", watched._environment["HAMDEL_DIALOGUE_TOKEN"])
    for word in (*WORDS, "zanzibar", "hard day", *secrets):
        assert word.lower() not in everything, word
    escaped = [word.encode("unicode_escape").decode() for word in WORDS]
    assert not any(word in everything for word in escaped)
    for line in watched.log("gateway").splitlines():
        if line.startswith("{"):
            assert json.loads(line)["level"] in ("INFO", "WARNING", "ERROR")
