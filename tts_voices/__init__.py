"""The voices: text in, sound out, sentence by sentence and cancellable at any moment.

In: one sentence (see `language.split_sentences`), its language, a speed. Out: an iterator of mono 16-bit
chunks of at most 100 ms, the first of them as soon as it exists. `load_voice` gives a voice by name;
`Voice` is what every voice can do. Voices hold no state between sentences and keep no text.
"""

from tts_voices.catalogue import CATALOGUE, load_voice
from tts_voices.espeak import EspeakVoice
from tts_voices.voice import CHUNK_MS, Voice, VoiceError

__all__ = ["CATALOGUE", "CHUNK_MS", "EspeakVoice", "Voice", "VoiceError", "load_voice"]
