"""Cuts a reply into the pieces that a voice speaks one after the other."""

from __future__ import annotations

import re

__all__ = ["split_sentences"]

FIRST_PIECE_CHARACTERS = 70
"""A first piece longer than this is cut at a clause, so that the first sound comes soon."""

PIECE_CHARACTERS = 240
"""No piece is longer; a voice can then be cut off soon and holds little in memory."""

_SHORTEST_CLAUSE = 12

_ABBREVIATIONS_WORDS = """
dr mr mrs ms mx prof rev st sr jr vs etc e.g i.e a.m p.m u.s u.k no approx dept est fig min max sec hr
hrs jan feb mar apr jun jul aug sep sept oct nov dec tel ext
"""
_ABBREVIATIONS = frozenset(_ABBREVIATIONS_WORDS.split())
_ENDS_A_SENTENCE_TOO_WORDS = """
etc a.m p.m u.s u.k jr sr min sec hr hrs max no ext est
"""
_ENDS_A_SENTENCE_TOO = frozenset(_ENDS_A_SENTENCE_TOO_WORDS.split())
_END = re.compile(r"[.!?؟؛;…۔]+[\"'”’»)\]]*(?=\s|$)|[!?؟؛…۔]+[\"'”’»)\]]*(?=[^\W\d_])|\n+")
_LAST_WORD = re.compile(r"((?:[^\s(\[\"'«“]|(?<=\w)'(?=\w))*)$")
_CLAUSE = re.compile(
    r"[,،:–—][\"'”’»)\]]*\s|\s[-–—]\s|\s(?=(?:and|but|because|so|or|which|که|و|ولی|اما|چون|یا)\s)"
)


def split_sentences(text: str, language: str) -> list[str]:
    """The sentences of `text`, in order, without the white space between them.

    Cuts after . ! ? ; … ؟ ؛ ۔ and at line breaks; not inside decimals, times, addresses or telephone
    numbers, nor after "Dr.", "e.g." and their like, a single initial, or the number of a list item. A
    first sentence over `FIRST_PIECE_CHARACTERS` is cut at its first clause, and any piece over
    `PIECE_CHARACTERS` at a clause, a space, or anywhere if need be. Every character but white space is
    kept; pieces without a letter or digit are joined to the one before.
    """
    pieces: list[str] = []
    start = 0
    for end in _END.finditer(text):
        if "." in end.group() and not _is_end(text, start, end):
            continue
        _append(pieces, text[start : end.end()])
        start = end.end()
    _append(pieces, text[start:])
    if pieces and len(pieces[0]) > FIRST_PIECE_CHARACTERS:
        pieces[:1] = _first_clause(pieces[0])
    return [short for piece in pieces for short in _short_pieces(piece)]


def _append(pieces: list[str], piece: str) -> None:
    piece = piece.strip()
    if not piece:
        return
    if pieces and not any(map(str.isalnum, piece)):
        pieces[-1] += piece
    else:
        pieces.append(piece)


def _is_end(text: str, start: int, end: re.Match[str]) -> bool:
    if end.group()[0] != "." or len(end.group()) > 1:
        return True
    before = _LAST_WORD.search(text[max(start, end.start() - 24) : end.start()])
    word = before.group(1).casefold() if before else ""
    following = text[end.end() :].lstrip()[:1]
    if word.isdecimal() and text[start : end.start()].strip() == word:
        return False
    if word in _ENDS_A_SENTENCE_TOO:
        return not following or following.isupper()
    if len(word) == 1 and word.isascii() and word.isalpha() and word != "i":
        return not following
    return word not in _ABBREVIATIONS


def _first_clause(piece: str) -> list[str]:
    for cut in _CLAUSE.finditer(piece):
        if _SHORTEST_CLAUSE <= cut.end() <= PIECE_CHARACTERS and len(piece) - cut.end() >= _SHORTEST_CLAUSE:
            return [piece[: cut.end()].strip(), piece[cut.end() :].strip()]
    return [piece]


def _short_pieces(piece: str) -> list[str]:
    pieces = []
    while len(piece) > PIECE_CHARACTERS:
        head = piece[:PIECE_CHARACTERS]
        clauses = [match.end() for match in _CLAUSE.finditer(head) if match.end() >= PIECE_CHARACTERS // 4]
        cut = clauses[-1] if clauses else head.rfind(" ") + 1
        cut = cut or PIECE_CHARACTERS
        pieces.append(piece[:cut].strip())
        piece = piece[cut:].strip()
    return [part for part in [*pieces, piece] if part]
