"""Commands about the outbox, and one round of delivering what is due."""

from collections.abc import Callable
from urllib.parse import urlsplit

import click
from flask import current_app
from flask.cli import with_appcontext

from moderation import notices
from moderation import outbox as delivery
from moderation.config import Mail
from moderation.postman import Postman
from moderation.privacy import new_id
from moderation.text import addresses

from .running import database, settings


def deliver_once(is_over: Callable[[], bool] = lambda: False) -> delivery.Tally | None:
    """Plan the digests and try all that is due; None where no mail server is set."""
    mail = settings().mail
    if mail is None:
        return None
    _plan()
    compose = current_app.extensions["letters"]
    with _postman(mail) as postman:
        return delivery.deliver(database(), compose, postman.send, is_over=is_over)


def _plan() -> None:
    with database().reading() as session:
        if not notices.may_plan(session, delivery.now()):
            return
    with database().writing() as session:
        notices.plan_digests(session, delivery.now())
        session.commit()


def _postman(mail: Mail) -> Postman:
    return Postman(mail, urlsplit(settings().public_url).hostname or "localhost")


@click.group("outbox")
def outbox() -> None:
    """Mail to readers and moderators."""


@outbox.command("deliver")
@with_appcontext
def deliver() -> None:
    """Send what is due, and stop; `serve` does it by itself, again and again."""
    tally = deliver_once()
    if tally is None:
        raise click.ClickException("No mail is sent: set MODERATION_MAIL_SERVER first.")
    click.echo(
        f"Sent {tally.sent}; not wanted any more {tally.dropped}; "
        f"to be tried again {tally.delayed}; given up {tally.dead}."
    )
    if tally.unreachable:
        raise click.ClickException(tally.said)
    if tally.said:
        click.echo(f"The last refusal was: {tally.said}")


@outbox.command("test")
@click.argument("address")
@with_appcontext
def test(address: str) -> None:
    """Send a test message to ADDRESS with the settings, and say what the mail server said."""
    mail = settings().mail
    if mail is None:
        raise click.ClickException("No mail is sent: set MODERATION_MAIL_SERVER first.")
    try:
        letter = current_app.extensions["test letter"](addresses.email(address), new_id())
    except addresses.BadAddress as error:
        raise click.ClickException(str(error)) from error
    try:
        with _postman(mail) as postman:
            said = postman.send(letter)
    except delivery.Refused as refused:
        raise click.ClickException(f"The message was not taken: {refused.said}") from refused
    click.echo(f"The mail server took the message: {said}")
