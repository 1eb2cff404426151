from django.urls import path

from cxos.screens.knowledge import public

app_name = "help"
urlpatterns = [
    path("", public.index, name="index"),
    path("<int:pk>/", public.article, name="article"),
    path("<int:pk>/answer/", public.answer, name="answer"),
]
