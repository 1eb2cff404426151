"""HTTP: granian or any WSGI server serves `application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxos.settings")
complete = get_wsgi_application()

# Only now, because they need the settings.
from channels_app.api_ingest import BulkInteractions, Interactions  # noqa: E402
from cxos.core.lean import LeanHandler  # noqa: E402

# The same views that the addresses of cxos.urls name, on the short way.
application = LeanHandler(
    {
        "/api/v1/interactions": Interactions.as_view(),
        "/api/v1/interactions/bulk": BulkInteractions.as_view(),
    },
    otherwise=complete,
)
