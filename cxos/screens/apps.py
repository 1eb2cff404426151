from django.apps import AppConfig


class ScreensConfig(AppConfig):
    name = "cxos.screens"
    label = "screens"
