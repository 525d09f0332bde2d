"""What the tests of the doors share."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from characters import AT_ONCE, World
from flask import Flask
from sqlalchemy import select

from moderation import create_app
from moderation.config import Mail, Settings
from moderation.models import Site
from moderation.web.limits import limiter


@pytest.fixture
def lenient(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """On `blog`, what nothing speaks against is published at once, and tests may type fast."""
    monkeypatch.setattr("moderation.policy.rules.HASTE_SECONDS", 0)
    with world.database.writing() as session:
        blog = session.scalars(select(Site).where(Site.key == "blog")).one()
        blog.options = AT_ONCE
        session.commit()


@pytest.fixture
def limited(settings: Settings) -> Iterator[World]:
    """The same service with its limits on."""
    app = create_app(replace(settings, rate_limits=True))
    limiter.reset()
    yield from _peopled(app)
    limiter.reset()
    limiter.enabled = False


@pytest.fixture
def mailing(settings: Settings) -> Iterator[World]:
    """The same service, which sends mail."""
    mail = Mail("127.0.0.1", 25, "Comments <comments@blog.example>", security="off")
    yield from _peopled(create_app(replace(settings, mail=mail)))


def _peopled(app: Flask) -> Iterator[World]:
    app.testing = True
    yield World.begin(app)
    app.extensions["moderation"].database.dispose()
