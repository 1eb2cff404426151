"""The frame around every screen, the catalogue, the joined files, log-in and error pages."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cxos.core.models import User
from cxos.screens.ui.bundle import bundle, joined_css, joined_js
from cxos.screens.ui.specimens import CHAPTERS
from tests.screens.markup import Reader

FIRST_LOAD_BUDGET_BYTES = 200_000
STATIC = Path(settings.BASE_DIR) / "cxos/static"


@pytest.fixture
def as_adi(client: Client, adi: User) -> Client:
    client.force_login(adi)
    return client


@pytest.mark.parametrize("chapter", [chapter.slug for chapter in CHAPTERS])
def test_every_chapter_of_the_catalogue_renders_whole(as_adi: Client, chapter: str) -> None:
    response = as_adi.get(f"/ui/{chapter}/")

    assert response.status_code == 200
    page = Reader(response.content.decode())
    assert page.errors == []
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert sorted(ids) == sorted(set(ids))


def test_the_catalogue_costs_the_session_and_the_user(
    as_adi: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        as_adi.get("/ui/")


def test_the_catalogue_is_for_admins(client: Client, ana: User, sam: User) -> None:
    assert client.get("/ui/").status_code == 302
    for user in (ana, sam):
        client.force_login(user)
        assert client.get("/ui/").status_code == 403
        assert client.get("/ui/page/login/").status_code == 403


def test_an_unknown_chapter_or_page_is_not_there(as_adi: Client) -> None:
    assert as_adi.get("/ui/nothing/").status_code == 404
    assert as_adi.get("/ui/page/nothing/").status_code == 404


def test_an_agent_is_shown_no_way_to_where_they_may_not_go(client: Client, ana: User, adi: User) -> None:
    def places(user: User) -> set[str]:
        from django.test import RequestFactory

        from cxos.screens.frame import Frame

        request = RequestFactory().get("/")
        request.user = user
        return {item["destination"].screen for item in Frame(request).destinations}

    assert places(ana) & {"supervisor", "settings"} == set()
    assert places(ana) <= places(adi)


@pytest.mark.parametrize(
    ("cookie", "expected"), [("dark", "dark"), ("light", "light"), ("", "auto"), ('"><script>', "auto")]
)
def test_the_page_is_drawn_in_the_theme_of_this_browser(as_adi: Client, cookie: str, expected: str) -> None:
    as_adi.cookies["cxos_theme"] = cookie
    page = Reader(as_adi.get("/ui/").content.decode())
    assert page.first("html")["data-theme"] == expected


def test_a_page_reads_from_right_to_left_in_arabic(as_adi: Client) -> None:
    page = Reader(as_adi.get("/ui/", headers={"accept-language": "ar"}).content.decode())
    assert (page.first("html")["lang"], page.first("html")["dir"]) == ("ar", "rtl")


def test_the_page_tells_its_modules_where_hints_come_from(as_adi: Client) -> None:
    page = Reader(as_adi.get("/ui/").content.decode())
    assert page.first("meta", name="live-url")["content"].endswith("/ws/live/")
    assert page.first("meta", name="csrf-token")["content"]


# --- Joined files -----------------------------------------------------------------------------------------------------


def test_the_joined_sheet_holds_every_listed_sheet_and_points_nowhere() -> None:
    css = joined_css()
    assert "@import" not in css
    assert re.findall(r"url\((?!data:)", css) == []
    for listed in re.findall(r'url\("([^"]+)"\)', (STATIC / "css/app.css").read_text()):
        if not listed.startswith("../vendor/"):
            assert (STATIC / "css" / listed).read_text() in css


def test_every_component_sheet_is_listed() -> None:
    listed = (STATIC / "css/app.css").read_text()
    assert [
        path.name for path in (STATIC / "css/components").glob("*.css") if f"components/{path.name}" not in listed
    ] == []


def test_joined_modules_stay_apart_and_import_nothing() -> None:
    js = joined_js()
    assert re.findall(r"^\s*(?:import|export)\b", js, re.MULTILINE) == []
    for listed in re.findall(r'import "\./([^"]+)";', (STATIC / "js/app.js").read_text()):
        assert "{\n" + (STATIC / "js" / listed).read_text() + "}" in js


def test_a_joined_file_is_kept_for_good_under_its_own_name(client: Client) -> None:
    for kind in ("css", "js"):
        joined = bundle(kind)
        response = client.get(f"/ui/bundle/{joined.digest}.{kind}", headers={"accept-encoding": "gzip"})
        assert response.status_code == 200
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in response["Vary"]
        assert gzip.decompress(response.content) == joined.body


def test_an_old_name_gets_todays_file_and_is_not_kept(client: Client) -> None:
    response = client.get("/ui/bundle/0123456789abcdef.css")
    assert response["Cache-Control"] == "no-cache"
    assert response.content == bundle("css").body
    assert client.get("/ui/bundle/0123456789abcdef.html").status_code == 404


def test_the_first_load_stays_within_its_budget() -> None:
    vendor = ["vendor/htmx/htmx.min.js", "vendor/idiomorph/idiomorph-ext.min.js", "vendor/inter/index.css"]
    font = "vendor/inter/files/inter-latin-wght-normal.woff2"
    paths = [finders.find(name) for name in (*vendor, font)]
    if not all(paths):
        pytest.skip("browser code is fetched at set-up: run bin/test")
    sizes = [len(gzip.compress(Path(str(path)).read_bytes())) for path in paths]
    sizes += [len(bundle("css").gzipped), len(bundle("js").gzipped)]
    assert sum(sizes) < FIRST_LOAD_BUDGET_BYTES * 0.6  # the rest is left for the screen itself


# --- Pages outside the frame ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_log_in_page_names_its_fields_for_password_managers(client: Client) -> None:
    page = Reader(client.get("/login/").content.decode())

    assert page.errors == []
    assert page.first("input", name="username")["autocomplete"] == "username"
    assert page.first("input", name="password")["autocomplete"] == "current-password"
    assert page.first("input", name="csrfmiddlewaretoken")["value"]


@pytest.mark.django_db
def test_a_wrong_password_says_what_to_do_and_keeps_the_address(client: Client, ana: User) -> None:
    response = client.post("/login/", {"username": "ana@example.com", "password": "wrong"})

    page = Reader(response.content.decode())
    assert page.errors == []
    assert page.first("div", data_tone="error", role="alert")
    assert page.first("input", name="username")["value"] == "ana@example.com"
    assert "value" not in page.first("input", name="password")


@pytest.mark.parametrize("name", ["403", "404", "500", "403_csrf"])
def test_an_error_page_stands_by_itself_and_offers_a_way_on(name: str) -> None:
    from django.template.loader import get_template

    page = Reader(get_template(f"{name}.html").render())  # no request: the worst case

    assert page.errors == []
    assert page.first("a", class_="button ")["href"] == "/"
