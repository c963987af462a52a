"""What the machine refuses: files, disk, ports, locks, settings. Real gateway processes."""

import asyncio
import resource
import sqlite3
from contextlib import closing

import pytest
from ruamel.yaml import YAML
from stack import Stack

from session_log.reader import list_talks

WRITTEN = {"output_modalities": ["text"]}


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))


async def test_a_full_disk_ends_no_talk(gateway):
    small = gateway(preexec=limit_files)
    await small.ready()
    async with small.talk(session=WRITTEN) as talk:
        for number in range(30):
            assert await talk.type(f"hello {number} " + "x" * 9_000)
            if not small.readiness()["session_log"]:
                break
        assert not small.readiness()["session_log"]
        assert await talk.type("I want to kill myself tonight.")
    assert "Traceback" not in small.log("gateway")


async def test_a_locked_database_delays_the_log_and_no_talk(gateway):
    busy = gateway()
    await busy.ready()
    async with busy.talk(session=WRITTEN) as talk:
        assert await talk.type("hello")
        with closing(sqlite3.connect(busy.database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert await talk.type("hello again")
            await asyncio.sleep(1)
            other.execute("ROLLBACK")
        assert await talk.type("thank you")
    async with asyncio.timeout(15):
        while [talk.turns for talk in list_talks(busy.database)] != [3]:
            await asyncio.sleep(0.1)


async def test_a_port_in_use_is_named(stack, tmp_path):
    await stack.ready()
    second = Stack(tmp_path, share=stack, server={"port": stack.ports["gateway"]})
    second.start("gateway")
    assert await asyncio.to_thread(second.wait, "gateway") == 2
    assert f"port {stack.ports['gateway']} can't be used" in second.log("gateway")
    assert "Traceback" not in second.log("gateway")


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"server": {"prot": 1}}, "hamdel.server.prot"),
        ({"server": {"port": "${HAMDEL_NO_SUCH_VARIABLE}"}}, "HAMDEL_NO_SUCH_VARIABLE"),
        ({"recogniser": {"model": "whisper-imaginary"}}, "whisper-imaginary"),
        ({"voice": {"name": "nobody"}}, "nobody"),
        ({"dialogue": {"url": "ws://127.0.0.1:99999/x"}}, "hamdel.dialogue.url"),
        ({"session_log": {"path": "/proc/nowhere/log.sqlite"}}, "/proc/nowhere"),
    ],
)
async def test_settings_that_cannot_be_used_end_the_start_with_one_line(stack, tmp_path, section, words):
    wrong = Stack(tmp_path, share=stack, **section)
    wrong.start("gateway")
    assert await asyncio.to_thread(wrong.wait, "gateway") == 2
    assert words in wrong.log("gateway")
    assert "Traceback" not in wrong.log("gateway")


async def test_a_missing_model_is_named_with_the_command_that_fetches_it(stack, tmp_path):
    empty = Stack(tmp_path, share=stack)
    (tmp_path / "models").unlink()
    empty.start("gateway")
    assert await asyncio.to_thread(empty.wait, "gateway") == 2
    assert "python -m bot models fetch" in empty.log("gateway")


async def test_endpoints_that_are_no_yaml_are_named(stack, tmp_path):
    broken = Stack(tmp_path, share=stack)
    (tmp_path / "endpoints.yml").write_text("hamdel: [\n")
    broken.start("gateway")
    assert await asyncio.to_thread(broken.wait, "gateway") == 2
    assert "endpoints.yml is not valid YAML" in broken.log("gateway")


async def test_two_gateways_do_not_share_a_log(stack, tmp_path):
    await stack.ready()
    second = Stack(tmp_path, share=stack)
    yaml = YAML()
    settings = yaml.load((tmp_path / "endpoints.yml").read_text())
    settings["hamdel"]["session_log"]["path"] = str(stack.database)
    with (tmp_path / "endpoints.yml").open("w") as file:
        yaml.dump(settings, file)
    second.start("gateway")
    assert await asyncio.to_thread(second.wait, "gateway") == 2
    assert "Traceback" not in second.log("gateway")
