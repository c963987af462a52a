"""The review over a real session log, on a clock that the tests move."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher
from chromium import running_chromium
from playwright.sync_api import Browser as Chromium
from starlette.applications import Starlette
from starlette.testclient import TestClient

from review.accounts import By, create_account, enrol
from review.app import Review, review_routes
from review.assignment_queries import assign
from review.pages import Pages
from review.roles import User
from session_log import SessionLog
from session_log.audit_events import AccessNoted
from session_log.events import ConsentSet, DistressRated, MoodEstimated, TalkEnded, TalkStarted, TurnHeard
from session_log.kinds import AnyEvent
from session_log.location import LogPlaces
from session_log.reader import reading

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "seven quiet herons wade"
OPERATOR = User("operator", "operator", "administrator", None, "")


@functools.cache
def _hashed() -> str:
    # With less work than real ones, which are checked in test_first_steps.
    return PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@dataclass
class Browser:
    """A browser on the pages: keeps cookies, fills in forms as they were shown."""

    client: TestClient
    user: Person | None = None

    def get(self, path: str, **options):
        return self.client.get(f"/review{path}", **options)

    def token(self, page: str) -> str:
        return re.search(r'name="csrf" value="([^"]+)"', self.get(page).text)[1]

    def post(self, path: str, data: dict[str, str] | None = None, *, shown_at: str | None = None, **options):
        """Sends a form with the token of the page that shows it."""
        token = self.token(shown_at or path)
        return self.client.post(f"/review{path}", data={"csrf": token, **(data or {})}, **options)


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    account: str
    login: str
    role: str
    clinic: str | None
    secret: str = field(repr=False)
    codes: tuple[str, ...] = ()


class Site:
    """A running review and what belongs to it."""

    def __init__(self, folder: Path) -> None:
        self.places = LogPlaces.of(folder / "log" / "session_log.sqlite")
        self.log = SessionLog.open(self.places)
        self.clock = Clock()
        self.review = Review(self.log, Pages.load(), now=self.clock)
        self.app = Starlette(routes=review_routes(self.review))

    def perform(self, job):
        return self.log.perform(job).result(10)

    def browser(self, address: str = "https://clinic.example", client: str = "203.0.113.7") -> Browser:
        """A browser that is not signed in; `client` is where it comes from."""
        return Browser(
            TestClient(self.app, base_url=address, client=(client, 50_000), follow_redirects=False)
        )

    def account(self, login: str, role: str = "therapist", clinic: str | None = "clinic-1") -> Person:
        """Makes an account that can sign in."""
        secret, codes = pyotp.random_base32(32), (f"AAAA{len(login)}-BBBBB", "CCCCC-DDDDD")
        by = By("operator", "operator", self.clock.now)

        def make(transaction):
            account = create_account(transaction, login, role, clinic, by)
            enrol(transaction, account, _hashed(), secret, list(codes), by)
            return account

        return Person(self.perform(make), login, role, clinic, secret, codes)

    def code(self, person: Person) -> str:
        return pyotp.TOTP(person.secret).at(self.clock.now)

    def sign_in(self, person: Person, browser: Browser | None = None) -> Browser:
        """Signs somebody in; the code of this half minute is used up by it."""
        browser = browser or self.browser()
        self.clock.move(seconds=30)
        browser.post("/sign-in", {"login": person.login, "password": PASSWORD})
        answer = browser.post("/second-factor", {"code": self.code(person)})
        assert answer.status_code == 303, answer.text
        browser.user = person
        return browser

    def signed_in(self, login: str, role: str = "therapist", clinic: str | None = "clinic-1") -> Browser:
        return self.sign_in(self.account(login, role, clinic))

    def assign(self, therapist: Person, person: str) -> None:
        self.perform(
            functools.partial(
                assign, user=OPERATOR, person=person, therapist=therapist.account, now=self.clock.now
            )
        )

    def record(self, *events: AnyEvent) -> None:
        for event in events:
            assert self.log.record(event)
        assert self.log.flush(20)

    def talk(
        self,
        talk_id: str,
        person: str | None = "person-1",
        *,
        clinic: str | None = "clinic-1",
        shared: bool = True,
        words: str = "it has been a long week",
        at: datetime | None = None,
    ) -> None:
        """Holds a talk with one turn."""
        start = at or self.clock.now - timedelta(days=1)
        scopes = ["talk", "store_text", "emotion", *(["share"] if shared else [])]
        turn = {"talk_id": talk_id, "turn_id": f"{talk_id}-turn-1"}
        self.record(
            TalkStarted(
                talk_id=talk_id,
                at=start,
                subject=person,
                clinic=clinic,
                purpose="therapy",
                language="en",
                country="GB",
                client="widget",
            ),
            *(
                ConsentSet(
                    talk_id=talk_id, at=start, scope=scope, granted=True, version="1", given_by="widget"
                )
                for scope in scopes
            ),
            DistressRated(talk_id=talk_id, at=start, value=7, moment="before"),
            TurnHeard(
                **turn,
                at=start + timedelta(seconds=4),
                language="en",
                text=words,
                source="voice",
                confidence=0.8,
                duration_ms=2_000,
            ),
            MoodEstimated(
                **turn,
                at=start + timedelta(seconds=5),
                modality="fused",
                label="sadness",
                probabilities={"sadness": 0.75, "neutral": 0.25},
                model="fusion-1",
                threshold=0.5,
                abstained=False,
                validated=True,
            ),
            DistressRated(talk_id=talk_id, at=start + timedelta(minutes=9), value=4, moment="after"),
            TalkEnded(talk_id=talk_id, at=start + timedelta(minutes=10), reason="client_closed"),
        )

    def noted(self, action: str | None = None) -> list[AccessNoted]:
        """What the audit says, in order."""
        assert self.log.flush(20)
        with reading(self.places) as reader:
            rows = reader.database.execute(
                "SELECT event_id, at, facts FROM events WHERE event_kind = 'access_noted' ORDER BY sequence"
            ).fetchall()
        import json

        events = [
            AccessNoted(event_id=id_, at=datetime.fromisoformat(at), **json.loads(facts))
            for id_, at, facts in rows
        ]
        return [event for event in events if action in (None, event.action)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.log.close()


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[[], Site]]:
    """Makes a site over the same log again, as after a restart."""
    sites: list[Site] = []

    def make() -> Site:
        for site in sites:
            site.log.close()
        sites.append(Site(tmp_path))
        return sites[-1]

    yield make
    for site in sites:
        site.log.close()


@pytest.fixture(scope="module")  # while it is open, no test of its session can run an event loop
def browser() -> Iterator[Chromium]:
    with running_chromium("--autoplay-policy=no-user-gesture-required") as running:
        yield running
