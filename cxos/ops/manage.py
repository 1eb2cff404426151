"""`bin/manage COMMAND …`: a management command, with the servers it needs.

Uses the servers that bin/up, or another such command, runs; starts and stops them itself when nobody does.
"""

import os
import signal
import subprocess
import sys

from cxos.ops.daemon import die_with_parent, wait_until
from cxos.ops.environment import ROOT
from cxos.ops.errors import CannotRun, run_or_explain
from cxos.ops.folder import DataFolder, Running, external
from cxos.ops.servers import EmbeddedServers
from cxos.ops.terminal import say

START_SECONDS = 60


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that whatever was started is stopped
    folder = DataFolder.of_environment()
    environment = folder.environment()
    if external(environment):
        return run_command(environment)
    for _ in range(3):
        with folder.owning_servers() as owned:
            if owned:
                return run_with_own_servers(folder, environment)
        with folder.using_servers():
            running = others_servers(folder)
            if running is not None:
                return run_command(running.environment | environment)
    raise CannotRun(f"The servers of {folder.path} keep starting and stopping. Look into {folder.log}, then try again.")


def others_servers(folder: DataFolder) -> Running | None:
    """The servers another command runs, once they answer; None if it ended instead."""

    def announced_or_ended() -> bool:
        if folder.running():
            return True
        with folder.owning_servers() as free:
            return free

    if not wait_until(announced_or_ended, seconds=START_SECONDS, every=0.2):
        raise CannotRun(f"The servers of {folder.path} have been starting for a minute. Look into {folder.log}.")
    return folder.running()


def run_with_own_servers(folder: DataFolder, environment: dict[str, str]) -> int:
    with EmbeddedServers(folder.path, logs=folder.log, given=environment) as servers:
        environment = environment | servers.environment()
        folder.announce(Running(os.getpid(), "bin/manage", "", servers.environment()))
        try:
            return run_command(environment)
        finally:
            folder.wait_for_users(on_wait=lambda: say("Another command uses these servers; waiting for it to end."))


def run_command(environment: dict[str, str]) -> int:
    """Exit code of manage.py. Ctrl-C reaches it from the terminal; here we only wait for it to end."""
    command = [sys.executable, str(ROOT / "manage.py"), *sys.argv[1:]]
    process = subprocess.Popen(command, env=environment, preexec_fn=die_with_parent(signal.SIGTERM))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    code = process.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
