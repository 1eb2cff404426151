from django.urls import path

from cxos.screens.search import views

app_name = "search"
urlpatterns = [
    path("", views.index, name="index"),
    path("palette/", views.palette, name="palette"),
    path("commands/", views.commands_here, name="commands"),
]
