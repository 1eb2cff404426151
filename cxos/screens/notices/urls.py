from django.urls import path

from cxos.screens.notices import browsers, views

app_name = "notices"
urlpatterns = [
    path("", views.index, name="index"),
    path("newest/", views.newest, name="newest"),
    path("bell/", views.bell, name="bell"),
    path("read/", views.read_all, name="read_all"),
    path("<int:pk>/", views.lead_on, name="lead_on"),
    path("<int:pk>/open/", views.open_one, name="open"),
    path("<int:pk>/read/", views.read_one, name="read"),
    path("worker.js", browsers.worker, name="worker"),
    path("browsers/key/", browsers.key, name="browser_key"),
    path("browsers/add/", browsers.add, name="add_browser"),
    path("browsers/remove/", browsers.remove, name="remove_browser"),
]
