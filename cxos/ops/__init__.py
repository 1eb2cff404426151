"""Running the product: set-up, embedded servers, one supervisor.

Nothing here imports Django or another part of CXOS: this package starts the processes that do.

- `daemon`      one child process in a group of its own: started, watched, stopped to the last grandchild
- `postgres`, `redis`   embedded servers as daemons; `servers` is the pair, ready for use, in one folder
- `folder`      the data folder: its lay-out, secrets and locks, who runs the servers and who uses them
- `vendor`, `static`, `migrations`   set-up steps that are skipped when their input has not changed
- `programs`, `supervisor`, `up`   what `bin/up` runs, and the loop that keeps it running
- `manage`, `test`, `ci`, `lock`   the other commands in `bin/`

Invariants: at most one owner of the servers per data folder (a lock of the kernel, so it never goes stale); no
process outlives the supervisor; every refusal is a `CannotRun` whose text says what happened and what to do.
"""
