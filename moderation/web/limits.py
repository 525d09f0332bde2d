"""How often one network may knock. What is refused gets 429 with Retry-After.

Counted in memory, which is right for one process, or in Redis or Valkey for several. Where that
cannot be reached nobody is refused for it: each process counts by itself until it is there again.
"""

import logging
import math
import time
from typing import Any

from flask import Flask, Response, request
from flask_babel import lazy_gettext as _
from flask_limiter import Limiter
from limits import parse
from limits.errors import ConfigurationError, StorageError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from moderation.config import UnsafeSetting
from moderation.privacy import digest, network

from .service import now, service, site_or_404

log = logging.getLogger("moderation")

#: Seconds that a reader waits at most for a storage that does not answer.
PATIENCE = 1
#: A storage that is away is written down once, and again if it is away for so many seconds.
SAID_EVERY = 600


def _from() -> str:
    # A digest, not the address: where the limits count in Redis, they would be kept there.
    key = service().keyring.derive("limits")
    try:
        return digest(key, "limits", network(request.remote_addr or ""))
    except ValueError:
        return "nowhere"


def _to() -> str:
    return str((request.view_args or {}).get("site", "nowhere"))


limiter = Limiter(_from, default_limits=[], strategy="moving-window")

#: What is told where somebody's text may be at stake.
KEPT = _(
    "Many replies came from your network just now. Your text is kept: wait a little, then send it "
    "again."
)
FLOODED = _(
    "Very many replies are coming to this site just now. Your text is kept: wait a little, then "
    "send it again."
)
#: A whole school behind one address can discuss an article; a program cannot flood it. While the
#: site is under attack a class still can.
REPLIES, UNDER_ATTACK = "60 per minute; 600 per hour", "20 per minute; 120 per hour"


def _replies() -> str:
    try:
        site = site_or_404(_to())
    except (HTTPException, SQLAlchemyError):
        # There is no such site, or nobody knows: the view says so.
        return REPLIES
    return UNDER_ATTACK if site.is_under_attack(now()) else REPLIES


#: Counted together, on the page and in the API.
_one_network = limiter.shared_limit(_replies, scope="replies", error_message=lambda: str(KEPT))
#: From everywhere: no site may take the disk, and the one who writes, from all others. Twenty a
#: second are more than any site's readers write, and a fraction of what is stored in that time.
_one_site = limiter.shared_limit(
    "1200 per minute", scope="site", key_func=_to, error_message=lambda: str(FLOODED)
)


def leaving(view: Any) -> Any:
    """Limit a view that takes replies: per network, and per site.

    The limits of the inner one are counted first, and whoever they refuse is counted no further: a
    network that knocks too often must not use up what the site takes from everybody.
    """
    return _one_site(_one_network(view))


changing = limiter.limit(
    "60 per minute; 600 per hour", methods=["POST"], error_message=lambda: str(KEPT)
)
asking = limiter.limit("240 per minute")
previewing = limiter.limit("60 per minute")
#: Counted together, on the page and in the API.
reporting = limiter.shared_limit("20 per hour", scope="reports")
signing_in = limiter.limit("30 per minute", methods=["POST"])
#: Mail to an address that somebody typed: enough for a family, too little to annoy anybody with.
mailing = limiter.limit("6 per hour; 10 per day")

#: Replies without a sum cost a program nothing and a moderator time.
UNSOLVED = parse("10 per hour")


def wait_to_send_unsolved() -> int:
    """Count one reply without a sum; how many seconds to wait if it was one too many, else 0."""
    if not limiter.enabled:
        return 0
    here = ("unsolved", _from())
    try:
        if limiter.limiter.hit(UNSOLVED, *here):
            return 0
        resets_at = limiter.limiter.get_window_stats(UNSOLVED, *here).reset_time
    except StorageError:
        # It went away within this request; the next one counts in memory.
        return 0
    return max(1, math.ceil(resets_at - time.time()))


def init_app(app: Flask) -> None:
    """Switch the limits on, as the settings say. Raises UnsafeSetting where they cannot count."""
    # Registered before the limiter's own, and so asked after it.
    app.after_request(_at_least_a_second)
    try:
        limiter.init_app(app)
    except (ConfigurationError, ValueError) as error:
        # Not the error's own words: they repeat the address, which may have a password in it.
        raise UnsafeSetting(
            "MODERATION_RATE_LIMIT_STORAGE cannot be used: it needs an address such as "
            "redis://127.0.0.1:6379, and the extra `redis`: pip install 'moderation[redis]'."
        ) from error
    if _aloud not in limiter.logger.handlers:
        limiter.logger.addHandler(_aloud)


def storage(uri: str) -> dict[str, object]:
    """The settings of Flask-Limiter for a storage."""
    if uri.startswith("memory://"):
        return {"RATELIMIT_STORAGE_URI": uri}
    return {
        "RATELIMIT_STORAGE_URI": uri,
        "RATELIMIT_STORAGE_OPTIONS": {
            "wrap_exceptions": True,
            "socket_connect_timeout": PATIENCE,
            "socket_timeout": PATIENCE,
        },
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
    }


def _at_least_a_second(answer: Response) -> Response:
    # The limiter rounds down, and "in 0 seconds" is now.
    if answer.status_code == 429 and answer.headers.get("Retry-After", "1") == "0":
        answer.headers["Retry-After"] = "1"
    return answer


class _Aloud(logging.Handler):
    """Says in our log what Flask-Limiter tells nobody: that its storage is away."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said_at = -math.inf

    def emit(self, _record: logging.LogRecord) -> None:
        moment = time.monotonic()
        if moment - self._said_at >= SAID_EVERY:
            self._said_at = moment
            log.warning(
                "the storage of the rate limits cannot be reached: this process counts in memory "
                "until it is there again"
            )


_aloud = _Aloud()
