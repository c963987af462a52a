"""The page of one talk, and what may be done there: notes, corrections, flags, sound, export, erasing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from emotion.labels import UNCLEAR, Emotion
from on_call.wording import danger_words
from review.access import note_access, page
from review.forms import chosen, redirect_target, written
from review.identifiers import from_path, to_path
from review.pages import language_of, render
from review.parts import Review, review_of
from review.roles import CARE_ROLES, SUPERVISOR, User, may_see_content
from review.talk_view import MODALITIES, OPEN_KINDS, TalkView, compose, moments
from session_log.audio import AudioError, open_audio
from session_log.care_events import FLAG_STATES, FlagMoved, LabelReviewed, NoteWritten
from session_log.erasure import erase_talk
from session_log.export import FORMATS, Selection
from session_log.kinds import AnyEvent
from session_log.reader import LogReader, TalkSummary
from session_log.store import is_erased
from session_log.transaction import Transaction

__all__ = ["LABELS", "MOOD_AXIS", "ROUTES", "read_names"]

LABELS = (*(emotion.value for emotion in Emotion), UNCLEAR)
"""What a turn's mood may be corrected to."""

MOOD_AXIS = ("fear", "anger", "disgust", "sadness", UNCLEAR, "neutral", "surprise", "happiness")
"""The moods on the axis of the picture, from the bottom up."""

_MEDIA_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
_RIGHT_TO_LEFT = ("ar", "ckb", "fa", "he", "ps", "ur")


@dataclass(frozen=True, slots=True)
class _Opened:
    view: TalkView
    names: dict[str, str]


@page("session_viewed", CARE_ROLES)
async def _session(request: Request, user: User) -> Response:
    review, talk = review_of(request), _talk(request)
    content = may_see_content(user, talk)
    opened = await review.read(partial(_open, talk=talk, content=content))
    language = language_of(request)
    words = review.pages.words[language]
    points = moments(opened.view)
    return render(
        request,
        "session.html",
        talk=talk,
        view=opened.view,
        points=points,
        last=max([talk.ended_at or talk.started_at, *(point.at for point in points)]),
        names=opened.names,
        content=content,
        minutes=_minutes(talk),
        clock=partial(_clock, talk.started_at),
        direction_of=_direction,
        offset=lambda moment: (moment - talk.started_at).total_seconds(),
        mood_names=[words[f"moods.{mood}"] for mood in MOOD_AXIS],
        words_of=partial(_words_of, words),
        danger_words=partial(danger_words, language=language),
        may_write=talk.subject is not None and talk.erased_at is None,
        may_erase=user.role == SUPERVISOR and talk.erased_at is None,
        modalities=MODALITIES,
        mood_axis=MOOD_AXIS,
        labels=LABELS,
        flag_states=FLAG_STATES,
    )


@page("note_written", CARE_ROLES)
async def _note(request: Request, user: User) -> Response:
    review, talk = review_of(request), _talk(request)
    text = await written(request, "text")
    turn_id = await written(request, "turn", needed=False) or None
    anchor = "notes"
    if turn_id is not None:
        number = await review.read(partial(_number_of_turn, talk=talk, user=user, turn_id=turn_id))
        anchor = f"turn-{number}"
    note = NoteWritten(
        subject=_subject(talk),
        talk_id=talk.talk_id,
        turn_id=turn_id,
        at=review.now(),
        author=user.account,
        text=text,
    )
    await _append(review, note)
    return _back(request, talk, anchor)


@page("label_reviewed", CARE_ROLES)
async def _label(request: Request, user: User) -> Response:
    review, talk = review_of(request), _talk(request)
    _require_content(review, user, talk, "label_reviewed")
    emotion = await chosen(request, "emotion", LABELS)
    turn_id = await written(request, "turn")
    opened = await review.read(partial(_open, talk=talk, content=True))
    turn = opened.view.turn(turn_id)
    mood = None if turn is None else turn.mood
    if turn is None or mood is None:
        raise HTTPException(404)
    reviewed = LabelReviewed(
        subject=_subject(talk),
        talk_id=talk.talk_id,
        turn_id=turn_id,
        at=review.now(),
        author=user.account,
        was=mood.label,
        emotion=emotion,
        model=mood.model,
    )
    await _append(review, reviewed)
    return _back(request, talk, f"turn-{turn.number}")


@page("flag_moved", CARE_ROLES)
async def _flag(request: Request, user: User) -> Response:
    review, talk = review_of(request), _talk(request)
    if talk.flag_state is None:
        raise HTTPException(404)
    moved = FlagMoved(
        subject=_subject(talk),
        talk_id=talk.talk_id,
        at=review.now(),
        author=user.account,
        state=await chosen(request, "state", FLAG_STATES),
        remark=await written(request, "remark", needed=False) or None,
    )

    def move(transaction: Transaction) -> bool:
        erased = is_erased(transaction.database, talk.talk_id)
        return transaction.append(replace(moved, remark=None) if erased else moved)

    await review.write(move)
    return _back(request, talk, "flag")


@page("sound_heard", CARE_ROLES)
async def _sound(request: Request, user: User) -> Response:
    review, talk = review_of(request), _talk(request)
    _require_content(review, user, talk, "sound_heard")
    turn_id = from_path(request.path_params["turn"])
    if turn_id is None:
        raise HTTPException(404)
    sound = await review.read(partial(_open_sound, talk=talk, turn_id=turn_id))
    return Response(sound, media_type="audio/ogg", headers={"accept-ranges": "none"})


@page("session_exported", CARE_ROLES)
async def _export(request: Request, user: User) -> Response:
    review, talk = review_of(request), _talk(request)
    _require_content(review, user, talk, "session_exported")
    name = request.path_params["format"]
    pieces = FORMATS.get(name)
    if pieces is None:
        raise HTTPException(404)
    exported = await review.read(lambda reader: "".join(pieces(reader, Selection(talk_id=talk.talk_id))))
    headers = {"content-disposition": f'attachment; filename="talk.{name}"'}
    return Response(exported, media_type=_MEDIA_TYPES[name], headers=headers)


@page("session_erased", (SUPERVISOR,))
async def _erase(request: Request, user: User) -> Response:
    review, talk = review_of(request), _talk(request)
    await chosen(request, "confirmed", ("yes",))
    review.log.keep_no_more_of((talk.talk_id,))
    await review.write(
        partial(erase_talk, talk_id=talk.talk_id, actor=user.account, role=user.role, reason="asked")
    )
    return _back(request, talk)


def _open(reader: LogReader, talk: TalkSummary, content: bool) -> _Opened:
    events = reader.events(talk.talk_id, None if content else OPEN_KINDS)
    view = compose(events, shared=content)
    return _Opened(view, read_names(reader))


def read_names(reader: LogReader) -> dict[str, str]:
    """The login of each account, by its id."""
    return dict(reader.database.execute("SELECT account, login FROM review_accounts").fetchall())


def _number_of_turn(reader: LogReader, talk: TalkSummary, user: User, turn_id: str) -> int:
    content = may_see_content(user, talk)
    turn = compose(reader.events(talk.talk_id), shared=True).turn(turn_id) if content else None
    if turn is None:
        raise HTTPException(404)
    return turn.number


def _open_sound(reader: LogReader, talk: TalkSummary, turn_id: str) -> bytes:
    key = reader.talk_key(talk.talk_id)
    if key is None:
        raise HTTPException(404)
    try:
        return open_audio(reader.places.audio, key, talk.talk_id, turn_id)
    except AudioError:
        raise HTTPException(404) from None


async def _append(review: Review, event: AnyEvent) -> None:
    """Raises HTTPException 404 where the talk was erased meanwhile."""
    if await review.write(lambda transaction: transaction.append_as_consented(event)) is None:
        raise HTTPException(404)


def _words_of(words: Mapping[str, str], page: str, code: str, otherwise: str | None = None) -> str:
    """The words for a code of the log; for one that has none, as a deployer's own queue, what is given."""
    return words.get(f"{page}.{code}", code if otherwise is None else otherwise)


def _direction(language: str) -> str:
    return "rtl" if language.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


def _minutes(talk: TalkSummary) -> int:
    return 0 if talk.ended_at is None else round((talk.ended_at - talk.started_at).total_seconds() / 60)


def _clock(start: datetime, moment: datetime) -> str:
    """How far into the talk a moment is, as minutes and seconds."""
    minutes, seconds = divmod(max(0, int((moment - start).total_seconds())), 60)
    return f"{minutes}:{seconds:02d}"


def _talk(request: Request) -> TalkSummary:
    talk: TalkSummary = request.state.talk
    return talk


def _subject(talk: TalkSummary) -> str:
    """Raises HTTPException 404 for an anonymous talk, about which nothing can be kept."""
    if talk.subject is None:
        raise HTTPException(404)
    return talk.subject


def _require_content(review: Review, user: User, talk: TalkSummary, action: str) -> None:
    if not may_see_content(user, talk):
        note_access(review, user, action, allowed=False, person=talk.subject, talk_id=talk.talk_id)
        raise HTTPException(403)


def _back(request: Request, talk: TalkSummary, anchor: str = "") -> Response:
    return RedirectResponse(redirect_target(request, "sessions", to_path(talk.talk_id), anchor=anchor), 303)


ROUTES = [
    Route("/sessions/{talk_id}", _session),
    Route("/sessions/{talk_id}/notes", _note, methods=["POST"]),
    Route("/sessions/{talk_id}/labels", _label, methods=["POST"]),
    Route("/sessions/{talk_id}/flag", _flag, methods=["POST"]),
    Route("/sessions/{talk_id}/sound/{turn}", _sound),
    Route("/sessions/{talk_id}/talk.{format}", _export),
    Route("/sessions/{talk_id}/erase", _erase, methods=["POST"]),
]
"""What `review.app` puts together."""
