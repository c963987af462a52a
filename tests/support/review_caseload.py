"""A log with invented people in it, and accounts of those who care for them; everything is written for real."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import soundfile

from review.accounts import By, create_account, enrol, log_key
from review.sign_in_sessions import SIGNED_IN, begin_session
from session_log import SessionLog
from session_log.account_rows import assignment_mac
from session_log.audio import keep_audio
from session_log.events import (
    AlertStep,
    AudioKept,
    ConsentSet,
    CrisisFlagged,
    DisclosureGiven,
    DistressRated,
    Event,
    HandedOff,
    LabelCorrected,
    MoodEstimated,
    ReplyGiven,
    ReplyHeard,
    ShownSuggestion,
    SuggestionFeedback,
    SuggestionsShown,
    TalkEnded,
    TalkStarted,
    TurnHeard,
)
from session_log.reader import reading
from session_log.transaction import Transaction

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CONSENTED = ("talk", "store_text", "emotion", "share")

WORDS = {
    "en": ("I could not sleep again.", "My boss shouted at me.", "It is a little better now."),
    "fa": ("باز هم نتوانستم بخوابم.", "رئیسم سرم داد زد.", "حالا کمی بهترم."),
}
REPLIES = {
    "en": ("That sounds tiring.", "That must have hurt.", "I am glad to hear it."),
    "fa": ("خسته‌کننده به نظر می‌رسد.", "حتماً سخت بوده است.", "خوشحالم که می‌شنوم."),
}
MOODS = ("sadness", "anger", "neutral")


@dataclass(frozen=True)
class Staff:
    """An account and the secret of a session of it."""

    account: str
    secret: str


def staff(
    log: SessionLog,
    login: str,
    role: str,
    clinic: str | None,
    persons: Sequence[str] = (),
    now: datetime = NOW,
) -> Staff:
    """Makes an account that is signed in, and assigns persons to it."""

    def job(transaction: Transaction) -> Staff:
        by = By("operator", "operator", now)
        account = create_account(transaction, login, role, clinic, by)
        enrol(transaction, account, "never used", "JBSWY3DPEHPK3PXP", [], by)
        for person in persons:
            at = now.isoformat(timespec="microseconds")
            mac = assignment_mac(log_key(transaction), account, person, at)
            query = "INSERT INTO review_assignments (therapist, person, at, mac) VALUES (?, ?, ?, ?)"
            transaction.database.execute(query, (account, person, at, mac))
        return Staff(account, begin_session(transaction, account, SIGNED_IN, now))

    return log.perform(job).result(10)


def talk_events(
    talk_id: str,
    person: str,
    start: datetime,
    *,
    clinic: str = "clinic-1",
    language: str = "fa",
    scopes: Sequence[str] = CONSENTED,
    crisis_level: int | None = None,
    words: Sequence[str] | None = None,
    before: int = 7,
    after: int = 4,
) -> list[Event]:
    """The events of a talk of three turns."""

    def later(seconds: float) -> datetime:
        return start + timedelta(seconds=seconds)

    events: list[Event] = [
        TalkStarted(
            talk_id=talk_id,
            at=start,
            subject=person,
            clinic=clinic,
            purpose="therapy",
            language=language,
            country="IR",
            client="widget",
        ),
        *(
            ConsentSet(
                talk_id=talk_id,
                at=later(0.1),
                scope=scope,
                granted=True,
                version="2026-11",
                given_by="widget",
            )
            for scope in scopes
        ),
        DisclosureGiven(
            talk_id=talk_id, at=later(0.5), version="1", language=language, spoken=True, shown=True
        ),
        DistressRated(talk_id=talk_id, at=later(5), value=before, moment="before"),
    ]
    for number, (said, mood) in enumerate(zip(words or WORDS[language], MOODS, strict=True)):
        turn = {"talk_id": talk_id, "turn_id": f"{talk_id}/turn {number}"}
        at = 60.0 * (number + 1)
        events += [
            TurnHeard(
                **turn,
                at=later(at),
                language=language,
                text=said,
                source="voice" if number < 2 else "typed",
                confidence=0.875 if number < 2 else None,
                duration_ms=2400 if number < 2 else None,
            ),
            _mood(turn, later(at + 0.1), "text", mood, 0.75),
            _mood(turn, later(at + 0.1), "fused", mood, 0.625),
            ReplyGiven(
                **turn,
                at=later(at + 1),
                language=language,
                text=REPLIES[language][number],
                intent="feel_sad",
                status="completed",
            ),
        ]
        if number < 2:
            events.append(_mood(turn, later(at + 0.1), "speech", "fear", 0.5))
        if number == 1:
            events += [
                ReplyHeard(**turn, at=later(at + 2), heard_text=REPLIES[language][number][:8]),
                SuggestionsShown(
                    **turn,
                    at=later(at + 2),
                    suggestions=(
                        ShownSuggestion("anger-001", "slow_breathing", 0.9, 0.5, 0),
                        ShownSuggestion("anger-003", "time_out", 0.4, 0.25, 1),
                    ),
                ),
                SuggestionFeedback(
                    talk_id=talk_id, at=later(at + 30), suggestion_id="anger-001", helped=True
                ),
                LabelCorrected(
                    talk_id=talk_id, at=later(at + 31), turn_id=turn["turn_id"], emotion="sadness"
                ),
            ]
    if crisis_level is not None:
        turn_id = f"{talk_id}/turn 0"
        events += [
            CrisisFlagged(
                talk_id=talk_id,
                turn_id=turn_id,
                at=later(61),
                level=crisis_level,
                country="IR",
                kind="self_harm",
                lines_shown=("اورژانس اجتماعی ۱۲۳", "Emergency 112"),
            ),
            AlertStep(
                talk_id=talk_id,
                at=later(62),
                alert_id=f"alert-{talk_id}",
                step="raised",
                level=crisis_level,
                kind="self_harm",
                clinic=clinic,
                contact="Duty desk",
                language=language,
                country="IR",
            ),
            HandedOff(talk_id=talk_id, at=later(63), queue="duty", reason="danger in words", reached=False),
        ]
    events.append(DistressRated(talk_id=talk_id, at=later(240), value=after, moment="after"))
    return events


def keep_talk(log: SessionLog, events: Sequence[Event], *, sound_of: str | None = None) -> None:
    """Records a talk and its end; with the sound of a turn where one is named."""
    for event in events:
        assert log.record(event)
    talk_id, last = events[0].talk_id, events[-1].at
    if sound_of is not None:
        assert log.flush()
        with reading(log.places) as reader:
            key = reader.talk_key(talk_id)
        assert key is not None
        digest = keep_audio(log.places.audio, key, talk_id, sound_of, ogg_tone())
        assert log.record(
            AudioKept(talk_id=talk_id, turn_id=sound_of, at=last, duration_ms=500, digest=digest)
        )
    assert log.record(TalkEnded(talk_id=talk_id, at=last + timedelta(seconds=20), reason="client_closed"))
    assert log.flush()


def ogg_tone(seconds: float = 0.5, rate_hz: int = 24_000) -> bytes:
    """Ogg Opus of a steady tone."""
    file = io.BytesIO()
    samples = 0.2 * np.sin(2 * np.pi * 330 * np.arange(int(seconds * rate_hz)) / rate_hz)
    soundfile.write(file, samples.astype(np.float32), rate_hz, format="OGG", subtype="OPUS")
    return file.getvalue()


def fill(log: SessionLog) -> None:
    """Three persons at clinic-1, of whom one shares nothing, and one at clinic-2."""
    add = partial(keep_talk, log)
    for week in range(3):
        start = NOW - timedelta(days=3 + 7 * week)
        sound = f"shared-{week}/turn 0" if week == 0 else None
        scopes = (*CONSENTED, "store_audio") if week == 0 else CONSENTED
        add(
            talk_events(f"shared-{week}", "p-sharing", start, scopes=scopes, before=7 - week, after=4 - week),
            sound_of=sound,
        )
    add(talk_events("flagged", "p-sharing", NOW - timedelta(hours=3), crisis_level=2, before=9, after=8))
    add(
        talk_events(
            "hidden",
            "p-hiding",
            NOW - timedelta(days=1),
            scopes=("talk", "store_text", "emotion"),
            crisis_level=3,
            words=("hidden words",) * 3,
            language="en",
        )
    )
    add(
        talk_events(
            "others", "p-of-others", NOW - timedelta(days=2), words=("words to others",) * 3, language="en"
        )
    )
    add(
        talk_events(
            "far",
            "p-far",
            NOW - timedelta(days=2),
            clinic="clinic-2",
            words=("words far away",) * 3,
            language="en",
        )
    )


def _mood(turn: dict[str, str], at: datetime, modality: str, label: str, share: float) -> MoodEstimated:
    rest = "happiness" if label != "happiness" else "neutral"
    return MoodEstimated(
        **turn,
        at=at,
        modality=modality,
        label=label,
        probabilities={label: share, rest: 1 - share},
        model=f"{modality}-1",
        threshold=0.5,
        abstained=False,
        validated=modality != "speech",
    )
