from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "cxos.core"
    label = "core"

    def ready(self) -> None:
        # Every app's edges into the event stream: importing them registers them.
        autodiscover_modules("handlers", "hints", "figures")
