from __future__ import annotations

from django.urls import path

from channels_app.webchat import views

app_name = "webchat"
urlpatterns = [
    path("widget/sdk.js", views.sdk, name="sdk"),
    path("widget/<slug:channel_key>/sdk.js", views.channel_sdk, name="channel_sdk"),
    path("widget/<slug:channel_key>/", views.frame, name="frame"),
    path("widget/files/<slug:digest>/<str:name>", views.asset_file, name="file"),
    path("chat/<slug:channel_key>/session", views.session, name="session"),
    path("chat/<slug:channel_key>/messages", views.messages, name="messages"),
    path("chat/<slug:channel_key>/files", views.files, name="files"),
    path("files/<str:token>", views.signed_file, name="signed_file"),
    path("chat/<slug:channel_key>/receipts", views.receipts, name="receipts"),
    path("chat/<slug:channel_key>/typing", views.typing, name="typing"),
    path("chat/<slug:channel_key>/survey", views.survey, name="survey"),
    path("chat/<slug:channel_key>/callback", views.callback, name="callback"),
    path("chat/<slug:channel_key>/end", views.end, name="end"),
]
