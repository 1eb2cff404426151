"""`bin/bench NAME …`."""

import importlib
import pkgutil
import sys

import cxos.ops.bench as package
from cxos.ops.errors import CannotRun, run_or_explain


def main() -> int:
    names = [
        module.name
        for module in pkgutil.iter_modules(package.__path__)
        if hasattr(importlib.import_module(f"{package.__name__}.{module.name}"), "BENCH")
    ]
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        raise CannotRun(f"Say which benchmark to run: bin/bench {' | '.join(sorted(names))}")
    name = sys.argv.pop(1)
    code: int = importlib.import_module(f"{package.__name__}.{name}").main()
    return code


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
