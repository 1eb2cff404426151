from django.urls import path

from cxos.screens.cases import commands, views

app_name = "cases"
urlpatterns = [
    path("", views.index, name="index"),
    path("table/", views.table, name="table"),
    path("board/", views.board, name="board"),
    path("board/columns/", views.columns, name="columns"),
    path("<int:pk>/", views.case, name="case"),
    path("<int:pk>/body/", views.body, name="body"),
    path("<int:pk>/people/", views.people, name="people"),
    path("<int:pk>/ask/", views.ask, name="ask"),
    path("<int:pk>/move/", commands.move, name="move"),
    path("<int:pk>/solve/", commands.solve, name="solve"),
    path("<int:pk>/reopen/", commands.reopen, name="reopen"),
    path("<int:pk>/priority/", commands.priority, name="priority"),
    path("<int:pk>/assign/", commands.assign, name="assign"),
    path("<int:pk>/link/", commands.link, name="link"),
    path("<int:pk>/unlink/<int:conversation>/", commands.unlink, name="unlink"),
]
