"""`python -m tts_voices read`: what a sentence becomes before it is spoken, and which table says so."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from language import LANGUAGES, detect_script_language, normalise, speakable, split_sentences
from tts_voices.commands.standard_input import given_text
from tts_voices.pronunciation import english_sentence, persian_tokens
from tts_voices.pronunciation.english import EnglishReader
from tts_voices.pronunciation.persian import PersianReader
from tts_voices.pronunciation.persian_known import sentence_key
from tts_voices.pronunciation.persian_words import derived_readings
from tts_voices.voice import VoiceError

__all__ = ["add_arguments", "run"]

_DESCRIPTION = (
    "Prints of each sentence: the text in its normal form, the words that are spoken, their symbols "
    "(tts_voices/pronunciation/phones.py), and of each word the reading that it has by itself and the table "
    "that this comes from. Nothing is logged."
)
_EPILOG = (
    "To change a reading: english_additions.tsv (before the dictionary), english_homographs.tsv and "
    "persian_homographs.tsv lie in tts_voices/pronunciation/tables; lexicon.tsv and ezafe.tsv (sentences "
    "marked by hand) in data/persian_pronunciation, whose README says how they are packed. '+e' is an ezafe."
)
_UNLISTED = "in no table: by rules or letters"


@dataclass(frozen=True, slots=True)
class _Word:
    """A spoken word, how it is read, and by which table."""

    written: str
    reading: str
    source: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `read`."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.add_argument("text", help='what is read; "-" takes standard input, one sentence a line')
    parser.add_argument("--language", choices=LANGUAGES, help="by the script of each line if left out")


def run(options: argparse.Namespace) -> int:
    """Prints the readings; 0 where there was a word to read."""
    english = EnglishReader.load()
    persian = PersianReader.load(english.symbols)
    printed = worded = False
    for line in given_text(options.text).splitlines():
        language = options.language or detect_script_language(line) or "en"
        for sentence in split_sentences(line, language):
            told = _told(sentence, language, english, persian)
            _print(told, separated=printed)
            printed, worded = True, worded or len(told) > 2
    if not worded:
        raise VoiceError("the text has no word to read")
    return 0


def _print(lines: list[str], *, separated: bool) -> None:
    try:
        print("\n".join(["", *lines] if separated else lines))
    except UnicodeEncodeError:
        raise VoiceError("this output takes no Persian letters: set PYTHONIOENCODING=utf-8") from None


def _told(sentence: str, language: str, english: EnglishReader, persian: PersianReader) -> list[str]:
    spoken = speakable(sentence, language)
    text = f"text     {normalise(sentence, language)}"
    if not spoken:
        return [text.rstrip(), "spoken   (nothing)"]
    if language == "fa":
        symbols, words = persian.symbols(sentence), list(_persian_words(spoken, english, persian))
    else:
        symbols = english.symbols(sentence, persian.symbols)
        words = list(_english_words(spoken, english, persian))
    lines = [
        text,
        f"spoken   {spoken}",
        f"symbols  {' '.join(symbols)}",
    ]
    # A word of the other direction would move what stands after it.
    wide = max((len(word.reading) for word in words), default=0)
    named = max((len(word.source) for word in words), default=0)
    rows = [f"{word.reading:{wide}}  {word.source:{named}}  {word.written}" for word in words]
    lines += [f"{'' if number else 'words':9}{row}" for number, row in enumerate(rows)]
    return [line.rstrip() for line in lines]


def _english_words(spoken: str, english: EnglishReader, persian: PersianReader) -> Iterator[_Word]:
    for piece in english_sentence.tokens(english_sentence.latin(spoken), english.words.lexicon.__contains__):
        if piece.kind == "persian":
            yield from _persian_words(piece.written, english, persian)
        elif piece.kind != "mark":
            yield _english_word(piece.written, english)


def _english_word(written: str, english: EnglishReader) -> _Word:
    word, lexicon, pairs = written.lower(), english.words.lexicon, english.homographs.readings
    if english.homographs.reading([word], 0, written, opens=False) is not None:
        listed = (word, word.removesuffix("s"), word.removesuffix("es"))
        first, second, _ = next(pairs[form] for form in listed if form in pairs)
        return _Word(written, f"{' '.join(first)} | {' '.join(second)}", "english_homographs.tsv")
    said = tuple(english.symbols(written)[1:-1])
    source = "dictionary" if lexicon.get(word) == said else _UNLISTED
    if lexicon.additions.get(word) == said:
        source = "english_additions.tsv"
    return _Word(written, " ".join(said), source)


def _persian_words(spoken: str, english: EnglishReader, persian: PersianReader) -> Iterator[_Word]:
    sentence = persian_tokens.tokens(spoken)
    marked = sentence_key(persian_tokens.tagger_sequence(sentence)) in persian.known
    for token, (reading, linked) in zip(sentence, persian.words(sentence), strict=True):
        if token.kind == "latin":
            yield _english_word(token.text, english)
        elif token.kind == "persian":
            tables = [_persian_table(token.text, persian)]
            if marked:
                tables.append("ezafe.tsv")
            elif token.text in persian.cues:
                tables.append("persian_homographs.tsv")
            yield _Word(token.text, f"{reading} +e" if linked else reading, ", ".join(tables))


def _persian_table(word: str, persian: PersianReader) -> str:
    if word in persian.lexicon:
        return "lexicon.tsv"
    return "lexicon.tsv (a part of it)" if derived_readings(word, persian.lexicon) else _UNLISTED
