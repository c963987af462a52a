from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from dialogue.frames import ForgetRequest, HeardRequest, TurnRequest
from dialogue.turn_desk import TurnDesk


class Listener:
    """A client that notes its frames and can wait for the end of a turn."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self._changed = asyncio.Event()

    def post(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        self._changed.set()

    async def ended(self, count: int = 1) -> list[dict[str, Any]]:
        while sum(frame["type"] != "message" for frame in self.frames) < count:
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), 5)
        return self.frames


Emit = Callable[[Mapping[str, Any]], None]


class Dialogue:
    """An answerer that can be held up and made to fail."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.forgotten: list[str] = []
        self.heard: list[tuple[str, str]] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.failing: set[str] = set()
        self.now = self.most = 0

    async def answer(self, request: TurnRequest, emit: Emit) -> Mapping[str, Any]:
        self.asked.append(request.turn_id)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            emit({"text": f"{request.text} 1"})
            if request.turn_id in self.gates:
                await self.gates[request.turn_id].wait()
            if request.turn_id in self.failing:
                raise ValueError(request.text)
            emit({"text": f"{request.text} 2"})
        finally:
            self.now -= 1
        return {"mood": "unclear"}

    async def forget(self, sender: str) -> None:
        self.forgotten.append(sender)

    async def hear(self, request: HeardRequest) -> None:
        if request.turn_id in self.failing:
            raise ValueError(request.text)
        self.asked.append(f"heard {request.turn_id}")
        self.heard.append((request.turn_id, request.text))


def turn(turn_id: str, sender: str = "s", text: str = "hello") -> TurnRequest:
    return TurnRequest(turn_id, sender, text)


async def test_messages_are_numbered_and_followed_by_the_end() -> None:
    desk = TurnDesk((dialogue := Dialogue()).answer, dialogue.forget)
    listener = Listener()
    desk.submit(turn("a"), listener.post)
    frames = await listener.ended()
    assert [(frame["type"], frame["seq"]) for frame in frames] == [
        ("message", 0),
        ("message", 1),
        ("done", 2),
    ]
    await desk.close()


async def test_a_senders_turns_wait_for_each_other_and_another_sender_does_not() -> None:
    dialogue = Dialogue()
    dialogue.gates["a"] = asyncio.Event()
    desk = TurnDesk(dialogue.answer, dialogue.forget)
    first, other = Listener(), Listener()
    desk.submit(turn("a"), first.post)
    desk.submit(turn("b"), first.post)
    desk.submit(turn("c", sender="t"), other.post)
    await other.ended()
    assert dialogue.asked == ["a", "c"]
    dialogue.gates["a"].set()
    await first.ended(2)
    assert dialogue.asked == ["a", "c", "b"]
    assert dialogue.most == 2
    await desk.close()


async def test_a_repeated_turn_is_not_asked_again_even_while_it_runs() -> None:
    dialogue = Dialogue()
    dialogue.gates["a"] = asyncio.Event()
    desk = TurnDesk(dialogue.answer, dialogue.forget)
    one, two, three = Listener(), Listener(), Listener()
    desk.submit(turn("a"), one.post)
    await asyncio.sleep(0.01)
    desk.submit(turn("a"), two.post)
    assert [frame["seq"] for frame in two.frames] == [0]
    dialogue.gates["a"].set()
    await one.ended()
    desk.submit(turn("a"), three.post)
    assert one.frames == two.frames == three.frames
    assert dialogue.asked == ["a"]
    await desk.close()


async def test_only_so_many_turns_are_remembered() -> None:
    dialogue = Dialogue()
    desk = TurnDesk(dialogue.answer, dialogue.forget, remembered_turns=2)
    listener = Listener()
    for number, turn_id in enumerate(("a", "b", "c", "d"), start=1):
        desk.submit(turn(turn_id), listener.post)
        await listener.ended(number)
    desk.submit(turn("d"), listener.post)
    assert dialogue.asked == ["a", "b", "c", "d"]
    desk.submit(turn("a"), listener.post)
    await listener.ended(6)
    assert dialogue.asked == ["a", "b", "c", "d", "a"]
    await desk.close()


async def test_too_many_waiting_turns_are_refused() -> None:
    dialogue = Dialogue()
    dialogue.gates["a"] = asyncio.Event()
    desk = TurnDesk(dialogue.answer, dialogue.forget, waiting_turns=1)
    listener = Listener()
    desk.submit(turn("a"), listener.post)
    await asyncio.sleep(0.01)
    desk.submit(turn("b"), listener.post)
    desk.submit(turn("c"), listener.post)
    assert listener.frames[-1]["code"] == "busy"
    dialogue.gates["a"].set()
    await listener.ended(3)
    assert dialogue.asked == ["a", "b"]
    await desk.close()


async def test_a_failed_turn_says_so_without_its_words_and_can_be_sent_again() -> None:
    dialogue = Dialogue()
    dialogue.failing.add("a")
    desk = TurnDesk(dialogue.answer, dialogue.forget)
    listener = Listener()
    desk.submit(turn("a", text="marmalade"), listener.post)
    error = (await listener.ended())[-1]
    assert (error["type"], error["code"], error["turn_id"]) == ("error", "internal", "a")
    assert "marmalade" not in error["message"]
    dialogue.failing.clear()
    desk.submit(turn("a"), listener.post)
    assert (await listener.ended(2))[-1]["type"] == "done"
    await desk.close()


async def test_who_leaves_hears_no_more_but_the_turn_runs_on() -> None:
    dialogue = Dialogue()
    dialogue.gates["a"] = asyncio.Event()
    desk = TurnDesk(dialogue.answer, dialogue.forget)
    gone, back = Listener(), Listener()
    post = gone.post
    desk.submit(turn("a"), post)
    await asyncio.sleep(0.01)
    desk.leave(post)
    dialogue.gates["a"].set()
    await asyncio.sleep(0.01)
    desk.submit(turn("a"), back.post)
    assert len(gone.frames) == 1
    assert [frame["type"] for frame in await back.ended()] == ["message", "message", "done"]
    await desk.close()


async def test_forgetting_waits_for_the_turns_before_it_and_drops_them() -> None:
    dialogue = Dialogue()
    desk = TurnDesk(dialogue.answer, dialogue.forget)
    listener = Listener()
    desk.submit(turn("a"), listener.post)
    desk.submit_forget(ForgetRequest("s"), listener.post)
    assert (await listener.ended(2))[-1] == {"type": "forgotten", "sender": "s"}
    assert dialogue.forgotten == ["s"]
    desk.submit(turn("a"), listener.post)
    await listener.ended(3)
    assert dialogue.asked == ["a", "a"]
    await desk.close()


async def test_an_idle_worker_is_dropped_and_a_new_turn_gets_a_new_one() -> None:
    dialogue = Dialogue()
    desk = TurnDesk(dialogue.answer, dialogue.forget, idle_s=0.02)
    listener = Listener()
    desk.submit(turn("a"), listener.post)
    await listener.ended()
    assert desk.senders == ("s",)
    await asyncio.sleep(0.1)
    assert desk.senders == ()
    desk.submit(turn("b"), listener.post)
    await listener.ended(2)
    await desk.close()


async def test_closing_cancels_what_runs() -> None:
    dialogue = Dialogue()
    dialogue.gates["a"] = asyncio.Event()
    desk = TurnDesk(dialogue.answer, dialogue.forget)
    listener = Listener()
    desk.submit(turn("a"), listener.post)
    await asyncio.sleep(0.01)
    await asyncio.wait_for(desk.close(), 1)
    assert dialogue.now == 0
    assert desk.senders == ()


async def test_a_turn_that_takes_too_long_fails_and_the_next_one_is_answered() -> None:
    dialogue = Dialogue()
    dialogue.gates["slow"] = asyncio.Event()
    desk = TurnDesk(dialogue.answer, dialogue.forget, turn_s=0.05)
    listener = Listener()
    desk.submit(turn("slow"), listener.post)
    desk.submit(turn("next"), listener.post)
    frames = await listener.ended(2)
    assert [(frame["turn_id"], frame["type"]) for frame in frames] == [
        ("slow", "message"),
        ("slow", "error"),
        ("next", "message"),
        ("next", "message"),
        ("next", "done"),
    ]
    assert frames[1]["code"] == "timeout"
    dialogue.gates["slow"].set()
    desk.submit(turn("slow"), listener.post)
    assert (await listener.ended(3))[-1]["type"] == "done"
    await desk.close()


async def test_what_a_late_turn_says_is_not_heard_in_the_next_one() -> None:
    kept: list[Emit] = []

    async def answer(request: TurnRequest, emit: Emit) -> Mapping[str, Any]:
        kept.append(emit)
        if request.turn_id == "slow":
            await asyncio.sleep(60)
        kept[0]({"text": "too late"})
        emit({"text": "in time"})
        return {}

    desk = TurnDesk(answer, Dialogue().forget, turn_s=0.05)
    listener = Listener()
    desk.submit(turn("slow"), listener.post)
    desk.submit(turn("next"), listener.post)
    frames = await listener.ended(2)
    assert [frame["text"] for frame in frames if frame["type"] == "message"] == ["in time"]
    await desk.close()


async def test_a_turn_id_that_comes_back_with_other_words_is_refused() -> None:
    desk = TurnDesk((dialogue := Dialogue()).answer, dialogue.forget)
    listener = Listener()
    desk.submit(turn("a"), listener.post)
    await listener.ended()
    desk.submit(turn("a", text="marmalade"), listener.post)
    error = listener.frames[-1]
    assert (error["type"], error["code"], error["turn_id"]) == ("error", "turn_id_reused", "a")
    assert "marmalade" not in error["message"]
    assert dialogue.asked == ["a"]
    await desk.close()


async def test_a_thousand_senders_who_never_leave_take_the_room_of_a_few() -> None:
    desk = TurnDesk((dialogue := Dialogue()).answer, dialogue.forget, most_senders=20)
    listener = Listener()
    for number in range(1_000):
        desk.submit(turn("a", sender=f"s{number}"), listener.post)
        await listener.ended(number + 1)
    assert desk.senders == tuple(f"s{number}" for number in range(980, 1_000))
    assert len(dialogue.asked) == 1_000
    assert len(asyncio.all_tasks()) < 50
    await desk.close()


async def test_a_sender_at_work_never_makes_room_for_another() -> None:
    dialogue = Dialogue()
    dialogue.gates["a"] = asyncio.Event()
    desk = TurnDesk(dialogue.answer, dialogue.forget, most_senders=1)
    listener, other = Listener(), Listener()
    desk.submit(turn("a"), listener.post)
    desk.submit(turn("b", sender="t"), other.post)
    assert other.frames[-1]["code"] == "busy"
    desk.submit_forget(ForgetRequest("t"), other.post)
    assert other.frames[-1]["code"] == "busy"
    dialogue.gates["a"].set()
    await listener.ended()
    await asyncio.sleep(0.01)
    desk.submit(turn("b", sender="t"), other.post)
    assert (await other.ended(3))[-1]["type"] == "done"
    await desk.close()


async def test_a_sender_who_left_without_a_word_is_forgotten_after_a_while() -> None:
    desk = TurnDesk((dialogue := Dialogue()).answer, dialogue.forget, idle_s=0.02)
    listener = Listener()
    desk.submit(turn("a"), listener.post)
    await listener.ended()
    await asyncio.sleep(0.1)
    assert dialogue.forgotten == ["s"]
    await desk.close()


async def test_forgetting_that_hangs_is_reported_and_blocks_nobody() -> None:
    dialogue = Dialogue()

    async def hang(sender: str) -> None:
        await asyncio.sleep(60)

    desk = TurnDesk(dialogue.answer, hang, turn_s=0.05)
    listener = Listener()
    desk.submit_forget(ForgetRequest("s"), listener.post)
    desk.submit(turn("a"), listener.post)
    frames = await listener.ended(2)
    assert (frames[0]["type"], frames[0]["code"]) == ("error", "internal")
    assert frames[-1]["type"] == "done"
    await desk.close()


async def test_what_was_heard_is_noted_behind_its_turn_and_before_the_next_one() -> None:
    dialogue, listener = Dialogue(), Listener()
    desk = TurnDesk(dialogue.answer, dialogue.forget, dialogue.hear)
    dialogue.gates["1"] = asyncio.Event()
    desk.submit(TurnRequest("1", "s", "one"), listener.post)
    desk.submit_heard(HeardRequest("1", "s", "on…", "begun"), listener.post)
    desk.submit(TurnRequest("2", "s", "two"), listener.post)
    await asyncio.sleep(0.01)
    assert dialogue.asked == ["1"]
    dialogue.gates["1"].set()
    frames = await listener.ended(3)
    assert dialogue.asked == ["1", "heard 1", "2"]
    assert {"type": "noted", "turn_id": "1"} in frames
    await desk.close()


async def test_what_was_heard_of_a_failed_answer_is_noted_when_it_is_asked_for_again() -> None:
    dialogue, listener = Dialogue(), Listener()
    desk = TurnDesk(dialogue.answer, dialogue.forget, dialogue.hear)
    dialogue.failing.add("1")
    desk.submit(TurnRequest("1", "s", "one"), listener.post)
    await listener.ended(1)
    dialogue.failing.clear()
    desk.submit_heard(HeardRequest("1", "s", "", "unheard"), listener.post)
    desk.submit(TurnRequest("1", "s", "one"), listener.post)
    await listener.ended(3)
    assert dialogue.asked == ["1", "heard 1", "1", "heard 1"]
    await desk.close()


async def test_what_could_not_be_noted_gets_no_receipt_and_the_talk_goes_on() -> None:
    dialogue, listener = Dialogue(), Listener()
    desk = TurnDesk(dialogue.answer, dialogue.forget, dialogue.hear)
    dialogue.failing.add("1")
    desk.submit_heard(HeardRequest("1", "s", "", "unheard"), listener.post)
    desk.submit(TurnRequest("2", "s", "two"), listener.post)
    frames = await listener.ended(1)
    assert [frame["type"] for frame in frames] == ["message", "message", "done"]
    await desk.close()
