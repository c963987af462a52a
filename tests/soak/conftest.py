"""Long runs, by `make soak` only."""

from pathlib import Path

HERE = Path(__file__).resolve().parent


def pytest_ignore_collect(collection_path, config):
    """Leaves these tests out unless they are named."""
    named = [Path(str(argument).split("::")[0]).resolve() for argument in config.args]
    return None if any(path == HERE or HERE in path.parents for path in named) else True
