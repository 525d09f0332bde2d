"""Commands about sites, moderators and their tokens."""

import sys
from datetime import UTC, datetime

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from moderation import factors, sites
from moderation.accounts import BadAccount, add_moderator, add_site, add_token, find_moderator
from moderation.models import Role, Site

from .running import database, keyring, writing


@click.group("site")
def site() -> None:
    """The web sites that embed threads."""


@site.command("add")
@click.argument("key")
@click.option("--name", required=True)
@click.option("--origin", "origins", required=True, multiple=True, help="May be repeated.")
@with_appcontext
def site_add(key: str, name: str, origins: tuple[str, ...]) -> None:
    """Let a site's pages embed threads; ORIGIN is such as https://blog.example."""
    with writing() as session:
        added = add_site(session, keyring(), key, name, origins, datetime.now(UTC))
        click.echo(f"Added the site {added.key} for {', '.join(added.origins)}.")


@site.command("list")
@with_appcontext
def site_list() -> None:
    """List the sites."""
    with database().reading() as session:
        found = session.scalars(select(Site).order_by(Site.key)).all()
        for one in found:
            click.echo(f"{one.key}\t{one.name}\t{' '.join(one.origins)}")
    if not found:
        click.echo("There is no site yet; add one with `moderation site add`.", err=True)


@site.command("show")
@click.argument("key")
@with_appcontext
def site_show(key: str) -> None:
    """Show a site's name, origins and settings; those it has of its own are marked."""
    with database().reading() as session:
        found = _site(session.scalar(select(Site).where(Site.key == key)), key)
    click.echo(f"name\t{found.name}\norigins\t{' '.join(found.origins)}")
    for name in sites.NAMES:
        mark = "\t(its own)" if name in sites.flat(found.options) else ""
        click.echo(f"{name}\t{sites.written(sites.value(found.settings, name))}{mark}")


@site.command("set")
@click.argument("key")
@click.argument("name")
@click.argument("value")
@with_appcontext
def site_set(key: str, name: str, value: str) -> None:
    """Give the site KEY the setting NAME: on or off, a number, a word, or words with commas
    between. The VALUE `default` makes it follow the settings for all sites again.
    """
    with writing() as session:
        found = _site(sites.find(session, key), key)
        try:
            wanted = sites.read_or_default(name, value)
        except sites.BadOption as error:
            raise click.ClickException(f"{name}: {error}") from error
        sites.change(session, found, {name: wanted}, by=None, at=datetime.now(UTC))
    said = "the default" if wanted is None else sites.written(wanted) or "nothing"
    click.echo(f"On {key}, {name} is {said} now.")


def _site(found: Site | None, key: str) -> Site:
    if found is None:
        raise click.ClickException(f"There is no site {key}; `moderation site list` shows them.")
    return found


@click.group("moderator")
def moderator() -> None:
    """The people who decide."""


@moderator.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([str(role) for role in Role]), default="moderator")
@click.option("--site", "sites", multiple=True, help="A site's key; may be repeated.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_appcontext
def moderator_add(
    email: str, name: str, role: str, sites: tuple[str, ...], password_stdin: bool
) -> None:
    """Add a moderator. An owner without --site sees every site."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _asked_password()
    with writing() as session:
        add_moderator(
            session,
            keyring(),
            email,
            name,
            Role(role),
            sites,
            password,
            datetime.now(UTC),
        )
    click.echo(f"Added {name} as {role}.")


@moderator.command("reset-factors")
@click.argument("email")
@with_appcontext
def moderator_reset_factors(email: str) -> None:
    """Let in with the password alone somebody who lost app, passkeys and recovery codes."""
    with writing() as session:
        found = find_moderator(session, keyring(), email)
        if found is None:
            raise BadAccount("There is no moderator with this address.")
        factors.reset(session, found.id)
    click.echo(
        f"{found.name} signs in with the password alone now, and is signed out everywhere. "
        "Have them set up a second factor again."
    )


def _asked_password() -> str:
    if not sys.stdin.isatty():
        raise click.ClickException("Give the password with --password-stdin.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


@click.group("token")
def token() -> None:
    """API tokens of moderators."""


@token.command("add")
@click.argument("email")
@click.option("--name", required=True, help="What it is for.")
@with_appcontext
def token_add(email: str, name: str) -> None:
    """Make an API token for a moderator, and print it once."""
    with writing() as session:
        secret = add_token(session, keyring(), email, name, datetime.now(UTC))
    click.echo(secret)
