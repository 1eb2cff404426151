"""Benchmarks: how fast the product is on this machine, beside a floor measured in the same run.

`bin/bench NAME [OPTIONS]` runs `cxos.ops.bench.NAME`. Each builds its own data on its own servers, prints a table, and
ends with one line of JSON. Figures of one run compare with each other; absolute ones move with the machine.

- `installation`   a throw-away CXOS: servers, tables, a key, web processes
- `http_load`      the client: few connections, raw sockets, so that it takes little of the machine it measures on
- `ingest_floor`   the least an ingest must do, by bare psycopg2
"""
