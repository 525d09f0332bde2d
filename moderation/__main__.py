"""The console script: `moderation …`, also `python -m moderation …`."""

import os
import sys

import click
from flask.cli import FlaskGroup
from sqlalchemy.exc import DatabaseError

from moderation import config, create_app
from moderation.database import DatabaseUnsafe
from moderation.demo import CannotServe
from moderation.privacy import Unopenable

#: What an owner can get wrong, in a sentence; an empty one stands for the error's own words.
MISTAKES: dict[type[Exception], str] = {
    config.UnsafeSetting: "",
    DatabaseUnsafe: "",
    CannotServe: "",
    Unopenable: "The secret key is not the one that this database is sealed with.",
    DatabaseError: "The database cannot be used; if it is new, run `moderation upgrade`.",
}


def main() -> None:
    """Run a command; what the owner got wrong is told in one sentence, never as a traceback."""
    try:
        settings = config.load(os.environ)
        group = FlaskGroup(
            create_app=lambda: create_app(settings),
            add_default_commands=False,
            add_version_option=False,
            help="A comment service people can trust with their readers.",
        )
        group.main(prog_name="moderation")
    except tuple(MISTAKES) as error:
        told = next(words for kind, words in MISTAKES.items() if isinstance(error, kind))
        click.echo(f"moderation: {told or error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
