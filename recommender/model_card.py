"""What the runtime needs of `card.json`, and the check that card, network and vectors belong together."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from recommender.errors import ModelFileError
from recommender.technique_model import Shares

__all__ = [
    "DEFAULT_DIRECTORY",
    "REMEDY",
    "ModelCard",
    "RankingRules",
    "read_card",
    "read_checked",
    "sha256_of",
]

DEFAULT_DIRECTORY = Path(__file__).resolve().parent
"""Where the card and the weights that come with this package lie."""

REMEDY = "restore the file from the repository, or train anew with `make train-recommender`"
"""What mends a damaged model; part of the errors' messages."""


@dataclass(frozen=True)
class RankingRules:
    """The numbers that turn the network's answer into scores; in natural-log units where no other is named.

    Attributes:
        assumed_distress: 0–10, where nobody has said how strong the feeling is.
        probability_floor: least probability of a technique, 0–1.
        relevance: weight of the cosine (−1 to 1) between the person's words and the suggestion's.
        situation_match: added to one whose situation was heard of.
        effort: taken off for each level of effort above 1 at a distress of 10; less with less distress.
        temperature: divides the score; below 1 the likelier suggestions are chosen more often.
    """

    assumed_distress: int
    probability_floor: float
    relevance: float
    situation_match: float
    effort: float
    temperature: float


@dataclass(frozen=True)
class ModelCard:
    """The part of a card that steers the recommender; the rest is for readers."""

    name: str
    version: str
    network_file: str
    network_sha256: str
    vectors_file: str
    vectors_sha256: str
    regressions_file: str
    regressions_sha256: str
    techniques: tuple[str, ...]
    shares: Shares
    ranking: RankingRules


def sha256_of(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def read_card(directory: Path) -> ModelCard:
    """Reads `card.json`.

    Raises:
        ModelFileError: where it is missing, unreadable or incomplete.
    """
    path = directory / "card.json"
    try:
        return _card(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror}); {REMEDY}") from None
    except UnicodeDecodeError:
        raise ModelFileError(f"{path}: is not UTF-8; {REMEDY}") from None
    except json.JSONDecodeError as error:
        raise ModelFileError(f"{path}: is not JSON ({error.msg}); {REMEDY}") from None
    except KeyError as error:
        raise ModelFileError(f"{path}: {error.args[0]} is missing; {REMEDY}") from None
    except (TypeError, ValueError) as error:
        raise ModelFileError(f"{path}: {error}; {REMEDY}") from None


def _card(content: Any) -> ModelCard:
    if not isinstance(content, dict):
        raise TypeError("is no JSON object")
    techniques = tuple(content["techniques"])
    if len(techniques) < 2 or len(set(techniques)) != len(techniques):
        raise ValueError("techniques must name at least two, each once")
    if not all(isinstance(name, str) for name in techniques):
        raise TypeError("techniques must be names")
    return ModelCard(
        name=str(content["name"]),
        version=str(content["version"]),
        network_file=str(_object(content["network"])["file"]),
        network_sha256=str(_object(content["network"])["sha256"]),
        vectors_file=str(_object(content["vectors"])["file"]),
        vectors_sha256=str(_object(content["vectors"])["sha256"]),
        regressions_file=str(_object(content["regressions"])["file"]),
        regressions_sha256=str(_object(content["regressions"])["sha256"]),
        techniques=techniques,
        shares=_shares(content["shares"]),
        ranking=_ranking_rules(content["ranking"]),
    )


def _shares(content: Any) -> Shares:
    values = _object(content)
    shares = Shares(
        **{field.name: _number(values[field.name], f"shares.{field.name}") for field in fields(Shares)}
    )
    if (
        min(shares.letters, shares.words, shares.lstm) < 0.0
        or shares.letters + shares.words + shares.lstm <= 0.0
    ):
        raise ValueError("shares must be 0 or more, and not all 0")
    return shares


def _ranking_rules(content: Any) -> RankingRules:
    values = _object(content)
    rules = RankingRules(
        **{field.name: _number(values[field.name], f"ranking.{field.name}") for field in fields(RankingRules)}
    )
    if not 0 <= rules.assumed_distress <= 10:
        raise ValueError("ranking.assumed_distress must be from 0 to 10")
    if not 0.0 < rules.probability_floor <= 1.0:
        raise ValueError("ranking.probability_floor must be above 0 and at most 1")
    if rules.temperature <= 0.0:
        raise ValueError("ranking.temperature must be above 0")
    return rules


def _object(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise TypeError("a section is no JSON object")
    return content


def _number(value: Any, name: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{name} must be a number")
    return value


def read_checked(path: Path, sha256: str) -> bytes:
    """The bytes of a file, if they are those that the card describes.

    Raises:
        ModelFileError: where the file is missing or another one.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror}); {REMEDY}") from None
    if sha256_of(content) != sha256:
        raise ModelFileError(f"{path}: its SHA-256 is not the one in card.json; {REMEDY}")
    return content
