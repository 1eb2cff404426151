"""The virtual environment .venv, made from the hash-pinned locks and kept equal to them. Standard library only.

A stamp inside says which locks it was made from. Before a change it is marked unfinished and after the last one it is
written anew: an interrupted installation is resumed, an environment without a stamp is made from nothing.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cxos.ops.errors import CannotRun
from cxos.ops.terminal import say, step

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
RUNTIME_LOCK = ROOT / "requirements.txt"
DEVELOPMENT_LOCK = ROOT / "requirements-dev.txt"
NODE_LOCK = ROOT / "requirements-node.txt"
NEEDED_BYTES = 1_500_000_000
KEPT_WITHOUT_LOCK = {"pip", "setuptools"}


def ensure_environment(*, development: bool) -> Path:
    """The environment's Python; makes or updates the environment first when it differs from the locks."""
    python = VENV / "bin" / "python"
    wanted = fingerprint(development=development)
    if is_current(wanted):
        return python
    with one_at_a_time():
        if is_current(wanted):  # another command made it while we waited
            return python
        refuse_link()
        locks = [RUNTIME_LOCK, DEVELOPMENT_LOCK] if development or has_development_tools() else [RUNTIME_LOCK]
        wanted = fingerprint(development=len(locks) == 2)
        if not is_usable():
            make_empty_environment()
        write_stamp({"place": place(), "unfinished": "yes"})
        remove_half_installed()
        install(python, locks)
        remove_unlocked(python)
        write_stamp(wanted)
    return python


def fingerprint(*, development: bool) -> dict[str, str]:
    """What an environment is made from: this place and the content of the locks."""
    made_from = {"place": place(), "runtime": digest(RUNTIME_LOCK)}
    if development:
        made_from["development"] = digest(DEVELOPMENT_LOCK)
    return made_from


def place() -> str:
    """Where the environment really is: it does not work when moved."""
    return str(VENV.resolve().parent)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_stamp() -> dict[str, str]:
    """What the present environment was made from; empty when it is missing, half-made or damaged."""
    try:
        stamp: dict[str, str] = json.loads((VENV / "stamp.json").read_text())
    except (OSError, json.JSONDecodeError):
        return {}
    return stamp


def write_stamp(made_from: dict[str, str]) -> None:
    temporary = VENV / "stamp.json.new"
    temporary.write_text(json.dumps(made_from, indent=2) + "\n")
    temporary.replace(VENV / "stamp.json")


def is_current(wanted: dict[str, str]) -> bool:
    """Whether the environment was made from these locks (development tools on top do no harm) and its Python is there."""
    return wanted.items() <= read_stamp().items() and os.access(VENV / "bin" / "python", os.X_OK)


def is_usable() -> bool:
    """Whether packages can be installed into the environment: made in this place, with a Python and a pip that start."""
    if read_stamp().get("place") != place():
        return False
    test = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([VENV / "bin" / "python", "-c", test], capture_output=True).returncode == 0
    except OSError:
        return False


def remove_half_installed() -> None:
    """Forget packages whose installation was interrupted: pip writes the file INSTALLER after all others."""
    for site in VENV.glob("lib/python*/site-packages"):
        for metadata in site.glob("*.dist-info"):
            if not (metadata / "INSTALLER").exists():
                shutil.rmtree(metadata)
        for set_aside in site.glob("~*"):  # by an uninstallation that was interrupted
            shutil.rmtree(set_aside, ignore_errors=True)


def has_development_tools() -> bool:
    return "development" in read_stamp()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the checkout's set-up lock. It is the kernel's, on the folder itself: it leaves no file and is never stale."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another command is setting up this checkout; waiting for it.")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def refuse_link() -> None:
    """A linked environment is used as it is, but never changed: another checkout may be running from it."""
    if VENV.is_symlink():
        raise CannotRun(
            f"{VENV} is a link to {VENV.resolve()}, which was not made from this checkout's locks. Remove the link, "
            "then run the same command again: an environment of its own will be made."
        )


def make_empty_environment() -> None:
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED_BYTES:
        raise CannotRun(
            f"Only {free // 1_000_000} MB are free on the disk that holds {ROOT}, and the packages need "
            f"{NEEDED_BYTES // 1_000_000} MB. Free some space, then run the same command again."
        )
    if VENV.exists():
        say("The virtual environment was not finished or does not work any more; making it anew.")
    with step("Making the virtual environment"):
        done = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
    if done.returncode:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        if "ensurepip" in done.stdout + done.stderr:
            raise CannotRun(
                f"This Python ({sys.executable}) comes without its venv module. Install it "
                f"(on Debian and Ubuntu: apt-get install python{version}-venv), then run the same command again."
            )
        explain_failure("The virtual environment could not be made", done.stdout + done.stderr)


def install(python: Path, locks: list[Path]) -> None:
    """Install exactly what the locks say, checked by hash."""
    command = [str(python), "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-compile"]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    for lock in locks:
        command += ["-r", str(lock)]
    total = len(locked_names(*locks))
    with step("Installing Python packages") as report:
        code, output = run_and_follow(command, lambda line, seen: follow_pip(line, seen, total, report))
    if code:
        explain_failure("The Python packages could not be installed", output)


def follow_pip(line: str, seen: set[str], total: int, report: Callable[[str], None]) -> None:
    found = re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.\-]+)", line)
    if found:
        seen.add(found[1])
        report(f"{len(seen)} of {total}: {found[1]}")
    elif line.startswith("Installing collected"):
        report(f"unpacking {total}")


def run_and_follow(command: list[str], follow: Callable[[str, set[str]], None]) -> tuple[int, str]:
    """Exit code and whole output of a command, each line handed on as it comes."""
    seen: set[str] = set()
    lines: list[str] = []
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        follow(line, seen)
    return process.wait(), "".join(lines)


def remove_unlocked(python: Path) -> None:
    """Uninstall what an earlier lock had and the present ones have not."""
    listing = subprocess.run(
        [str(python), "-m", "pip", "list", "--format=json", "--disable-pip-version-check"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    installed = {canonical(package["name"]) for package in json.loads(listing.stdout)}
    wanted = locked_names(RUNTIME_LOCK, DEVELOPMENT_LOCK, NODE_LOCK) | KEPT_WITHOUT_LOCK
    surplus = sorted(installed - wanted)
    if surplus:
        subprocess.run(
            [str(python), "-m", "pip", "uninstall", "--yes", "--quiet", "--disable-pip-version-check", *surplus],
            check=True,
        )


def locked_names(*locks: Path) -> set[str]:
    """Names of the packages pinned in these lock files."""
    return {
        canonical(name)
        for lock in locks
        if lock.exists()
        for name in re.findall(r"^([A-Za-z0-9][\w.\-]*)==", lock.read_text(), flags=re.MULTILINE)
    }


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def explain_failure(what: str, output: str) -> None:
    """Raise CannotRun with the likely reason first and the tool's own last lines after it."""
    last = "\n".join(output.strip().splitlines()[-8:])
    if "No space left on device" in output:
        raise CannotRun(f"{what}: the disk is full. Free some space, then run the same command again.")
    if "DO NOT MATCH THE HASHES" in output:
        raise CannotRun(
            f"{what}: a downloaded file is not the one in the lock file. Do not go on; look into it.\n{last}"
        )
    if re.search(r"Temporary failure in name resolution|Connection refused|timed out|NewConnectionError", output):
        raise CannotRun(
            f"{what}: the package registry cannot be reached. Check the network and proxy settings, then run the same "
            f"command again; what was fetched is kept.\n{last}"
        )
    raise CannotRun(f"{what}. The end of the output:\n{last}")
