"""The command that proves the simulator."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command


def last_line(*arguments: str) -> dict[str, float]:
    out = StringIO()
    call_command("simulate", *arguments, stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def test_check_says_how_many_scenarios_agree() -> None:
    found = last_line("--check", "--replications", "3", "--interactions", "400")

    assert found["scenarios"] == 8
    assert 0 < found["within_ci"] <= 8
    assert found["interactions"] > 8 * 3 * 300


def test_a_missing_log_is_named() -> None:
    with pytest.raises(CommandError, match=r"nowhere\.tsv"):
        last_line("--log", str(Path("nowhere.tsv")))
