"""A talk without sockets, clocks or models: events in, commands out."""

import itertools
import json

from bot import commands as c
from bot.conversation import Conversation
from bot.endpointing import (
    SpeechConfirmed,
    SpeechEnded,
    SpeechLasting,
    SpeechPaused,
    SpeechStarted,
    SpeechSustained,
)
from bot.personal_memory import no_corrections
from bot.phrases import Phrases
from bot.protocol import parse_client_event
from bot.session_config import SessionConfig
from bot.settings import ROOT
from bot.talk_state import TalkIdentity, TalkLimits
from crisis import Assessment, Line, Reply
from emotion import estimate_from_probabilities


class ScriptedGuard:
    """Stands for the crisis guard, whose judgement is tested in its own package."""

    def __init__(self):
        self.distressed = []
        self.minors = []
        self.countries = {"Canada": "CA"}

    def assess(self, text, *, language=None, context=(), alternatives=(), distressed=False, uncertain=False):
        self.distressed.append(distressed)
        if "level three" in text or (text == "yes" and "level one" in context):
            return Assessment(3, "suicide", ())
        if "level two" in text:
            return Assessment(2, "abuse" if "violence" in text else "suicide", (), "minor" in text)
        asked = "level one" in text or "level one" in alternatives
        return Assessment(1, "suicide", ()) if asked else Assessment(0, "none", ())

    def reply(self, level, language, country, kind="suicide", *, minor=False):
        if level:
            self.minors.append(minor)
        text = f"Fixed reply of level {level}." if level else ""
        return Reply(text, self.lines(country) if level >= 2 else ())

    def sentence(self, kind, language, country):
        return f"Sentence {kind} for {country}."

    def named_country(self, text):
        return next((code for name, code in self.countries.items() if name in text), None)

    def lines(self, country, language="en"):
        return (Line("Helpline", "123", "crisis", "US", "2026-11-20", ""),)


class ScriptedRota:
    """Says whether somebody is on call."""

    def __init__(self, on_duty=False):
        self.on_duty = on_duty

    def anyone(self, clinic, at):
        return self.on_duty


class ScriptedTalk:
    """Drives a conversation and remembers its commands."""

    def __init__(
        self,
        grants=("talk", "emotion"),
        purpose="therapy",
        own_events=True,
        disclosure="shown",
        guard=None,
        patience_ms=600,
        country="US",
        default_country=None,
        on_duty=False,
        resume_ms=30_000,
        subject=None,
        refused=(),
        contraindications=(),
        not_offered=(),
        corrections=no_corrections,
    ):
        counter = itertools.count(1)
        self.guard = guard or ScriptedGuard()
        self.now_ms = 1_000_000.0
        self.commands = []
        self.conversation = Conversation(
            identity=TalkIdentity(
                talk_id="t1",
                subject=subject,
                clinic=None,
                purpose=purpose,
                language=None,
                country=country,
                client="test",
                default_country=default_country,
                grants=frozenset(grants),
                refused=frozenset(refused),
                contraindications=frozenset(contraindications),
            ),
            config=SessionConfig(id="sess_1"),
            patience_ms=patience_ms,
            guard=self.guard,
            rota=ScriptedRota(on_duty),
            phrases=Phrases.load(ROOT / "data" / "phrases.json"),
            new_id=lambda prefix: f"{prefix}_{next(counter)}",
            limits=TalkLimits(resume_ms=resume_ms),
            not_offered=frozenset(not_offered),
            corrections=corrections,
        )
        self.do(self.conversation.start(self.now_ms))
        if own_events:
            self.client(
                type="session.update", session={"type": "realtime", "hamdel": {"disclosure": disclosure}}
            )

    def do(self, commands):
        self.commands.extend(commands)
        self.now_ms += 10
        return commands

    def client(self, **event):
        return self.do(self.conversation.receive(parse_client_event(json.dumps(event)), self.now_ms))

    def hear(self, event):
        return self.do(self.conversation.hear(event, self.now_ms))

    def utter(self, text, *, language="en", mood=None, start_ms=1_000, voiced_ms=1_500, alternatives=()):
        """A whole spoken turn, recognised speculatively; gives the commands of its end."""
        end_ms = start_ms + voiced_ms
        self.begin_speaking(start_ms)
        self.hear(SpeechPaused(start_ms, end_ms))
        asked = self.last(c.Understand)
        result = c.Understood(
            asked.item_id, asked.attempt, text, language, 0.9, voiced_ms, mood, alternatives
        )
        self.do(self.conversation.understood(result, self.now_ms))
        return self.hear(SpeechEnded(start_ms, end_ms, 600, voiced_ms))

    def begin_speaking(self, start_ms):
        """Speech that goes on for so long that it interrupts; gives the commands of all its events."""
        given = []
        for event in (SpeechStarted, SpeechConfirmed, SpeechLasting, SpeechSustained):
            given += self.hear(event(start_ms))
        return given

    def fail_to_hear(self, *, busy=False, start_ms=1_000, voiced_ms=1_500):
        """A whole spoken turn that the recogniser fails at, the second time too."""
        end_ms = start_ms + voiced_ms
        self.hear(SpeechStarted(start_ms))
        self.hear(SpeechPaused(start_ms, end_ms))
        self._fail(busy)
        self.hear(SpeechEnded(start_ms, end_ms, 600, voiced_ms))
        self._fail(busy)

    def _fail(self, busy):
        asked = self.last(c.Understand)
        failed = c.UnderstandingFailed(asked.item_id, asked.attempt, busy)
        self.do(self.conversation.understood(failed, self.now_ms))

    def answer(self, *texts, turn_id=None, custom=None, intent="share", language="en", done=True):
        turn_id = turn_id or self.last(c.AskDialogue).turn_id
        given = []
        for text in texts:
            message = c.DialogueMessage(turn_id, text, custom)
            given += self.do(self.conversation.dialogue(message, self.now_ms))
        if done:
            final = c.DialogueDone(turn_id, intent, language)
            given += self.do(self.conversation.dialogue(final, self.now_ms))
        return given

    def sound(self, generation, index=0, milliseconds=100):
        return self.do(self.conversation.sound(generation, index, b"\0\0" * 24 * milliseconds, self.now_ms))

    def speak_all(self):
        """Sounds every queued sentence of the newest generation and ends it."""
        finish = self.last(c.FinishSpeaking)
        sentences = [s for s in self.all(c.Speak) if s.generation == finish.generation]
        for index in range(len(sentences)):
            self.sound(finish.generation, index)
        return self.do(self.conversation.spoken(finish.generation, self.now_ms))

    def all(self, kind):
        return [command for command in self.commands if isinstance(command, kind)]

    def last(self, kind):
        return self.all(kind)[-1]

    def events(self, kind=None):
        sent = [command.event for command in self.all(c.Send)]
        return sent if kind is None else [event for event in sent if event["type"] == kind]


def sent_types(commands):
    return [command.event["type"] for command in commands if isinstance(command, c.Send)]


def speech_mood(label, probability=0.9):
    rest = (1 - probability) / 2
    others = [other for other in ("anger", "sadness", "neutral") if other != label][:2]
    return estimate_from_probabilities(
        {label: probability, others[0]: rest, others[1]: rest},
        modality="speech",
        model="test-1",
        threshold=0.5,
        validated=True,
    )


def records(talk, kind):
    """The events of a kind that went to the session log."""
    return [command.event for command in talk.all(c.Record) if isinstance(command.event, kind)]


def typed(talk, text, **fields):
    """A typed message, not yet asked to be answered."""
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **fields}
    return talk.client(type="conversation.item.create", item=item)
