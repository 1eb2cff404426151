"""What holds for every template, style sheet and module of the project, whoever writes it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import get_template

from cxos.screens.ui.icons import UnknownIcon, _nodes, drawing
from tests.screens.test_components import arguments_of, components

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html"))
SHEETS = sorted((ROOT / "cxos/static/css").rglob("*.css"))
MODULES = sorted(path for path in (ROOT / "cxos/static/js").rglob("*.js"))
COMMENTS = re.compile(r"{% comment %}.*?{% endcomment %}|{#.*?#}", re.DOTALL)
TAG = re.compile(
    r"<c-(?P<name>[\w.-]+)(?P<attributes>(?:\s+(?:[^\s\"'>/=]+(?:=(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?))*)\s*/?>"
)
ATTRIBUTE = re.compile(r"(?P<name>[^\s\"'>/=]+)(?:=(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?")
# The strict policy of the browser would refuse these at run time; here they fail before.
INLINE = {
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an inline style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*(?:\bsrc=|application/json))", re.IGNORECASE),
    "an event handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "hx-on, which evaluates code": re.compile(r"\shx-on[:\s=]"),
    "js: values, which evaluate code": re.compile(r"\bhx-(?:vals|headers)=[\"']js:"),
    "a trigger filter, which evaluates code": re.compile(r"hx-trigger=[\"'][^\"']*\w\["),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
}


def read(path: Path) -> str:
    """A template without its comments."""
    return COMMENTS.sub("", path.read_text())


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def offenders(paths: Iterable[Path], problems: Callable[[Path], Iterable[Any]]) -> dict[str, list[Any]]:
    """File → what is wrong with it: one test for hundreds of files takes no time of its own for each."""
    return {name_of(path): found for path in paths if (found := list(problems(path)))}


def test_a_template_carries_no_inline_code_or_style() -> None:
    def inline(path: Path) -> Iterator[str]:
        source = read(path)
        return (what for what, pattern in INLINE.items() if pattern.search(source))

    assert offenders(TEMPLATES, inline) == {}


def test_a_template_compiles() -> None:
    def problem(path: Path) -> Iterator[str]:
        try:
            get_template(str(path.relative_to(ROOT / "templates")))
        except Exception as found:  # noqa: BLE001  (whatever it is, it is told with the file's name)
            yield str(found)

    assert offenders(TEMPLATES, problem) == {}


def uses(path: Path) -> Iterator[tuple[str, str, str | None]]:
    """(component, attribute as written, its value as written) of every component used."""
    source = re.sub(r"{%.*?%}", lambda tag: tag[0].replace('"', "'") if "'" not in tag[0] else "x", read(path))
    for tag in TAG.finditer(source):
        if tag["name"] in {"vars", "slot"}:
            continue
        for attribute in ATTRIBUTE.finditer(tag["attributes"]):
            yield tag["name"], attribute["name"], attribute["value"]


def test_only_declared_arguments_are_bound_without_escaping() -> None:
    """What a component passes on as an HTML attribute is written as it is: bound with a colon, or unquoted, it would
    reach the page unescaped."""

    def unsafe(path: Path) -> Iterator[str]:
        return (
            f"<c-{component} {attribute}={value}>"
            for component, attribute, value in uses(path)
            if (attribute.startswith(":") or (value and value[0] not in "\"'"))
            and component in components()
            and attribute.lstrip(":") not in arguments_of(component)
        )

    assert offenders(TEMPLATES, unsafe) == {}


def test_a_template_uses_components_that_exist() -> None:
    known = set(components())
    assert offenders(TEMPLATES, lambda path: {component for component, _, _ in uses(path)} - known) == {}


def test_every_icon_named_in_a_template_exists() -> None:
    if not _nodes():
        pytest.skip("the icons are fetched at set-up: run bin/test")
    assert offenders(TEMPLATES, unknown_icons) == {}


def unknown_icons(path: Path) -> Iterator[str]:
    names = set(re.findall(r"{%\s*icon\s+[\"']([\w-]+)[\"']", read(path)))
    names |= {
        value.strip("\"'")
        for component, attribute, value in uses(path)
        if value and (attribute in {"icon", "icon_end"} or (component, attribute) == ("icon", "name"))
    }
    for name in names:
        if re.fullmatch(r"[\w-]+", name):
            try:
                drawing(name)
            except UnknownIcon:
                yield name


PHYSICAL = re.compile(
    r"(?<![\w-])(?:margin|padding|border|inset)-(?:left|right)|(?<![\w-])(?:left|right|float|text-align)\s*:\s*(?:left|right|\d)"
)


def test_a_sheet_knows_no_left_and_right() -> None:
    """Start and end follow the direction of reading."""
    assert offenders(SHEETS, lambda path: PHYSICAL.findall(path.read_text())) == {}


COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b(?![^{]*{)|\brgba?\(|\bhsla?\(")


def test_colours_come_from_the_tokens() -> None:
    sheets = [sheet for sheet in SHEETS if sheet.name != "tokens.css"]
    assert offenders(sheets, lambda path: COLOUR.findall(path.read_text())) == {}


PARSE = """
const wrong = [];
for (const [name, text] of Object.entries(JSON.parse(require("node:fs").readFileSync(0, "utf8")))) {
  try { new (require("node:vm").SourceTextModule)(text); } catch (error) { wrong.push(`${name}: ${error}`); }
}
console.log(JSON.stringify(wrong));
"""


def test_every_module_parses() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node, which the set-up brings along")
    given = json.dumps({name_of(path): path.read_text() for path in MODULES})
    command = [node, "--experimental-vm-modules", "--no-warnings", "--eval", PARSE]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


EVALUATING = re.compile(r"\beval\(|new Function\(|setTimeout\(\s*[\"']|document\.write")


def test_a_module_evaluates_no_text() -> None:
    assert offenders(MODULES, lambda path: EVALUATING.findall(path.read_text())) == {}
