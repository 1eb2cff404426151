"""Lists and single things: filters, pages, fields, and what one may not see."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        "me", "teams", "customers", "identities", "merge-suggestions", "channels", "conversations", "messages",
        "cases", "clocks", "queues", "skills", "dispositions", "agents", "work-items", "offers",
    ],
)  # fmt: skip
def test_every_list_answers(as_ana, talk, path):
    assert as_ana.get(path).status_code == 200
