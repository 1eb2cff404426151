"""The first key of an installation comes from the command line."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db


def make(*arguments: str) -> str:
    out = StringIO()
    call_command("make_api_key", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_the_printed_key_works_within_its_scopes(ana, talk):
    key = Caller(make("Ana@example.com", "--scopes", "read"))

    assert key.get("me").json()["scopes"] == ["read"]
    assert key.post(f"conversations/{talk.id}/note", {"text": "x"}).status_code == 403


@pytest.mark.parametrize("arguments", [
    ["nobody@example.com"], ["ana@example.com", "--scopes", "everything"], ["ana@example.com", "--days", "-1"],
])  # fmt: skip
def test_a_wrong_wish_is_refused_with_a_sentence(ana, arguments):
    with pytest.raises(CommandError, match=r"\.$"):
        make(*arguments)
    assert ana.api_keys.count() == 0
