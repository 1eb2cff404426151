from django.contrib.auth.views import LogoutView
from django.urls import path

from cxos.screens.account import views

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
