"""Words of an utterance, in English or Persian: Whisper in 8-bit arithmetic, encoded in a short window.

Whisper (Radford et al. 2022, arXiv:2212.04356) was trained on windows of 30 s, but its encoder takes
shorter ones (`speech_encoder.py`), which saves most of the time; where the decoder then loops or is lost, the
full window is tried once. What no check can vouch for is not heard at all: an empty text is better than words
that nobody said.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime
import tokenizers
from numpy.typing import NDArray

from bot.beam_search import Hypothesis
from bot.repetition import compression_ratio, cut_loop
from bot.speech_encoder import LONGEST_STRETCH_SAMPLES, SAMPLE_RATE_HZ, SpeechWindow
from bot.speech_evidence import speech_stretches, voice_probabilities
from bot.voice_activity import load_voice_activity_model
from bot.whisper_encoder import STATES_PER_S, Encoded
from bot.whisper_network import Beginning, WhisperNetwork
from bot.whisper_vocabulary import sayable_tokens
from bot.whisper_weights import WeightsFormatError

__all__ = [
    "LANGUAGES",
    "ModelFileError",
    "RecognitionStaleError",
    "Transcriber",
    "Transcript",
]

LANGUAGES = ("en", "fa")

_SHORTEST_SAMPLES = SAMPLE_RATE_HZ // 10

_TOKENS_PER_S = {"en": 7, "fa": 14}
"""Nearly twice what the fastest of our recordings needs: a loop is cut short, a sentence is not."""
_SPARE_TOKENS = 12
_MAX_COMPRESSION_RATIO = 2.4
_MAX_NO_SPEECH = 0.6
_LOST_LOG_PROBABILITY = {"en": -1.0, "fa": -1.35}
"""Average log-probability below which a decoding is not believed; in Persian Whisper base is never sure."""
_DOUBTED_LOG_PROBABILITY = {"en": -0.5, "fa": -1.25}
"""The same where Whisper itself thinks that nobody speaks: "you" and "Thank you." lie between the two."""
_SURE_LANGUAGE_PROBABILITY = 0.6
_LANGUAGE_BONUS = {"en": 0.0, "fa": 0.2}
"""Makes up, when two decodings are compared, for Whisper's being less sure of Persian than of English."""
_LOOP_LOG_PROBABILITY = -0.45
_LOOP_CONFIDENCE = 0.5
_BEAMS = 3
"""A little slower than greedy decoding, no less accurate, and it tells what else may have been said."""
_ADVICE = "Run: python -m bot models fetch"


class ModelFileError(Exception):
    """The model's folder is missing, incomplete or not that of a multilingual Whisper."""


class RecognitionStaleError(Exception):
    """Nobody waits for this recognition any more; it was broken off."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in an utterance.

    Attributes:
        text: the words as the recogniser writes them, trimmed; empty where nothing was heard.
        language: "en" or "fa". Of an empty text the language asked for, or "en": it says nothing then.
        language_probability: 1 where the language was given, else 0–1 among the two; 0 where nothing
            was heard.
        confidence: mean probability of a token, 0–1; 0 where nothing was heard.
        no_speech_probability: Whisper's own, 0–1; 1 where the voice detector found no speech.
        used_full_window: whether any part needed the full window of 30 s.
        duration_ms: length of the audio.
        alternatives: what else may have been said, likeliest first, also what was not believed. For the
            crisis guard alone: no reply is made of them.
    """

    text: str
    language: str
    language_probability: float
    confidence: float
    no_speech_probability: float
    used_full_window: bool
    duration_ms: int
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Decoding:
    text: str
    log_probability: float
    no_speech_probability: float
    looped: bool
    alternatives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    decoding: _Decoding
    language: str
    language_probability: float
    used_full_window: bool


class Transcriber:
    """A loaded recogniser. Its methods may be called from any number of threads at once.

    Recognition releases the interpreter's lock; as many utterances run side by side as `workers` of `load`
    says, the rest wait for their turn.
    """

    def __init__(
        self,
        network: WhisperNetwork,
        tokenizer: tokenizers.Tokenizer,
        voice_model: onnxruntime.InferenceSession,
        workers: int,
    ) -> None:
        self._network = network
        self._tokenizer = tokenizer
        self._voice_model = voice_model
        self._window = SpeechWindow(network.encoder.shape.mels)
        self._places = threading.BoundedSemaphore(workers)
        self._start_of_transcript = _token_id(tokenizer, "<|startoftranscript|>")
        self._end_of_text = _token_id(tokenizer, "<|endoftext|>")
        self._no_speech = _token_id(tokenizer, "<|nocaptions|>")
        # The languages lie between the beginning and the tasks.
        self._language_tokens = range(self._start_of_transcript + 1, _token_id(tokenizer, "<|translate|>"))
        self._languages = {language: _token_id(tokenizer, f"<|{language}|>") for language in LANGUAGES}
        self._task = [_token_id(tokenizer, f"<|{token}|>") for token in ("transcribe", "notimestamps")]

    @classmethod
    def load(
        cls, model_dir: Path, *, threads: int = 1, workers: int = 1, layers: Sequence[int] = ()
    ) -> Transcriber:
        """Loads a model and runs it once, since the first pass takes longer than the rest.

        Args:
            model_dir: folder with model.bin and config.json of a Whisper converted for CTranslate2 in
                float16 or float32, and tokenizer.json.
            threads: processor threads for one utterance.
            workers: utterances decoded at the same time.
            layers: of the encoder, from 1, whose states `transcribe` gives out; else the last, normalised.

        Raises:
            ModelFileError: if the folder lacks a file, a file is damaged, or the model is not a
                multilingual Whisper.
        """
        for name in ("model.bin", "config.json", "tokenizer.json"):
            if not (model_dir / name).is_file():
                raise ModelFileError(f"{model_dir} has no {name}. {_ADVICE}")
        try:
            tokenizer = tokenizers.Tokenizer.from_file(str(model_dir / "tokenizer.json"))
        except Exception as error:  # tokenizers raises plain Exception
            raise ModelFileError(f"the model in {model_dir} cannot be loaded: {error}. {_ADVICE}") from error
        vocabulary = sayable_tokens(
            tokenizer.get_vocab(with_added_tokens=True),
            specials_from=_token_id(tokenizer, "<|endoftext|>"),
            timestamps_from=_token_id(tokenizer, "<|notimestamps|>") + 1,
        )
        try:
            network = WhisperNetwork(
                model_dir, vocabulary=vocabulary, threads=threads, beams=_BEAMS, layers=layers
            )
        except (OSError, ValueError, WeightsFormatError) as error:
            raise ModelFileError(f"the model in {model_dir} cannot be loaded: {error}. {_ADVICE}") from error
        if not network.multilingual:
            raise ModelFileError(f"{model_dir} holds no multilingual Whisper. {_ADVICE}")
        transcriber = cls(network, tokenizer, load_voice_activity_model(), workers)
        transcriber._recognise(np.zeros(SAMPLE_RATE_HZ, dtype=np.float32), None)
        return transcriber

    def transcribe(
        self,
        samples: NDArray[np.float32],
        *,
        language: str | None,
        stale: threading.Event | None = None,
        full_window: bool = False,
        on_encoded: Callable[[NDArray[np.float32]], None] | None = None,
    ) -> Transcript:
        """Recognises one utterance.

        A recording without a voice in it (silence, noise, music, clicks), one shorter than 100 ms, and one
        whose words pass no check give an empty text. Longer than 28 s, it is cut at its longest pauses.

        Args:
            samples: (n,) float32, mono 16 kHz, −1 to 1.
            language: "en", "fa", or None to hear which of the two it is.
            stale: once set, the recognition is broken off between two parts.
            full_window: whether to leave the short window out.
            on_encoded: takes the encoder's states (n, d) of each stretch of speech, `STATES_PER_S`, without
                the silence behind it, as soon as they are there: before the words, on this thread. The
                states are the callee's own; d is 512 in Whisper base for each of the `layers` of `load`.

        Raises:
            RecognitionStaleError: if `stale` was set before the last part.
            ValueError: if the samples are not a one-dimensional float32 array of finite numbers, or the
                language is another one.
        """
        if samples.dtype != np.float32 or samples.ndim != 1:
            raise ValueError(f"samples must be (n,) float32, not {samples.shape} {samples.dtype}")
        if language is not None and language not in LANGUAGES:
            raise ValueError(f"the language must be one of {LANGUAGES} or None, not {language!r}")
        if not np.isfinite(samples).all():
            raise ValueError("samples must be finite numbers")
        duration_ms = len(samples) * 1000 // SAMPLE_RATE_HZ
        if len(samples) < _SHORTEST_SAMPLES:
            return _nothing(language, duration_ms)
        voice = voice_probabilities(samples, self._voice_model)
        parts: list[_Part] = []
        for first, end in speech_stretches(voice, len(samples), LONGEST_STRETCH_SAMPLES):
            if stale is not None and stale.is_set():
                raise RecognitionStaleError
            heard = next((part.language for part in parts if part.decoding.text), language)
            with self._places:
                parts.append(self._recognise(samples[first:end], heard, full_window, on_encoded))
        return _joined(parts, language, duration_ms)

    def _recognise(
        self,
        samples: NDArray[np.float32],
        language: str | None,
        full_window: bool = False,
        on_encoded: Callable[[NDArray[np.float32]], None] | None = None,
    ) -> _Part:
        mel = self._window.full(samples) if full_window else self._window.short(samples)
        encoded = self._network.encoder.encode(mel)
        if on_encoded is not None:
            spoken = math.ceil(len(samples) * STATES_PER_S / SAMPLE_RATE_HZ)
            on_encoded(encoded.states[:spoken].copy())
        if language is None:
            language, probability, decoding = self._decode_likelier(encoded, len(samples))
        else:
            probability, (decoding,) = (
                1.0,
                self._decode(encoded, self._begin(encoded), [language], len(samples)),
            )
        if believed := _believed(decoding, language):
            return _Part(believed, language, probability, used_full_window=full_window)
        encoded = self._network.encoder.encode(self._window.full(samples))
        (decoding,) = self._decode(encoded, self._begin(encoded), [language], len(samples))
        believed = _believed(decoding, language) or _unheard(decoding)
        return _Part(believed, language, probability, used_full_window=True)

    def _begin(self, encoded: Encoded) -> Beginning:
        return self._network.begin(encoded, self._start_of_transcript)

    def _decode_likelier(self, encoded: Encoded, sample_count: int) -> tuple[str, float, _Decoding]:
        beginning = self._begin(encoded)
        known = sum(map(beginning.probability, self._language_tokens))
        detected = {
            language: beginning.probability(token) / known for language, token in self._languages.items()
        }
        likelier = max(LANGUAGES, key=lambda language: detected[language])
        if detected[likelier] >= _SURE_LANGUAGE_PROBABILITY:
            (decoding,) = self._decode(encoded, beginning, [likelier], sample_count)
            return likelier, detected[likelier] / sum(detected.values()), decoding
        # Whisper takes Persian for a dozen other languages, and accents too: the words decide.
        both = self._decode(encoded, beginning, LANGUAGES, sample_count)
        decodings = dict(zip(LANGUAGES, both, strict=True))
        weights = {
            language: math.exp(decoding.log_probability + _LANGUAGE_BONUS[language])
            if _believed(decoding, language) and not decoding.looped
            else 0.0
            for language, decoding in decodings.items()
        }
        if any(weights.values()):
            likelier = max(LANGUAGES, key=lambda language: weights[language])
        else:
            weights = detected
        return likelier, weights[likelier] / sum(weights.values()), decodings[likelier]

    def _decode(
        self, encoded: Encoded, beginning: Beginning, languages: Sequence[str], sample_count: int
    ) -> list[_Decoding]:
        """One decoding a language; two side by side take little longer than one."""
        seconds = math.ceil(sample_count / SAMPLE_RATE_HZ)
        limits = [_SPARE_TOKENS + _TOKENS_PER_S[language] * seconds for language in languages]
        found = self._network.search(
            encoded,
            beginning,
            [[self._languages[language], *self._task] for language in languages],
            end=self._end_of_text,
            longest=max(limits),
        )
        no_speech = beginning.probability(self._no_speech)
        return [
            self._decoding(hypotheses, no_speech, limit)
            for hypotheses, limit in zip(found, limits, strict=True)
        ]

    def _decoding(self, hypotheses: Sequence[Hypothesis], no_speech: float, limit: int) -> _Decoding:
        likeliest = hypotheses[0]
        text, *others = (self._text(hypothesis.tokens) for hypothesis in hypotheses)
        return _Decoding(
            text=text,
            log_probability=likeliest.log_probability,
            no_speech_probability=no_speech,
            looped=len(likeliest.tokens) >= limit or compression_ratio(text) > _MAX_COMPRESSION_RATIO,
            alternatives=tuple(dict.fromkeys(other for other in others if other not in ("", text))),
        )

    def _text(self, tokens: Sequence[int]) -> str:
        words = [token for token in tokens if token < self._end_of_text]
        return str(self._tokenizer.decode(words)).strip()


def _token_id(tokenizer: tokenizers.Tokenizer, token: str) -> int:
    found = tokenizer.token_to_id(token)
    if found is None:
        raise ModelFileError(f"tokenizer.json is not Whisper's: it lacks {token}. {_ADVICE}")
    return found


def _believed(decoding: _Decoding, language: str) -> _Decoding | None:
    """The decoding if it can be believed, the first round of a loop that can, or None."""
    if decoding.looped:
        once = cut_loop(decoding.text) if decoding.log_probability >= _LOOP_LOG_PROBABILITY else None
        if once is None:
            return None
        # The rounds vouch for one another, so their probability says little about the words.
        highest = math.log(_LOOP_CONFIDENCE)
        return replace(
            decoding, text=once, log_probability=min(decoding.log_probability, highest), looped=False
        )
    doubted = decoding.no_speech_probability > _MAX_NO_SPEECH
    lowest = _DOUBTED_LOG_PROBABILITY if doubted else _LOST_LOG_PROBABILITY
    return decoding if decoding.log_probability >= lowest[language] else None


def _unheard(decoding: _Decoding) -> _Decoding:
    alternatives = (decoding.text, *decoding.alternatives)
    return replace(decoding, text="", looped=False, alternatives=alternatives if decoding.text else ())


def _nothing(
    language: str | None,
    duration_ms: int,
    *,
    no_speech_probability: float = 1.0,
    used_full_window: bool = False,
) -> Transcript:
    return Transcript(
        text="",
        language=language or LANGUAGES[0],
        language_probability=0.0,
        confidence=0.0,
        no_speech_probability=no_speech_probability,
        used_full_window=used_full_window,
        duration_ms=duration_ms,
    )


def _joined(parts: Sequence[_Part], language: str | None, duration_ms: int) -> Transcript:
    used_full_window = any(part.used_full_window for part in parts)
    spoken = [part for part in parts if part.decoding.text]
    alternatives = tuple(text for part in parts for text in part.decoding.alternatives)
    if not spoken:
        no_speech = min((part.decoding.no_speech_probability for part in parts), default=1.0)
        nothing = _nothing(
            language, duration_ms, no_speech_probability=no_speech, used_full_window=used_full_window
        )
        return replace(nothing, alternatives=alternatives)
    weights = [len(part.decoding.text) for part in spoken]
    mean = np.average([part.decoding.log_probability for part in spoken], weights=weights)
    return Transcript(
        text=" ".join(part.decoding.text for part in spoken),
        language=spoken[0].language,
        language_probability=spoken[0].language_probability,
        confidence=min(1.0, math.exp(float(mean))),
        no_speech_probability=min(part.decoding.no_speech_probability for part in spoken),
        used_full_window=used_full_window,
        duration_ms=duration_ms,
        alternatives=alternatives,
    )
