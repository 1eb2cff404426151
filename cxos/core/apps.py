from celery import current_app
from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "cxos.core"
    label = "core"

    def ready(self) -> None:
        # Every process that emits nudges the relay. Workers bring the app of cxos.celery; all others use Celery's
        # default one, which otherwise looks for a broker of its own choice and makes Redis seem to be away.
        if current_app.main == "default":
            current_app.config_from_object("django.conf:settings", namespace="CELERY")
        # Every app's edges into the event stream: importing them registers them.
        autodiscover_modules("handlers", "hints", "figures")
