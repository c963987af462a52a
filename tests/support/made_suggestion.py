"""A suggestion that breaks no rule, as a row of JSON and as a `Suggestion`, with changes."""

import json

from recommender.suggestions import DEFAULT_DIRECTORY, Suggestion, parse_suggestion
from recommender.vocabulary import read_vocabulary

ROW = {
    "id": "made-001",
    "en": "Look at the evening sky for a while, and find its darkest cloud.",
    "fa": "کمی به آسمان غروب نگاه کنید و تیره‌ترین ابرش را پیدا کنید.",
    "mood": "sadness",
    "technique": "senses_grounding",
    "family": "grounding",
    "effort": 1,
    "minutes": 2,
    "setting": ["anywhere"],
    "situation": ["general"],
    "distress_min": 0,
    "distress_max": 9,
    "contraindications": ["low_vision", "driving"],
    "time": "any",
}


def made_row(**changes) -> dict:
    """`ROW` with changes; the family follows the technique."""
    row = {**ROW, **changes}
    technique = read_vocabulary(DEFAULT_DIRECTORY).techniques[row["technique"]]
    return {**row, "family": technique.family}


def made(**changes) -> Suggestion:
    """`made_row` as the validator reads it."""
    line = json.dumps(made_row(**changes), ensure_ascii=False)
    return parse_suggestion(line, read_vocabulary(DEFAULT_DIRECTORY), place="made:1")


def write_lines(path, rows) -> None:
    """Rows as JSON Lines, characters as they are."""
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    path.write_text("".join(lines), encoding="utf-8")
