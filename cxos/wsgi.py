"""HTTP: granian or any WSGI server serves `application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxos.settings")
application = get_wsgi_application()
