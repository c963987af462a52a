"""One JSON object a line, and never anybody's words: each test plants one and looks for it."""

import asyncio
import gc
import io
import json
import logging
import subprocess
import sys
import textwrap
import threading
import warnings

import pytest

from bot.json_logs import configure_logging
from bot.settings import ROOT

SECRET = "pomegranate"


@pytest.fixture
def stream():
    """What is logged; the logging of the tests themselves is put back afterwards."""
    root = logging.getLogger()
    names = ("httpx", "httpcore", "uvicorn.access")
    before = root.handlers[:], root.level, [logging.getLogger(name).level for name in names]
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    out = io.StringIO()
    configure_logging(out)
    yield out
    root.handlers[:], level, levels = before
    root.setLevel(level)
    for name, old in zip(names, levels, strict=True):
        logging.getLogger(name).setLevel(old)
    logging.captureWarnings(False)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def failing(error):
    raise error


def test_a_line_is_an_object_with_time_level_and_logger(stream):
    logging.getLogger("bot.example").info("two\nlines of %s", "ours")
    (line,) = lines(stream)
    assert (line["level"], line["logger"], line["message"]) == ("INFO", "bot.example", "two\nlines of ours")
    assert line["time"].startswith("20")


def test_an_exception_is_its_class_and_its_places_without_its_message(stream):
    try:
        try:
            failing(ValueError(SECRET))
        except ValueError as error:
            raise RuntimeError(SECRET) from error
    except RuntimeError:
        logging.getLogger("bot.example").exception("it broke")
    (line,) = lines(stream)
    assert line["message"] == "it broke"
    assert "RuntimeError at" in line["exc_info"]
    assert "ValueError at" in line["exc_info"]
    assert f"{__file__}:" in line["exc_info"]
    assert "failing" in line["exc_info"]
    assert SECRET not in stream.getvalue()


def test_what_failed_inside_a_group_is_named_with_its_place(stream):
    async def crash():
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(failing, KeyError(SECRET)))

    try:
        asyncio.run(crash())
    except BaseExceptionGroup:
        logging.getLogger("bot.example").exception("the talk broke")
    (line,) = lines(stream)
    assert "KeyError at" in line["exc_info"]
    assert "failing" in line["exc_info"]
    assert SECRET not in stream.getvalue()


def test_errors_that_are_each_other_s_cause_end_somewhere(stream):
    one, two = ValueError(SECRET), KeyError(SECRET)
    one.__cause__, two.__cause__ = two, one
    try:
        raise one
    except ValueError:
        logging.getLogger("bot.example").exception("round and round")
    (line,) = lines(stream)
    assert "ValueError" in line["exc_info"]
    assert "KeyError" in line["exc_info"]


def test_a_task_that_nobody_awaits_does_not_tell_what_it_failed_with(stream):
    async def main():
        async def fail(words):
            raise ValueError(words)

        task = asyncio.create_task(fail(SECRET))
        await asyncio.sleep(0.01)
        del task
        gc.collect()

    asyncio.run(main())
    (line,) = lines(stream)
    assert (line["level"], line["logger"]) == ("ERROR", "asyncio")
    assert "ValueError at" in line["exc_info"]
    assert SECRET not in stream.getvalue()


def test_a_callback_that_fails_does_not_tell_what_it_was_called_with(stream):
    async def main():
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda words: failing(ValueError(words)), SECRET)
        future = loop.create_future()
        future.add_done_callback(lambda done: failing(ValueError(done.result())))
        future.set_result(f"{SECRET[:4]} {SECRET[-4:]}")
        await asyncio.sleep(0.01)

    asyncio.run(main())
    assert [line["level"] for line in lines(stream)] == ["ERROR", "ERROR"]
    for words in (SECRET, SECRET[:4], SECRET[-4:]):
        assert words not in stream.getvalue()


def test_warnings_go_through(stream):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("something is deprecated", DeprecationWarning, stacklevel=1)
    (line,) = lines(stream)
    assert (line["level"], line["logger"]) == ("WARNING", "py.warnings")
    assert "something is deprecated" in line["message"]


def test_libraries_that_write_addresses_are_silent(stream):
    for name in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(name).info("GET /v1/realtime?token=%s", SECRET)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).warning("still heard")
    assert [line["message"] for line in lines(stream)] == ["still heard"] * 2


def test_debugging_lines_of_libraries_are_left_out(stream):
    logging.getLogger("websockets.server").debug("< TEXT %s", SECRET)
    assert lines(stream) == []


def test_errors_that_nobody_catches_are_lines_without_content_too():
    program = f"""
        import threading
        from bot.json_logs import configure_logging

        class Frail:
            def __del__(self):
                raise ValueError("{SECRET} in a finaliser")

        def fail():
            raise KeyError("{SECRET} in a thread")

        configure_logging()
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        Frail()
        raise RuntimeError("{SECRET} at the end")
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, capture_output=True, text=True
    )
    told = [json.loads(line)["exc_info"].split(" at ")[0] for line in ended.stderr.splitlines()]
    assert told == ["KeyError", "ValueError", "RuntimeError"]
    assert SECRET not in ended.stdout + ended.stderr
    assert ended.returncode == 1
