"""Answers that are the same for everybody: kept by caches, read by pages of every origin."""

import hashlib
from urllib.parse import quote, urlsplit, urlunsplit

from flask import Response, abort, request, url_for
from flask_babel import gettext as _

from moderation.models import Site
from moderation.text import addresses, plain

from .service import service

#: Seconds for which a cache need not ask again.
KEPT = 300


def shared(body: bytes, mimetype: str) -> Response:
    """The bytes under an ETag, or 304 for whoever has them already."""
    answer = Response(body, mimetype=mimetype)
    answer.set_etag(hashlib.sha256(body).hexdigest()[:20])
    answer.headers["Cache-Control"] = f"public, max-age={KEPT}"
    answer.make_conditional(request)
    return answer


def open_to_all(response: Response) -> Response:
    """Let pages of every origin read the answer, also where it is a refusal."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def absolute(endpoint: str, **values: str) -> str:
    """The address of a view as readers reach it, whichever name the request came by: a static
    generator on the same machine asks 127.0.0.1.
    """
    return f"{service().settings.public_url}{url_for(endpoint, **values)}"


def uri(address: str) -> str:
    """An address with the escapes of RFC 3986: browsers write fewer, parsers of feeds want all."""
    parts = urlsplit(address)
    path, query = quote(parts.path, safe=_IN_A_PATH), quote(parts.query, safe=f"{_IN_A_PATH}?")
    return urlunsplit(parts._replace(path=path, query=query))


#: What a path is made of (section 3.3), and the sign of an escape that is there.
_IN_A_PATH = "/%:@!$&'()*+,;="


def page_asked_for() -> str:
    """The page that the query names, in normal form, or an answer of 400."""
    try:
        return addresses.page(plain.one_line(request.args.get("page", "")))
    except (addresses.BadAddress, plain.Unreadable):
        abort(400, _("Give the full address of the page, with https://."))


def is_on(site: Site, page: str) -> bool:
    """Whether a page is one of the site's own; of others nothing is said to machines."""
    return addresses.origin(page) in site.origins
