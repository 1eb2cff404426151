"""Settings: everything that differs between installations comes from the environment (see docs/reference/settings.md)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cxos import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("CXOS_DATA_DIR", str(BASE_DIR / "var")))

# --- Identity of this installation -------------------------------------------------------------------------------
DEBUG = env.flag("CXOS_DEBUG")
SECRET_KEY = env.text("CXOS_SECRET_KEY")
SECRET_KEY_FALLBACKS = env.items("CXOS_SECRET_KEY_FALLBACKS")
# Fernet keys for secrets at rest, newest first; separate from SECRET_KEY so that either can be rotated alone.
FIELD_KEYS = env.field_keys("CXOS_FIELD_KEYS")
PUBLIC_URL = env.origin("CXOS_PUBLIC_URL", "http://localhost:8000")
# Where browsers open their socket; empty = the page's own origin (a proxy stands in front of both).
SOCKET_URL = env.origin("CXOS_SOCKET_URL", "", schemes=("ws", "wss"))
SECURE = urlsplit(PUBLIC_URL).scheme == "https"
ALLOWED_HOSTS = env.hosts("CXOS_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
env.private_hosts("CXOS_ALLOWED_PRIVATE_HOSTS")  # a wrong one stops the start; cxos/core/outbound.py reads it

# --- Apps --------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "channels",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "cxos.core",
    "crm",
    "channels_app",
    "automation",
    "intelligence",
    "cases",
    "routing",
    "cxos.screens",
    "cxos.demo",
]
AUTH_USER_MODEL = "core.User"
MIDDLEWARE = [
    "cxos.core.middleware.request_context",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "cxos.core.middleware.time_zone",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cxos.core.middleware.database_down",
]
ROOT_URLCONF = "cxos.urls"
WSGI_APPLICATION = "cxos.wsgi.application"
ASGI_APPLICATION = "cxos.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cxos.screens.frame.context",
            ],
            "loaders": [
                (
                    "cxos.screens.loading.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_cotton.templatetags.cotton",
                "cxos.screens.templatetags.remembering",
            ],
        },
    }
]
COTTON_DIR = "cotton"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Data --------------------------------------------------------------------------------------------------------
STATEMENT_TIMEOUT_MS = env.number("CXOS_STATEMENT_TIMEOUT_MS", 30_000)
DATABASES = {
    "default": {
        **env.database(),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": env.flag("CXOS_PGBOUNCER"),
    }
}
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5,
    "application_name": "cxos",
    "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000",
    **DATABASES["default"]["OPTIONS"],  # type: ignore[dict-item]
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.redis()
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# --- People ------------------------------------------------------------------------------------------------------
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"  # a flushed Redis logs nobody out
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "cxos_session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "cxos_csrf"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

# --- Browser security --------------------------------------------------------------------------------------------
_socket_origin = "{0.scheme}://{0.netloc}".format(urlsplit(SOCKET_URL)) if SOCKET_URL else ""
_socket_sources = [_socket_origin] if SOCKET_URL else ["ws:" if not SECURE else "wss:"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "media-src": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "connect-src": ["'self'", *_socket_sources],
        "frame-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
BEHIND_PROXY = env.flag("CXOS_BEHIND_PROXY")
SECURE_SSL_REDIRECT = SECURE and not BEHIND_PROXY
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Static files ------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "cxos" / "static"]
WHITENOISE_USE_FINDERS = env.flag("CXOS_STATIC_FINDERS", DEBUG)
# A file is then looked for when it is asked for, not all of them at the start.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "media")},
    },
    # What people send each other. Another backend (such as django-storages' S3) keeps the same names.
    "attachments": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "media")},
    },
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if WHITENOISE_USE_FINDERS
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

# --- Language and time -------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "cxos.screens.formats"
LANGUAGES = [("en", "English"), ("ar", "العربية")]
LOCALE_PATHS = [BASE_DIR / "cxos" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- API ---------------------------------------------------------------------------------------------------------
# Endpoints state what they share themselves (cxos/core/api/views.py); here is what the framework asks the settings for.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "cxos.core.api.authentication.ApiKeyAuthentication",
        "cxos.core.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["cxos.core.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["cxos.core.api.rendering.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cxos.core.api.parsing.StrictJsonParser"],
    "DEFAULT_THROTTLE_CLASSES": ["cxos.core.api.throttling.RateLimit"],
    "DEFAULT_SCHEMA_CLASS": "cxos.core.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "cxos.core.api.problems.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
}
API_REQUESTS_PER_MINUTE = env.number("CXOS_API_REQUESTS_PER_MINUTE", 6_000, least=1)
SPECTACULAR_SETTINGS = {
    "TITLE": "CXOS API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_NO_READ_ONLY_REQUIRED": True,  # `?fields=` leaves fields out
    "PREPROCESSING_HOOKS": ["cxos.core.api.schema.find_endpoints"],
    "POSTPROCESSING_HOOKS": ["cxos.core.api.schema.complete"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
}

# --- Writing ----------------------------------------------------------------------------------------------------
# So long can an agent take back a reply that was sent from the workspace; 0 = it leaves at once.
UNDO_SEND_SECONDS = env.number("CXOS_UNDO_SEND_SECONDS", 10)

# --- Background work: the figures behind these are in docs/explanation/reliability.md ----------------------------
# How many days rows are kept that only explain or record; 0 = for good. An admin may choose otherwise in the settings.
KEEP_DAYS = {
    "decisions": env.number("CXOS_KEEP_DECISIONS_DAYS", 400, most=3_650),
    "actions": env.number("CXOS_KEEP_ACTIONS_DAYS", 400, most=3_650),
    "webhook_attempts": env.number("CXOS_KEEP_WEBHOOK_ATTEMPTS_DAYS", 30, most=3_650),
    "trials": env.number("CXOS_KEEP_TRIALS_DAYS", 180, most=3_650),
    "notifications": env.number("CXOS_KEEP_NOTIFICATIONS_DAYS", 90, most=3_650),
}

CELERY_BROKER_URL = env.as_broker(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
# A child that loads its models on a busy machine is not dead: after 4 s, the default, it is killed, for ever again.
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 60
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 180,  # longer than the longest task
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
CELERY_DB_REUSE_MAX = 1_000_000  # tasks keep their connection; cxos/celery.py drops one that is broken
CELERY_TASK_DEFAULT_QUEUE = "work"
CELERY_TIMEZONE = "UTC"
METRICS_PORT = env.number("CXOS_METRICS_PORT", 0, most=65_535)

# --- Logs --------------------------------------------------------------------------------------------------------
LOGGING_CONFIG = None
from cxos.core import logs

logs.configure(
    as_json=env.choice("CXOS_LOG_FORMAT", "json", ("json", "console")) == "json",
    level=env.choice("CXOS_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")),
)
