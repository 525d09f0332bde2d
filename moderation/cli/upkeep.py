"""Commands that look after what is stored."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from moderation import (
    attack,
    batches,
    clusters,
    keeping,
    learning,
    leases,
    lists,
    migrations,
    outbox,
    people,
)
from moderation.database import Database
from moderation.models import (
    AuthenticatorApp,
    Author,
    Comment,
    Invitation,
    ListEntry,
    Moderator,
    OutsideService,
    Secret,
    Site,
)
from moderation.text import markup

from .running import database, keyring

#: Every kind of row with something sealed in it.
SEALED = (
    Secret,
    Site,
    Moderator,
    AuthenticatorApp,
    Author,
    ListEntry,
    Invitation,
    OutsideService,
)


@click.command("upgrade")
@with_appcontext
def upgrade() -> None:
    """Create the database, or bring it to this version."""
    migrations.upgrade(database().engine)
    click.echo("The database is up to date.")


@click.command("tidy")
@with_appcontext
def tidy() -> None:
    """Throw away what has served and what ran out; `serve` does it by itself."""
    tidy_once(database())
    click.echo("Tidied up.")


def tidy_once(stored: Database) -> None:
    """Throw away what has served."""
    with stored.writing() as session:
        for look_after in (keeping, outbox, batches, leases, lists, people, clusters, attack):
            look_after.tidy_up(session, datetime.now(UTC))
        session.commit()


@click.command("render")
@with_appcontext
def render() -> None:
    """Render again the comments that an older version of the markup policy rendered."""
    older = Comment.markup_version < markup.MARKUP_VERSION
    changed = _walk(Comment, _render_again, older)
    if changed:
        # Where a comment leads is part of what it taught: what was learned by other links could not
        # be taken back by these.
        with database().reading() as session:
            sites = session.scalars(select(Site.id)).all()
        for site in sites:
            learning.rebuild(database(), site)
    click.echo(f"Rendered {changed} comments again.")


def _render_again(comment: Comment) -> bool:
    rendered = markup.render(comment.source)
    comment.html, comment.links = rendered.html, list(rendered.links)
    comment.markup_version = markup.MARKUP_VERSION
    comment.thread.readers_see(more=0)
    return True


@click.command("reseal")
@with_appcontext
def reseal() -> None:
    """Seal again, with the current secret key, what an older one sealed."""
    keys = keyring()
    changed = sum(_walk(model, lambda row: bool(row.reseal(keys))) for model in SEALED)
    click.echo(f"Sealed {changed} rows with the current key; older keys are no longer needed.")


def _walk(model: Any, change: Callable[[Any], bool], *conditions: Any) -> int:
    """Change the rows of a table, some hundreds a transaction, so that nobody waits for long."""
    changed, last = 0, ""
    with database().reading() as session:
        number = session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0
    with click.progressbar(length=number, label=model.__tablename__, file=sys.stderr) as bar:
        while True:
            with database().writing() as session:
                batch = select(model).where(model.id > last, *conditions)
                rows = session.scalars(batch.order_by(model.id).limit(500)).all()
                if not rows:
                    return changed
                changed += sum(change(row) for row in rows)
                last = rows[-1].id
                session.commit()
            bar.update(len(rows))
