"""Carrying out what moderators decided in bulk, beside the server or by itself."""

import time
from collections.abc import Callable

import click
from flask.cli import with_appcontext

from moderation import batches as bulk

from .running import database

#: Seconds between two chunks of a batch, in which others write.
REST = 0.02


def work_once(is_over: Callable[[], bool] = lambda: False) -> int:
    """Go on with every batch that nobody works on: how many there were."""
    return bulk.work(database(), is_over=is_over, rest=lambda: time.sleep(REST))


@click.group("batches")
def batches() -> None:
    """What moderators decide in bulk."""


@batches.command("run")
@with_appcontext
def run() -> None:
    """Carry out what is confirmed, and stop; `serve` does it by itself, again and again."""
    number = work_once()
    click.echo("Carried out 1 batch." if number == 1 else f"Carried out {number} batches.")
