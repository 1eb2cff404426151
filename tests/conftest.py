"""The cast: Ana (agent), Sam (supervisor), Adi (admin), Kim (customer), Max (a stranger)."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import translation
from playwright.sync_api import Browser, expect, sync_playwright

from channels_app.models import Channel
from crm.models import Customer, Identity
from cxos.core import memory
from cxos.core.models import Role, Team, User
from tests.emptying import instead_of_flushing
from tests.migrated_once import as_template

gc.set_threshold(50_000, 20, 50)  # looking through thousands of collected tests again and again took a tenth of a run
instead_of_flushing()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a good one takes longer than most tests

PASSWORD = "correct horse battery"
PATIENCE_MS = 20_000  # in every browser test: for a machine that does much else
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_finish() -> None:
    """What has been made so far stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever drives a browser is marked so, and may fail twice before that counts; the summary names it."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Playwright's loop counts as running in this thread from its start on: tests without it run loops of their own.

    From before their first fixture until after their last: while a loop runs, Django has other connections to the database.
    """
    if "chromium" in getattr(item, "fixturenames", ()):
        return (yield)
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return (yield)
    finally:
        asyncio._set_running_loop(loop)


@pytest.fixture(scope="session")
def turn_to_migrate(django_db_modify_db_settings: None, django_db_blocker: Any) -> Iterator[Any]:
    with django_db_blocker.unblock(), as_template() as migrated, django_db_blocker.block():
        yield migrated


@pytest.fixture(scope="session")
def django_db_setup(turn_to_migrate: Any, django_db_setup: None, django_db_blocker: Any) -> None:
    """One worker migrates; see tests/migrated_once.py."""
    if turn_to_migrate is not None:
        with django_db_blocker.unblock():
            turn_to_migrate()


@pytest.fixture(autouse=True)
def nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process remembers the configuration for seconds; here each test sees what it has just written."""
    memory.forget_all()
    monkeypatch.setattr(memory, "SECONDS", 0.0)


@pytest.fixture(autouse=True)
def no_language_is_left_behind() -> Iterator[None]:
    """A request leaves its language on in its thread; the next request sets its own, the next test would not."""
    yield
    translation.deactivate()


@pytest.fixture
def now() -> datetime:
    """A quiet Wednesday morning."""
    return datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(name="Care")


def _user(name: str, role: Role, team: Team) -> User:
    user = User(email=f"{name.lower()}@example.com", name=name, role=role, password=make_password(PASSWORD))
    user.save()
    user.teams.add(team)
    return user


@pytest.fixture
def ana(team: Team) -> User:
    return _user("Ana", Role.AGENT, team)


@pytest.fixture
def sam(team: Team) -> User:
    return _user("Sam", Role.SUPERVISOR, team)


@pytest.fixture
def adi(team: Team) -> User:
    return _user("Adi", Role.ADMIN, team)


def _customer(name: str, email: str) -> Customer:
    customer = Customer.objects.create(name=name)
    Identity.objects.create(customer=customer, kind="email", value=email, shown=email)
    return customer


@pytest.fixture
def kim(db: None) -> Customer:
    return _customer("Kim", "kim@example.com")


@pytest.fixture
def max(db: None) -> Customer:
    return _customer("Max", "max@example.com")


@pytest.fixture
def api(db: None) -> Channel:
    """A channel for other systems, without an address for replies."""
    return Channel.objects.create(key="shop", name="Shop", kind=Channel.Kind.API, medium=Channel.Medium.MESSAGING)


@pytest.fixture
def webchat(db: None) -> Channel:
    return Channel.objects.create(
        key="site",
        name="Site",
        kind=Channel.Kind.WEBCHAT,
        medium=Channel.Medium.CHAT,
        secrets={"identity_secret": "a secret of the site"},
    )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The one browser of the run: Playwright cannot be started twice in a thread."""
    path = os.environ.get("CXOS_CHROMIUM") or "/usr/bin/chromium"
    if not os.path.exists(path):
        pytest.skip(f"There is no Chromium at {path}.")
    # Playwright's loop runs in this thread, and Django would take our own queries for ones from async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"],
        )
        loop = asyncio._get_running_loop()
        yield browser
        asyncio._set_running_loop(loop)  # the last test of the run may be one without a browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
