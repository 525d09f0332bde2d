"""How often one network may knock. What is refused gets 429 with Retry-After."""

import math
import time

from flask import request
from flask_babel import lazy_gettext as _
from flask_limiter import Limiter
from limits import parse

from moderation.privacy import digest, network

from .service import service


def _from() -> str:
    # A digest, not the address: where the limits count in Redis, they would be kept there.
    key = service().keyring.derive("limits")
    try:
        return digest(key, "limits", network(request.remote_addr or ""))
    except ValueError:
        return "nowhere"


limiter = Limiter(_from, default_limits=[], strategy="moving-window")

#: What is told where somebody's text may be at stake.
KEPT = _(
    "Many replies came from your network just now. Your text is kept: wait a little, then send it "
    "again."
)
#: A whole school behind one address can discuss an article; a program cannot flood it.
leaving = limiter.limit("60 per minute; 600 per hour", error_message=lambda: str(KEPT))
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
    if limiter.limiter.hit(UNSOLVED, *here):
        return 0
    resets_at = limiter.limiter.get_window_stats(UNSOLVED, *here).reset_time
    return max(1, math.ceil(resets_at - time.time()))
