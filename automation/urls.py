from __future__ import annotations

from django.urls import path

from automation import views

app_name = "automation"
urlpatterns = [
    path("chat/<slug:channel_key>/help", views.search, name="chat_help"),
    path("chat/<slug:channel_key>/help/<int:pk>", views.article, name="chat_article"),
]
