"""Long runs, by `make soak` only."""

from pathlib import Path

import pytest
from stack import running_stack

HERE = Path(__file__).resolve().parent


def pytest_ignore_collect(collection_path, config):
    """Leaves these tests out unless they are named."""
    named = [Path(str(argument).split("::")[0]).resolve() for argument in config.args]
    return None if any(path == HERE or HERE in path.parents for path in named) else True


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack
