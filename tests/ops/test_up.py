"""What bin/up says when something is in the way."""

import argparse
import errno
import os
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from cxos.ops import up
from cxos.ops.errors import CannotRun, run_or_explain
from cxos.ops.folder import DataFolder, Running
from cxos.ops.prepare import remove_all
from cxos.ops.programs import Address, programs


@pytest.fixture
def listener():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


def test_a_busy_port_is_named_with_its_program_and_the_way_on(listener: socket.socket) -> None:
    port = listener.getsockname()[1]

    with pytest.raises(CannotRun) as refusal:
        up.check_ports(Address("127.0.0.1", port))

    assert str(refusal.value).startswith(f"Port {port}, wanted for HTTP, is in use by ")
    assert f"(process {os.getpid()}). Stop that program, or choose another port: bin/up --port {port + 10}" in str(
        refusal.value
    )


def test_a_busy_socket_port_is_noticed_too(listener: socket.socket) -> None:
    port = listener.getsockname()[1]

    with pytest.raises(CannotRun, match=f"Port {port}, wanted for sockets, is in use"):
        up.check_ports(Address("127.0.0.1", port - 1))


def test_a_port_beyond_the_range_is_refused_with_a_sentence() -> None:
    with pytest.raises(CannotRun, match="cannot be used"):
        up.check_ports(Address("127.0.0.1", 70_000))


def test_a_second_start_says_where_the_first_one_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXOS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["up", "--port", "8990"])
    folder = DataFolder(tmp_path)

    with folder.owning_servers():
        folder.announce(Running(4711, "bin/up", "http://localhost:8000", {}))
        with pytest.raises(CannotRun) as refusal:
            up.main()

    assert str(refusal.value) == (
        f"CXOS already runs at http://localhost:8000 (process 4711) with the data folder {tmp_path}. "
        "Use it, or stop it with Ctrl-C there or `kill 4711`; for a second one, set CXOS_DATA_DIR and --port."
    )


def test_a_start_during_another_start_says_so(tmp_path: Path) -> None:
    assert "is just being started or stopped" in up.already_running(DataFolder(tmp_path))


def test_a_nearly_full_disk_is_refused_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(total=10**9, used=10**9, free=5_000_000))

    with pytest.raises(CannotRun, match=r"Only 5 MB are free on the disk that holds .*, and CXOS needs 300 MB"):
        up.check_disk(tmp_path)


def test_a_disk_that_fills_up_later_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def write() -> int:
        raise OSError(errno.ENOSPC, "No space left on device", "/data/secrets.json")

    assert run_or_explain(write) == 1

    assert capsys.readouterr().err.strip() == (
        "The disk is full while writing /data/secrets.json. Free some space, then run the same command again."
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_another_user_is_refused_with_a_sentence() -> None:
    with pytest.raises(CannotRun, match="cannot be written by this user"):
        DataFolder(Path("/proc/cxos"))


def test_starting_over_is_refused_for_a_database_of_your_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://db.example/cxos")

    with pytest.raises(CannotRun, match="Unset DATABASE_URL, or empty that database yourself"):
        up.start_over(DataFolder(tmp_path))


def test_starting_over_removes_our_files_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "secrets.json").touch()
    (tmp_path / "letters").mkdir()

    remove_all(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_every_program_of_the_product_is_started(tmp_path: Path) -> None:
    started = programs(Address("127.0.0.1", 8000), {}, logs=tmp_path, demo=True)

    assert [program.name for program in started] == ["web", "sockets", "live", "work", "beat", "metrics", "demo"]
    sockets = started[1].argv
    assert sockets[sockets.index("--ws-max-size") + 1] == "65536"
    assert sockets[sockets.index("--port") + 1] == "8001"


def test_options_have_safe_defaults() -> None:
    assert up.parse([]) == argparse.Namespace(fresh=False, port=8000, host="127.0.0.1", no_demo=False, empty=False)


def test_a_file_of_another_user_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def write() -> int:
        raise PermissionError(errno.EACCES, "Permission denied", "/data/log/web.log")

    assert run_or_explain(write) == 1

    assert capsys.readouterr().err.startswith("\n/data/log/web.log cannot be used by this user (Permission denied). ")


def test_an_error_of_ours_is_shown_whole() -> None:
    def fail() -> int:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "/data/x")

    with pytest.raises(FileNotFoundError):
        run_or_explain(fail)
