from django.urls import path

from cxos.screens.supervisor import alerts, commands, views, watching

app_name = "supervisor"
urlpatterns = [
    path("", views.index, name="index"),
    path("board/", views.board_region, name="board"),
    path("agents/", views.agents_region, name="agents"),
    path("waiting/", views.waiting_region, name="waiting"),
    path("risk/", views.risk_region, name="risk"),
    path("alerts/", alerts.page, name="alerts"),
    path("alerts/now/", alerts.now_region, name="alerts_now"),
    path("alerts/thresholds/", alerts.thresholds_region, name="thresholds"),
    path("alerts/form/", alerts.form, name="threshold_form"),
    path("alerts/new/", alerts.save, name="new_threshold"),
    path("alerts/restore/", alerts.restore, name="restore_threshold"),
    path("alerts/<int:pk>/", alerts.save, name="threshold"),
    path("alerts/<int:pk>/form/", alerts.form, name="threshold_form"),
    path("alerts/<int:pk>/switch/", alerts.switch, name="switch_threshold"),
    path("alerts/<int:pk>/remove/", alerts.remove, name="remove_threshold"),
    path("chart/", views.chart, name="chart"),
    path("forecast/", views.forecast_page, name="forecast"),
    path("behind/<slug:figure>/", views.behind, name="behind"),
    path("agents/<int:pk>/", views.agent_drawer, name="agent"),
    path("agents/<int:pk>/presence/", commands.change_presence, name="set_presence"),
    path("work/<int:pk>/", views.assign_dialog, name="work"),
    path("work/<int:pk>/assign/", commands.assign, name="assign"),
    path("work/<int:pk>/move/", commands.move, name="move"),
    path("work/<int:pk>/restore/", commands.restore, name="restore"),
    path("work/<int:pk>/requeue/", commands.put_back, name="requeue"),
    path("watch/<int:pk>/", watching.watch, name="watch"),
    path("watch/<int:pk>/thread/", watching.thread_region, name="watch_thread"),
    path("watch/<int:pk>/whispers/", watching.whispers_region, name="whispers"),
    path("watch/<int:pk>/say/", watching.say, name="say"),
    path("watch/<int:pk>/take/", watching.take_over, name="take_over"),
    path("ear/<int:pk>/", watching.ear, name="ear"),
    path("ear/<int:pk>/<int:whisper>/", watching.heard, name="heard"),
]
