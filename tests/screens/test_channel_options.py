"""Every option of a channel that code reads can be set: by its form, which then says so in the audit and can be undone."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from channels_app.channel_rules import BY_KIND, Rules
from channels_app.models import Channel
from channels_app.options import OPTIONS, THEME, checked_config
from channels_app.webchat.appearance import appearance_of, launcher_of
from cxos.core.errors import Invalid
from cxos.core.models import AuditEntry, User
from cxos.screens.settings.channel_forms import CHANNEL_FORMS, WebchatForm
from cxos.screens.settings.undo import take_back
from tests.screens.form_reading import FormReader

ROOT = Path(settings.BASE_DIR)
APPS = ("channels_app", "routing", "cases", "automation", "intelligence", "crm", "cxos")
# Python that reads from names `config` and `theme` which are no channel's.
ELSEWHERE = ("cxos/ops", "cxos/settings.py", "cxos/core/logs.py")
FULL: dict[str, Any] = {
    "name": "Shop", "max_length": "500", "max_file_mb": "2.5", "file_types": ["png", "pdf"], "bot_answers_count": "on",
    "title": "Ask us", "greeting": "Hello", "intro": "We are here", "color": "#1D6B4A", "scheme": "dark",
    "position": "left", "corners": "soft", "launcher": "Help?", "allowed_origins": "https://www.example.com",
    "ask_label": ["Your name", "About", "I agree"], "ask_type": ["text", "choice", "consent"], "ask_hint": ["", "Pick one", ""],
    "ask_choices": ["", "Bill, Line", ""], "ask_key": ["name", "", ""], "ask_required": ["0", "2"],
    "word_name": ["start", "start"], "word_language": ["", "ar"], "word_text": ["Go", "ابدأ"],
    "help": "on", "identity_required": "on", "reply_url": "https://8.8.8.8/replies", "window_hours": "24",
}  # fmt: skip


def posted(given: dict[str, Any]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in given.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def is_of_a_channel(node: ast.expr) -> bool:
    """`config`, `channel.config`, `row.config`: what a channel's options are called wherever they are read."""
    return (isinstance(node, ast.Name) and node.id == "config") or (
        isinstance(node, ast.Attribute) and node.attr == "config"
    )


def reads_of(tree: ast.AST, wanted: Any) -> Iterator[ast.expr]:
    """The keys by which something is read: x.get(key) and x[key]."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and node.args
        ):
            if wanted(node.func.value):
                yield node.args[0]
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and wanted(node.value):
            yield node.slice


def sources() -> Iterator[tuple[str, ast.AST]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "migrations" not in path.parts and not name.startswith(ELSEWHERE):
                yield name, ast.parse(path.read_text(encoding="utf-8"))


def test_every_option_that_code_reads_has_its_place_in_a_form() -> None:
    read: dict[str, str] = {}
    for name, tree in sources():
        if name.startswith("cxos/screens/settings/channel_"):
            continue  # the forms themselves
        for key in reads_of(tree, is_of_a_channel):
            assert isinstance(key, ast.Constant), f"{name}:{key.lineno} reads an option by a name that is worked out."
            read[str(key.value)] = f"{name}:{key.lineno}"
    settable = {option for form in CHANNEL_FORMS.values() for option in filled(form).config()}

    assert len(read) >= 20
    assert {option: place for option, place in read.items() if option not in settable} == {}
    assert settable - set(read) == set()  # nor is anything asked for that nothing reads


def test_every_part_of_the_look_that_code_reads_has_its_place_in_the_form() -> None:
    def of_a_theme(node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id == "theme"

    read = {
        str(key.value) for name, tree in sources() if name.startswith("channels_app/webchat")
        for key in reads_of(tree, of_a_theme) if isinstance(key, ast.Constant)
    }  # fmt: skip

    assert read == set(THEME) == set(filled(WebchatForm).config()["theme"])


def test_the_widget_reads_nothing_it_is_not_told() -> None:
    channel = Channel(kind="webchat", key="site", name="Site")
    told = set(appearance_of(channel, language="en", origins=[]))
    scripts = "".join(path.read_text() for path in (ROOT / "cxos/static/widget").glob("*.js"))
    read = set(re.findall(r"\bconfig\.(?!js\b)(\w+)", scripts))

    assert {"form", "survey", "away_form", "wait"} <= read <= told
    assert set(re.findall(r"\bown\.(\w+)", scripts)) <= set(launcher_of(channel))


def filled(form: type[Any]) -> Any:
    given = form(posted(FULL))
    assert given.is_valid(), given.errors
    return given


@pytest.mark.parametrize("kind", list(CHANNEL_FORMS))
def test_a_form_sets_all_options_of_its_kind_and_finds_them_again(kind: str) -> None:
    form = filled(CHANNEL_FORMS[kind])
    kept = {name: value for name, value in checked_config(kind, form.config()).items() if value is not None}

    assert set(form.config()) == set(OPTIONS[Channel.Kind(kind)])
    switched_on_by_default = {"queue"}
    assert set(kept) == set(OPTIONS[Channel.Kind(kind)]) - switched_on_by_default
    again = CHANNEL_FORMS[kind].values_of(Channel(kind=kind, key="shop", name="Shop", config=kept))
    assert {name: again[name] for name in ("max_length", "max_file_mb", "file_types", "bot_answers_count")} == {
        "max_length": 500, "max_file_mb": 2.5, "file_types": ["pdf", "png"], "bot_answers_count": True,
    }  # fmt: skip


def test_a_saved_page_that_is_saved_again_changes_nothing(client: Client, adi: User, webchat: Channel) -> None:
    client.force_login(adi)
    webchat.config = checked_config("webchat", filled(WebchatForm).config())
    webchat.config = {name: value for name, value in webchat.config.items() if value is not None}
    webchat.save()

    page = client.get(f"/settings/channels/{webchat.pk}/").content.decode()
    fields = FormReader(page, "channel-form").fields
    answer = client.post(f"/settings/channels/{webchat.pk}/", fields)

    before = json.loads(json.dumps(webchat.config))
    webchat.refresh_from_db()
    assert answer.status_code == 302
    assert webchat.config == before
    assert AuditEntry.objects.count() == 0


def test_what_a_form_changed_is_told_and_taken_back(client: Client, adi: User, webchat: Channel) -> None:
    client.force_login(adi)
    webchat.config = {"form": [{"name": "email", "type": "email", "label": "E-mail"}], "theme": {"scheme": "dark"}}
    webchat.save()
    before = dict(webchat.config)

    client.post(f"/settings/channels/{webchat.pk}/", posted(FULL).lists() and dict(posted(FULL).lists()))
    entry = AuditEntry.objects.latest("id")
    told = client.get("/settings/audit/").content.decode()
    take_back(entry, actor=adi, now=timezone.now())

    webchat.refresh_from_db()
    assert entry.after is not None
    assert entry.after["theme"]["corners"] == "soft" and entry.after["identity_required"] is True
    assert "Your name (Text, must be answered); About (Choice: Bill, Line); I agree (Consent, must be answered)" in told
    assert webchat.config == before


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("survey", "no"), ("max_file_mb", 21), ("max_file_mb", 0), ("max_file_mb", float("nan")), ("max_length", 10_001),
        ("max_length", True), ("file_types", []), ("file_types", ["exe"]), ("theme", {"scheme": "blue"}), ("theme", {"x": "y"}),
        ("theme", {"launcher": "x" * 31}), ("form", [{"name": "Name", "type": "text", "label": "x"}]),
        ("form", [{"name": "a", "type": "text", "label": ""}]), ("form", [{"name": "a", "type": "file", "label": "x"}]),
        ("form", [{"name": "a", "type": "choice", "label": "x", "choices": ["one"]}]), ("form", ["x"]),
        ("form", [{"name": "a", "type": "text", "label": "x"}] * 2), ("texts", {"nothing": "x"}), ("texts", {"ar": "x"}),
        ("texts", {"start": "x" * 241}), ("allowed_origins", ["https://a.example/x"]), ("queue", 7), ("nothing", 1),
    ],
)  # fmt: skip
def test_a_wrong_option_is_refused(option: str, value: Any) -> None:
    with pytest.raises(Invalid):
        checked_config("webchat", {option: value})


def test_what_is_wrong_is_said_where_it_stands(client: Client, adi: User) -> None:
    client.force_login(adi)
    wrong = {
        "name": "Shop",
        "ask_label": [""],
        "ask_type": ["text"],
        "ask_hint": ["?"],
        "ask_choices": [""],
        "ask_key": [""],
    }

    answer = client.post("/settings/channels/new/?kind=webchat", wrong)

    page = answer.content.decode()
    assert answer.status_code == 422 and not Channel.objects.exists()
    assert page.count("Question 1: give it a label of up to 80 characters") == 1
    assert re.search(r"<details[^>]* open[^>]*><summary>(?:(?!</summary>).)*Before the chat", page, re.DOTALL)


def test_a_list_grows_moves_and_shrinks_by_its_buttons(client: Client, adi: User, webchat: Channel) -> None:
    client.force_login(adi)
    path, given = f"/settings/channels/{webchat.pk}/", dict(posted(FULL).lists())

    def labels(button: str, **headers: str) -> list[str]:
        page = client.post(path, {**given, "do": button}, headers=headers).content.decode()
        return re.findall(r'name="ask_label"[^>]* value="([^"]*)"', page)

    assert labels("questions up:1", hx_request="true") == ["About", "Your name", "I agree"]
    assert labels("questions drop:0") == ["About", "I agree"]
    assert labels("questions add") == ["Your name", "About", "I agree", ""]
    assert labels("questions up:99") == ["Your name", "About", "I agree"]
    webchat.refresh_from_db()
    assert webchat.config == {} and not AuditEntry.objects.exists()


def test_the_picture_follows_the_form_and_says_what_does_not_read(client: Client, adi: User) -> None:
    client.force_login(adi)

    def look(**given: Any) -> tuple[dict[str, Any], str]:
        page = client.post("/settings/channels/look/", {**dict(posted(FULL).lists()), **given}).content.decode()
        found = re.search(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
        assert found
        return json.loads(found[1]), page

    told, page = look(color="#ffd43b", name="", max_length="x", shown_language="ar")
    assert (told["launcher"]["color"], told["launcher"]["ink"]) == ("#ffd43b", "#000000")
    assert (told["appearance"]["dir"], told["appearance"]["texts"]["start"]) == ("rtl", "ابدأ")
    assert [one["name"] for one in told["appearance"]["form"]] == ["name", "about", "i_agree"]
    assert (told["appearance"]["socket"], told["appearance"]["api"], told["appearance"]["channel"]) == ("", "", "")
    assert "1.4 to 1" in page
    assert "Text on #7a7a7a could not be read well (4.3 to 1)" in look(color="#7a7a7a")[1]
    assert "reads well: 6.5 to 1" in look()[1]


def test_the_rules_say_what_a_kind_takes_at_most() -> None:
    assert {kind: form.rules() for kind, form in CHANNEL_FORMS.items()} == {
        "webchat": BY_KIND["webchat"],
        "api": Rules(),
    }
