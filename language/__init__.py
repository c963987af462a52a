"""The one treatment of written language, English and Persian, that every other package shares.

In: text of any origin (recogniser, keyboard, data files, replies). Out: its normal form (`normalise`),
a form for matching (`fold`), sentences to be spoken one by one (`split_sentences`), small numbers that
somebody said (`parse_small_number`), words for numbers (`number_words`), the text that a voice should
read (`speakable`), which answer to a closed question a misheard text sounds like
(`match_closed_answer`), the languages there are (`LANGUAGES`) and the one of a script
(`detect_script_language`). Standard library only, Python 3.10, no state, no work at import beyond
compiling patterns.
"""

from language.closed_answers import ClosedAnswer, match_closed_answer
from language.detect import LANGUAGES, detect_script_language
from language.normalise import fold, normalise
from language.numbers import digit_words, number_words, parse_small_number
from language.sentences import split_sentences
from language.speakable import speakable

__all__ = [
    "LANGUAGES",
    "ClosedAnswer",
    "detect_script_language",
    "digit_words",
    "fold",
    "match_closed_answer",
    "normalise",
    "number_words",
    "parse_small_number",
    "speakable",
    "split_sentences",
]
