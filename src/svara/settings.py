"""Django's settings. Everything that differs between installations comes from the environment, set by `svara serve`."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url

from svara.data import DataFolder

DATA = DataFolder(Path(os.environ.get("SVARA_DATA", "data")).resolve())


def _secret(purpose: str) -> str:
    """A key for one purpose, derived from the installation's secret; a fixed one where no installation stands (tools)."""
    try:
        seed = DATA.secret_key.read_bytes()
    except OSError:
        seed = b"no installation"
    return hashlib.blake2b(seed, person=purpose.encode()[:16]).hexdigest()


SECRET_KEY = _secret("django")
RECEIPT_SEED = bytes.fromhex(_secret("receipts"))[:32]
"""Of the key that signs receipts of consent (`svara.privacy.functions.receipts`)."""
BROWSER_KEY = bytes.fromhex(_secret("svara browsers"))[:32]
"""Of the passes for phones in browsers (`svara.people.browserphone.key_of`)."""
PUSH_SEED = bytes.fromhex(_secret("svara push"))
"""Of the key by which push services know this installation (`svara.push.vapid`)."""
DEBUG = False
ADDRESS = urlsplit(os.environ.get("SVARA_URL", ""))
"""Where people find the pages, when that is not this machine: its host is ours, and with https the cookies travel no other
way."""
SIP_ADDRESS = os.environ.get("SVARA_SIP_ADDRESS", "")
SIP_LISTENS = os.environ.get("SVARA_SIP", "127.0.0.1:5060")
SIP_TLS_LISTENS = os.environ.get("SVARA_SIP_TLS", "")
"""Where the calls process listens, for phones that are told so (`svara.web.pages.provision`)."""
ENCRYPTED = ADDRESS.scheme == "https"
ALLOWED_HOSTS = os.environ.get("SVARA_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
if ADDRESS.hostname:
    ALLOWED_HOSTS.append(ADDRESS.hostname)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django_htmx",
    "ninja",
    "svara.privacy.rights",
    "svara.privacy.functions",
    "svara.privacy.staff",
    "svara.privacy.policies",
    "svara.privacy.figures",
    "svara.people",
    "svara.privacy.audit",
    "svara.privacy.registers",
    "svara.history",
    "svara.voicemail",
    "svara.letters",
    "svara.phonebooks",
    "svara.contacts",
    "svara.push",
    "svara.admission",
    "svara.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "svara.web.middleware.Compressed",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "svara.web.middleware.StillSignedIn",
    "svara.web.visiting.Visits",
    "svara.web.middleware.BehindTheDoor",
    "svara.web.middleware.Place",
    "svara.web.middleware.Counted",
    "svara.web.middleware.PageHeaders",
]
ROOT_URLCONF = "svara.web.urls"
ASGI_APPLICATION = "svara.web.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "svara.web.context.words",
            ]
        },
    }
]

DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("SVARA_DATABASE_URL") or f"sqlite:///{DATA.database}",
        conn_max_age=0,  # under ASGI each request has a thread of its own: a connection that is kept would be kept by nobody
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": ";".join(
            f"PRAGMA {pragma}"
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON")
        ),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.Account"
AUTHENTICATION_BACKENDS = ["svara.people.signin.AccountBackend"]
PASSWORD_HASHERS = ["svara.people.hashers.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign-in"

LDAPS, LDAP = os.environ.get("SVARA_LDAPS", ""), os.environ.get("SVARA_LDAP", "")
"""Where phonebooks are served over LDAP, encrypted and not: HOST:PORT; "" nowhere."""

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = ENCRYPTED
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
DEVICE_COOKIE_NAME = "svara_device"
DEVICE_COOKIE_AGE = 365 * 24 * 3600
"""By it a browser is known again at the next sign-in (`svara.people.signedin`)."""
TRUST_COOKIE_NAME = "svara_trust"
"""By it a browser is spared the second step (`svara.people.second.actions.do_trust`)."""
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = ENCRYPTED
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "svara.web.pages.errors.csrf"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if ENCRYPTED else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a queue of many members is one form

MAIL = urlsplit(os.environ.get("SVARA_SMTP_URL", ""))
"""The mail server: smtp://USER:PASSWORD@HOST:587 (encrypted by STARTTLS, except on this machine itself), or smtps://
(encrypted from the start). Without it no mail is sent."""
EMAIL_HOST = MAIL.hostname or ""
EMAIL_PORT = MAIL.port or (465 if MAIL.scheme == "smtps" else 587)
EMAIL_HOST_USER = unquote(MAIL.username or "")
EMAIL_HOST_PASSWORD = unquote(MAIL.password or "")
EMAIL_USE_SSL = MAIL.scheme == "smtps"
EMAIL_USE_TLS = MAIL.scheme == "smtp" and EMAIL_HOST not in {"localhost", "127.0.0.1", "::1"}
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("SVARA_MAIL_FROM") or f"svara@{ADDRESS.hostname or 'localhost'}"
UNSUBSCRIBE_MAIL = os.environ.get("SVARA_MAIL_UNSUBSCRIBE", "")
"""Where wishes to get no more letters may be sent by mail, too; somebody has to read that (`svara letters withdraw`)."""

TRANSCRIBER = os.environ.get("SVARA_TRANSCRIBER", "").strip()
"""The command line of the operator's program that writes messages down (`svara.voicemail.transcriber`); "" for none."""

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("cs", "Čeština"),
    ("en", "English"),
    ("lv", "Latviešu"),
    ("nb", "Norsk bokmål"),
    ("ru", "Русский"),
    ("sv", "Svenska"),
]
LOCALE_PATHS = [Path(__file__).parent / "web" / "locale"]
FORMAT_MODULE_PATH = "svara.web.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING_CONFIG = None
