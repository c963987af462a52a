"""Takes turns in and gives frames out: in order for each sender, once for each turn id."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dialogue.frames import (
    ForgetRequest,
    HeardRequest,
    TurnRequest,
    done_frame,
    error_frame,
    message_frame,
    noted_frame,
)

__all__ = ["Answer", "Forget", "Hear", "Post", "TurnDesk"]

logger = logging.getLogger(__name__)

Post = Callable[[dict[str, Any]], None]
"""Hands a frame to a client; must return at once."""

Answer = Callable[[TurnRequest, Callable[[Mapping[str, Any]], None]], Awaitable[Mapping[str, Any]]]
"""Answers a turn: calls its second argument with every message, returns the outcome."""

Forget = Callable[[str], Awaitable[None]]
"""Drops what is kept of a sender."""

Hear = Callable[[HeardRequest], Awaitable[None]]
"""Notes what was heard of the answer to a turn."""


@dataclass
class _Turn:
    """A turn's frames so far and who listens for more; they are kept to be replayed."""

    request: TurnRequest
    frames: list[dict[str, Any]] = field(default_factory=list)
    listeners: list[Post] = field(default_factory=list)
    finished: bool = False

    def add(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        for post in self.listeners:
            post(frame)


@dataclass
class _Sender:
    """One person's queue, the task that works through it, and the turns that are remembered.

    `pending` counts what was queued and is not done, the item in work included. `unanswered` is what was
    heard of answers that failed, should they be asked for again.
    """

    queue: asyncio.Queue[_Turn | tuple[ForgetRequest | HeardRequest, Post]]
    pending: int = 0
    turns: OrderedDict[str, _Turn] = field(default_factory=OrderedDict)
    unanswered: dict[str, HeardRequest] = field(default_factory=dict)
    worker: asyncio.Task[None] | None = None


class TurnDesk:
    """One queue and one worker for each sender; the turns of different senders run concurrently.

    Rasa holds a lock for each conversation, whose waiters poll once a second; a queue of our own
    spares them the waiting. A turn that takes too long is ended, and nothing that it says afterwards gets
    out. A turn that was sent twice (after a reconnection, say) is not asked
    twice: its frames so far are replayed, and the rest follow as they come.

    Args:
        answer: asks Rasa.
        forget: drops a sender's conversation.
        hear: notes what was heard of an answer; None where nobody wants to know.
        remembered_turns: how many turns of a sender can be replayed.
        waiting_turns: how many turns of a sender may wait.
        most_senders: how many senders have a queue; the one that rested longest makes room for a new one.
        turn_s: seconds after which a turn counts as failed, less than the gateway waits.
        idle_s: seconds after which an idle sender is forgotten: its client has left without saying so.
    """

    def __init__(
        self,
        answer: Answer,
        forget: Forget,
        hear: Hear | None = None,
        *,
        remembered_turns: int = 64,
        waiting_turns: int = 32,
        most_senders: int = 500,
        turn_s: float = 8.0,
        idle_s: float = 3_600.0,
    ) -> None:
        self._answer = answer
        self._forget = forget
        self._hear = hear
        self._remembered_turns = remembered_turns
        self._waiting_turns = waiting_turns
        self._most_senders = most_senders
        self._turn_s = turn_s
        self._idle_s = idle_s
        self._senders: OrderedDict[str, _Sender] = OrderedDict()

    @property
    def senders(self) -> tuple[str, ...]:
        """Those who have a worker at present."""
        return tuple(self._senders)

    def submit(self, request: TurnRequest, post: Post) -> None:
        """Queues a turn, or replays it; its frames go to `post`."""
        sender = self._sender(request.sender)
        if sender is None:
            post(error_frame(request.turn_id, "busy", "Too many senders are waiting; try again."))
            return
        known = sender.turns.get(request.turn_id)
        if known is not None and known.request.text != request.text:
            message = "This turn id belongs to other words; give each turn an id of its own."
            post(error_frame(request.turn_id, "turn_id_reused", message))
            return
        if known is not None:
            for frame in known.frames:
                post(frame)
            if not known.finished:
                known.listeners.append(post)
            return
        if sender.queue.full():
            message = "Too many turns of this sender are waiting; wait for an answer first."
            post(error_frame(request.turn_id, "busy", message))
            return
        turn = _Turn(request, listeners=[post])
        sender.turns[request.turn_id] = turn
        self._trim(sender)
        sender.pending += 1
        sender.queue.put_nowait(turn)

    def submit_forget(self, request: ForgetRequest, post: Post) -> None:
        """Queues the wish to be forgotten behind the sender's waiting turns."""
        sender = self._sender(request.sender)
        if sender is None or sender.queue.full():
            post(error_frame(None, "busy", "Too many turns of this sender are waiting; try again."))
            return
        sender.pending += 1
        sender.queue.put_nowait((request, post))

    def submit_heard(self, request: HeardRequest, post: Post) -> None:
        """Queues what was heard of an answer behind the sender's waiting turns, before those that come."""
        sender = self._sender(request.sender)
        if sender is None or sender.queue.full():
            post(error_frame(None, "busy", "Too many turns of this sender are waiting; try again."))
            return
        sender.pending += 1
        sender.queue.put_nowait((request, post))

    def leave(self, post: Post) -> None:
        """Sends nothing to `post` any more; its turns run to their end."""
        for sender in self._senders.values():
            for turn in sender.turns.values():
                turn.listeners = [listener for listener in turn.listeners if listener is not post]

    async def close(self) -> None:
        """Cancels every worker and waits until they have ended."""
        workers = [sender.worker for sender in self._senders.values() if sender.worker]
        self._senders.clear()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    def _sender(self, name: str) -> _Sender | None:
        sender = self._senders.get(name)
        if sender is None:
            if len(self._senders) >= self._most_senders and not self._make_room():
                return None
            sender = self._senders[name] = _Sender(asyncio.Queue(self._waiting_turns))
            sender.worker = asyncio.create_task(self._work(name, sender))
        self._senders.move_to_end(name)
        return sender

    def _make_room(self) -> bool:
        for name, sender in self._senders.items():
            if sender.worker is not None and sender.pending == 0:
                sender.worker.cancel()
                del self._senders[name]
                return True
        return False

    def _trim(self, sender: _Sender) -> None:
        surplus = len(sender.turns) - self._remembered_turns
        finished = [turn_id for turn_id, turn in sender.turns.items() if turn.finished]
        for turn_id in finished[: max(surplus, 0)]:
            del sender.turns[turn_id]

    async def _work(self, name: str, sender: _Sender) -> None:
        while True:
            try:
                item = await asyncio.wait_for(sender.queue.get(), self._idle_s)
            except asyncio.TimeoutError:
                if sender.pending == 0 and await self._forgotten(name) and sender.pending == 0:
                    break
                continue
            if isinstance(item, _Turn):
                await self._run(sender, item)
            elif isinstance(item[0], HeardRequest):
                await self._run_heard(sender, item[0], item[1])
            else:
                await self._run_forget(sender, item[0], item[1])
            sender.pending -= 1
        if self._senders.get(name) is sender:
            del self._senders[name]

    async def _run(self, sender: _Sender, turn: _Turn) -> None:
        turn_id = turn.request.turn_id
        count = 0

        def emit(message: Mapping[str, Any]) -> None:
            nonlocal count
            if turn.finished:
                return
            turn.add(message_frame(turn_id, count, message))
            count += 1

        try:
            outcome = await asyncio.wait_for(self._answer(turn.request, emit), self._turn_s)
            if turn_id in sender.unanswered:
                await self._heard(sender.unanswered.pop(turn_id))
            turn.add(done_frame(turn_id, count, outcome))
        except asyncio.TimeoutError:
            logger.error("A turn was not answered within %s s.", self._turn_s)
            sender.turns.pop(turn_id, None)
            turn.add(error_frame(turn_id, "timeout", "The turn took too long; send it again."))
        except Exception as error:
            # The boundary to Rasa: one failed turn must not end the sender's worker, and neither the
            # log nor the client may see what was said (a message of an error could quote it).
            logger.error("A turn failed with %s.", type(error).__name__)
            # Not remembered, so that sending it again asks again.
            sender.turns.pop(turn_id, None)
            turn.add(error_frame(turn_id, "internal", "The turn could not be answered; send it again."))
        finally:
            turn.finished = True
            turn.listeners.clear()

    async def _run_heard(self, sender: _Sender, request: HeardRequest, post: Post) -> None:
        turn = sender.turns.get(request.turn_id)
        if turn is None or not turn.finished:  # it failed, and is asked or may be asked again
            sender.unanswered[request.turn_id] = request
            while len(sender.unanswered) > self._waiting_turns:
                del sender.unanswered[next(iter(sender.unanswered))]
        if await self._heard(request):
            post(noted_frame(request.turn_id))

    async def _heard(self, request: HeardRequest) -> bool:
        try:
            if self._hear is not None:
                await asyncio.wait_for(self._hear(request), self._turn_s)
        except Exception as error:
            logger.error("Noting what was heard failed with %s.", type(error).__name__)
            return False
        return True

    async def _run_forget(self, sender: _Sender, request: ForgetRequest, post: Post) -> None:
        if not await self._forgotten(request.sender):
            post(error_frame(None, "internal", "The sender could not be forgotten; send it again."))
            return
        for turn_id in [turn_id for turn_id, turn in sender.turns.items() if turn.finished]:
            del sender.turns[turn_id]
        post({"type": "forgotten", "sender": request.sender})

    async def _forgotten(self, sender: str) -> bool:
        try:
            await asyncio.wait_for(self._forget(sender), self._turn_s)
        except Exception as error:
            logger.error("Forgetting a sender failed with %s.", type(error).__name__)
            return False
        return True
