from __future__ import annotations

import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.model_store import (
    ModelFetchError,
    ModelManifestError,
    ModelMissingError,
    ModelStore,
    UnknownModelError,
    cache_home,
    default_store,
)

PROJECT = Path(__file__).resolve().parents[2]
FILES = {"model.bin": random.Random(2).randbytes(200_000), "config.json": b"{}"}

FETCH = """
import sys
from pathlib import Path
from bot.model_store import ModelStore
print("started", flush=True)
ModelStore(Path(sys.argv[1]), Path(sys.argv[2])).fetch("tiny")
"""


def _manifest(*repositories: str) -> str:
    lines = [
        "[models.tiny]",
        'purpose = "test"\ndefault = true\nrevision = "r1"\nlicence = "MIT"\nlanguages = ["en"]',
        'hardware = "any"\nnotes = "none"',
    ]
    for path, content in FILES.items():
        digest = hashlib.sha256(content).hexdigest()
        lines.append(
            f'[[models.tiny.files]]\npath = "{path}"\nsize_bytes = {len(content)}\nsha256 = "{digest}"'
        )
    for repository in repositories:
        lines.append(f'[[models.tiny.sources]]\nkind = "hub"\nrepository = "{repository}"')
    return "\n".join(lines)


@dataclass
class Hub:
    """Repositories on loopback; `pause_s` is waited after each kilobyte."""

    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    pause_s: float = 0.0
    requests: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            owner, name, _, revision, path = self.path.strip("/").split("/", 4)
            hub.requests.append((f"{owner}/{name}/{path}", wanted))
            body = hub.repositories.get(f"{owner}/{name}", {}).get(path)
            if body is None or revision != "r1":
                self.send_error(404)
                return
            start = int(wanted[len("bytes=") : -1]) if wanted else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            step = 1024 if hub.pause_s else len(body)
            for position in range(start, len(body), step):
                try:
                    self.wfile.write(body[position : position + step])
                except OSError:
                    return
                time.sleep(hub.pause_s)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield hub
    server.shutdown()
    thread.join()
    server.server_close()


def _store(tmp_path: Path, *repositories: str) -> ModelStore:
    manifest = tmp_path / "models.toml"
    manifest.write_text(_manifest(*(repositories or ("owner/tiny",))), encoding="utf-8")
    return ModelStore(manifest, tmp_path / "cache", retry_pause_s=0)


def _folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "models" / "tiny" / "r1"


def _place(folder: Path, **changed: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in FILES.items():
        (folder / path).write_bytes(changed.get(path.partition(".")[0], content))


def test_model_is_fetched_once_and_then_found(hub: Hub, tmp_path: Path) -> None:
    hub.repositories["owner/tiny"] = FILES
    store = _store(tmp_path)
    with pytest.raises(ModelMissingError, match="python -m bot models fetch tiny"):
        store.path("tiny")
    assert store.fetch("tiny", progress=False) == _folder(tmp_path) == store.path("tiny")
    assert {path.name: path.read_bytes() for path in _folder(tmp_path).glob("[!.]*")} == FILES
    store.fetch("tiny", progress=False)
    assert len(hub.requests) == len(FILES)


def test_sources_are_tried_in_order_and_the_first_good_one_ends_it(hub: Hub, tmp_path: Path) -> None:
    hub.repositories |= {"a/second": FILES, "a/third": FILES}
    _store(tmp_path, "a/first", "a/second", "a/third").fetch("tiny", progress=False)
    assert [name for name, _ in hub.requests] == [
        "a/first/model.bin",
        "a/second/model.bin",
        "a/second/config.json",
    ]


def test_wrong_hash_falls_through_to_the_next_source_and_good_files_are_kept(
    hub: Hub, tmp_path: Path
) -> None:
    hub.repositories["a/forged"] = FILES | {"config.json": b"[]"}
    hub.repositories["a/honest"] = FILES
    _store(tmp_path, "a/forged", "a/honest").fetch("tiny", progress=False)
    assert (_folder(tmp_path) / "config.json").read_bytes() == b"{}"
    assert [name for name, _ in hub.requests][-1] == "a/honest/config.json"
    assert "a/honest/model.bin" not in dict(hub.requests)


def test_when_all_sources_fail_the_error_names_each_and_says_which_files_to_bring(
    hub: Hub, tmp_path: Path
) -> None:
    hub.repositories["a/forged"] = FILES | {"model.bin": b"x" * 200_000}
    store = _store(tmp_path, "a/empty", "a/forged")
    with pytest.raises(ModelFetchError) as failure:
        store.fetch("tiny", progress=False)
    text = str(failure.value)
    for expected in (
        "hub a/empty: ",
        "HTTP 404",
        "hub a/forged: wrong content",
        str(_folder(tmp_path)),
        f"model.bin (200000 bytes, SHA-256 {hashlib.sha256(FILES['model.bin']).hexdigest()}",
        "config.json (2 bytes",
        "python -m bot models verify tiny",
    ):
        assert expected in text
    assert not list(_folder(tmp_path).glob("*"))
    assert store.list()[0].state == "missing"


def test_files_brought_by_hand_are_accepted_without_a_network(tmp_path: Path) -> None:
    _place(_folder(tmp_path))
    store = _store(tmp_path)
    assert store.verify("tiny") == ()
    assert store.path("tiny") == _folder(tmp_path)
    assert store.list()[0].state == "present"


def test_files_are_hashed_once_and_again_only_after_a_change(tmp_path: Path) -> None:
    _place(_folder(tmp_path))
    store = _store(tmp_path)
    store.path("tiny")
    model = _folder(tmp_path) / "model.bin"
    noted = model.stat()
    model.write_bytes(b"x" * noted.st_size)
    os.utime(model, ns=(noted.st_atime_ns, noted.st_mtime_ns))
    assert store.path("tiny") == _folder(tmp_path)
    assert "SHA-256" in store.verify("tiny")[0]
    with pytest.raises(ModelMissingError, match="SHA-256"):
        store.path("tiny")


def test_truncated_file_is_noticed_at_the_next_start_and_replaced(hub: Hub, tmp_path: Path) -> None:
    hub.repositories["owner/tiny"] = FILES
    store = _store(tmp_path)
    store.fetch("tiny", progress=False)
    model = _folder(tmp_path) / "model.bin"
    os.truncate(model, 1000)
    with pytest.raises(ModelMissingError, match=r"model\.bin has 1000 bytes, not 200000"):
        store.path("tiny")
    assert store.list()[0].state == "incomplete"
    store.fetch("tiny", progress=False)
    assert store.verify("tiny") == ()


def test_model_in_a_folder_that_cannot_be_written_is_still_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _folder(tmp_path)
    _place(folder)
    # A folder in the stamp's place refuses the stamp even where tests run as root.
    (folder / ".verified.json").mkdir()
    assert _store(tmp_path).path("tiny") == folder


def test_cache_folder_that_cannot_be_made_is_a_clear_error(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(ModelFetchError, match="cannot write the model tiny"):
        _store(tmp_path).fetch("tiny", progress=False)


def test_a_disk_that_fills_up_while_fetching_is_a_clear_error_and_the_next_run_goes_on(
    hub: Hub, tmp_path: Path
) -> None:
    hub.repositories["owner/tiny"] = FILES
    store = _store(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(FILES["model.bin"]) // 2, before[1]))
    try:
        with pytest.raises(ModelFetchError, match=r"cannot write the model tiny to .*File too large"):
            store.fetch("tiny", progress=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not (_folder(tmp_path) / "model.bin").exists()
    with pytest.raises(ModelMissingError, match=r"model\.bin is missing.*models fetch tiny"):
        store.path("tiny")
    assert store.fetch("tiny", progress=False) == store.path("tiny")


@pytest.mark.parametrize("changed", [b"", b"another model, of the same name"])
def test_files_of_another_model_are_refused_by_name_and_command(tmp_path: Path, changed: bytes) -> None:
    _place(_folder(tmp_path), model=changed)
    with pytest.raises(ModelMissingError, match=r"model\.bin has .*models fetch tiny"):
        _store(tmp_path).path("tiny")


def test_a_file_in_place_of_the_models_folder_is_refused(tmp_path: Path) -> None:
    _folder(tmp_path).parent.mkdir(parents=True)
    _folder(tmp_path).write_text("in the way")
    with pytest.raises(ModelMissingError, match=r"cannot be read \(Not a directory\).*models fetch tiny"):
        _store(tmp_path).path("tiny")


def test_two_processes_fetch_only_once(hub: Hub, tmp_path: Path) -> None:
    hub.repositories["owner/tiny"] = FILES
    hub.pause_s = 0.002
    _store(tmp_path)
    command = [sys.executable, "-c", FETCH, str(tmp_path / "models.toml"), str(tmp_path / "cache")]
    runs = [
        subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [run.communicate(timeout=60)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert len(hub.requests) == len(FILES)
    assert sum("waiting for another process" in text for text in said) == 1


def test_interrupted_fetch_leaves_a_partial_that_the_next_one_continues(hub: Hub, tmp_path: Path) -> None:
    hub.repositories["owner/tiny"] = FILES
    hub.pause_s = 0.01
    store = _store(tmp_path)
    command = [sys.executable, "-c", FETCH, str(tmp_path / "models.toml"), str(tmp_path / "cache")]
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # Where the tests run in the background of a shell, it is ignored, and so it would be here.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        partial = _folder(tmp_path) / "model.bin.partial"
        deadline_s = time.monotonic() + 30
        while not (partial.exists() and partial.stat().st_size) and time.monotonic() < deadline_s:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) != 0
    assert 0 < partial.stat().st_size < len(FILES["model.bin"])
    assert not (_folder(tmp_path) / "model.bin").exists()
    hub.pause_s = 0
    left_bytes = partial.stat().st_size
    store.fetch("tiny", progress=False)
    assert ("owner/tiny/model.bin", f"bytes={left_bytes}-") in hub.requests
    assert store.verify("tiny") == ()


def test_unknown_model_and_bad_manifest_are_refused(tmp_path: Path) -> None:
    store = _store(tmp_path)
    for call in (store.path, store.fetch, store.verify):
        with pytest.raises(UnknownModelError, match="known are: tiny"):
            call("other")
    with pytest.raises(ModelManifestError):
        ModelStore(tmp_path / "nothing.toml", tmp_path)


def test_hamdel_home_moves_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HAMDEL_HOME", raising=False)
    assert cache_home().name == "hamdel"
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))
    assert cache_home() == tmp_path
    assert all(status.path.is_relative_to(tmp_path / "models") for status in default_store().list())
