"""`bin/up`: everything from an empty folder to a running product, and everything stopped again on Ctrl-C."""

import argparse
import errno
import os
import shutil
import signal
import socket
import sys
import textwrap
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from cxos.ops.errors import CannotRun, run_or_explain
from cxos.ops.folder import DataFolder, Running, external
from cxos.ops.guardian import Guardian
from cxos.ops.prepare import Preparation, has_command, remove_all
from cxos.ops.programs import STARTED_FIRST, Address, programs
from cxos.ops.servers import EmbeddedServers
from cxos.ops.supervisor import LOOK_SECONDS, Supervisor
from cxos.ops.terminal import say, step
from cxos.ops.vendor import ensure_vendor_files

NEEDED_BYTES = 300_000_000
READY_SECONDS = 120.0
FAILURES_AT_START = 3


def main() -> int:
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the supervisor takes over
    started = time.monotonic()
    folder = DataFolder.of_environment()

    def explain_wait() -> None:
        say("A bin/manage command is using the database; CXOS starts when it has ended.")

    with folder.owning_servers(wait=explain_wait if held_by_manage(folder) else None) as owned:
        if not owned:
            raise CannotRun(already_running(folder))
        address = Address(options.host, options.port)
        check_ports(address)
        check_disk(folder.path)
        if options.fresh:
            start_over(folder)
            folder = DataFolder(folder.path)
        ensure_vendor_files()
        return serve(folder, address, options, started)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/up", description="Start CXOS and keep it running until Ctrl-C.")
    parser.add_argument("--fresh", action="store_true", help="remove all data of the embedded servers first")
    parser.add_argument(
        "--port", type=int, default=8000, help="HTTP port (8000); sockets use the next one, metrics the one after"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--no-demo", action="store_true", help="no simulated customers and agents")
    parser.add_argument("--empty", action="store_true", help="on the first run, make no demo data either")
    return parser.parse_args(arguments)


def serve(folder: DataFolder, address: Address, options: argparse.Namespace, started: float) -> int:
    """Start, wait until ready, keep running, stop. Exit code 0 after a requested stop."""
    environment = address.environment() | folder.environment()
    servers = EmbeddedServers(folder.path, logs=folder.log, given=environment)
    if servers.daemons:
        with step("Starting " + " and ".join(daemon.name for daemon in servers.daemons)):
            servers.start()
    try:
        environment = environment | servers.environment()
        preparation = Preparation(folder, environment, demo_data=not options.empty)
        preparation.run()
        demo = not options.no_demo and bool(preparation.log_ins()) and has_command("demo")
        processes = programs(address, environment, logs=folder.log, demo=demo)
        guardian = Guardian()
        guardian.start()
        supervisor = Supervisor(
            servers=servers.daemons,
            programs=[program for program in processes if program.name in STARTED_FIRST],
            tell=say,
            guardian=guardian,
        )
        with supervisor.stopped_by_signals():
            try:
                supervisor.start()
                if wait_until_ready(supervisor, address):
                    supervisor.add([program for program in processes if program.name not in STARTED_FIRST])
                    folder.announce(Running(os.getpid(), "bin/up", address.url, shared(environment)))
                    say(welcome(address, preparation.log_ins(), folder, time.monotonic() - started))
                    supervisor.run()
            finally:
                say("Stopping …")
                supervisor.stop()
                say("Stopped; nothing is left running.")
    finally:
        servers.stop()
    return 0


def wait_until_ready(supervisor: Supervisor, address: Address) -> bool:
    """Whether it answers; False when it was told to stop first. Raises CannotRun when it cannot get there."""
    deadline = time.monotonic() + READY_SECONDS
    with step("Waiting until it answers") as report:
        while not supervisor.stopping:
            supervisor.look()
            problem = ready_problem(address)
            if problem is None:
                return True
            report(problem)
            failing = [name for name, count in supervisor.failures().items() if count >= FAILURES_AT_START]
            if failing or time.monotonic() > deadline:
                raise CannotRun(explain_not_ready(supervisor, failing, problem))
            time.sleep(LOOK_SECONDS)
    return False


def ready_problem(address: Address) -> str | None:
    """None when HTTP and sockets answer, else what does not."""
    host = "127.0.0.1" if address.host == "0.0.0.0" else address.host
    try:
        with socket.create_connection((host, address.socket_port), timeout=1):
            pass
    except OSError:
        return "the socket server does not listen yet"
    try:
        with urllib.request.urlopen(f"http://{host}:{address.port}/readyz", timeout=5):
            return None
    except urllib.error.HTTPError as error:
        return f"/readyz answers {error.code}"
    except OSError:
        return "the web server does not listen yet"


def explain_not_ready(supervisor: Supervisor, failing: list[str], problem: str) -> str:
    for daemon in supervisor.programs:
        if daemon.name in failing:
            return f"{daemon.name} does not start. The end of {daemon.log} says:\n{daemon.last_lines()}"
    return f"CXOS did not get ready within {READY_SECONDS:g} seconds: {problem}. Look into {supervisor.programs[0].log.parent}."


def shared(environment: dict[str, str]) -> dict[str, str]:
    """What other commands need to reach this running product."""
    names = ("DATABASE_URL", "REDIS_URL", "CXOS_PUBLIC_URL", "CXOS_SOCKET_URL")
    return {name: environment[name] for name in names}


def welcome(address: Address, log_ins: str, folder: DataFolder, seconds: float) -> str:
    lines = ["", f"CXOS runs at {address.url}  (ready after {seconds:.1f} s)"]
    if log_ins:
        lines += ["", textwrap.indent(textwrap.dedent(log_ins).rstrip(), "  ")]
    return "\n".join([*lines, "", f"Logs: {folder.log}   Stop: Ctrl-C", ""])


def held_by_manage(folder: DataFolder) -> bool:
    running = folder.running()
    return running is not None and running.command == "bin/manage" and psutil.pid_exists(running.pid)


def already_running(folder: DataFolder) -> str:
    running = folder.running()
    if running is None:
        return (
            f"CXOS is just being started or stopped with the data folder {folder.path}. Wait a moment, then try again."
        )
    return (
        f"CXOS already runs at {running.address} (process {running.pid}) with the data folder {folder.path}. "
        f"Use it, or stop it with Ctrl-C there or `kill {running.pid}`; for a second one, set CXOS_DATA_DIR and --port."
    )


def check_ports(address: Address) -> None:
    for port, purpose in ((address.port, "HTTP"), (address.socket_port, "sockets"), (address.metrics_port, "metrics")):
        problem = port_problem(address.host, port)
        if problem == errno.EADDRINUSE:
            raise CannotRun(
                f"Port {port}, wanted for {purpose}, is in use{by_whom(port)}. "
                f"Stop that program, or choose another port: bin/up --port {address.port + 10}"
            )
        if problem is not None:
            raise CannotRun(
                f"Port {port} on {address.host} cannot be used ({os.strerror(problem)}). "
                "Choose another with --port or --host."
            )


def port_problem(host: str, port: int) -> int | None:
    """The error number of listening there, None if it works."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        return getattr(error, "errno", None) or errno.EINVAL
    return None


def by_whom(port: int) -> str:
    """ " by NAME (process N)" where the system tells us, else nothing."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                name = psutil.Process(connection.pid).name() if connection.pid else None
                return f" by {name} (process {connection.pid})" if name else ""
    except psutil.Error:
        pass
    return ""


def check_disk(path: Path) -> None:
    free = shutil.disk_usage(path).free
    if free < NEEDED_BYTES:
        raise CannotRun(
            f"Only {free // 1_000_000} MB are free on the disk that holds {path}, and CXOS needs "
            f"{NEEDED_BYTES // 1_000_000} MB to run. Free some space, or set CXOS_DATA_DIR to a folder elsewhere."
        )


def start_over(folder: DataFolder) -> None:
    if external({"DATABASE_URL": os.environ.get("DATABASE_URL", ""), "REDIS_URL": "-"}):
        raise CannotRun(
            "--fresh removes the embedded database only, and DATABASE_URL names a server of your own. "
            "Unset DATABASE_URL, or empty that database yourself."
        )
    with step("Removing all data"):
        remove_all(folder.path)


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
