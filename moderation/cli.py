"""The commands of the owner: `moderation …`, or `flask --app app …`."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from . import config, demo, keeping, migrations
from .accounts import BadAccount, add_moderator, add_site, add_token
from .database import Database
from .forget_command import forget
from .models import Author, Comment, Moderator, Role, Secret, Site
from .privacy import Keyring
from .text import markup

#: Threads that serve in each process. SQLite has one writer at a time and Python runs one thread
#: at a time: more would only wait.
THREADS = 4
#: Bytes of a request's head that are taken; the server's own bound is 400 KB, and 16 MB in HTTP/2.
LARGEST_HEAD = 64 * 1024


def add_commands(app: Flask) -> None:
    """Make the commands known to `flask --app app` as well."""
    ours = (demo_command, serve, upgrade, site, moderator, token, render, reseal, tidy, forget)
    for command in ours:
        app.cli.add_command(command)


def _database() -> Database:
    found: Database = current_app.extensions["moderation"].database
    return found


def _keyring() -> Keyring:
    found: Keyring = current_app.extensions["moderation"].keyring
    return found


def _settings() -> config.Settings:
    found: config.Settings = current_app.extensions["moderation"].settings
    return found


@contextmanager
def _writing() -> Iterator[Session]:
    with _database().writing() as session:
        try:
            yield session
        except BadAccount as error:
            raise click.ClickException(str(error)) from error
        session.commit()


@click.command("upgrade")
@with_appcontext
def upgrade() -> None:
    """Create the database, or bring it to this version."""
    migrations.upgrade(_database().engine)
    click.echo("The database is up to date.")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@with_appcontext
def serve(host: str, port: int, workers: int) -> None:
    """Serve, for production: processes that are started again when one dies."""
    _require_migrated()
    click.echo(f"Serving on http://{host}:{port}/ with {workers} processes.")
    run_server(host, port, workers)


TIDY_EVERY = timedelta(minutes=10)


@contextmanager
def _tidying() -> Iterator[None]:
    """Throw away what has served, again and again, while the block runs."""
    over = threading.Event()

    def tidy_again() -> None:
        while not over.wait(TIDY_EVERY.total_seconds()):
            with suppress(SQLAlchemyError):  # the next round comes soon enough
                _tidy_once(database)

    database = _database()
    threading.Thread(target=tidy_again, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _tidy_once(database: Database) -> None:
    with database.writing() as session:
        keeping.tidy_up(session, datetime.now(UTC))
        session.commit()


@click.command("tidy")
@with_appcontext
def tidy() -> None:
    """Throw away spent sums, old receipts and network keys; `serve` does it by itself."""
    _tidy_once(_database())
    click.echo("Tidied up.")


def run_server(host: str, port: int, workers: int) -> None:
    """Run granian until it is told to stop."""
    _database().dispose()
    with _tidying():
        server("moderation:create_app", host, port, workers).serve()


def server(target: str, host: str, port: int, workers: int) -> Granian:
    """The server with our settings, for any WSGI factory: the benchmark compares with others."""
    return Granian(
        target,
        factory=True,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
        backlog=1024,
        # Plain HTTP/1.1 is what proxies speak to us; heads of 64 KB are more than enough.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=LARGEST_HEAD),
        websockets=False,
        respawn_failed_workers=True,
        log_access=False,
        log_level="warning",
    )


def _require_migrated() -> None:
    with current_app.test_request_context():
        answer = current_app.view_functions["health.ready"]()
    if answer.status_code != 200:
        raise click.ClickException(answer.get_data(as_text=True).strip())


@click.command("demo")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65534))
@click.option("--comments", default=0, type=click.IntRange(0, 10_000_000), help="So many more.")
@with_appcontext
def demo_command(port: int, comments: int) -> None:
    """Serve a demonstration: an article with replies, and a queue worth looking at."""
    url = os.environ.get("MODERATION_PUBLIC_URL", f"http://127.0.0.1:{port}")
    migrations.upgrade(_database().engine)
    sign_in = demo.prepare(_database(), _keyring(), _settings().instance_path, url, port)
    if comments:
        with click.progressbar(length=comments, label="Writing comments") as bar:
            demo.crowd(_database(), _keyring(), comments, bar.update)
    os.environ |= {"MODERATION_PUBLIC_URL": url, "MODERATION_DEMO": "on"}
    with demo.neighbour(port + 1, url):
        click.echo(demo.welcome(url, port, sign_in))
        run_server("127.0.0.1", port, 2)


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
    with _writing() as session:
        added = add_site(session, _keyring(), key, name, origins, datetime.now(UTC))
        click.echo(f"Added the site {added.key} for {', '.join(added.origins)}.")


@site.command("list")
@with_appcontext
def site_list() -> None:
    """List the sites."""
    with _database().reading() as session:
        found = session.scalars(select(Site).order_by(Site.key)).all()
        for one in found:
            click.echo(f"{one.key}\t{one.name}\t{' '.join(one.origins)}")
    if not found:
        click.echo("There is no site yet; add one with `moderation site add`.", err=True)


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
    with _writing() as session:
        add_moderator(
            session,
            _keyring(),
            email,
            name,
            Role(role),
            sites,
            password,
            datetime.now(UTC),
        )
    click.echo(f"Added {name} as {role}.")


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
    with _writing() as session:
        secret = add_token(session, _keyring(), email, name, datetime.now(UTC))
    click.echo(secret)


@click.command("render")
@with_appcontext
def render() -> None:
    """Render again the comments that an older version of the markup policy rendered."""
    older = Comment.markup_version < markup.MARKUP_VERSION
    changed = _walk(Comment, _render_again, older)
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
    keyring = _keyring()
    changed = sum(
        _walk(model, lambda row: bool(row.reseal(keyring)))
        for model in (Secret, Site, Moderator, Author)
    )
    click.echo(f"Sealed {changed} rows with the current key; older keys are no longer needed.")


def _walk(model: Any, change: Callable[[Any], bool], *conditions: Any) -> int:
    """Change the rows of a table, some hundreds a transaction, so that nobody waits for long."""
    changed, last = 0, ""
    with _database().reading() as session:
        number = session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0
    with click.progressbar(length=number, label=model.__tablename__, file=sys.stderr) as bar:
        while True:
            with _database().writing() as session:
                batch = select(model).where(model.id > last, *conditions)
                rows = session.scalars(batch.order_by(model.id).limit(500)).all()
                if not rows:
                    return changed
                changed += sum(change(row) for row in rows)
                last = rows[-1].id
                session.commit()
            bar.update(len(rows))
