"""The commands of the owner: `moderation …`, or `flask --app app …`."""

from flask import Flask

from .batches import batches
from .doctor import doctor
from .forgetting import forget
from .mail import outbox
from .outside import outside, stopforumspam
from .people import moderator, site, token
from .policy import policy
from .serving import demo_command, serve, server
from .upkeep import render, reseal, tidy, upgrade

__all__ = ["add_commands", "server"]

COMMANDS = (
    demo_command,
    serve,
    upgrade,
    site,
    moderator,
    token,
    forget,
    render,
    reseal,
    tidy,
    outbox,
    batches,
    policy,
    doctor,
    outside,
    stopforumspam,
)


def add_commands(app: Flask) -> None:
    """Make the commands known to `flask --app app` as well."""
    for command in COMMANDS:
        app.cli.add_command(command)
