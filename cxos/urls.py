"""Every address of the product: composition only."""

from __future__ import annotations

from django.urls import include, path
from django.views.i18n import set_language

from cxos.core import health

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("language/", set_language, name="set_language"),
    path("api/", include("cxos.api_urls")),
    path("workspace/", include("cxos.screens.workspace.urls")),
    path("notifications/", include("cxos.screens.notices.urls")),
    path("profile/", include("cxos.screens.account.profile_urls")),
    path("search/", include("cxos.screens.search.urls")),
    path("cases/", include("cxos.screens.cases.urls")),
    path("customers/", include("cxos.screens.customers.urls")),
    path("knowledge/", include("cxos.screens.knowledge.urls")),
    path("help/", include("cxos.screens.knowledge.public_urls")),
    path("settings/", include("cxos.screens.settings.urls")),
    path("supervisor/", include("cxos.screens.supervisor.urls")),
    path("demo/", include("cxos.screens.demo.urls")),
    path("", include("channels_app.webchat.urls")),
    path("", include("automation.urls")),
    path("ui/", include("cxos.screens.ui.urls")),
    path("", include("cxos.screens.account.urls")),
]
handler400 = "cxos.core.api.problems.bad_request"
handler500 = "cxos.core.api.problems.server_error"
