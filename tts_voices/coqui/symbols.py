"""The symbols of a coqui checkpoint, as `voice.json` lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from TTS.tts.utils.text import characters as coqui_characters

from tts_voices.voice import VoiceError

__all__ = ["CoquiSymbols", "coqui_symbols"]

_CHARACTERS = "TTS.tts.utils.text.characters."
_PHONEMISERS = (None, "", "espeak", "gruut")
_LANGUAGES = {"en": "en", "en-us": "en", "fa": "fa"}
_KEEPING_CASE = (
    "phoneme_cleaners",
    "multilingual_phoneme_cleaners",
    "no_cleaners",
    "chinese_mandarin_cleaners",
)
_MOST = 1_000


@dataclass(frozen=True)
class CoquiSymbols:
    """What `VoiceDescription` says of symbols, see there."""

    language: str
    reader: str
    symbols: tuple[str, ...]
    blank: str | None
    opening: tuple[str, ...]
    closing: tuple[str, ...]


def coqui_symbols(config: Any, language: str | None) -> CoquiSymbols:
    """The symbols of a configuration, in the order of the network's embedding.

    `language` decides where the configuration names none. Symbols that no text can reach (the first of two
    that are the same, capitals after a cleaner that has none) are named by their place: <12>. Raises
    `VoiceError` for a language, phonemes or a table that can't be read here.
    """
    vocabulary = _vocabulary(config)
    symbols = list(vocabulary.vocab)
    if not 2 <= len(symbols) <= _MOST:
        raise VoiceError(f"its config.json lists {len(symbols)} symbols: 2 to {_MOST} are possible")
    last = {symbol: place for place, symbol in enumerate(symbols)}
    lowered = config.text_cleaner is not None and config.text_cleaner not in _KEEPING_CASE
    hidden = [
        last[symbol] != place
        or (lowered and not config.use_phonemes and len(symbol) == 1 and symbol.isupper())
        for place, symbol in enumerate(symbols)
    ]
    named = tuple(f"<{place}>" if hidden[place] else symbol for place, symbol in enumerate(map(str, symbols)))
    if len(set(named)) != len(named):
        raise VoiceError("its config.json names symbols that look like <12>: they can't be told from others")
    if config.add_blank and not vocabulary.blank:
        raise VoiceError("its config.json says add_blank, but names no blank symbol")
    around = config.enable_eos_bos_chars
    if around and not (vocabulary.bos and vocabulary.eos):
        raise VoiceError("its config.json says enable_eos_bos_chars, but names no bos and eos")
    return CoquiSymbols(
        language=_language(config, named, language),
        reader="espeak" if config.use_phonemes else "characters",
        symbols=named,
        blank=vocabulary.blank if config.add_blank else None,
        opening=(vocabulary.bos,) if around else (),
        closing=(vocabulary.eos,) if around else (),
    )


def _vocabulary(config: Any) -> Any:
    described = config.characters
    if described is not None and described.is_unique and not described.is_sorted:
        raise VoiceError("its symbols are unique but not sorted: their order is not in its config.json")
    name = described.characters_class if described is not None else None
    if name:
        made: Any = getattr(coqui_characters, name.removeprefix(_CHARACTERS), None)
        known = isinstance(made, type) and issubclass(made, coqui_characters.BaseVocabulary)
        if not name.startswith(_CHARACTERS) or not known:
            raise VoiceError(f"its symbols are of the kind {name}, which is not known here")
    else:
        made = coqui_characters.IPAPhonemes if config.use_phonemes else coqui_characters.Graphemes
    try:
        return made.init_from_config(config)[0]
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise VoiceError(f"its config.json has no usable table of symbols: {error}") from error


def _language(config: Any, symbols: tuple[str, ...], wanted: str | None) -> str:
    if config.use_phonemes:
        spoken = (config.phoneme_language or wanted or "").lower()
        if config.phonemizer not in _PHONEMISERS:
            raise VoiceError(
                f"it reads with {config.phonemizer}: only phonemes of espeak-ng can be made here"
            )
        if spoken not in _LANGUAGES:
            raise VoiceError(
                f"its phonemes are of {spoken or 'no language'}: only en-us and fa are read here"
            )
        found = _LANGUAGES[spoken]
        if wanted is not None and wanted != found:
            raise VoiceError(f"it speaks {found!r}, not {wanted!r}")
        return found
    if wanted is not None:
        return wanted
    persian = sum("\u0621" <= symbol <= "\u06d3" for symbol in symbols if len(symbol) == 1)
    return "fa" if persian >= 20 else "en"
