"""After a reply: is this a flood? Asked beside the way of a reply, not on it."""

import logging
import time

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from moderation import attack
from moderation.models import Site

from .service import now, service

log = logging.getLogger("moderation")

#: Each process looks at a site after so many seconds, or so many replies.
EVERY, MANY = 5.0, 10


def arrived(site: Site) -> None:
    """A reply to this site was stored: look whether far more come than usual.

    Nothing is locked meanwhile, and the reply is safe already: what fails here fails no reader.
    Where no rates are limited, since something else does or a load test runs, none is looked at.
    """
    if not service().settings.rate_limits or not _is_time(site.id):
        return
    try:
        attack.look(service().database, site, now())
    except SQLAlchemyError as error:
        log.error("looking whether a site is flooded failed: %s", type(error).__name__)


def _is_time(site_id: str) -> bool:
    # Two threads may both find that it is: then both look, and one of them switches it on.
    looked: dict[str, tuple[float, int]] = current_app.extensions.setdefault("watching", {})
    moment, (last, since) = time.monotonic(), looked.get(site_id, (-EVERY, 0))
    is_time = moment - last >= EVERY or since + 1 >= MANY
    looked[site_id] = (moment, 0) if is_time else (last, since + 1)
    return is_time
