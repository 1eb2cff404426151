"""What a kill -9 leaves behind does not stand in the way of the next start."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from cxos.ops.daemon import wait_until
from cxos.ops.environment import ROOT
from cxos.ops.errors import CannotRun
from cxos.ops.folder import DataFolder, Running
from cxos.ops.postgres import Postgres, short_socket_directory
from cxos.ops.redis import Redis

HOLD = """
import sys, time
from pathlib import Path
from cxos.ops.folder import DataFolder, Running
folder = DataFolder(Path(sys.argv[1]))
with folder.owning_servers() as owned:
    folder.announce(Running(1, "bin/up", "http://localhost:8000", {}))
    print(owned, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def postgres(tmp_path: Path):
    server = Postgres(tmp_path / "data", fast=True)
    yield server
    server.stop()


@pytest.fixture
def redis(tmp_path: Path):
    server = Redis(tmp_path / "data")
    yield server
    server.stop()


def test_a_killed_postgres_starts_again_over_its_pid_file(postgres: Postgres) -> None:
    postgres.start()
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    postgres.wait(10)
    assert (postgres.cluster / "postmaster.pid").exists()

    postgres.start()

    assert answers(postgres)


def test_a_pid_file_naming_a_stranger_is_removed(postgres: Postgres) -> None:
    postgres.start()
    postgres.stop()
    lines = [str(os.getppid()), str(postgres.cluster), "0", "5432", str(postgres.socket_directory), "", ""]
    (postgres.cluster / "postmaster.pid").write_text("\n".join(lines))

    postgres.start()

    assert answers(postgres)
    assert psutil.pid_exists(os.getppid())


def test_a_postgres_without_its_starter_is_replaced(postgres: Postgres, tmp_path: Path) -> None:
    postgres.start()
    orphan = postgres.pid
    successor = Postgres(tmp_path / "data", fast=True)

    successor.start()

    assert successor.pid != orphan
    assert not postgres.is_running()
    assert answers(successor)
    successor.stop()


def test_an_interrupted_initdb_is_done_again(postgres: Postgres) -> None:
    postgres.cluster.mkdir(parents=True)
    postgres.start()
    postgres.stop()
    (postgres.cluster / "PG_VERSION").unlink()  # what an initdb killed in the middle has not written yet

    postgres.start()

    assert answers(postgres)


def test_a_long_path_gets_its_socket_in_the_temporary_folder(tmp_path: Path) -> None:
    directory = tmp_path / ("long" * 20)

    socket_directory = short_socket_directory(directory)

    assert directory not in socket_directory.parents
    assert len(str(socket_directory)) < 80
    assert socket_directory == short_socket_directory(directory)


def test_redis_starts_over_a_damaged_file_and_keeps_the_damaged_one(redis: Redis) -> None:
    redis.start()
    redis.client().set("key", "value")
    redis.kill()
    (redis.folder / "appendonly.aof").write_bytes(b"this is no redis file\r\n" * 20)

    redis.start()

    assert redis.client().get("key") is None
    assert [path.name.rpartition("-")[0] for path in redis.folder.glob("*.damaged-*")] == ["appendonly.aof.damaged"]


def test_a_killed_owner_leaves_no_lock(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert owner.stdout is not None and owner.stdout.readline() == "True\n"
    folder = DataFolder(tmp_path)
    with folder.owning_servers() as owned:
        assert not owned
    assert folder.running() == Running(1, "bin/up", "http://localhost:8000", {})

    owner.kill()
    owner.wait(10)

    with folder.owning_servers() as owned:
        assert owned
        assert folder.running() is None


def test_secrets_are_made_once_and_are_private(tmp_path: Path) -> None:
    first = DataFolder(tmp_path).environment()
    second = DataFolder(tmp_path).environment()

    assert first["CXOS_SECRET_KEY"] == second["CXOS_SECRET_KEY"]
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_damaged_secrets_are_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")

    with pytest.raises(CannotRun, match="Put it back from a backup"):
        DataFolder(tmp_path).environment()

    assert (tmp_path / "secrets.json").read_text() == "{"


def answers(server: Postgres) -> bool:
    def query() -> bool:
        with closing(server.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)

    return wait_until(query, seconds=5)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can restore files as root")
def test_a_cluster_put_back_by_root_is_given_to_the_database_account(postgres: Postgres) -> None:
    postgres.start()
    postgres.stop()
    for path in (postgres.cluster, *postgres.cluster.rglob("*")):
        os.chown(path, 0, 0)

    postgres.start()

    assert answers(postgres)
