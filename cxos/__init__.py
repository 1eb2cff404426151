"""CXOS: the project. Composition (settings, urls, asgi, wsgi, celery), the kernel (core) and the screens."""
