"""A talk whose every neighbour misbehaves, and what has to hold all the same after each step.

`FuzzedTalk` plays the shell of a real conversation with the real crisis guard: it carries out the commands
late, in any order, twice, or never, as the moves of `fuzz_events` say. A broken promise of the core raises
`Violation`.
"""

import dataclasses
import json
import time
from collections import deque

import numpy as np
from fuzz_breaks import Broke, CameBack
from fuzz_events import (
    CRISIS_SENTENCES,
    Answered,
    Message,
    Passed,
    Recognised,
    Sounded,
    Spoke,
    StrayVoice,
    VoiceBroke,
    Voiced,
)
from promised_choices import PromisedChoices
from promised_return import PromisedReturn
from promised_sound import PromisedSound
from promises import (
    Violation,
    is_shown,
    letters,
    require_json,
    spellings,
    squeezed,
    words_of_user,
)
from scripted_talk import ScriptedTalk, speech_mood
from strict_json import strictly_read
from watched_guard import WatchedGuard

from bot import commands as c
from bot import endpointing as ep
from bot.back_channel import BurstJudge
from bot.dialogue_frames import DialogueFrameError, read_answer
from bot.protocol import AudioAppend, ProtocolError, decode_audio, parse_client_event
from session_log.events import EVENT_CLASSES, ReplyGiven

__all__ = ["FuzzedTalk", "Violation"]

_REMEMBERED = 32
_STAGES = {
    "response.created": 0,
    "response.output_item.added": 1,
    "response.content_part.added": 2,
    "response.output_audio.delta": 3,
    "response.output_audio_transcript.delta": 3,
    "response.output_text.delta": 3,
    "response.output_audio.done": 4,
    "response.output_audio_transcript.done": 5,
    "response.output_text.done": 5,
    "response.content_part.done": 6,
    "response.output_item.done": 7,
    "response.done": 8,
}
_ANSWERS = {
    "session.update": "session.updated",
    "input_audio_buffer.clear": "input_audio_buffer.cleared",
    "conversation.item.create": "conversation.item.added",
    "conversation.item.retrieve": "conversation.item.retrieved",
    "conversation.item.delete": "conversation.item.deleted",
    "conversation.item.truncate": "conversation.item.truncated",
    "response.cancel": "response.done",
}


_PEOPLE = ("nobody_on_call", "calling", "delivered", "acknowledged", "unreached")


_FRAMES = tuple(
    np.sin(2 * np.pi * pitch * np.arange(512) / 16_000).astype(np.float32) for pitch in (300.0, 2_000.0)
)


class FuzzedTalk:
    """Plays moves against a conversation.

    Attributes:
        steps: steps of the core so far.
        errors: `error` events so far.
        slowest_s: the most processor time that a step took.
        closed: the core asked for the talk's end.
    """

    def __init__(self, **options):
        self.guard = WatchedGuard()
        talk = ScriptedTalk(own_events=False, guard=self.guard, **options)
        self.conversation = talk.conversation
        self.now_ms = talk.now_ms
        self.steps = 0
        self.errors = 0
        self.slowest_s = 0.0
        self.closed = False
        self._sequence = 0
        self._own = False
        self._in_crisis = False
        self._stage = None
        self._open = None
        self._silenced = 0
        self._endpointer = ep.Endpointer(patience_ms=600)
        self._judge = BurstJudge()
        self._lowered = None
        self._held = False
        self._overheard = deque()
        self._items = deque(maxlen=_REMEMBERED)
        self._to_understand = deque(maxlen=_REMEMBERED)
        self._to_answer = deque(maxlen=_REMEMBERED)
        self._answered = deque(maxlen=_REMEMBERED)
        self._to_speak = {}
        self._to_finish = deque(maxlen=_REMEMBERED)
        self._people = deque(maxlen=_REMEMBERED)
        self._formats = PromisedSound()
        self._return = PromisedReturn()
        self._choices = PromisedChoices()
        self._take(talk.commands)

    def play(self, move):
        """Plays one move.

        Raises:
            Violation: where the core breaks a promise.
        """
        if self.closed:
            return
        self._pass_deadlines()
        match move:
            case Message() if not self._return.lost:
                self._message(move.text)
            case Broke() if not self._return.lost and self.conversation.resumable:
                self._return.lose(self.now_ms)
                self._do("lose")
            case CameBack():
                self._come_back(move)
            case Voiced() if not self._return.lost:
                self._voice(move)
            case StrayVoice():
                self._hear(move.event)
            case Recognised():
                self._recognise(move)
            case Answered():
                self._answer(move)
            case Sounded():
                self._sound(move)
            case Spoke() if self._to_finish and not self._held:
                self._do("spoken", self._pick(self._to_finish, move.which))
            case VoiceBroke() if self._to_speak:
                self._do("voice_failed", self._pick(list(self._to_speak), move.which))
            case Passed():
                self.now_ms += move.milliseconds
                if self._people:
                    status = _PEOPLE[self.steps % len(_PEOPLE)]
                    self._do("people", self._people.popleft().kind, status)
                self._do("tick", server_may_complain=True)
                self._return.check_silence(self._endpointer.speaking, self.now_ms)

    def settle(self):
        """Answers everything that is open; then no reply may be left hanging."""
        self.play(Passed(2_000))
        for _ in range(4):
            if self.closed:
                return
            for asked in list(self._to_understand):
                self._do(
                    "understood", c.Understood(asked.item_id, asked.attempt, "well", "en", 0.9, 900, None)
                )
            self._to_understand.clear()
            for asked in list(self._to_answer):
                self._do("dialogue", c.DialogueDone(asked.turn_id, "share", "en"))
            self._to_answer.clear()
            for generation in list(self._to_finish):
                self._do("spoken", generation)
            self._to_finish.clear()
        if self._lowered is not None or self._held:
            raise Violation("the volume is left lowered although the voice is over")
        if self._open is not None:
            raise Violation("a reply is left open although every part has done its work")

    def leave(self):
        """The client goes away."""
        self._do("end", "client_left")
        if self._open is not None:
            raise Violation("a reply outlives its talk")

    # Moves ----------------------------------------------------------------------------------------

    def _message(self, text):
        for number, item_id in enumerate(reversed(self._items)):
            if f'"@{number}"' in text:
                text = text.replace(f'"@{number}"', json.dumps(item_id))
        try:
            event = parse_client_event(text)
            if isinstance(event, AudioAppend):
                decode_audio(event, self._formats.encoding_in)
                return
        except ProtocolError as error:
            sent = self._do("refuse", error, client=True)
            if [e["type"] for e in sent] != ["error"]:
                raise Violation("a message that can't be read is not answered with one error") from None
        except Exception as error:
            raise Violation(f"reading a message raised {type(error).__name__}") from error
        else:
            sent = self._do("receive", event, client=True)
            self._return.note_sent(event, sent)
        self._check_answer(text, sent)

    def _come_back(self, move):
        # Without a break before it, another websocket takes the place of the one that still stands.
        if not self._return.may_return(self.conversation, self.now_ms):
            return
        self._return.check_regained(self._do("regain"))
        again = self._return.sent_again()
        if move.sends_again and again is not None:
            before = len(self._to_answer)
            sent = self._do("receive", again, client=True)
            self._return.check_sent_again(sent, doubled=len(self._to_answer) > before)

    def _check_answer(self, text, sent):
        errors = [event["error"] for event in sent if event["type"] == "error"]
        if len(errors) > 1:
            raise Violation("one client event has more than one error")
        data = strictly_read(text)
        data = data if isinstance(data, dict) else {}
        if errors and errors[0]["event_id"] not in spellings(data.get("event_id")):
            raise Violation("an error does not carry the id of the client's event")
        wanted = _ANSWERS.get(data.get("type")) if isinstance(data.get("type"), str) else None
        if wanted is not None and not errors and wanted not in [event["type"] for event in sent]:
            raise Violation(f"{data['type']} has neither {wanted} nor an error")

    def _hear(self, event):
        self._do("hear", event)

    def _voice(self, move):
        for number, probability in enumerate((1.0,) * move.voiced + (0.0,) * move.silent):
            events = list(self._endpointer.advance(probability))
            for event in [*events, *self._judge.advance(_FRAMES[number % 2], probability, events)]:
                self._hear(event)

    def _recognise(self, move):
        if not self._to_understand:
            return
        asked = self._pick(self._to_understand, move.which)
        attempt = asked.attempt - move.age
        mood = None if move.mood is None else speech_mood(move.mood)
        others = CRISIS_SENTENCES[:2] if asked.start_ms % 7 == 0 else ()
        result = (
            c.UnderstandingFailed(asked.item_id, attempt)
            if move.text is None
            else c.Understood(asked.item_id, attempt, move.text, move.language, 0.5, 1_500, mood, others)
        )
        for _ in range(move.times):
            self._do("understood", result)

    def _answer(self, move):
        if move.which >= 0 and self._to_answer:
            turn_id = self._pick(self._to_answer, move.which).turn_id
        elif move.which == -1 and self._answered:
            turn_id = self._answered[-1].turn_id
        else:
            turn_id = "unknown"
        if move.text is not None or move.custom is not None or move.buttons is not None:
            frame = {
                "type": "message",
                "turn_id": turn_id,
                "seq": 0,
                "text": move.text,
                "custom": move.custom,
                "buttons": move.buttons,
                "name": move.name,
            }
            try:
                answer = read_answer(json.dumps(frame))
            except DialogueFrameError:
                self._do("dialogue", c.DialogueFailed(turn_id))
            else:
                self._do("dialogue", answer.content)
        if move.ending == "done":
            self._do("dialogue", c.DialogueDone(turn_id, move.intent, move.language, move.crisis))
        elif move.ending == "failed":
            self._do("dialogue", c.DialogueFailed(turn_id))
        if move.ending is not None:
            for asked in [asked for asked in self._to_answer if asked.turn_id == turn_id]:
                self._to_answer.remove(asked)
                self._answered.append(asked)

    def _sound(self, move):
        if not self._to_speak or self._held:
            return
        generation = self._pick(list(self._to_speak), move.which)
        for piece in range(move.pieces):
            index = piece * self._to_speak[generation] // move.pieces
            self._formats.take(generation, 2 * move.samples)
            sent = self._do("sound", generation, index, b"\0\0" * move.samples)
            if generation <= self._silenced and sent:
                raise Violation("sound of a silenced reply gets out")

    def _pass_deadlines(self):
        # No part is waited for without end: the shell fails what takes too long.
        if len(self._to_understand) == _REMEMBERED:
            late = self._to_understand.popleft()
            self._do("understood", c.UnderstandingFailed(late.item_id, late.attempt))
        if len(self._to_answer) == _REMEMBERED:
            self._do("dialogue", c.DialogueFailed(self._to_answer.popleft().turn_id))

    @staticmethod
    def _pick(of, which):
        return of[-1 - which % len(of)]

    # Promises -------------------------------------------------------------------------------------

    def _do(self, step, *arguments, client=False, server_may_complain=False):
        self.guard.begin_step()
        begun = time.thread_time()
        try:
            commands = getattr(self.conversation, step)(*arguments, self.now_ms)
        except Exception as error:
            raise Violation(f"{step} raised {type(error).__name__}: {error}") from error
        self.slowest_s = max(self.slowest_s, time.thread_time() - begun)
        self.steps += 1
        self.now_ms += 1
        sent = self._take(commands)
        self._formats.check_given()
        self._check_crisis(sent)
        # A reply that was asked for before the words were known is refused when there are none.
        complaints = [
            event
            for event in sent
            if event["type"] == "error"
            and not (step in ("hear", "understood") and event["error"]["code"] == "no_turn_to_answer")
        ]
        if not client and not server_may_complain and complaints:
            raise Violation(f"{step} sends an error although no client event was wrong")
        while self._overheard:
            self._do("hear", self._overheard.popleft())
        return sent

    def _take(self, commands):
        sent = []
        for command in commands:
            match command:
                case c.Send():
                    self._check_event(command.event)
                    sent.append(command.event)
                case c.Record():
                    self._check_record(command.event)
                case c.Understand():
                    stale = [asked for asked in self._to_understand if asked.item_id == command.item_id]
                    for asked in stale:
                        self._to_understand.remove(asked)
                    self._to_understand.append(command)
                case c.TellDialogue():
                    require_json({"text": command.heard_text}, "TellDialogue")
                    if command.question not in ("heard", "begun", "unheard"):
                        raise Violation("the dialogue is not told what was heard of the question")
                case c.AskDialogue():
                    require_json({"text": command.text, **command.metadata}, "AskDialogue")
                    self._to_answer.append(command)
                case c.Speak():
                    self._check_speak(command)
                case c.FinishSpeaking():
                    self._to_finish.append(command.generation)
                case c.HoldSpeaking():
                    self._held = True
                case c.ReleaseSpeaking():
                    self._held = False
                case c.StopSpeaking():
                    self._held = False
                    self._silenced = max(self._silenced, command.generation)
                    if command.generation in self._to_finish:
                        self._to_finish.remove(command.generation)
                case c.ConfigureListening():
                    self._endpointer.configure(
                        threshold=command.threshold,
                        patience_ms=command.patience_ms if command.automatic else 10**9,
                        grace_ms=command.grace_ms,
                    )
                case c.ChangePatience():
                    self._overheard.extend(self._endpointer.wait(command.pause_end_ms, command.patience_ms))
                case c.StopUnderstanding():
                    for asked in [asked for asked in self._to_understand if asked.item_id == command.item_id]:
                        self._to_understand.remove(asked)
                case c.EndUtterance():
                    self._overheard.extend(self._endpointer.end())
                case c.ForgetAudio():
                    self._endpointer.reset()
                case c.ReceiveAudio():
                    self._formats.receive(command)
                case c.CallPeople():
                    self._people.append(command)
                case c.CloseTalk():
                    self._return.check_close(command, self.now_ms)
                    self.closed = True
        self._formats.check_told()
        return sent

    def _check_event(self, event):
        require_json(event, event["type"])
        self._sequence += 1
        if int(event["event_id"].rsplit("_", 1)[1]) != self._sequence:
            raise Violation("event ids don't count up by one")
        kind = event["type"]
        self._formats.watch(event)
        self._return.watch(event)
        self._choices.watch(event, in_crisis=self._in_crisis or self.guard.level >= 2)
        if kind == "error":
            self.errors += 1
            if not event["error"]["code"] or not event["error"]["message"]:
                raise Violation("an error says nothing")
        if kind == "session.updated":
            self._own = "hamdel" in event["session"]
            self._lowered = self._lowered if self._own else None
        if kind.startswith("hamdel.") and not self._own:
            raise Violation(f"{kind} goes to a client that did not ask for it")
        if kind == "hamdel.duck":
            self._check_duck(event)
        if kind == "hamdel.suggestions" and (self._in_crisis or self.guard.level >= 2):
            raise Violation("suggestions are shown in a talk in crisis")
        if "item_id" in event and event["item_id"] not in self._items:
            self._items.append(event["item_id"])
        if kind == "conversation.item.added":
            self._items.append(event["item"]["id"])
        if kind.startswith("response."):
            self._check_reply(kind, event)

    def _check_duck(self, event):
        if event["gain_db"] < 0 and self._open is None:
            raise Violation("the volume is lowered although nothing is being said")
        if event["gain_db"] < 0 and self._lowered not in (None, event["item_id"]):
            raise Violation("the volume of a second reply is lowered before that of the first came back")
        if event["gain_db"] == 0 and self._lowered != event["item_id"]:
            raise Violation("a volume comes back that was not lowered")
        self._lowered = event["item_id"] if event["gain_db"] < 0 else None

    def _check_reply(self, kind, event):
        response_id = event["response"]["id"] if "response" in event else event["response_id"]
        if kind == "response.created":
            if self._open is not None:
                raise Violation("a second reply begins before the first is done")
            self._open, self._stage = response_id, 0
            return
        if response_id != self._open:
            raise Violation(f"{kind} belongs to no open reply")
        stage = _STAGES[kind]
        if stage < self._stage or (stage == self._stage and stage != 3):
            raise Violation(f"{kind} comes out of order")
        self._stage = stage
        if kind == "response.done":
            self._open = None

    def _check_speak(self, command):
        newest = max(self._to_speak, default=0)
        if command.generation < newest or command.generation <= self._silenced or not command.text:
            raise Violation("a sentence is queued for a reply that is over")
        self._formats.speak(command.generation)
        self._to_speak[command.generation] = self._to_speak.get(command.generation, 0) + 1
        if len(self._to_speak) > _REMEMBERED:
            del self._to_speak[min(self._to_speak)]

    def _check_record(self, event):
        if not isinstance(event, EVENT_CLASSES):
            raise Violation("a record is no event of the session log")
        try:
            same = dataclasses.replace(event)
        except ValueError as error:
            raise Violation(f"a record is refused: {error}") from error
        if same != event:
            raise Violation("a record changes when it is checked again")
        if isinstance(event, ReplyGiven) and not letters(event.text).startswith(letters(event.heard_text)):
            raise Violation("what was heard of a reply is no beginning of it")

    def _check_crisis(self, sent):
        said = {words_of_user(event) for event in self._return.new_of(sent)} & set(CRISIS_SENTENCES)
        if said and self.guard.level < 2:
            raise Violation("words of danger did not come before the guard")
        if self.guard.level < 2:
            return
        self._in_crisis = True
        shown = squeezed("".join(e.get("delta", "") for e in sent if "audio.delta" not in e["type"]))
        if not any(is_shown(reply.text, shown) for reply in self.guard.replies):
            raise Violation("the crisis reply is not sent in the step that heard the danger")
        if self._own and self.guard.replies[0].lines and "hamdel.crisis" not in [e["type"] for e in sent]:
            raise Violation("the numbers are not shown in the step that heard the danger")
