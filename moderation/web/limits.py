"""How often one network may knock. What is refused gets 429 with Retry-After."""

from flask import request
from flask_limiter import Limiter

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

#: A whole school behind one address can discuss an article; a program cannot flood it.
leaving = limiter.limit("60 per minute; 600 per hour")
asking = limiter.limit("240 per minute")
previewing = limiter.limit("60 per minute")
#: Counted together, on the page and in the API.
reporting = limiter.shared_limit("20 per hour", scope="reports")
signing_in = limiter.limit("30 per minute", methods=["POST"])
