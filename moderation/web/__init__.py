"""The doors: blueprints that read, ask one workflow, commit once, and answer."""

import os
from pathlib import Path
from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSessionInterface
from flask_babel import Babel
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from moderation import config
from moderation.database import Database
from moderation.learning import Learner
from moderation.privacy import Keyring

from . import (
    accounts,
    api,
    attack,
    batches,
    composing,
    confirming,
    deciding,
    drawing,
    embed,
    erasing,
    errors,
    factors,
    feeds,
    fragment,
    groups,
    headers,
    health,
    invitations,
    language,
    leases,
    limits,
    listing,
    log,
    outbox,
    outside_pages,
    parts,
    passkeys,
    people,
    policy_pages,
    preferences,
    privacy_page,
    queue,
    queue_health,
    reader,
    reason_pages,
    replies,
    reports,
    saved_views,
    second,
    sites,
    subscriptions,
    thread_pages,
)
from .ready_made import ReadyMade
from .service import Service

PACKAGE = Path(__file__).parent.parent
#: Beside the package in a checkout, inside it in a wheel.
TEMPLATES = next(
    folder for folder in (PACKAGE / "templates", PACKAGE.parent / "templates") if folder.is_dir()
)
#: The largest request anybody has reason to send: a comment, its fields, or a page of decisions.
MOST_BYTES = 256 * 1024


def make_app(settings: config.Settings | None = None) -> Flask:
    """Switch the house on, in order. Raises config.UnsafeSetting."""
    settings = settings or config.load(os.environ)
    app = Flask(
        "moderation",
        root_path=str(PACKAGE),
        instance_path=str(settings.instance_path),
        template_folder=str(TEMPLATES),
    )
    app.config.from_mapping(_flask_settings(settings))
    app.session_interface = _Sessions()
    stored = Database(settings.database_url)
    app.extensions["moderation"] = Service(
        settings=settings,
        database=stored,
        keyring=Keyring(settings.secret_keys),
        learner=Learner(stored),
    )
    Babel(app, locale_selector=language.chosen)
    CSRFProtect(app)
    limits.init_app(app)
    for door in (
        reader,
        embed,
        replies,
        erasing,
        subscriptions,
        api,
        accounts,
        second,
        confirming,
        factors,
        passkeys,
        queue,
        parts,
        preferences,
        queue_health,
        log,
        outbox,
        sites,
        people,
        invitations,
        listing,
        reason_pages,
        thread_pages,
        policy_pages,
        attack,
        outside_pages,
        privacy_page,
        health,
        feeds,
        fragment,
        reports,
        batches,
        groups,
        leases,
        saved_views,
        deciding,
    ):
        app.register_blueprint(door.blueprint)
    for switch_on in (errors, headers, language, drawing, composing, leases, saved_views, attack):
        switch_on.init_app(app)
    _in_front(app, settings)
    return app


class _Sessions(SecureCookieSessionInterface):
    """Flask's own sessions; readers and programs send no cookie, and nothing is made to read it."""

    def open_session(self, app: Flask, request: Request) -> Any:
        """The session of a request's cookie, or an empty one."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def _flask_settings(settings: config.Settings) -> dict[str, object]:
    host = settings.public_host
    prefix = "__Host-" if settings.secure else ""
    keyring = Keyring(settings.secret_keys)
    return {
        "SECRET_KEY": keyring.derive("sessions"),
        "MAX_CONTENT_LENGTH": MOST_BYTES,
        "MAX_FORM_MEMORY_SIZE": MOST_BYTES,
        "MAX_FORM_PARTS": 100,
        # Health checks and proxies on the same machine ask by these names.
        "TRUSTED_HOSTS": [host.rsplit(":", 1)[0], *config.LOCAL_HOSTS],
        "SESSION_COOKIE_NAME": f"{prefix}moderation",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        # As long as the session: a moderator's day outlasts Flask-WTF's default of an hour.
        "WTF_CSRF_TIME_LIMIT": None,
        # Readers' doors take no cookie, so there is nothing a forged request could borrow; the
        # moderators' doors ask `protected`.
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_SSL_STRICT": False,
        # The forms' sentences are ours, translated by Flask-Babel; WTForms' own are not shown.
        "WTF_I18N_ENABLED": False,
        "RATELIMIT_ENABLED": settings.rate_limits,
        **limits.storage(settings.rate_limit_storage),
        "RATELIMIT_HEADERS_ENABLED": True,
        "TEMPLATES_AUTO_RELOAD": False,
    }


def _in_front(app: Flask, settings: config.Settings) -> None:
    service: Service = app.extensions["moderation"]
    # Flask's own way to put a layer in front, which its types forbid.
    app.wsgi_app = ReadyMade(app.wsgi_app, service.database.look_ups, secure=settings.secure)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
