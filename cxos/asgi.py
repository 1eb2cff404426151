"""Sockets: any ASGI server serves `application`. HTTP has WSGI processes of its own; here it is answered as well, so
that a single process can serve everything where that is enough."""

from __future__ import annotations

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxos.settings")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  (models exist only after the line above)
from django.urls import path  # noqa: E402

from channels_app.webchat.consumers import VisitorSocket  # noqa: E402
from cxos.core.hub import hub  # noqa: E402
from cxos.screens.live import StaffSocket  # noqa: E402


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The hub listens before the first socket comes."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub().start()
            await send({"type": "lifespan.startup.complete"})
        else:
            await hub().stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def unknown(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 4404})


sockets = URLRouter(
    [
        path("ws/live/", StaffSocket.as_asgi()),
        path("ws/chat/<slug:channel_key>/", VisitorSocket.as_asgi()),
        path("<path:anything>", unknown),
        path("", unknown),
    ]
)
application = ProtocolTypeRouter({"http": http, "websocket": sockets, "lifespan": lifespan})
