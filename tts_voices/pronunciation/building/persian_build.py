"""Builds what ships beside the code: `python -m tts_voices.pronunciation.building.persian_build COMMAND`.

`lexicon`, `sentences` and `pairs` pack the tables of data/persian_pronunciation and need nothing else.
`tagger` trains the letter tagger in the training environment; FarsDat and the ipa-dict table are given as
paths. A tenth of the sentences of each kind is held out of the training, always the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tts_voices.pronunciation.persian import LEXICON, PAIRS, SENTENCES, TAGGER
from tts_voices.pronunciation.persian_known import known_sentences, packed_known
from tts_voices.pronunciation.persian_lexicon import packed_lexicon, read_lexicon
from tts_voices.pronunciation.persian_marks import read_marks
from tts_voices.pronunciation.persian_pairs import marked_pairs, packed_pairs
from tts_voices.voice import VoiceError

__all__ = ["EZAFE_TABLE", "LEXICON_TABLE", "TEXTS_TABLE", "main", "read_texts"]

_DATA = Path(__file__).parents[3] / "data" / "persian_pronunciation"
LEXICON_TABLE = _DATA / "lexicon.tsv"
EZAFE_TABLE = _DATA / "ezafe.tsv"
TEXTS_TABLE = _DATA / "sentences.tsv"
_HELD_OUT = 0.1


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns 0, or 2 after one line that says what to correct."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "tagger":
            _train(options)
        else:
            packed = _packed(options.command)
            options.output.parent.mkdir(parents=True, exist_ok=True)
            options.output.write_bytes(packed)
    except (VoiceError, OSError) as error:
        print(f"persian_build: {error}", file=sys.stderr)
        return 2
    print(f"{options.output}: {options.output.stat().st_size} bytes")
    return 0


def read_texts(path: Path) -> dict[str, str]:
    """Our sentences by name, from a table of name and text."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name: text for name, _, text in (line.partition("\t") for line in lines)}


def _packed(command: str) -> bytes:
    lexicon = read_lexicon(LEXICON_TABLE)
    if command == "lexicon":
        return packed_lexicon(lexicon)
    texts, marks = read_texts(TEXTS_TABLE), read_marks(EZAFE_TABLE)
    if command == "pairs":
        return packed_pairs(marked_pairs(texts, marks))
    return packed_known(known_sentences(texts, marks, lexicon))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tts_voices.pronunciation.building.persian_build", description=__doc__
    )
    commands = parser.add_subparsers(dest="command", required=True)
    lexicon = commands.add_parser("lexicon", help="pack the lexicon")
    lexicon.add_argument("--output", type=Path, default=LEXICON)
    sentences = commands.add_parser("sentences", help="pack the marks of our own sentences")
    sentences.add_argument("--output", type=Path, default=SENTENCES)
    pairs = commands.add_parser("pairs", help="pack the pairs of words with and without ezafe")
    pairs.add_argument("--output", type=Path, default=PAIRS)
    tagger = commands.add_parser("tagger", help="train the letter tagger (training environment)")
    tagger.add_argument("--output", type=Path, default=TAGGER)
    tagger.add_argument("--farsdat", type=Path, required=True, help="farsdat.csv.gz of GE2PE")
    tagger.add_argument("--ipa", type=Path, required=True, help="data/fa.txt of ipa-dict")
    tagger.add_argument("--epochs", type=int, default=9)
    return parser


def _train(options: argparse.Namespace) -> None:
    # Needs PyTorch, which the other commands do without.
    import torch

    from tts_voices.pronunciation.building import persian_corpora as corpora
    from tts_voices.pronunciation.building.letter_tagger_network import export_tagger
    from tts_voices.pronunciation.building.letter_tagger_training import TrainedTagger, train_tagger

    torch.set_num_threads(1)
    lexicon = read_lexicon(LEXICON_TABLE)
    own = corpora.suggestion_examples(read_texts(TEXTS_TABLE), read_marks(EZAFE_TABLE), lexicon)
    sources = {
        "suggestions": corpora.split_by_name(own, _HELD_OUT)[0],
        "farsdat": corpora.split_by_name(corpora.farsdat_examples(options.farsdat), _HELD_OUT)[0],
        "ipa": corpora.ipa_examples(options.ipa),
        "lexicon": corpora.lexicon_examples(lexicon),
    }
    print(json.dumps({name: len(examples) for name, examples in sources.items()}))

    def keep(trained: TrainedTagger) -> None:
        export_tagger(trained.network, trained.letters, trained.sounds, options.output)

    examples = [one for source in sources.values() for one in source]
    keep(train_tagger(examples, epochs=options.epochs, checkpoint=keep))


if __name__ == "__main__":
    sys.exit(main())
