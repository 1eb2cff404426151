"""Signing in: by e-mail, to where the role works; guessing is slowed; the address is the installation's own."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from cxos.screens.account.attempts import ATTEMPTS
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def sign_in(client: Client, email: str, password: str, **more: str):
    return client.post(reverse("login"), {"username": email, "password": password}, **more)


@pytest.mark.parametrize(("who", "home"), [("ana", "/workspace/"), ("sam", "/supervisor/"), ("adi", "/settings/")])
def test_each_role_lands_where_it_works(client, who, home, request):
    user = request.getfixturevalue(who)
    assert sign_in(client, user.email.upper(), PASSWORD, REMOTE_ADDR="10.0.0.1").url == "/"

    assert client.get("/").url == home


def test_a_wrong_password_and_an_unknown_address_look_the_same(client, ana):
    wrong = sign_in(client, ana.email, "not this one", REMOTE_ADDR="10.0.0.2")
    unknown = sign_in(client, "nobody@example.com", "not this one", REMOTE_ADDR="10.0.0.2")

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert "do not belong together" in wrong.content.decode() and "do not belong together" in unknown.content.decode()


def test_guessing_is_stopped_for_the_guesser_and_for_nobody_else(client, ana):
    for _ in range(ATTEMPTS):
        sign_in(client, ana.email, "guess", REMOTE_ADDR="10.0.0.3")

    stopped = sign_in(client, ana.email, PASSWORD, REMOTE_ADDR="10.0.0.3")
    herself = sign_in(Client(), ana.email, PASSWORD, REMOTE_ADDR="10.0.0.4")

    assert "Too many attempts" in stopped.content.decode()
    assert herself.status_code == 302


def test_a_deactivated_person_cannot_sign_in(client, ana):
    ana.is_active = False
    ana.save()

    assert sign_in(client, ana.email, PASSWORD, REMOTE_ADDR="10.0.0.5").status_code == 422


def test_the_log_in_by_number_leads_to_the_own_name(client, settings):
    settings.PUBLIC_URL = "http://localhost:8000"

    moved = client.get("/login/?next=/workspace/", HTTP_HOST="127.0.0.1:8000")

    assert moved.url == "http://localhost:8000/login/?next=/workspace/"


def test_the_log_in_page_cannot_be_framed_and_runs_no_foreign_script(client):
    answer = client.get("/login/", HTTP_HOST="localhost:8000")

    policy = answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert answer["X-Frame-Options"] == "DENY"
