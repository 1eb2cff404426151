"""Every address under /api/: composition only."""

from __future__ import annotations

from django.urls import include, path, re_path

from cxos.core.api import documents
from cxos.core.api.views import NothingHere

urlpatterns = [
    path("schema/", documents.schema, name="api-schema"),
    path("schema.json", documents.schema),
    path("docs/", documents.docs, name="api-docs"),
    path("v1/", include("channels_app.api_ingest")),
    path("v1/", include("crm.api")),
    path("v1/", include("crm.api_commands")),
    path("v1/", include("channels_app.api")),
    path("v1/", include("channels_app.api_commands")),
    path("v1/", include("channels_app.api_webhooks")),
    path("v1/", include("cases.api")),
    path("v1/", include("cases.api_commands")),
    path("v1/", include("routing.api")),
    path("v1/", include("routing.api_commands")),
    path("v1/", include("routing.api_callbacks")),
    path("v1/", include("routing.api_parts")),
    path("v1/", include("intelligence.api")),
    path("v1/", include("automation.api")),
    path("v1/", include("automation.api_commands")),
    path("v1/", include("cxos.core.api.endpoints")),
    re_path(r"^", NothingHere.as_view()),
]
