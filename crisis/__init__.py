"""The guard: what a person in danger says is recognised here, and what they are told is looked up here.

In: the text of a turn, what else the recogniser may have heard, the turns before it, language and country.
Out: an `Assessment` (level, kind, ids of the rules), the help lines of a country (`lines`), the country that
somebody names (`named_country`), the fixed, reviewed reply (`reply`) and what is said beside it (`sentence`,
`before_question`). Rules, data and a small linear model: no network, no state, standard library, Python 3.10.
Whatever else fails, this works.
"""

from crisis.classifier import ClassifierError
from crisis.countries import named_country
from crisis.guard import Assessment, Guard, assess, default_guard
from crisis.lexicon import LexiconError
from crisis.lines import Line, LinesError, lines
from crisis.replies import RepliesError, Reply, before_question, reply, sentence

__all__ = [
    "Assessment",
    "ClassifierError",
    "Guard",
    "LexiconError",
    "Line",
    "LinesError",
    "RepliesError",
    "Reply",
    "assess",
    "before_question",
    "default_guard",
    "lines",
    "named_country",
    "reply",
    "sentence",
]
