"""Pytest plugin: each parallel test worker gets a Redis database of its own, as it gets a Postgres database of its own.

Loaded by `-p`, so that it runs before the settings read REDIS_URL.
"""

import os
import re

worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if worker and os.environ.get("REDIS_URL"):
    database = int(re.sub(r"\D", "", worker)) % 15 + 1
    os.environ["REDIS_URL"] = re.sub(r"/\d+$", "", os.environ["REDIS_URL"]) + f"/{database}"
