"""`moderation forget EMAIL`: erase everything that an address left, on every site."""

from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from moderation import authorship, lists
from moderation.database import Database
from moderation.drafts import author_digest
from moderation.models import Site
from moderation.privacy import Keyring
from moderation.text import addresses


@click.command("forget")
@click.argument("email")
@with_appcontext
def forget(email: str) -> None:
    """Erase everything that EMAIL left, on every site: replies, names, the address itself."""
    try:
        address = addresses.email(email)
    except addresses.BadAddress as error:
        raise click.ClickException("That is not an email address.") from error
    service = current_app.extensions["moderation"]
    erased = _forget(service.database, service.keyring, address)
    # The address is not repeated: what a command prints may be kept in a log.
    if not erased:
        click.echo("Nothing on any site was left with this address.")
        return
    for site, number in erased:
        replies = "1 reply" if number == 1 else f"{number} replies"
        click.echo(f"{site}: erased {replies} and the address.")


def _forget(database: Database, keyring: Keyring, email: str) -> list[tuple[str, int]]:
    """The key of each site where the address was known, and how many replies were erased."""
    with database.reading() as session:
        sites = session.scalars(select(Site).order_by(Site.key)).all()
    erased = []
    for site in sites:
        digest = author_digest(site.open_key(keyring), email)
        with database.writing() as session:
            # An address may be on the list of a site where it never left anything.
            lists.forget(session, site.id, digest)
            author = authorship.find_author(session, site, digest)
            if author is not None:
                number = authorship.erase_author(session, author.id, at=datetime.now(UTC))
                erased.append((site.key, number))
            session.commit()
    return erased
