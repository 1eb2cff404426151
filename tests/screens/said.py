"""Every text that screens and services mark as translatable, and what a .po file says of it; without GNU gettext."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
APPS = ("cxos", "routing", "cases", "automation", "intelligence", "channels_app", "crm")
# Where the text stands among the arguments. What a Fact is called and what a Problem says is marked by being that: they are
# pure.
MARKS = {
    "_": 0,
    "gettext": 0,
    "gettext_lazy": 0,
    "gettext_noop": 0,
    "ngettext": 0,
    "ngettext_lazy": 0,
    "Fact": 1,
    "Problem": 1,
}
IN_CONTEXT = {"pgettext", "pgettext_lazy"}
BETWEEN = "\x04"  # a text with a context is known as both, as in compiled files
LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b(?:n?gettext\(|_\(|n?pgettext\((?P<context>{LITERAL}), )(?P<one>{LITERAL})", re.DOTALL)
LINE = re.compile(r'^(?:(?P<part>msgctxt|msgid|msgid_plural|msgstr(?:\[(?P<form>\d)\])?) )?(?P<words>".*")$')
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")


@dataclass
class Message:
    """One entry: the English text, its plural when it has one, and the Arabic for each form."""

    text: str = ""
    plural: str = ""
    forms: dict[int, str] = field(default_factory=dict)
    flags: str = ""

    @property
    def whole(self) -> bool:
        return all(self.forms.get(form) for form in (range(6) if self.plural else (0,)))

    def misplaced(self) -> bool:
        """Whether a form has other placeholders than the English. "One", "two" and "none" may leave the number out."""
        wanted = sorted(PLACEHOLDER.findall(self.plural or self.text))
        for form, words in self.forms.items():
            found = sorted(PLACEHOLDER.findall(words))
            if found != wanted and not (self.plural and form < 3 and set(found) < set(wanted)):
                return True
        return False


def texts_of_templates() -> dict[str, str]:
    """Each text with the template it stands in; the gallery of components is for those who build, and stays English."""
    found = {}
    for path in sorted((ROOT / "templates").rglob("*.html")):
        if not path.is_relative_to(ROOT / "templates/ui"):
            for call in CALL.finditer(templatize(path.read_text())):
                parts = [ast.literal_eval(part) for part in (call["context"], call["one"]) if part]
                found[BETWEEN.join(parts)] = path.relative_to(ROOT).as_posix()
    return found


def texts_of_code() -> dict[str, str]:
    return {
        text: path.relative_to(ROOT).as_posix()
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        for text in marked(path.read_text())
    }


def marked(source: str) -> Iterator[str]:
    if "gettext" not in source and "Fact(" not in source and "Problem(" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name, given = node.func.id, [one.value if isinstance(one, ast.Constant) else None for one in node.args]
            if name in IN_CONTEXT:
                yield BETWEEN.join(map(str, given[:2]))
            elif name in MARKS and len(given) > MARKS[name] and isinstance(text := given[MARKS[name]], str):
                yield text


def read_words(path: Path) -> dict[str, Message]:
    """The entries of a .po file by their English text, with its context when it has one; without the header."""
    entries = [read_entry(block) for block in path.read_text().split("\n\n")]
    return {entry.text: entry for entry in entries if entry.text}


def read_entry(block: str) -> Message:
    entry, part, form = Message(), "", 0
    for line in block.splitlines():
        if line.startswith("#"):
            entry.flags += line if line.startswith("#,") else ""
        elif found := LINE.match(line):
            part, form = found["part"] or part, int(found["form"] or (0 if found["part"] else form))
            words = ast.literal_eval(found["words"])
            if part == "msgctxt":
                entry.text = words + BETWEEN
            elif part == "msgid":
                entry.text += words
            elif part == "msgid_plural":
                entry.plural += words
            else:
                entry.forms[form] = entry.forms.get(form, "") + words
    return entry
