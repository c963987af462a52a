"""A person's own page, open in real browsers on a gateway that runs in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway_parts import RunningGateway, running_gateway
from playwright.sync_api import Browser, Page

from bot.tokens import Claims
from session_log.events import ConsentSet, TalkStarted, TurnHeard

__all__ = ["RecordPages", "keep_talk", "served_gateway"]


@contextmanager
def served_gateway(folder: Path, **sections: Any) -> Iterator[RunningGateway]:
    """A gateway whose session log lies in this folder; `sections` of settings by name."""
    started, over = threading.Event(), threading.Event()
    running: list[RunningGateway] = []

    async def serve() -> None:
        async with running_gateway(folder, sections=sections) as served:
            running.append(served)
            started.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert started.wait(60)
        yield running[0]
    finally:
        over.set()
        thread.join(60)


def keep_talk(gateway: RunningGateway, words: str, *scopes: str, subject: str = "p-1") -> None:
    """Has the gateway's log hold a talk `t1` at clinic-1 in which these scopes were granted."""
    log, now = gateway.parts.session_log, datetime.now(UTC)
    began = {
        "subject": subject,
        "clinic": "clinic-1",
        "purpose": "therapy",
        "language": "en",
        "client": "test",
    }
    log.record(TalkStarted(talk_id="t1", at=now, **began))
    for scope in scopes:
        log.record(
            ConsentSet(talk_id="t1", at=now, scope=scope, granted=True, version="1", given_by="widget")
        )
    log.record(TurnHeard(talk_id="t1", turn_id="u1", at=now, language="en", text=words, source="typed"))
    assert log.flush()


class RecordPages:
    """Opens the page; `complaints` are what must not happen on any. Also a context manager."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[Any] = []
        self.complaints: list[str] = []

    def __enter__(self) -> RecordPages:
        return self

    def __exit__(self, *raised: object) -> None:
        for context in self._contexts:
            context.close()

    def open(self, gateway: RunningGateway, fragment: str, **options: Any) -> Page:
        """The page with this behind its address; `options` are a browser context's."""
        context = self._browser.new_context(**{"locale": "en-US", "accept_downloads": True, **options})
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._on_console)
        page.goto(f"{gateway.origin}/me{fragment}")
        page.wait_for_selector("html[data-ready]", state="attached")
        return page

    def of(self, gateway: RunningGateway, subject: str = "p-1", **options: Any) -> Page:
        """The page of a person."""
        token, _ = gateway.issuer.issue(Claims(subject=subject), lifetime_s=900)
        return self.open(gateway, f"#token={token}", **options)

    def _on_console(self, line: Any) -> None:
        if "Content Security" in line.text:
            self.complaints.append(line.text)
