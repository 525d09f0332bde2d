"""The description of the API (OpenAPI 3.1.0), for programs; `chapters` of it, for people.

It is data, put together from small parts when the process starts. Tests hold it against the
routes and their answers: a route that is not described here fails them.
"""

from typing import Any

from . import moderating, operating, paths, reading, refusals
from .chapters import chapters

__all__ = ["DOCUMENT", "chapters"]

_MEANS = """\
Comments for any web site. Readers' calls need no account; moderators' calls take a token.

Answers are JSON in UTF-8. Times are in UTC (RFC 3339), ids and cursors are opaque. Whatever is
refused is told as `application/problem+json` (RFC 9457), in plain words. Every address that
answers GET answers HEAD, too; another method gets 405 with `Allow`. Fields may be added to
answers: ignore those you do not know.

Sentences come in the language of the parameter `lang`, else of `Accept-Language`: en, ar, de, es,
fr, kk, ru or zh. What caches may keep goes by `lang` alone.

Email addresses and network addresses of authors are in no answer, nor is anything that could be
worked out from them without a secret key.
"""

_TAGS = [
    {"name": paths.READERS, "description": "What a page needs to show a thread and take replies."},
    {"name": paths.MODERATORS, "description": "The queue, for those who decide."},
    {
        "name": operating.OPERATORS,
        "description": "How the service fares, and this description.",
    },
]

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Moderation", "version": "1.0.0", "description": _MEANS},
    "servers": [{"url": "/"}],
    "tags": _TAGS,
    "paths": paths.PATHS,
    "components": {
        "schemas": reading.SCHEMAS | moderating.SCHEMAS | {"Problem": refusals.PROBLEM},
        "responses": refusals.ANSWERS,
        "headers": refusals.HEADERS,
        "securitySchemes": {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A moderator's token, made by `moderation token add`. It may do "
                "what its moderator may do, on their sites.",
            }
        },
    },
}
