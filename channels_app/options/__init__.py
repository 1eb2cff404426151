"""What may be set on a channel, by its kind, and what is right for each option. Pure.

Whatever code reads from a channel's `config` stands here, and has its place in the form of the settings; a test holds the
three together. None takes an option away, so that its default counts again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from channels_app.channel_rules import BY_KIND, MEGABYTE, Rules
from channels_app.file_types import TYPES
from channels_app.models import Channel
from channels_app.options.fields import checked_fields
from channels_app.options.wording import checked_texts
from cxos.core.errors import Invalid
from cxos.core.origins import is_origin
from cxos.core.outbound import check_url

Kind = Channel.Kind
Check = Callable[[str, str, Any], Any]  # kind, name of the option, its value → as it is kept; raises Invalid
MAX_HOURS = 720
MAX_ORIGINS = 50
SCHEMES, SIDES, CORNERS = ("auto", "light", "dark"), ("right", "left"), ("round", "soft", "square")
MAX_LAUNCHER = 30


def checked_config(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The options as they are kept; what is empty is None. Raises Invalid naming the one at fault."""
    known = OPTIONS[Kind(kind)]
    if unknown := set(config) - set(known):
        raise Invalid(
            "unknown_setting", _("A channel of this kind has no setting %(name)s.") % {"name": sorted(unknown)[0]}
        )
    return {name: None if value is None else known[name](kind, name, value) for name, value in config.items()}


def a_switch(kind: str, name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid(name, _("%(name)s is either on or off.") % {"name": name}, field=name)
    return value


def a_text(kind: str, name: str, value: Any) -> str | None:
    if not isinstance(value, str) or len(value.strip()) > 80 or "\0" in value:
        raise Invalid(name, _("%(name)s is a text of up to 80 characters.") % {"name": name}, field=name)
    return value.strip() or None


def an_address(kind: str, name: str, value: Any) -> str | None:
    if value:
        check_url(value)
    return value or None


def whole_hours(kind: str, name: str, value: Any) -> int:
    if not _is_whole(value) or not 0 < value <= MAX_HOURS:
        raise Invalid("window", _("Give whole hours from 1 to %(most)s, or none.") % {"most": MAX_HOURS}, field=name)
    return int(value)


def a_length(kind: str, name: str, value: Any) -> int:
    most = BY_KIND.get(kind, Rules()).max_length
    if not _is_whole(value) or not 0 < value <= most:
        raise Invalid(name, _("Give a number of characters from 1 to %(most)s, or none.") % {"most": most}, field=name)
    return int(value)


def megabytes(kind: str, name: str, value: Any) -> float:
    most = BY_KIND.get(kind, Rules()).max_file_bytes // MEGABYTE
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
    if not (math.isfinite(number) and 0 < number <= most):
        raise Invalid(name, _("Give megabytes up to %(most)s, or none.") % {"most": most}, field=name)
    return int(value) if value == int(value) else value


def file_types(kind: str, name: str, value: Any) -> list[str] | None:
    """Those of the types this kind takes; all of them is no restriction, and none is what `files` is for."""
    allowed = BY_KIND.get(kind, Rules()).file_types
    given = {str(one).lower() for one in value} if isinstance(value, list) else set()
    if not given or (strange := given - set(TYPES)):
        words = _("%(name)s is no type of file this channel takes.") % {"name": min(strange)[:20]} if given else ""
        raise Invalid(name, words or _("Choose at least one type, or take no files at all."), field=name)
    return None if given >= allowed else sorted(given & allowed)


def origins(kind: str, name: str, value: Any) -> list[str] | None:
    if not isinstance(value, list) or len(value) > MAX_ORIGINS:
        raise Invalid("origin", _("Give up to %(most)s origins.") % {"most": MAX_ORIGINS}, field=name)
    for origin in value:
        if not is_origin(origin):
            raise Invalid(
                "origin", _("“%(origin)s” is no origin. Write it like https://www.example.com, without a path.") % {"origin": str(origin)[:80]},
                field=name,
            )  # fmt: skip
    return value or None


def a_theme(kind: str, name: str, value: Any) -> dict[str, str] | None:
    """color, scheme, position, corners, launcher. What is as by default is not kept."""
    given = value if isinstance(value, dict) else {"": ""}
    if unknown := set(given) - set(THEME):
        raise Invalid(name, _("The look has no part “%(name)s”.") % {"name": min(unknown)[:20]}, field=name)
    for part, fits in THEME.items():
        if given.get(part) and not (isinstance(given[part], str) and fits(given[part])):
            words = _("“%(value)s” does not fit the look’s %(name)s.")
            raise Invalid(name, words % {"value": str(given[part])[:40], "name": part}, field=part)
    return {part: text for part, text in given.items() if text and text not in THEME_DEFAULTS} or None


def questions(kind: str, name: str, value: Any) -> list[dict[str, Any]] | None:
    return checked_fields(value) or None


def wording(kind: str, name: str, value: Any) -> dict[str, Any] | None:
    return checked_texts(value) or None


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_colour(text: str) -> bool:
    return len(text) == 7 and text[0] == "#" and all(letter in "0123456789abcdefABCDEF" for letter in text[1:])


THEME: dict[str, Callable[[str], bool]] = {
    "color": _is_colour,
    "scheme": SCHEMES.__contains__,
    "position": SIDES.__contains__,
    "corners": CORNERS.__contains__,
    "launcher": lambda text: len(text) <= MAX_LAUNCHER and "\0" not in text,
}
THEME_DEFAULTS = (SCHEMES[0], SIDES[0], CORNERS[0])
_SHARED: dict[str, Check] = {
    "queue": a_text,
    "max_length": a_length,
    "max_file_mb": megabytes,
    "file_types": file_types,
    "bot_answers_count": a_switch,
}
OPTIONS: dict[Kind, dict[str, Check]] = {
    Kind.WEBCHAT: {
        **_SHARED, "title": a_text, "allowed_origins": origins, "texts": wording, "theme": a_theme, "form": questions,
        "survey": a_switch, "ending": a_switch, "sound": a_switch, "help": a_switch, "files": a_switch,
        "wait": a_switch, "away_form": a_switch, "identity_required": a_switch,
    },
    Kind.API: {**_SHARED, "reply_url": an_address, "window_hours": whole_hours},
}  # fmt: skip
