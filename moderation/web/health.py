"""Whether the process lives, and whether it can serve."""

from flask import Blueprint, Response
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from moderation.migrations import current, newest
from moderation.models import Site, Tally
from moderation.privacy import Unopenable

from .service import reading, service

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def ready() -> Response:
    """The database can be reached, has the newest tables, and its secrets can be opened."""
    trouble = _trouble()
    return Response(f"{trouble or 'ok'}\n", 503 if trouble else 200, mimetype="text/plain")


def _trouble() -> str:
    try:
        # Its own session, and not the request's: the server asks before it serves, where no request
        # ends. A reading that is left open keeps SQLite from ever emptying its journal.
        with service().database.reading() as session:
            if current(session.connection()) != newest():
                return "The database is not migrated: run `moderation upgrade`."
            for site in session.scalars(select(Site).limit(1)):
                service().site_key(site)
    except SQLAlchemyError:
        return "The database cannot be reached."
    except Unopenable:
        return "What is sealed in the database cannot be opened: the secret key is another one."
    return ""


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus text: comments by status. Nothing that could name anybody."""
    rows = reading().execute(select(Tally.status, func.sum(Tally.n)).group_by(Tally.status))
    lines = ["# HELP moderation_comments Stored comments.", "# TYPE moderation_comments gauge"]
    lines += [f'moderation_comments{{status="{status}"}} {number}' for status, number in rows]
    return Response("\n".join(lines) + "\n", mimetype="text/plain; version=0.0.4")
