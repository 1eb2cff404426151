"""Who can do what how well: the matrix, written like a spreadsheet and exchanged with one."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cxos.core.errors import Invalid
from cxos.core.models import User
from cxos.screens.settings.audit import harmless
from cxos.screens.settings.pages import show
from cxos.screens.settings.skill_sheet import Sheet, read_sheet
from cxos.screens.staff import admins, toast
from routing.models import AgentSkill, Skill
from routing.services import configure

MOST_CELLS = 20_000
MOST_BYTES = 2_000_000
SHOWN_CHANGES = 100
CELLS = [format_html('<td data-level="{}">{}</td>', level, level) for level in configure.LEVELS]
NO_CELL = format_html("<td>{}</td>", "")


@require_safe
@admins
def skills(request: HttpRequest) -> HttpResponse:
    """Agents × skills, levels in cells. 3 queries; the cells of 200 × 50 take about 10 ms."""
    columns = list(Skill.objects.all())
    words = request.GET.get("words", "").strip()[:80]
    people = User.objects.filter(is_active=True).filter(Q(name__icontains=words) | Q(email__icontains=words))
    levels = held_levels()
    rows = [(user, cells_of(levels[user.pk], columns)) for user in people.order_by("name")]
    return show(request, "skills", "skills", columns=columns, rows=rows, words=words, levels=list(configure.LEVELS))


def held_levels() -> dict[int, dict[int, int]]:
    levels: dict[int, dict[int, int]] = defaultdict(dict)
    for user_id, skill_id, level in AgentSkill.objects.values_list("user_id", "skill_id", "level"):
        levels[user_id][skill_id] = level
    return levels


def cells_of(levels: dict[int, int], columns: list[Skill]) -> SafeString:
    """The cells of a row as markup: a template would take twenty times as long for ten thousand of them."""
    return format_html_join(
        "", "{}", ((CELLS[levels[skill.pk]] if skill.pk in levels else NO_CELL,) for skill in columns)
    )


@require_POST
@admins
def save_levels(request: HttpRequest) -> HttpResponse:
    """Any number of cells at once: `cells` = [[user id, skill id, level or null], …]. All or nothing."""
    cells = read_cells(request.POST.get("cells", ""))
    count = configure.set_levels(cells, actor=request.user, now=timezone.now())
    response = HttpResponse(status=204)
    if count <= 1:  # a digit that was typed: the cell itself shows it
        return response
    return toast(response, ngettext("%(n)s level saved", "%(n)s levels saved", count) % {"n": count})


def read_cells(text: str) -> dict[tuple[int, int], int | None]:
    try:
        given = json.loads(text)
        cells = {(int(user), int(skill)): None if level is None else int(level) for user, skill, level in given}
    except (ValueError, TypeError, RecursionError):
        raise Invalid("cells", _("These cells cannot be read.")) from None
    if not 0 < len(cells) <= MOST_CELLS or any(abs(number) >= 2**31 for cell in cells for number in cell):
        raise Invalid("cells", _("Change 1 to %(n)s cells at once.") % {"n": MOST_CELLS})
    return cells


@require_safe
@admins
def export_skills(request: HttpRequest) -> HttpResponse:
    """The whole matrix as CSV, as the import takes it: one line a person, one column a skill."""
    columns, levels = list(Skill.objects.all()), held_levels()
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="skills.csv"'
    writer: Any = csv.writer(response)
    writer.writerow(["email", "name", *(harmless(skill.name) for skill in columns)])
    for user in User.objects.filter(is_active=True).order_by("name"):
        held = levels[user.pk]
        writer.writerow([harmless(user.email), harmless(user.name), *(held.get(skill.pk, "") for skill in columns)])
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def import_skills(request: HttpRequest) -> HttpResponse:
    """A sheet is read and shown as what it would change, line by line; only then, on `apply`, it is written."""
    if request.method != "POST":
        return import_page(request, "", None)
    text = given_text(request)
    sheet = read_sheet(text, held=held_levels())
    if request.POST.get("apply") and sheet.cells and not sheet.problem:
        count = configure.set_levels(sheet.cells, actor=request.user, now=timezone.now())
        messages.success(request, ngettext("%(n)s level saved", "%(n)s levels saved", count) % {"n": count})
        return redirect("settings:skills")
    return import_page(request, text, sheet)


def given_text(request: HttpRequest) -> str:
    upload = request.FILES.get("file")
    if upload is None:
        return request.POST.get("text", "")[:MOST_BYTES]
    if (upload.size or 0) > MOST_BYTES:
        raise Invalid("file", _("This file is too large: 2 MB at most."))
    return upload.read().decode("utf-8-sig", errors="replace")


def import_page(request: HttpRequest, text: str, sheet: Sheet | None) -> HttpResponse:
    example = (
        "email," + ",".join(Skill.objects.values_list("name", flat=True)[:3] or ["French"]) + "\nana@example.com,3"
    )
    return show(
        request, "skills", "skills_import", text=text, sheet=sheet, example=example,
        changes=sheet.changes[:SHOWN_CHANGES] if sheet else [], trail=[(_("Import"), None)],
        status=422 if sheet and sheet.problem else 200,
    )  # fmt: skip


@require_POST
@admins
def save_skill(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    found = Skill.objects.filter(pk=pk).first() if pk else None
    if pk and found is None:
        raise Http404
    skill = configure.save_skill(found, name=request.POST.get("name", ""), actor=request.user)
    messages.success(request, _("Saved “%(name)s”") % {"name": skill.name})
    return reload()


@require_POST
@admins
def remove_skill(request: HttpRequest, pk: int) -> HttpResponse:
    found = Skill.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    configure.remove_skill(found, actor=request.user)
    messages.success(request, _("Removed “%(name)s”") % {"name": found.name})
    return reload()


def reload() -> HttpResponse:
    """The page asks for itself again."""
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})
