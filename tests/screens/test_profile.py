"""One's own profile: what is chosen there holds here, on the next browser, and nowhere for others."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from cxos.core.models import AuditEntry, SignIn, User
from cxos.core.services.people import change_person
from tests.conftest import PASSWORD
from tests.screens.markup import Reader

pytestmark = pytest.mark.django_db
NEW = "an entirely new pass phrase"


@pytest.fixture
def as_ana(client: Client, ana: User) -> Client:
    client.post("/login/", {"username": ana.email, "password": PASSWORD})
    return client


def sign_in(user: User, password: str = PASSWORD, **headers: str) -> Client:
    other = Client(headers=headers)
    other.post("/login/", {"username": user.email, "password": password})
    return other


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def test_the_page_is_whole(as_ana: Client) -> None:
    page = Reader(as_ana.get("/profile/").content.decode())
    assert page.errors == []
    assert page.first("input", name="name")["value"] == "Ana"


def test_a_name_is_changed_and_audited_and_an_empty_one_is_not(as_ana: Client, ana: User) -> None:
    assert as_ana.post("/profile/name/", {"name": "  "}).status_code == 422
    assert as_ana.post("/profile/name/", {"name": "Ana Lee", "role": "admin"}).status_code == 302

    ana.refresh_from_db()
    assert (ana.name, ana.role) == ("Ana Lee", "agent")
    assert AuditEntry.objects.latest("id").actor == f"user:{ana.pk}"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"password": "wrong", "new_password": NEW}, "not your present password"),
        ({"password": PASSWORD, "new_password": "short"}, "too short"),
        ({"password": "", "new_password": ""}, "not your present password"),
    ],
)
def test_a_password_is_changed_only_by_who_knows_it(
    as_ana: Client, ana: User, given: dict[str, str], words: str
) -> None:
    response = as_ana.post("/profile/password/", given)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert User.objects.get(pk=ana.pk).check_password(PASSWORD)


def test_a_new_password_ends_every_other_session(as_ana: Client, ana: User) -> None:
    elsewhere = sign_in(ana)
    assert is_in(elsewhere)

    assert as_ana.post("/profile/password/", {"password": PASSWORD, "new_password": NEW}).status_code == 302

    assert (is_in(as_ana), is_in(elsewhere), is_in(sign_in(ana)), is_in(sign_in(ana, NEW))) == (
        True,
        False,
        False,
        True,
    )


def test_one_sees_where_one_is_logged_in_and_ends_what_one_does_not_know(as_ana: Client, ana: User) -> None:
    elsewhere = sign_in(ana, **{"user-agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"})
    assert "Chrome, Windows" in as_ana.get("/profile/").content.decode()

    strange = SignIn.objects.get(browser="Chrome, Windows")
    assert as_ana.post(f"/profile/sessions/{strange.pk}/end/").status_code == 302

    assert (is_in(as_ana), is_in(elsewhere)) == (True, False)
    assert "Chrome, Windows" not in as_ana.get("/profile/").content.decode()


def test_nobody_ends_the_sessions_of_others(as_ana: Client, ana: User, sam: User) -> None:
    sams = sign_in(sam)
    assert as_ana.post(f"/profile/sessions/{SignIn.objects.get(user=sam).pk}/end/").status_code == 404
    as_ana.post("/profile/sessions/end/")
    assert is_in(sams)


def test_logging_out_everywhere_else_ends_also_sessions_nobody_noted(as_ana: Client, ana: User) -> None:
    unnoted, noted = Client(), sign_in(ana)
    unnoted.force_login(ana)
    assert is_in(unnoted) and is_in(noted)

    assert as_ana.post("/profile/sessions/end/").status_code == 302

    assert (is_in(as_ana), is_in(unnoted), is_in(noted), is_in(sign_in(ana))) == (True, False, False, True)


def test_looks_language_and_zone_travel_to_the_next_browser(as_ana: Client, ana: User) -> None:
    chosen = {"language": "ar", "time_zone": "Europe/Berlin", "theme": "dark", "density": "compact", "contrast": "more"}
    as_ana.post("/profile/display/", {**chosen, "away_after": "5"})

    for client in (as_ana, sign_in(ana)):
        page = Reader(client.get("/profile/").content.decode())
        html = page.first("html")
        assert (html["lang"], html["dir"], html["data-theme"], html["data-density"]) == ("ar", "rtl", "dark", "compact")
        assert client.cookies["cxos_zone"].value == "Europe/Berlin"
        assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "ar"


def test_times_are_shown_in_the_chosen_zone_and_a_strange_cookie_changes_nothing(as_ana: Client) -> None:
    from django.http import HttpResponse
    from django.test import RequestFactory

    from cxos.core.middleware import time_zone

    def zone(cookie: str) -> str:
        request = RequestFactory().get("/")
        request.COOKIES["cxos_zone"] = cookie
        return time_zone(lambda _: HttpResponse(timezone.get_current_timezone_name()))(request).content.decode()

    assert [zone(one) for one in ("Asia/Tokyo", "../../etc/passwd", "", "Mars/Base")] == [
        "Asia/Tokyo",
        "UTC",
        "UTC",
        "UTC",
    ]


@pytest.mark.parametrize(
    "wrong", [{"theme": "pink"}, {"time_zone": "Mars/Base"}, {"language": "xx"}, {"away_after": "7"}]
)
def test_what_is_no_choice_is_refused(as_ana: Client, ana: User, wrong: dict[str, str]) -> None:
    assert as_ana.post("/profile/display/", wrong).status_code == 422
    assert User.objects.get(pk=ana.pk).preferences == {}


def test_notifications_are_chosen_kind_by_kind_and_kept_beside_the_rest(as_ana: Client, ana: User) -> None:
    as_ana.post("/profile/display/", {"theme": "dark"})
    as_ana.post(
        "/profile/notifications/", {"mentioned.app": "1", "mentioned.push": "1", "role": "admin", "same.app": "1"}
    )

    kept = User.objects.get(pk=ana.pk).preferences
    assert kept["theme"] == "dark"
    assert kept["notifications"]["mentioned"] == ["app", "push"]
    assert kept["notifications"]["offered"] == []
    assert "same" not in kept["notifications"], "only supervisors hear of that"


def test_a_change_by_an_admin_leaves_the_choices_alone(as_ana: Client, ana: User, adi: User) -> None:
    as_ana.post("/profile/display/", {"theme": "dark"})
    change_person(ana, changes={"name": "Ana B"}, actor=adi)
    assert User.objects.get(pk=ana.pk).preferences == {"theme": "dark"}
