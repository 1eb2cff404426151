from django.urls import path

from cxos.screens.account import profile

app_name = "profile"
urlpatterns = [
    path("", profile.index, name="index"),
    path("name/", profile.rename, name="rename"),
    path("password/", profile.change_password, name="password"),
    path("display/", profile.choose_looks, name="display"),
    path("notifications/", profile.choose_notifications, name="notifications"),
    path("sessions/<int:pk>/end/", profile.end_one, name="end_session"),
    path("sessions/end/", profile.end_others, name="end_others"),
]
