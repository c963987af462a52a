"""Formats of sound: what the client was told is what it gets, and a reply keeps the one that it began in."""

import base64

from promises import Violation

from bot.audio_encoding import ENCODINGS, PCM16

__all__ = ["PromisedSound"]

_RESAMPLER_BYTES = 160
"""What a resampler to 8 kHz may hold back, 20 ms."""


class PromisedSound:
    """Follows formats and sound of one talk.

    Attributes:
        encoding_in: that of the client's audio, as the shell was told.
    """

    def __init__(self):
        self.encoding_in = PCM16
        self._binary_in = False
        self._told_in = PCM16
        self._told_out = PCM16
        self._encoding = PCM16
        self._generation = None
        self._taken = 0
        self._given = 0

    def receive(self, command):
        """The shell is told how audio comes."""
        if (command.encoding, command.binary_frames) == (self.encoding_in, self._binary_in):
            raise Violation("the shell is told of a format that it has already")
        self.encoding_in, self._binary_in = command.encoding, command.binary_frames

    def watch(self, event):
        """A server event goes out."""
        match event["type"]:
            case "session.updated":
                audio = event["session"]["audio"]
                self._told_in = ENCODINGS[audio["input"]["format"]["type"]]
                self._told_out = ENCODINGS[audio["output"]["format"]["type"]]
                for told in (audio["input"]["format"], audio["output"]["format"]):
                    if told.get("rate") not in (None, ENCODINGS[told["type"]].sample_rate_hz):
                        raise Violation("a format is told with a rate that it does not have")
            case "response.created":
                self._encoding, self._generation = self._told_out, None
                self._taken = self._given = 0
            case "response.output_audio.delta":
                sound = base64.b64decode(event["delta"], validate=True)
                if not sound or len(sound) % self._encoding.sample_bytes:
                    raise Violation("a piece of sound is empty, or ends in the middle of a sample")
                self._given += len(sound)
            case "response.done":
                self._generation = None
                complete = event["response"]["status"] == "completed"
                if complete and abs(self._given - self._due) > (0 if self._encoding is PCM16 else 1):
                    raise Violation("a complete reply has not the sound that was made of it")

    def check_told(self):
        """After each step, shell and client know the same format."""
        if self.encoding_in is not self._told_in:
            raise Violation("the shell reads another format than the client was told")

    def speak(self, generation):
        """A sentence of the reply under way is to be spoken under this generation."""
        self._generation = generation

    def take(self, generation, pcm_bytes):
        """A piece of speech is about to be given."""
        if generation == self._generation:
            self._taken += pcm_bytes

    def check_given(self):
        """It was."""
        held_back = 0 if self._encoding is PCM16 else _RESAMPLER_BYTES
        if self._generation is not None and not self._due - held_back <= self._given <= self._due + 1:
            raise Violation("a reply's sound is not in the format in which it began")

    @property
    def _due(self):
        samples = self._taken // PCM16.sample_bytes
        return samples * self._encoding.sample_rate_hz // PCM16.sample_rate_hz * self._encoding.sample_bytes
