"""Where a page of a moderator's list ended, sealed: looking may end at a row of another's site."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from flask import request

from moderation.privacy import Unopenable
from moderation.review import BadCursor

from .service import service

_ROW = "cursor"


def given() -> str:
    """The cursor that the address names, or "". Raises BadCursor."""
    sent = request.args.get("after", "")
    if not sent:
        return ""
    try:
        return service().keyring.open(urlsafe_b64decode(sent.encode("ascii")), _ROW)
    except (ValueError, Unopenable) as error:
        raise BadCursor(sent) from error


def told(cursor: str) -> str | None:
    """A cursor as it is given away; None where the list has ended."""
    if not cursor:
        return None
    return urlsafe_b64encode(service().keyring.seal(cursor, _ROW)).decode("ascii")
