"""Commands about what is asked outside: lists that are loaded here, reports that are owed there."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
from flask.cli import with_appcontext

from moderation import outside as outer
from moderation.outside import stopforumspam as lists
from moderation.outside.reports import Tally

from .running import database, keyring

KINDS = click.Choice(tuple(lists.NORMAL))


def report_once(is_over: Callable[[], bool] = lambda: False) -> Tally:
    """Tell Akismet what moderators found, as far as it is due."""
    return outer.deliver(database(), keyring(), is_over=is_over)


@click.group("outside")
def outside() -> None:
    """Services outside that sites have asked."""


@outside.command("report")
@with_appcontext
def report() -> None:
    """Tell Akismet what moderators found, and stop; `serve` does it by itself, again and again."""
    tally = report_once()
    click.echo(
        f"Told {tally.sent}; nothing to tell {tally.dropped}; to be tried again {tally.delayed}."
    )


@click.group("stopforumspam")
def stopforumspam() -> None:
    """Lists of StopForumSpam's, which lie here; nothing is asked elsewhere."""


@stopforumspam.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=KINDS, help="What is on it, if the file's name does not tell.")
@with_appcontext
def load(file: Path, kind: str | None) -> None:
    """Load FILE (.txt, .csv, .gz or .zip) in place of the list of its kind."""
    kind = kind or lists.kind_of(file)
    if kind is None:
        raise click.ClickException(f"What is on {file.name}? Say it with --kind.")
    with click.progressbar(length=1, label="Loading", file=sys.stderr) as bar:

        def told(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        try:
            known = (database(), keyring(), file, kind, datetime.now(UTC))
            entries, skipped = lists.load(*known, told)
        except lists.BadList as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"Loaded {entries} entries of the kind {kind}; {skipped} lines were none.")


@stopforumspam.command("show")
@with_appcontext
def show() -> None:
    """Show which lists are loaded, and since when."""
    for one in lists.current(database()):
        click.echo(f"{one.kind}\t{one.entries}\t{one.loaded_at:%Y-%m-%d %H:%M} UTC")


@stopforumspam.command("drop")
@click.argument("kind", type=KINDS)
@with_appcontext
def drop(kind: str) -> None:
    """Throw the list of a kind away."""
    if not lists.forget(database(), kind):
        raise click.ClickException(f"No list of the kind {kind} is loaded.")
    click.echo(f"Threw the list of the kind {kind} away.")
