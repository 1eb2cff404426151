"""Every form of every page and dialog, filled with what nobody should type: nothing falls over, nothing comes back as markup."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from channels_app.models import Conversation
from channels_app.services.subscriptions import subscribe
from crm.models import Customer, MergeSuggestion
from cxos.core.models import User
from cxos.demo.scene import begin
from cxos.demo.seed import seed
from cxos.screens.management.commands.list_screens import ELSEWHERE, LINK, route_of
from routing.services.hand_over import give

pytestmark = pytest.mark.django_db

TYPED = {"", "text", "search", "email", "tel", "url", "password", "number", "date", "time", "datetime-local"}
NOT_TRIED = ("language/", "logout/", *ELSEWHERE)
HOSTILE = {
    "markup": "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7|add:7 }}{% now %}",
    "letters": "\u202egnp.exe\u202c\u2066\u200b\u200d\ufeff 👨‍👩‍👧🏽 ﷽ z̸̢̛",
    "long": "W" * 10_000,
    "nul": "a\0b",
}


@dataclass
class Form:
    """`fields`: (name, kind, value); kind is "typed", "given" (hidden or chosen) or "button"."""

    page: str
    action: str
    fields: list[tuple[str, str, str]] = field(default_factory=list)


class Forms(HTMLParser):
    """The forms of a piece of HTML that are posted, and what of it would run as script."""

    def __init__(self, page: str, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page, self.forms, self.dangers = page, list[Form](), list[str]()
        self._open: Form | None = None
        self._name = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._watch(tag, given)
        if tag == "form":
            action = given.get("hx-post") or (
                given.get("action") if given.get("method", "").lower() == "post" else None
            )
            self._open = None if action is None else Form(self.page, urljoin(self.page, action or ""))
            if self._open:
                self.forms.append(self._open)
        name = given.get("name", "")
        if self._open is None or not name:
            return
        if tag == "textarea" or (tag == "input" and given.get("type", "") in TYPED):
            self._open.fields.append((name, "typed", given.get("value", "")))
        elif tag == "input" and (given.get("type") not in {"checkbox", "radio"} or "checked" in given):
            self._open.fields.append((name, "given", given.get("value", "on")))
        elif tag == "select":
            self._open.fields.append((name, "given", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None

    def _watch(self, tag: str, given: dict[str, str]) -> None:
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.dangers.append("a script")
        if given.get("src") == "x":
            self.dangers.append("an image of the text's")
        self.dangers += [f"<{tag} {name}>" for name in given if name.startswith("on")]
        if given.get("href", "").strip().lower().startswith("javascript:"):
            self.dangers.append("a javascript: address")


@pytest.fixture
def floor() -> User:
    """The demo's configuration, a conversation at work, a webhook and two customers who may be one."""
    now = timezone.now()
    seed(now=now)
    adi, ana = User.objects.get(email="adi@example.com"), User.objects.get(email="ana@example.com")
    told = begin(1, 0, at=now - timedelta(minutes=5))
    begin(2, 2, at=now - timedelta(minutes=3))
    give(told.conversation, to=ana, actor=adi, now=now)
    subscribe(name="Shop", url="https://shop.example/hooks", events=["MessageReceived"], actor=adi)
    first = Customer.objects.order_by("id")[0]
    MergeSuggestion.objects.create(first=first, second=Customer.objects.create(name="Bjarne"), evidence=["One phone."])
    assert Conversation.objects.count() == 2
    return adi


def found_forms(client: Client) -> list[Form]:
    """One of each form that can be reached by links, with the address it was found at."""
    waiting = deque(["/workspace/?tab=all", "/customers/", "/supervisor/", "/settings/"])
    seen, found = set[str](), dict[str, Form]()
    while waiting:
        path = waiting.popleft()
        route = route_of(path)
        if route is None or route in seen or route.startswith(NOT_TRIED) or route.startswith(("ui/", "demo/")):
            continue
        seen.add(route)
        answer = client.get(path)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            seen.discard(route)
            continue
        html = answer.content.decode()
        for form in Forms(path, html).forms:
            target = route_of(form.action)
            if target and not target.startswith(NOT_TRIED):
                found.setdefault(f"{target} {sorted(name for name, *_ in form.fields)}", form)
        waiting.extend(unescape(link) for link in dict.fromkeys(LINK.findall(html)))
    return list(found.values())


def filled(form: Form, text: str) -> Iterator[dict[str, str]]:
    """The text in every field people write into; then also in those a page fills in itself, if it has any."""
    own = {name: value for name, _, value in form.fields}
    typed = own | {name: text for name, kind, _ in form.fields if kind == "typed"}
    given = {name: text for name, kind, _ in form.fields if kind == "given"}
    yield typed
    if given:
        yield typed | given


@pytest.mark.slow
def test_no_form_falls_over_hostile_words_or_gives_them_back_as_markup(client: Client, floor: User) -> None:
    client.force_login(floor)
    forms, cookies = found_forms(client), copy.deepcopy(client.cookies)
    problems = set[str]()

    for form in forms:
        for what, text in HOSTILE.items():
            for values in filled(form, text):
                with transaction.atomic():
                    answer = client.post(form.action, values)
                    pages = [(form.action, answer), (form.page, client.get(form.page))]
                    transaction.set_rollback(True)
                client.cookies = copy.deepcopy(cookies)
                for path, page in pages:
                    problems |= {f"{what}: {problem}" for problem in problems_of(path, page, text)}

    assert sorted(problems) == []
    assert len(forms) >= 25


def problems_of(path: str, answer: HttpResponse, text: str) -> list[str]:
    if answer.status_code >= 500:
        return [f"{path} answers {answer.status_code}"]
    if text != HOSTILE["markup"] or not answer.get("Content-Type", "").startswith("text/html"):
        return []
    return [f"{path} has {danger}" for danger in Forms(path, answer.content.decode()).dangers]
