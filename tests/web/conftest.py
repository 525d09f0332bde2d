"""What the tests of the doors share."""

import pytest
from characters import World
from sqlalchemy import select

from moderation.models import Site


@pytest.fixture
def lenient(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """On `blog`, what nothing speaks against is published at once, and tests may type fast."""
    monkeypatch.setattr("moderation.policy.rules.HASTE_SECONDS", 0)
    with world.database.writing() as session:
        blog = session.scalars(select(Site).where(Site.key == "blog")).one()
        blog.options = {"hold_everything": False}
        session.commit()
