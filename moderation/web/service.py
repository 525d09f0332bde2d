"""What every door needs of the running service, and the database session of a request."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from flask import abort, current_app, g
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from moderation.config import Settings
from moderation.database import Database
from moderation.learning import Learner
from moderation.models import Site
from moderation.privacy import Keyring


@dataclass(frozen=True, slots=True)
class Service:
    """The settings, the database and the keys of this process."""

    settings: Settings
    database: Database
    keyring: Keyring
    learner: Learner
    _opened: dict[bytes, bytes] = field(default_factory=dict, repr=False)

    def site_key(self, site: Site) -> bytes:
        """The site's own key, opened once a process and sealed value."""
        if site.sealed_key not in self._opened:
            self._opened[site.sealed_key] = site.open_key(self.keyring)
        return self._opened[site.sealed_key]


def service() -> Service:
    """The running service."""
    found: Service = current_app.extensions["moderation"]
    return found


def reading() -> Session:
    """The request's session for reading: one consistent state, closed when the request ends."""
    if "reading" not in g:
        g.reading = service().database.reading()
    session: Session = g.reading
    return session


def writing() -> AbstractContextManager[Session]:
    """A session for writing. The request's reading ends first: what is written is read anew."""
    close()
    return service().database.writing()


def close(_error: BaseException | None = None) -> None:
    """End the request's reading."""
    session: Session | None = g.pop("reading", None)
    if session is not None:
        session.close()


def now() -> datetime:
    """The moment of this request: one for all that it writes."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    moment: datetime = g.now
    return moment


def site_or_404(key: str) -> Site:
    """The site of an address; asked for once a request."""
    site: Site | None = g.get("site")
    if site is None or site.key != key:
        found = service().database.look_ups.find(_SITE, key)
        site = g.site = _site(found[0]) if found else None
    if site is None:
        abort(404, _("There is no such site here."))
    return site


#: As text where a driver would read JSON: what the columns say is also what the object is kept by.
_SITE = """
    SELECT id, key, name, CAST(origins AS TEXT), CAST(options AS TEXT), sealed_key,
        CAST(created_at AS TEXT),
        (SELECT CAST(options AS TEXT) FROM site_defaults WHERE id = 'all'),
        (SELECT CAST(until AS TEXT) FROM attack WHERE site_id = site.id)
    FROM site WHERE key = {0}
"""


@lru_cache(maxsize=64)
def _site(row: tuple[Any, ...]) -> Site:
    """The object for a row, made once: every request asks for the row, and few rows ever change."""
    return Site.of_row(*row)
