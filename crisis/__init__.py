"""The guard: what a person in danger says is recognised here, and what they are told is looked up here.

In: the text of a turn, the turns before it, language and country. Out: an `Assessment` (level, kind, ids
of the rules), the help lines of a country (`lines`) and the fixed, reviewed reply (`reply`). Rules and
data only: no model, no network, no state, standard library, Python 3.10. Whatever else fails, this works.
"""

from crisis.guard import Assessment, Guard, assess, default_guard
from crisis.lexicon import LexiconError
from crisis.lines import Line, LinesError, lines
from crisis.replies import RepliesError, Reply, reply

__all__ = [
    "Assessment",
    "Guard",
    "LexiconError",
    "Line",
    "LinesError",
    "RepliesError",
    "Reply",
    "assess",
    "default_guard",
    "lines",
    "reply",
]
