"""The virtual environment follows its locks, and an interrupted installation is noticed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cxos.ops import environment
from cxos.ops.bootstrap import keep_what_is_compiled
from cxos.ops.environment import ROOT
from cxos.ops.errors import CannotRun


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two small locks, where installing is recorded instead of done."""
    (tmp_path / "requirements.txt").write_text("one==1.0 \\\n    --hash=sha256:00\n")
    (tmp_path / "requirements-dev.txt").write_text("two.three_four==2.0 \\\n    --hash=sha256:00\n")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "RUNTIME_LOCK", tmp_path / "requirements.txt")
    monkeypatch.setattr(environment, "DEVELOPMENT_LOCK", tmp_path / "requirements-dev.txt")
    monkeypatch.setattr(environment, "NODE_LOCK", tmp_path / "requirements-node.txt")
    monkeypatch.setattr(environment, "remove_unlocked", lambda python: None)
    return tmp_path


@pytest.fixture
def done(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, in order."""
    actions: list[str] = []

    def make_empty() -> None:
        actions.append("made")
        (checkout / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
        link = checkout / ".venv" / "bin" / "python"
        link.unlink(missing_ok=True)
        link.symlink_to(sys.executable)

    monkeypatch.setattr(environment, "make_empty_environment", make_empty)
    monkeypatch.setattr(
        environment,
        "install",
        lambda python, locks: actions.append("installed " + " ".join(lock.name for lock in locks)),
    )
    return actions


def test_an_environment_is_made_once_and_then_left_alone(checkout: Path, done: list[str]) -> None:
    environment.ensure_environment(development=False)
    environment.ensure_environment(development=False)

    assert done == ["made", "installed requirements.txt"]


def test_a_changed_lock_is_installed_over_the_old_one(checkout: Path, done: list[str]) -> None:
    environment.ensure_environment(development=True)
    (checkout / "requirements.txt").write_text("one==1.1 \\\n    --hash=sha256:11\n")

    environment.ensure_environment(development=False)  # the development tools that are there stay there

    both = "installed requirements.txt requirements-dev.txt"
    assert done == ["made", both, both]


def test_development_tools_on_top_do_no_harm(checkout: Path, done: list[str]) -> None:
    environment.ensure_environment(development=True)
    environment.ensure_environment(development=False)

    assert done == ["made", "installed requirements.txt requirements-dev.txt"]


def test_an_interrupted_installation_is_resumed(
    checkout: Path, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = environment.install

    def fail(python: Path, locks: list[Path]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "install", fail)
    with pytest.raises(KeyboardInterrupt):
        environment.ensure_environment(development=False)
    half = checkout / ".venv" / "lib" / "python3.11" / "site-packages" / "one-1.0.dist-info"
    half.mkdir(parents=True)

    monkeypatch.setattr(environment, "install", record)
    environment.ensure_environment(development=False)

    assert done == ["made", "installed requirements.txt"]
    assert not half.exists()


def test_an_environment_without_a_stamp_is_made_from_nothing(checkout: Path, done: list[str]) -> None:
    (checkout / ".venv" / "bin").mkdir(parents=True)

    environment.ensure_environment(development=False)

    assert done == ["made", "installed requirements.txt"]


def test_an_environment_whose_python_is_gone_is_made_from_nothing(checkout: Path, done: list[str]) -> None:
    environment.ensure_environment(development=False)
    (checkout / ".venv" / "bin" / "python").unlink()
    (checkout / ".venv" / "bin" / "python").symlink_to("/nowhere/python")

    environment.ensure_environment(development=False)

    assert done == ["made", "installed requirements.txt"] * 2


def test_a_moved_checkout_gets_an_environment_of_its_own(checkout: Path, done: list[str]) -> None:
    environment.ensure_environment(development=False)
    stamp = checkout / ".venv" / "stamp.json"
    stamp.write_text(json.dumps(json.loads(stamp.read_text()) | {"place": "/elsewhere"}))

    environment.ensure_environment(development=False)

    assert done == ["made", "installed requirements.txt"] * 2


def test_a_linked_environment_is_used_but_never_changed(checkout: Path, done: list[str]) -> None:
    environment.ensure_environment(development=False)
    (checkout / ".venv").rename(checkout / "other")
    (checkout / ".venv").symlink_to(checkout / "other")
    environment.ensure_environment(development=False)
    (checkout / "requirements.txt").write_text("one==1.1 \\\n    --hash=sha256:11\n")

    with pytest.raises(CannotRun, match="is a link to"):
        environment.ensure_environment(development=False)

    assert done == ["made", "installed requirements.txt"]


def test_names_in_locks_are_compared_in_their_canonical_form(checkout: Path) -> None:
    assert environment.locked_names(checkout / "requirements-dev.txt") == {"two-three-four"}


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the one in the lock file"),
        ("NewConnectionError: Temporary failure in name resolution", "registry cannot be reached"),
        ("error: something else", "The end of the output:\nerror: something else"),
    ],
)
def test_a_failed_installation_is_explained(output: str, sentence: str) -> None:
    with pytest.raises(CannotRun, match="The packages could not be installed") as refusal:
        environment.explain_failure("The packages could not be installed", output)

    assert sentence in str(refusal.value)


def test_the_first_step_runs_on_a_python_with_nothing_installed() -> None:
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import cxos.ops.bootstrap",
    ]

    ran = subprocess.run(command, capture_output=True, text=True)

    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_python_older_than_3_11_is_refused_with_a_sentence(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    old.chmod(0o755)

    ran = subprocess.run([ROOT / "bin" / "up"], capture_output=True, text=True, env=os.environ | {"PYTHON": str(old)})

    assert ran.returncode == 1
    assert ran.stderr == (
        "CXOS needs Python 3.11 or newer, and found: Python 3.9.2. "
        "Install one, or name it: PYTHON=/path/to/python3.11 bin/up\n"
    )


def test_what_is_compiled_is_kept_in_the_environment_and_beside_no_source(tmp_path: Path) -> None:
    (tmp_path / "spoken.py").write_text("WORD = 'hello'\n")
    variables = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tmp_path)}
    variables.pop("PYTHONPYCACHEPREFIX", None)

    keep_what_is_compiled(variables)
    prefix = Path(variables["PYTHONPYCACHEPREFIX"])
    subprocess.run(
        [sys.executable, "-c", "import spoken"],
        check=True,
        env=variables | {"PYTHONPYCACHEPREFIX": str(tmp_path / "kept")},
    )

    assert prefix.parent == environment.VENV
    assert list((tmp_path / "kept").rglob("spoken.*.pyc"))
    assert not (tmp_path / "__pycache__").exists()


def test_who_has_a_place_for_what_is_compiled_keeps_it() -> None:
    variables = {"PYTHONPYCACHEPREFIX": "/elsewhere"}

    keep_what_is_compiled(variables)

    assert variables == {"PYTHONPYCACHEPREFIX": "/elsewhere"}
