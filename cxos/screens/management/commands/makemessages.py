"""Gathers the texts of every screen into cxos/locale: Django's command, set up so that what it writes is stable.

Nothing is guessed from similar texts: a wrong guess would be shown to people. Whatever is new stays empty, and a test
names it until somebody has said it in Arabic. The date of gathering is left out, so that two people who add words
do not collide over it. Needs GNU gettext.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.core.management.commands import makemessages

NOT_FOR_USERS = ("templates/ui/*", "node_modules", "tests", "var", ".venv")
PASSING = re.compile(r'^"(?:POT-Creation-Date|Report-Msgid-Bugs-To):.*"\n', re.MULTILINE)


class Command(makemessages.Command):
    # Pure modules mark no texts: what a fact is called and what a problem says is translated where it is shown.
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=Fact:2", "--keyword=Problem:2"]
    msgmerge_options = ["-q", "--backup=none", "--update", "--no-fuzzy-matching"]

    def handle(self, *args: Any, **options: Any) -> None:
        options["ignore_patterns"] = [*options["ignore_patterns"], *NOT_FOR_USERS]
        super().handle(*args, **{**options, "no_wrap": True, "no_location": True, "no_obsolete": True})

    def write_po_file(self, potfile: str, locale: str) -> None:
        super().write_po_file(potfile, locale)
        written = Path(potfile).parent / locale / "LC_MESSAGES" / f"{self.domain}.po"
        written.write_text(PASSING.sub("", written.read_text()))
