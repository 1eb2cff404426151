"""Filters of the board: `{% load supervisor %}`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language_bidi, gettext as _, gettext_lazy, ngettext

from cxos.core.spans import span
from cxos.screens.templatetags.ui import ago, clock, icon
from cxos.screens.templatetags.workspace import channel_icon
from cxos.screens.ui.markup import markup, markup_join
from routing.models import Presence

register = template.Library()
NONE = "–"
LEFT_TO_RIGHT = "\u200e"  # an invisible mark: what stands beside it keeps its place in a line from the right
ABSENT = (None, "")  # what a template finds where there is nothing
RISK_ICONS = {"live": "circle-check", "waiting": "clock", "late": "triangle-alert"}
HELD_STATES = {"wrapping": gettext_lazy("wrap-up"), "paused": gettext_lazy("paused")}
# How presences are drawn.
PRESENCE_TONES = {
    "available": "available",
    "missed": "busy",
    "unreachable": "busy",
    "busy": "busy",
    "break": "break",
    "meal": "break",
    "meeting": "break",
    "training": "break",
    "offline": "offline",
}


@register.filter
def percent(ratio: Any) -> str:
    """A ratio of intelligence.formulas as whole percent: "87 %"; "–" where it is undefined."""
    value = getattr(ratio, "value", None)
    return NONE if value is None else f"{round(value * 100)}\u2009%"


@register.filter
def duration(seconds: Any) -> str:
    """Seconds as a clock, "–" for none."""
    return NONE if seconds is None else clock(round(float(seconds)))


@register.simple_tag
def since(seconds: int | None, target: int = 0, classes: str = "") -> SafeString:
    """`{% since row.waited queue.service_level_seconds %}`: a clock that counts up from what the server said.

    With a target it turns amber from half of it on, and red beyond.
    """
    if seconds is None:
        return markup('<span class="faint {}">{}</span>', classes, NONE)
    return markup(
        '<cx-since class="{}" data-seconds="{}" data-target="{}" data-tone="{}">{}</cx-since>',
        classes,
        seconds,
        target,
        tone(seconds, target),
        clock(seconds),
    )


def tone(seconds: int, target: int) -> str:
    if not target:
        return ""
    return "late" if seconds > target else "waiting" if seconds * 2 > target else ""


@register.filter
def volume(value: Any) -> str:
    """How many: whole numbers in groups of three, "–" for none known."""
    return NONE if value in ABSENT else number_format(round(value), force_grouping=True)


@register.filter
def share_of_one(value: Any) -> str:
    """0.37 as "37 %"."""
    return NONE if value in ABSENT else f"{round(float(value) * 100)}\u2009%"


@register.simple_tag
def skill_tags(skills: Sequence[tuple[str, int]]) -> SafeString:
    """`{% skill_tags card.skills %}`: each (name, level) as a tag with its level."""
    words = _("Level %(n)s of 5")
    lines = ((words % {"n": level}, name, level) for name, level in skills)
    return markup_join(" ", '<span class="tag" data-tip="{}">{} <b>{}</b></span>', lines)


@register.simple_tag
def held_lines(held: Iterable[Any], floor_url: str) -> SafeString:
    """`{% held_lines card.held floor_url %}`: a line for each thing in somebody's hands, to watch or to drag. 20 µs each."""
    return markup_join(
        "",
        '<li><a href="{}{}" draggable="true" data-drag="{}">{}<span class="truncate">{}</span>{}{}</a></li>',
        (
            (
                floor_url,
                f"watch/{item.conversation_id}/" if item.conversation_id else "behind/in_hand/",
                item.pk,
                icon(channel_icon(item.channel) if item.conversation_id else "square-check", "sm"),
                item.who or item.pk,
                markup('<span class="faint">{}</span>', HELD_STATES[item.state]) if item.state in HELD_STATES else "",
                ago(item.accepted_at, "faint"),
            )
            for item in held
        ),
    )


AWAY = {one.value: one.label for one in Presence if one != Presence.AVAILABLE}
HAPPENED = {
    "WorkQueued": gettext_lazy("Entered the queue"),
    "OfferAccepted": gettext_lazy("Accepted an offer"),
    "WorkAssigned": gettext_lazy("Given by hand"),
    "WorkAbandoned": gettext_lazy("Left before an answer"),
    "WorkCompleted": gettext_lazy("Completed"),
    "WorkReleased": gettext_lazy("Handed on"),
    "OfferExpired": gettext_lazy("Let an offer pass"),
    "OfferDeclined": gettext_lazy("Declined an offer"),
    "OfferWithdrawn": gettext_lazy("Lost an offer that rang"),
    "PartLeft": gettext_lazy("Took part"),
    "PresenceChanged": gettext_lazy("Was available"),
    "ConversationResolved": gettext_lazy("Resolved"),
    "ConversationReopened": gettext_lazy("Reopened"),
    "WorkMoved": gettext_lazy("Went to another queue"),
    "CallbackRequested": gettext_lazy("Asked to be called back"),
    "MessageSent": gettext_lazy("Answered the customer"),
    "ClockMet": gettext_lazy("Promise kept"),
    "ClockBreached": gettext_lazy("Promise broken"),
}


@register.filter
def happened(fact: Any) -> str:
    """What a fact tells of, in words."""
    if fact.name == "SurveyAnswered":
        return _("Gave %(score)s of 5") % {"score": fact.data.get("score")}
    if fact.name == "PresenceChanged" and (left := fact.data.get("previous")) in AWAY:
        return _("Was away: %(state)s") % {"state": AWAY[left]}
    return str(HAPPENED.get(fact.name, fact.name))


@register.filter
def waited(fact: Any) -> str:
    """How long the customer had waited, where the fact tells of it."""
    told = fact.data.get("waited_ms", fact.data.get("waiting_ms", fact.data.get("open_ms")))
    return NONE if told is None else clock(round(told / 1000))


@register.filter
def took(fact: Any) -> str:
    """How long somebody rang, was at it, or was free, where the fact tells of it."""
    times = [fact.data.get(f"{name}_ms") for name in ("handled", "wrap_up", "ring", "joined", "previous")]
    return clock(round(sum(filter(None, times)) / 1000)) if any(one is not None for one in times) else NONE


@register.filter
def presence_tone(presence: Any) -> str:
    """How a presence is drawn."""
    return PRESENCE_TONES.get(str(presence), "offline")


@register.simple_tag
def expected_wait(line: Any, url: str) -> SafeString:
    """What the next customer of a queue would wait, with how well earlier ones were predicted as its tooltip; leads to
    those who are before them, whom it is worked out from."""
    wait, measured = line.soon.wait, line.soon.newest
    if wait.low_confidence and not wait.mean_seconds:
        return markup('<a class="faint" href="{}?queue={}">{}</a>', url, line.queue.pk, NONE)
    words = [_("half of them within %(p50)s, nine of ten within %(p90)s") % {
        "p50": clock(round(wait.p50_seconds)), "p90": clock(round(wait.p90_seconds)),
    }]  # fmt: skip
    if wait.low_confidence:
        words = [_("nobody is there to serve it: as long as the longest wait now")]
    if measured.predicted:
        words.append(
            _("of the newest %(count)s predictions the mean error was %(error)s")
            % {"count": measured.predicted, "error": clock(round(measured.error_seconds))}
        )
    error = f" ±\u2009{clock(round(measured.error_seconds))}" if measured.predicted else ""
    return markup(
        '<a href="{}?queue={}" data-tip="{}">{}{}<span class="faint">{}</span></a>',
        url,
        line.queue.pk,
        "; ".join(words),
        "~" if wait.low_confidence else "",
        clock(round(wait.mean_seconds)),
        error,
    )


@register.simple_tag
def half_hour(line: Any, url: str) -> SafeString:
    """The next half hour: how many will come, the risk of missing the target, and how many agents would end it."""
    soon = line.soon
    if soon.risk is None:
        return markup('<a class="faint" href="{}?queue={}">{}</a>', url, line.queue.pk, _("no forecast yet"))
    low, high = soon.volume.band
    tip = _("%(low)s–%(high)s will come; with %(agents)s agents %(level)s %% would be answered in time") % {
        "low": low, "high": high, "agents": f"{soon.agents:.1f}", "level": round(soon.risk.level * 100),
    }  # fmt: skip
    short = ngettext("%(n)s agent short", "%(n)s agents short", soon.missing) % {"n": soon.missing}
    return markup(
        '<a class="sv-soon" href="{}?queue={}" data-tip="{}"><span class="number">{}</span>'
        '<span class="pill" data-tone="{}">{}{}</span>{}</a>',
        url,
        line.queue.pk,
        tip,
        round(soon.volume.mean),
        line.risk_tone,
        icon(RISK_ICONS[line.risk_tone], "sm"),
        _("risk %(share)s %%") % {"share": round(soon.risk.chance * 100)},
        markup('<span class="faint small">{}</span>', short) if soon.missing and line.risk_tone != "live" else "",
    )


@register.simple_tag
def simulated(figure: list[float | None], kind: str, signed: bool = False) -> SafeString:
    """A simulated mean with the half-width of its 95 % interval: "81.2 % ± 1.4". A time is said as people say one,
    "1 min 5 s ± 3 s", and in exact seconds as its title."""
    mean, half = figure[0] or 0.0, figure[1]
    if kind == "seconds":
        return _simulated_time(mean, half, signed=signed)
    scale, unit = (100, "\u2009%") if kind == "share" else (1, "")
    words = f"{abs(mean * scale):.1f}"
    spread = "" if half is None else f" ±\u2009{half * scale:.1f}"
    return markup('{}{}{}<span class="faint">{}</span>', _sign(mean, words, signed), words, unit, spread)


def _simulated_time(mean: float, half: float | None, *, signed: bool) -> SafeString:
    words, number = _said_time(abs(mean)), f"{abs(mean):.1f}"
    exact = _("%(n)s s") % {"n": _sign(mean, number, signed) + number}
    if half is None:
        return markup('<span title="{}">{}{}</span>', exact, _sign(mean, words, signed), words)
    return markup(
        '<span title="{} ± {}">{}{}<span class="faint"> ±\u2009{}</span></span>',
        exact, _("%(n)s s") % {"n": f"{half:.1f}"}, _sign(mean, words, signed), words, _said_time(half),
    )  # fmt: skip


def _said_time(seconds: float) -> str:
    return span(seconds) if round(seconds, 1) >= 10 else _("%(n)s s") % {"n": f"{seconds:.1f}"}


def _sign(value: float, words: str, signed: bool) -> str:
    """Before the number in either direction of reading; none for what is nothing once it is rounded."""
    if not signed or not re.search("[1-9]", words):
        return ""
    return (LEFT_TO_RIGHT if get_language_bidi() else "") + ("−" if value < 0 else "+")
