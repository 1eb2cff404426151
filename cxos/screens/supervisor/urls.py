from django.urls import path

from cxos.screens.supervisor import commands, views

app_name = "supervisor"
urlpatterns = [
    path("", views.index, name="index"),
    path("board/", views.board_region, name="board"),
    path("agents/", views.agents_region, name="agents"),
    path("waiting/", views.waiting_region, name="waiting"),
    path("risk/", views.risk_region, name="risk"),
    path("chart/", views.chart, name="chart"),
    path("forecast/", views.forecast_page, name="forecast"),
    path("behind/<slug:figure>/", views.behind, name="behind"),
    path("agents/<int:pk>/", views.agent_drawer, name="agent"),
    path("agents/<int:pk>/presence/", commands.change_presence, name="set_presence"),
    path("work/<int:pk>/", views.assign_dialog, name="work"),
    path("work/<int:pk>/assign/", commands.assign, name="assign"),
    path("work/<int:pk>/move/", commands.move, name="move"),
    path("work/<int:pk>/requeue/", commands.put_back, name="requeue"),
]
