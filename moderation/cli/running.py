"""What the commands need of the running service."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import current_app
from sqlalchemy.orm import Session

from moderation import config
from moderation.accounts import BadAccount
from moderation.database import Database
from moderation.privacy import Keyring


def database() -> Database:
    """The database of this instance."""
    found: Database = current_app.extensions["moderation"].database
    return found


def keyring() -> Keyring:
    """Its keys."""
    found: Keyring = current_app.extensions["moderation"].keyring
    return found


def settings() -> config.Settings:
    """Its settings."""
    found: config.Settings = current_app.extensions["moderation"].settings
    return found


@contextmanager
def writing() -> Iterator[Session]:
    """A session that is committed at the end; what cannot be done is told in a sentence."""
    with database().writing() as session:
        try:
            yield session
        except BadAccount as error:
            raise click.ClickException(str(error)) from error
        session.commit()
