from django.urls import path

from cxos.screens.knowledge import views

app_name = "help"
urlpatterns = [path("<int:pk>/", views.public_article, name="article")]
