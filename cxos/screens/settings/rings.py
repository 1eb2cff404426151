"""The rings of a queue as a form: who is asked first, who later, and when. One row a ring, one a team that helps.

Fields: ring_seconds, ring_drops, ring_soft (on | off), ring_level, ring_hold (on | off) once a ring; for ring n
team_n, level_n, wait_n, sl_n, waiting_n, from_n, until_n once a team. All as typed.
"""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from cxos.core.errors import Invalid

MOST = 10
COLUMNS = ("seconds", "drops", "soft", "level", "hold")
GROUP_COLUMNS = ("team", "level", "wait", "sl", "waiting", "from", "until")
EMPTY_RING = {"seconds": "30", "drops": "", "soft": "off", "level": "0", "hold": "off"}
EMPTY_GROUP = dict.fromkeys(GROUP_COLUMNS, "") | {"level": "0"}
Row = dict[str, Any]


def read_rings(post: QueryDict) -> list[Row]:
    columns = (post.getlist(f"ring_{name}")[:MOST] for name in COLUMNS)
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*columns, strict=False)]
    for number, row in enumerate(rows):
        groups = (post.getlist(f"{name}_{number}")[:MOST] for name in GROUP_COLUMNS)
        row["groups"] = [dict(zip(GROUP_COLUMNS, group, strict=True)) for group in zip(*groups, strict=False)]
    return rows


def press(rows: list[Row], button: str) -> list[Row]:
    """ring, unring:<n>, team:<n>, unteam:<n>:<m>. Anything else does nothing."""
    word, *numbers = button.split(":")
    places = [int(number) for number in numbers if number.isascii() and number.isdigit()]
    if word == "ring" and len(rows) < MOST:
        return [*rows, {**EMPTY_RING, "groups": []}]
    if not places or places[0] >= len(rows):
        return rows
    if word == "unring":
        del rows[places[0]]
    elif word == "team" and len(rows[places[0]]["groups"]) < MOST:
        rows[places[0]]["groups"].append(dict(EMPTY_GROUP))
    elif word == "unteam" and len(places) == 2:
        del rows[places[0]]["groups"][places[1] : places[1] + 1]
    return rows


def rings_of(rows: list[Row]) -> list[dict[str, Any]]:
    """As they are stored. Raises Invalid (field `rings`) for what is no number."""
    return [ring_of(row, number) for number, row in enumerate(rows, start=1)]


def ring_of(row: Row, number: int) -> dict[str, Any]:
    ring: dict[str, Any] = {}
    if row["seconds"].strip():
        ring["seconds"] = whole(row["seconds"], number)
    if drops := [key.strip() for key in row["drops"].split(",") if key.strip()]:
        ring["drops"] = drops
    ring |= {"drops_all_soft": True} if row["soft"] == "on" else {}
    ring |= {"min_queue_level": whole(row["level"], number)} if row["level"] not in {"", "0"} else {}
    ring |= {"hold": True} if row["hold"] == "on" else {}
    if row["groups"]:
        ring["groups"] = [group_of(group, number) for group in row["groups"]]
    return ring


def group_of(row: Row, number: int) -> dict[str, Any]:
    group: dict[str, Any] = {"team": whole(row["team"] or "0", number), "level": whole(row["level"] or "0", number)}
    for column, name in (("wait", "min_expected_wait"), ("waiting", "min_waiting")):
        if row[column].strip():
            group[name] = whole(row[column], number)
    if row["sl"].strip():
        group["max_service_level"] = whole(row["sl"], number) / 100
    for name in ("from", "until"):
        if row[name].strip():
            group[name] = minutes(row[name], number)
    return group


def rows_of(rings: list[dict[str, Any]]) -> list[Row]:
    return [
        {
            "seconds": text(ring.get("seconds")),
            "drops": ", ".join(ring.get("drops", ())),
            "soft": "on" if ring.get("drops_all_soft") else "off",
            "level": str(ring.get("min_queue_level", 0)),
            "hold": "on" if ring.get("hold") else "off",
            "groups": [group_row(group) for group in ring.get("groups", ())],
        }
        for ring in rings
    ]


def group_row(group: dict[str, Any]) -> Row:
    share = group.get("max_service_level")
    return {
        "team": text(group.get("team")),
        "level": str(group.get("level", 0)),
        "wait": text(group.get("min_expected_wait")),
        "sl": "" if share is None else str(round(share * 100)),
        "waiting": text(group.get("min_waiting")),
        "from": clock(group.get("from")),
        "until": clock(group.get("until")),
    }


def text(value: Any) -> str:
    return "" if value is None else f"{value:g}"


def clock(minute: int | None) -> str:
    return "" if minute is None else f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def whole(given: str, number: int) -> int:
    given = given.strip()
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Invalid(
            "rings",
            _("Ring %(number)s: “%(given)s” is no whole number.") % {"number": number, "given": given[:20]},
            field="rings",
        )
    return int(given)


def minutes(given: str, number: int) -> int:
    hour, _colon, minute = given.strip().partition(":")
    return whole(hour, number) * 60 + whole(minute[:2] or "0", number)
