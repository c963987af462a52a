"""The models that understand an utterance, loaded as the settings say."""

from __future__ import annotations

from collections.abc import Mapping

from bot.model_choice import choose_models, this_machine
from bot.model_store import ModelStore, default_store
from bot.settings import Settings
from bot.speech import LocalSpeech
from bot.transcriber import Transcriber
from ser_model.detector import SpeechEmotionDetector, StatesEmotionDetector
from ser_model.model_card import DEFAULT_DIRECTORY, ModelCard

__all__ = ["load_speech"]

_WEIGHTS = "model.bin"


def load_speech(settings: Settings) -> LocalSpeech:
    """Loads recognisers and detectors.

    Feelings are heard in the states of the recogniser's encoder where the default detector was trained on
    that very encoder; with another recogniser by the detector that needs samples alone.

    Raises:
        ModelMissingError: where a recogniser is not in the cache.
        ModelFileError: of the recogniser, where its files are damaged.
        SpeechEmotionError: where a detector's card or weights are missing or damaged.
    """
    recogniser, store = settings.recogniser, default_store()
    choices = choose_models(recogniser, store.list(), this_machine())
    names = {choice.language: choice.name for choice in choices}
    heard_in_states = _states_detector()
    encoder = None if heard_in_states is None else _encoder(heard_in_states.card, store, names)
    layers = () if encoder is None or heard_in_states is None else heard_in_states.card.encoder_layers
    loaded = {
        name: Transcriber.load(
            store.path(name),
            threads=recogniser.threads,
            workers=recogniser.workers,
            layers=layers if name == encoder else (),
        )
        for name in dict.fromkeys(names.values())
    }
    return LocalSpeech(
        {language: loaded[name] for language, name in names.items()},
        SpeechEmotionDetector.load(),
        workers=recogniser.workers,
        queue=recogniser.queue,
        deadline_s=recogniser.deadline_s,
        states_detector=None if encoder is None else heard_in_states,
        encoding=None if encoder is None else loaded[encoder],
    )


def _states_detector() -> StatesEmotionDetector | None:
    return StatesEmotionDetector.load() if (DEFAULT_DIRECTORY / "card.json").is_file() else None


def _encoder(card: ModelCard, store: ModelStore, names: Mapping[str | None, str]) -> str | None:
    """Which of the chosen recognisers the detector reads, if any."""
    if card.encoder is None:
        return None
    for status in store.list():
        sha256 = {file.path: file.sha256 for file in status.entry.files}.get(_WEIGHTS)
        if status.name in names.values() and sha256 == card.encoder.sha256:
            return status.name
    return None
