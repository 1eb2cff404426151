from __future__ import annotations

from django.urls import path

from cxos.screens.demo import views

app_name = "demo"
urlpatterns = [path("", views.index, name="index")]
