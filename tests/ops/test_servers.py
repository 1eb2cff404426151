"""The embedded servers: real processes in throw-away folders."""

from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from cxos.ops.servers import EmbeddedServers


@pytest.fixture
def servers(tmp_path: Path):
    with EmbeddedServers(tmp_path / "data", fast=True) as running:
        yield running


def test_a_committed_row_and_a_queued_entry_survive_a_crash_of_both(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path / "data") as servers:
        with closing(servers.postgres.connect("cxos")) as connection:
            connection.cursor().execute("CREATE TABLE ledger (id int); INSERT INTO ledger VALUES (7)")
        servers.redis.client().rpush("queue", "entry")

        servers.postgres.restart("immediate")
        servers.redis.kill()
        servers.redis.start()

        with closing(servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT id FROM ledger")
            assert cursor.fetchall() == [(7,)]
        assert servers.redis.client().lrange("queue", 0, -1) == [b"entry"]


def test_redis_keeps_its_address_over_a_stop_and_a_start(servers: EmbeddedServers) -> None:
    address = servers.redis_url

    servers.redis.stop()
    servers.redis.start()

    assert servers.redis_url == address
    assert servers.redis.client().ping() is True


def test_nothing_of_the_servers_runs_after_the_block(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path / "data", fast=True) as servers:
        assert servers.postgres.is_running() and servers.redis.is_running()

    assert not servers.postgres.is_running() and not servers.redis.is_running()
    with pytest.raises(psycopg2.OperationalError):
        servers.postgres.connect()


def test_a_server_given_from_outside_is_not_started(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgres://db.example/cxos"}

    with EmbeddedServers(tmp_path / "data", fast=True, given=given) as servers:
        assert servers.database_url == "postgres://db.example/cxos"
        assert not servers.postgres.is_running()
        assert servers.redis.is_running()


def test_the_servers_end_even_if_the_caller_adds_their_addresses_to_what_was_given(tmp_path: Path) -> None:
    given: dict[str, str] = {}
    with EmbeddedServers(tmp_path / "data", fast=True, given=given) as servers:
        given |= servers.environment()

    assert not servers.postgres.is_running() and not servers.redis.is_running()
