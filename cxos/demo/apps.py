from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "cxos.demo"
    label = "demo"
