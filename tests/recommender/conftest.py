import shutil

import pytest

from recommender import Recommender
from recommender.model_card import DEFAULT_DIRECTORY


@pytest.fixture(scope="session")
def recommender():
    """The recommender as it is shipped."""
    return Recommender.load()


@pytest.fixture
def model(tmp_path):
    """A copy of the shipped card and weights, to be damaged."""
    shutil.copy(DEFAULT_DIRECTORY / "card.json", tmp_path)
    shutil.copytree(DEFAULT_DIRECTORY / "weights", tmp_path / "weights")
    return tmp_path
