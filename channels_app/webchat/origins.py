"""Which sites may show a channel's widget, and where a request comes from."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from channels_app.models import Channel
from cxos.core.origins import is_origin, own_origins, single_header


def allowed_origins(channel: Channel) -> set[str]:
    """Origins whose pages may talk to this channel: ours (the widget's frame is ours), and those of the channel.

    An entry is a full origin such as `https://www.example.com`; anything else in the list allows nothing.
    """
    return own_origins() | set(site_origins(channel))


def site_origins(channel: Channel) -> list[str]:
    """The sites that may put the widget on their pages."""
    return [entry for entry in channel.config.get("allowed_origins") or [] if is_origin(entry)]


def client_address(scope: dict[str, Any]) -> str:
    """The peer's address; the one a proxy in front of us saw, when there is one."""
    if settings.BEHIND_PROXY:
        return single_header(scope["headers"], b"x-forwarded-for").rpartition(",")[2].strip()
    return str((scope.get("client") or [""])[0])
