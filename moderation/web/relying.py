"""At which address passkeys are good: the name they are bound to, and the origin that may ask."""

import ipaddress
from urllib.parse import urlsplit

from flask import request

from moderation.factors.passkeys import Party

from .service import service

#: The largest answer of any authenticator is a fraction of it.
_LONGEST_ANSWER = 32_768


def here() -> Party | None:
    """Whom passkeys sign for; None where browsers make none, at an address without a name.

    Where the service has no name of its own, it is the name it was called by: Flask let no other
    host in than those of TRUSTED_HOSTS.
    """
    for origin in (service().settings.public_url, request.host_url.rstrip("/")):
        name = urlsplit(origin).hostname or ""
        if not _is_number(name):
            return Party(name, origin)
    return None


def sent_answer() -> str:
    """What a browser's passkey answered; empty where it sent none, or more than one could be."""
    answer = request.form.get("answer", "")
    return answer if len(answer) <= _LONGEST_ANSWER else ""


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
