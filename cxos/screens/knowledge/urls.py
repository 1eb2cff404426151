from django.urls import path

from cxos.screens.knowledge import commands, editor, views

app_name = "knowledge"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", editor.new, name="new"),
    path("preview/", editor.preview, name="preview"),
    path("<int:pk>/", views.article, name="article"),
    path("<int:pk>/body/", views.body, name="body"),
    path("<int:pk>/edit/", editor.edit, name="edit"),
    path("<int:pk>/versions/<int:number>/", views.version, name="version"),
    path("<int:pk>/versions/<int:number>/restore/", commands.restore, name="restore"),
    path("<int:pk>/publish/", commands.publish, name="publish"),
    path("<int:pk>/archive/", commands.archive, name="archive"),
    path("<int:pk>/bring-back/", commands.bring_back, name="bring_back"),
    path("<int:pk>/remove/", commands.remove, name="remove"),
]
