"""The proofs run against real servers too, which read their settings from the environment."""

from dataclasses import replace

import pytest

from moderation.config import Settings

#: A blank would part two keys.
SECRET = "a-secret-for-the-proofs-alone-0123456789"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, secret_keys=(SECRET,))
