from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.channels_app.receiver import Receiver, receiving


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("CXOS_ALLOWED_PRIVATE_HOSTS", "127.0.0.1")
    with receiving() as receiver:
        yield receiver
