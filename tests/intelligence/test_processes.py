"""What a process of the product loads before anybody trains a model."""

from __future__ import annotations

import subprocess
import sys


def test_starting_the_product_loads_neither_scikit_learn_nor_pandas() -> None:
    code = (
        "import sys, django\n"
        "django.setup()\n"
        "import intelligence.services.training, intelligence.services.understand, intelligence.queries\n"
        "print([name for name in ('sklearn', 'pandas', 'py3langid') if name in sys.modules])"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip().splitlines()[-1] == "[]"
