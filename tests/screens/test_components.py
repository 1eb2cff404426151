"""Every component renders with the arguments it documents, escapes what it is given, and is shown in the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from cxos.screens.ui.specimens import CHAPTERS, COMPONENTS, about, component_file
from tests.screens.component_samples import SAMPLES
from tests.screens.markup import Reader, render

ROOT = Path(settings.BASE_DIR)
HOSTILE = """"><script>alert(1)</script><img src=x onerror=alert(1)> ' onclick='x {{ 7|add:7 }}"""
VARS = re.compile(r"<c-vars\s(?P<arguments>.*?)/>", re.DOTALL)
ARGUMENT = re.compile(r':?(?P<name>[\w-]+)(?:=(?:"[^"]*"))?(?:\s|$)')
# Arguments any component takes without saying so.
UNDOCUMENTED = {"class"}


def components() -> list[str]:
    files = (path.relative_to(COMPONENTS).with_suffix("") for path in COMPONENTS.rglob("*.html"))
    return sorted(".".join(path.parts).removesuffix(".index") for path in files if path.parts[0] != "parts")


def arguments_of(name: str) -> set[str]:
    found = VARS.search(component_file(name).read_text())
    if not found:
        return set()
    plain = re.sub(r"{%.*?%}", "", found["arguments"])
    return {match["name"] for match in ARGUMENT.finditer(plain)}


@pytest.mark.parametrize("name", components())
def test_a_component_renders_with_every_argument_it_documents(name: str) -> None:
    page = Reader(render(SAMPLES[name]))

    assert page.errors == []
    assert page.elements
    assert "{{" not in page.text
    assert "{%" not in page.text


@pytest.mark.parametrize("name", components())
def test_a_component_documents_all_its_arguments(name: str) -> None:
    words = set(re.findall(r"[\w-]+", about(name)))
    assert arguments_of(name) - UNDOCUMENTED <= words


@pytest.mark.parametrize("name", components())
def test_the_sample_of_a_component_uses_all_its_arguments(name: str) -> None:
    unused = {
        argument
        for argument in arguments_of(name) - UNDOCUMENTED
        if not re.search(rf'[\s:]{argument}[=\s/>]|name="{argument}"', SAMPLES[name])
    }
    # What excludes another argument has a test of its own below.
    assert unused <= {"from", "label", "trigger", "icon_only"}


@pytest.mark.parametrize("name", components())
def test_hostile_text_stays_text(name: str) -> None:
    page = Reader(render(SAMPLES[name], text=HOSTILE))

    assert page.errors == []
    assert [tag for tag, found in page.elements if tag == "script" and found.get("type") != "application/json"] == []
    handlers = {key for _, found in page.elements for key in found if key.startswith("on")}
    assert handlers == set()
    assert not any(found.get("src") == "x" for _, found in page.elements)


def test_every_component_is_shown_in_the_catalogue() -> None:
    shown = {name for chapter in CHAPTERS for name in chapter.components}
    assert shown == set(components())

    for chapter in CHAPTERS:
        markup = (ROOT / "templates" / chapter.template).read_text()
        missing = {name for name in chapter.components if f"<c-{name} " not in markup and f"<c-{name}>" not in markup}
        assert missing == set(), chapter.slug


def test_the_guide_lists_every_component_with_its_arguments() -> None:
    guide = (ROOT / "docs/reference/components.md").read_text()
    for name in components():
        row = re.search(rf"^\| `c-{re.escape(name)}` \|.*\| (?P<arguments>.*) \|$", guide, re.MULTILINE)
        assert row, f"docs/reference/components.md does not list c-{name}"
        listed = set(re.findall(r"[\w-]+", row["arguments"]))
        assert listed == arguments_of(name) - UNDOCUMENTED, name


# --- What a component must get right ----------------------------------------------------------------------------------


def test_a_field_ties_label_hint_and_error_to_its_control() -> None:
    page = Reader(render('<c-input name="mail" label="E-mail" hint="Where replies go." error="Not an address." />'))

    control = page.first("input", id="mail")
    assert control["aria-describedby"] == "mail-hint mail-error"
    assert control["aria-invalid"] == "true"
    assert page.first("label")["for"] == "mail"
    assert page.first("p", id="mail-hint")
    assert page.first("p", id="mail-error")


def test_a_field_without_error_is_not_invalid() -> None:
    control = Reader(render('<c-input name="mail" label="E-mail" />')).first("input")
    assert "aria-invalid" not in control
    assert "aria-describedby" not in control


def test_a_select_chooses_by_what_its_value_reads() -> None:
    page = Reader(
        render('<c-select name="n" :options="options" :value="value" />', options=[(1, "One"), (2, "Two")], value=2)
    )
    assert [found["value"] for tag, found in page.elements if tag == "option" and "selected" in found] == ["2"]


def test_an_icon_button_has_its_name_and_a_tooltip() -> None:
    button = Reader(render('<c-button icon="reply" label="Reply" key="r" />')).first("button")
    assert (button["aria-label"], button["data-tip"], button["data-key"]) == ("Reply", "Reply", "r")


def test_a_button_is_pressed_only_when_it_says_so() -> None:
    assert Reader(render('<c-button pressed="true">x</c-button>')).first("button")["aria-pressed"] == "true"
    assert Reader(render('<c-button :pressed="no">x</c-button>', no=False)).first("button")["aria-pressed"] == "false"
    assert "aria-pressed" not in Reader(render("<c-button>x</c-button>")).first("button")


@pytest.mark.parametrize(("checked", "expected"), [("true", "true"), ("false", "false")])
def test_a_menu_choice_is_ticked_only_when_it_is_chosen(checked: str, expected: str) -> None:
    item = Reader(render(f'<c-menu.item checked="{checked}">Open</c-menu.item>')).first("button")
    assert (item["role"], item["aria-checked"]) == ("menuitemradio", expected)


def test_a_menu_shows_its_own_trigger_instead_of_a_button() -> None:
    page = Reader(
        render('<c-menu id="m" label="More"><c-slot name="trigger"><a href="#">mine</a></c-slot>items</c-menu>')
    )
    assert page.first("a")["href"] == "#"
    assert [tag for tag, _ in page.elements if tag == "button"] == []


def test_a_copy_button_takes_its_text_from_an_element() -> None:
    assert Reader(render('<c-copy from="payload" />')).first("button")["data-copy-from"] == "payload"


def test_an_image_beats_initials_and_an_empty_name_is_a_question_mark() -> None:
    assert Reader(render('<c-avatar name="Ana Ruiz" image="/a.png" />')).first("img")["src"] == "/a.png"
    assert Reader(render('<c-avatar name="Ana Ruiz" />')).text.strip() == "AR"
    assert Reader(render('<c-avatar name="" />')).text.strip() == "?"


def test_a_count_above_99_is_not_written_out() -> None:
    assert Reader(render('<c-badge :count="99" />')).text.strip() == "99"
    assert Reader(render('<c-badge :count="100" />')).text.strip() == "99+"


def test_a_chart_hands_its_numbers_over_as_data() -> None:
    html = render('<c-chart id="v" :chart="chart" title="In" />', chart={"x": ["</script>"], "series": []})
    assert Reader(html).first("script") == {"id": "v", "type": "application/json"}
    assert "</script>" not in html.split("application/json")[1].split("</script>")[0]


def test_an_overdue_countdown_says_so_without_script() -> None:
    page = Reader(render('<c-countdown seconds="-190" total="120" />'))
    assert page.first("span", class_="countdown ")["data-tone"] == "late"
    assert page.text.strip() == "−3:10"


def test_what_changed_is_read_before_and_after() -> None:
    html = render('<c-diff :changes="changes" />', changes=[("Queue", "Sales", "Billing"), ("Note", None, 0)])
    said = re.findall(r">([^<>\n]+)<", html)
    assert said == ["Queue", "Sales", "became", "Billing", "Note", "none", "became", "0"]
