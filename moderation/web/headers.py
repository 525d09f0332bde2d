"""What every answer tells the browser: nothing runs, loads or frames but what is meant to."""

from flask import Flask, Response, request

from .service import close, service

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
#: An answer that is no page has nothing to load.
BARE_POLICY = "default-src 'none'; frame-ancestors 'none'"

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}

HTTPS_ONLY = ("Strict-Transport-Security", "max-age=31536000")


def init_app(app: Flask) -> None:
    """Set the headers on every answer, and end the request's reading after it."""
    app.after_request(_set)
    app.teardown_appcontext(close)


def is_shared() -> bool:
    """Whether caches may keep the answer: then it must be the same for everybody who asks so."""
    return request.endpoint in _SHARED


def _set(response: Response) -> Response:
    is_page = response.mimetype == "text/html"
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY if is_page else BARE_POLICY)
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    if service().settings.secure:
        response.headers.setdefault(*HTTPS_ONLY)
    if request.endpoint not in _FOR_SEARCH:
        response.headers.setdefault("X-Robots-Tag", "noindex")
    shared = is_shared()
    if not shared:
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if not shared or response.status_code >= 400:
        # Caches may keep a 404 unasked (RFC 9110, section 15.1), and then miss its end.
        response.headers.setdefault("Cache-Control", "no-store")
    return response


#: What search engines may list; a thread's page says for itself whether it is (see `discovery`).
#: Whatever is private, unpublished or made for programs is not, unless somebody names it here.
_FOR_SEARCH = frozenset({"static", "reader.home", "reader.thread", "api.docs"})

#: What pages of other origins are meant to load, and caches may keep.
_SHARED = frozenset(
    {
        "static",
        "embed.widget",
        "embed.work",
        "api.thread",
        "api.counts",
        "feeds.atom",
        "feeds.robots",
        "fragment.fragment",
        "fragment.styles",
    }
)
