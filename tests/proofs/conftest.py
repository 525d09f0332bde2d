"""The proofs run against real servers too, which read their settings from the environment."""

from dataclasses import replace

import pytest
from canaries import Search
from canary_hunt import everybody

from moderation.config import Settings

#: A blank would part two keys.
SECRET = "a-secret-for-the-proofs-alone-0123456789"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, secret_keys=(SECRET,))


@pytest.fixture(scope="session")
def search() -> Search:
    """What must never be found, of everybody; making it takes seconds."""
    return everybody()
