"""What is missing is said at once, by name, with the line that installs it; nothing is installed here."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("bash", "cat", "dirname", "env", "grep", "head", "mkdir", "sed", "sleep", "sort", "tail", "touch")
ALL = ("python3.11", "python3.10", "espeak-ng", "chromium", "node")
LINES = {
    "espeak-ng": "sudo apt-get install espeak-ng",
    "chromium": "sudo apt-get install chromium",
    "node": "sudo apt-get install nodejs",
    "python3.10": "pyenv install 3.10",
    "python3.11": "pyenv install 3.11",
}


class Machine:
    """A machine whose programs are what the test puts there; its user is not root."""

    def __init__(self, folder):
        self.folder = folder / "checkout"
        self.programs = folder / "bin"
        self.programs.mkdir()
        shutil.copytree(ROOT / "deploy", self.folder / "deploy")
        for name in TOOLS:
            (self.programs / name).symlink_to(shutil.which(name))
        self.put("id", "echo 1000")
        self.put("espeak-ng")
        self.put("chromium")
        self.put("node", "echo 20")
        self.put("uv", '[ "$1 $2" = "python find" ]')

    def put(self, name, text="exit 0"):
        path = self.programs / name
        path.write_text(f"#!{self.programs}/bash\n{text}\n", encoding="utf-8")
        path.chmod(0o755)

    def take(self, name):
        if name.startswith("python3."):  # one that uv finds no more, and can't fetch
            version = name.removeprefix("python")
            self.put("uv", f'[ "$1 $2" = "python find" ] && [[ "$*" != *{version}* ]]')
        else:
            (self.programs / name).unlink()

    def run(self, *command):
        return subprocess.run(
            [self.programs / "bash", *command],
            cwd=self.folder,
            env={"PATH": str(self.programs), "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=30,
        )

    def look(self, *names):
        return self.run("deploy/requirements.sh", *names)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_a_machine_that_has_all_is_passed_in_silence(machine):
    ended = machine.look(*ALL)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ALL)
def test_whatever_is_missing_is_named_with_the_line_that_installs_it(machine, name):
    machine.take(name)
    ended = machine.look(*ALL)
    assert ended.returncode == 1
    assert LINES[name] in ended.stderr
    assert [line for other, line in LINES.items() if other != name and line in ended.stderr] == []


def test_all_that_is_missing_is_said_at_once(machine):
    for name in ("espeak-ng", "chromium", "node", "python3.10"):
        machine.take(name)
    ended = machine.look(*ALL)
    missing = [name for name, line in LINES.items() if line in ended.stderr]
    assert sorted(missing) == ["chromium", "espeak-ng", "node", "python3.10"]


def test_only_what_the_command_needs_is_asked_for(machine):
    machine.take("chromium")
    assert machine.look("python3.11", "espeak-ng").returncode == 0


def test_without_uv_the_module_that_makes_it_is_needed(machine):
    machine.take("uv")
    machine.put("python3", 'case "$*" in *ensurepip*) exit 1;; esac')
    machine.put("python3.11")
    machine.put("python3.10")
    ended = machine.look("python3.11", "python3.10")
    assert ended.returncode == 1
    assert "sudo apt-get install python3-venv" in ended.stderr


def test_an_environment_that_is_there_brings_its_python(machine):
    machine.take("python3.10")
    folder = machine.folder / ".venv-dialogue" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(machine.programs / "true")
    machine.put("true")
    assert machine.look(*ALL).returncode == 0


def test_an_old_node_is_told_with_the_version_that_is_needed(machine):
    machine.put("node", '[ "$1" = --version ] && echo v18.19.0 || echo 18')
    ended = machine.look(*ALL)
    assert ended.returncode == 1
    assert "20 or newer is needed; here is v18.19.0" in ended.stderr


def test_an_index_out_of_reach_is_one_clear_line_and_the_rest_is_in_the_log(machine):
    machine.put(
        "uv",
        'case "$1" in venv) mkdir -p .venv/bin ;; *) echo "error: Failed to fetch: index" >&2;'
        ' echo "  cause: dns error" >&2; echo "  cause: error resolving DNS" >&2; exit 1 ;; esac',
    )
    ended = machine.run("deploy/packages.sh", "environment", ".venv", "3.11", "requirements.txt")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[0] == (
        "preparing .venv failed: can't reach the package index (error resolving DNS)."
    )
    assert "UV_DEFAULT_INDEX" in ended.stderr
    assert "cause: dns error" in (machine.folder / ".run" / "packages.log").read_text()


def test_another_failure_shows_the_clients_own_words(machine):
    machine.put("uv", '[ "$1" = venv ] || { echo "error: hash mismatch for rasa" >&2; exit 1; }')
    ended = machine.run("deploy/packages.sh", "environment", ".venv", "3.11", "requirements.txt")
    assert ended.returncode == 1
    assert "hash mismatch for rasa" in ended.stderr
    assert "index" not in ended.stderr


def test_a_full_disk_is_said(machine):
    machine.put(
        "uv", '[ "$1" = venv ] || { echo "error: No space left on device (os error 28)" >&2; exit 1; }'
    )
    ended = machine.run("deploy/packages.sh", "environment", ".venv", "3.11", "requirements.txt")
    assert "No space left on device" in ended.stderr
    assert "3.5 GB" in ended.stderr
