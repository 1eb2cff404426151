from django.urls import path

from cxos.screens.ui import views

app_name = "ui"
urlpatterns = [
    path("", views.catalogue, name="index"),
    path("bundle/<str:digest>.<str:kind>", views.joined_file, name="bundle"),
    path("page/<slug:name>/", views.page, name="page"),
    path("<slug:name>/", views.component, name="component"),
]
