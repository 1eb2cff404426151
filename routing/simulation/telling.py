"""Results of a study as lines for a terminal and as JSON, with the names of the setting."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from routing.simulation.report import Interval
from routing.simulation.setting import Setting
from routing.simulation.study import Measured, Result, Subject, Versus

SHARES = frozenset({"service_level", "abandon_rate", "occupancy", "fairness"})
SHOWN = ("offered", "service_level", "mean_wait", "p90_wait", "abandon_rate", "handled", "occupancy", "fairness")


def as_json(result: Result, setting: Setting) -> dict[str, Any]:
    """{"days", "interactions", "stopped", "all", "queues", "agents", "hours"}; figures as {"mean", "half_width"}."""
    found = _parts(
        {subject: {name: _measured(one) for name, one in each.items()} for subject, each in result.figures.items()},
        setting,
    )
    return {"days": result.days, "interactions": result.interactions, "stopped": result.stopped} | found


def versus_as_json(versus: Versus, setting: Setting) -> dict[str, Any]:
    """Figures as {"before", "after", "change", "clear"}: clear when zero lies outside the change's interval."""
    changes = {
        subject: {
            name: {
                "before": _interval(one.before), "after": _interval(one.after), "change": _interval(one.change),
                "clear": one.is_clear,
            }
            for name, one in each.items()
        }
        for subject, each in versus.changes.items()
    }  # fmt: skip
    sides = {
        "days": versus.before.days,
        "interactions": versus.before.interactions + versus.after.interactions,
        "stopped": versus.before.stopped,
    }
    return sides | _parts(changes, setting)


def told(result: Result, setting: Setting) -> list[str]:
    return [
        f"{_name(subject, setting):32} "
        + "  ".join(f"{name} {_value(name, figures[name])}" for name in SHOWN if name in figures)
        for subject, figures in sorted(result.figures.items())
        if subject.kind != "hour"
    ]


def told_versus(versus: Versus, setting: Setting) -> list[str]:
    lines = []
    for subject, figures in sorted(versus.changes.items()):
        if subject.kind == "hour":
            continue
        lines.append(_name(subject, setting))
        for name in (each for each in SHOWN if each in figures):
            one = figures[name]
            scale = 100 if name in SHARES else 1
            lines.append(
                f"    {name:14} {one.before.mean * scale:9.1f} → {one.after.mean * scale:9.1f}   "
                f"{one.change.mean * scale:+8.1f} ± {one.change.half_width * scale:.1f}"
                + ("" if one.is_clear else "   (may be chance)")
            )
    return lines


def _parts(figures: Mapping[Subject, Mapping[str, Any]], setting: Setting) -> dict[str, Any]:
    parts: dict[str, Any] = {"all": {}, "queues": {}, "agents": {}, "hours": {}}
    for subject, held in sorted(figures.items()):
        if subject.kind == "all":
            parts["all"] = held
        else:
            parts[f"{subject.kind}s"][_name(subject, setting)] = held
    return parts


def _name(subject: Subject, setting: Setting) -> str:
    names = {"queue": setting.queues, "agent": setting.agents}.get(subject.kind, {})
    return names.get(subject.id) or ("all" if subject.kind == "all" else str(subject.id))


def _value(name: str, one: Measured) -> str:
    scale, unit = (100, "%") if name in SHARES else (1, "")
    width = "" if one.half_width is None else f" ± {one.half_width * scale:.1f}"
    return f"{one.mean * scale:.1f}{width}{unit}"


def _measured(one: Measured) -> dict[str, float | None]:
    return {"mean": round(one.mean, 6), "half_width": None if one.half_width is None else round(one.half_width, 6)}


def _interval(one: Interval) -> dict[str, float | None]:
    return {"mean": round(one.mean, 6), "half_width": round(one.half_width, 6) if isfinite(one.half_width) else None}
