"""What stands around every screen: where this person can go, how the page looks for them, where live hints come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

THEMES = {"auto": _("System"), "light": _("Light"), "dark": _("Dark")}
DENSITIES = {"comfortable": _("Comfortable"), "compact": _("Compact")}
CONTRASTS = {"auto": _("System"), "more": _("More"), "normal": _("Normal")}


def _everyone(user: Any) -> bool:
    return True


def _supervises(user: Any) -> bool:
    return bool(user.supervises)


def _administers(user: Any) -> bool:
    return bool(user.administers)


@dataclass(frozen=True, slots=True)
class Destination:
    """One place in the rail. `keys` is pressed after G."""

    screen: str
    label: str | Promise
    icon: str
    keys: str
    allowed: Callable[[Any], bool]
    prefix: str

    @property
    def url_name(self) -> str:
        return f"{self.screen}:index"


DESTINATIONS = (
    Destination("workspace", _("Inbox"), "inbox", "g i", _everyone, "/workspace/"),
    Destination("cases", _("Cases"), "briefcase", "g c", _everyone, "/cases/"),
    Destination("customers", _("Customers"), "users", "g u", _everyone, "/customers/"),
    Destination("knowledge", _("Knowledge"), "book-open", "g k", _everyone, "/knowledge/"),
    Destination("supervisor", _("Supervisor"), "activity", "g v", _supervises, "/supervisor/"),
    Destination("insights", _("Insights"), "chart-column", "g n", _supervises, "/insights/"),
    Destination("settings", _("Settings"), "settings", "g s", _administers, "/settings/"),
)
# Parts of the top bar that another screen fills: slot → name of the view that answers with the fragment.
SLOTS = {
    "capacity": "workspace:capacity",
    "presence": "workspace:presence",
    "notifications": "notices:bell",
    "offers": "workspace:offers",
}


def url_or_none(name: str, *, args: tuple[int, ...] | list[int] = ()) -> str | None:
    """The address of a view that may not be there in every installation."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


class Frame:
    """Read by templates only; each part is worked out when a template asks for it, none of them queries."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def _choice(self, name: str, choices: dict[str, Any]) -> str:
        value = self.request.COOKIES.get(f"cxos_{name}", "")
        return value if value in choices else next(iter(choices))

    @cached_property
    def theme(self) -> str:
        return self._choice("theme", THEMES)

    @cached_property
    def density(self) -> str:
        return self._choice("density", DENSITIES)

    @cached_property
    def contrast(self) -> str:
        return self._choice("contrast", CONTRASTS)

    @property
    def themes(self) -> list[tuple[str, Any, str]]:
        icons = {"auto": "monitor", "light": "sun", "dark": "moon"}
        return [(value, label, icons[value]) for value, label in THEMES.items()]

    @property
    def densities(self) -> list[tuple[str, Any]]:
        return list(DENSITIES.items())

    @property
    def contrasts(self) -> list[tuple[str, Any]]:
        return list(CONTRASTS.items())

    @cached_property
    def destinations(self) -> list[dict[str, Any]]:
        user = self.request.user
        if not user.is_authenticated:
            return []
        return [
            {"destination": place, "url": url, "is_current": self.request.path.startswith(url)}
            for place in DESTINATIONS
            if place.allowed(user) and (url := url_or_none(place.url_name))
        ]

    @cached_property
    def slots(self) -> dict[str, str | None]:
        return {slot: url_or_none(name) for slot, name in SLOTS.items()}

    @cached_property
    def palette_url(self) -> str | None:
        return url_or_none("search:palette")

    @cached_property
    def commands_url(self) -> str | None:
        return url_or_none("search:commands")

    @cached_property
    def search_url(self) -> str | None:
        return url_or_none("search:index")

    @cached_property
    def profile_url(self) -> str | None:
        return url_or_none("profile:index")

    @cached_property
    def snippets_url(self) -> str | None:
        return url_or_none("settings:snippets")

    @property
    def catalogue_url(self) -> str | None:
        return url_or_none("ui:index") if self.request.user.is_authenticated and self.request.user.administers else None

    @cached_property
    def live_url(self) -> str:
        """Where the page opens its one socket: its own origin unless CXOS_SOCKET_URL says otherwise."""
        return f"{settings.SOCKET_URL}/ws/live/" if getattr(settings, "SOCKET_URL", "") else "/ws/live/"


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame` in every template."""
    return {"frame": Frame(request)}
