"""Moderation: a comment service people can trust with their readers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from .config import Settings


def create_app(settings: "Settings | None" = None) -> "Flask":
    """The application, ready to serve. Settings come from the environment where none are given.

    The doors are imported here, not above: whoever imports only a rule gets only the rule.
    """
    from .cli import add_commands
    from .web import make_app

    app = make_app(settings)
    add_commands(app)
    return app
