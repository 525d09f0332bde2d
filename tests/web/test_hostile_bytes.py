"""Whatever bytes a client sends: never an answer of 5xx, and the same answer on both databases."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from characters import PAGE, World
from conforming import undescribed
from hostile import Attack, attacks
from werkzeug.test import TestResponse

from moderation import captcha, create_app
from moderation.config import Settings
from moderation.database import Base
from moderation.text import plain
from moderation.web.openapi import DOCUMENT

pytestmark = pytest.mark.proof
SECRET = "a secret for tests alone, 0123456789"
#: What differs between any two runs: ids, digests, sums, moments.
CHANGING = {
    *("id", "avatar", "challenge", "question", "label", "expires_at"),
    *("status_url", "created_at", "first_seen", "next"),
}
Told = tuple[int, Any]


@pytest.fixture
def worlds(
    sqlite_template: Path, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, World]]:
    """The same service twice, on an empty SQLite and on an empty PostgreSQL.

    How long a sum takes to be solved counts for nothing, or a pause would make a difference; and
    nobody asks for one, which is attacked by itself.
    """
    monkeypatch.setattr("moderation.policy.rules.HASTE_SECONDS", 0)
    monkeypatch.setattr(World, "challenge", sum_unasked)
    shutil.copyfile(sqlite_template, tmp_path / "moderation.sqlite3")
    tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"TRUNCATE {tables} CASCADE")
    urls = {"sqlite": f"sqlite:///{tmp_path / 'moderation.sqlite3'}", "postgresql": postgres}
    settings = Settings(tmp_path, urls["sqlite"], (SECRET,), rate_limits=False)
    begun = {
        name: World.begin(create_app(replace(settings, database_url=url)))
        for name, url in urls.items()
    }
    yield begun
    for world in begun.values():
        world.database.dispose()


def sum_unasked(world: World, page: str = PAGE, site: str = "blog") -> dict[str, str]:
    """What would be answered to whoever asks for a sum, as far as they need it."""
    key = world.keyring.derive("challenge")
    asked = captcha.ask(key, site=site, page=page, now=datetime.now(UTC))
    return {"challenge": asked.token, "question": f"{asked.left} + {asked.right}"}


def told(answer: TestResponse) -> Told:
    """What an answer says, without what changes from run to run."""
    if "json" not in answer.mimetype:
        return answer.status_code, answer.mimetype
    return answer.status_code, _lasting(json.loads(answer.data or b"null"))


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lasting(one) for name, one in value.items() if name not in CHANGING}
    return [_lasting(one) for one in value] if isinstance(value, list) else value


def outcomes(world: World) -> tuple[dict[str, Told], list[str]]:
    """Every attack's answer, and where answers are not what the description says."""
    client = world.client()
    found, strange = {}, []
    for number, attack in enumerate(attacks(world)):
        answer = client.open(attack.path, method=attack.method, **attack.sent)
        found[f"{number} {attack.method} {attack.name}"] = told(answer)
        strange += [f"{attack.name}: {one}" for one in _undescribed(attack, answer)]
    return found, strange


def _undescribed(attack: Attack, answer: TestResponse) -> list[str]:
    path = re.sub("^/api/v1/sites/blog/", "/api/v1/sites/{site}/", attack.path)
    item = DOCUMENT["paths"].get(path, {})
    foreign = attack.sent.get("headers", {}).get("Host") is not None
    if attack.method.lower() not in item or foreign:
        return []
    return undescribed(answer, path, attack.method)


def broken(found: dict[str, Told]) -> list[str]:
    return [name for name, (status, _body) in found.items() if not 200 <= status < 500]


def test_no_bytes_break_it_and_both_databases_answer_alike(worlds: dict[str, World]) -> None:
    results = {name: outcomes(world) for name, world in worlds.items()}
    for found, strange in results.values():
        assert len(found) > 3_000
        assert broken(found) == []
        assert strange == []
    (sqlite, _), (postgres, _) = results.values()
    different = [name for name in sqlite if sqlite[name] != postgres.get(name)]
    assert different == []
    assert sqlite.keys() == postgres.keys()


def test_without_the_guard_the_same_bytes_break_it(
    worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what is stored is not looked at for NUL and halves of characters."""
    monkeypatch.setattr(plain, "_UNSTORABLE", re.compile("(?!)"))
    texts = ["a\x00b", "a\udc00b"]
    monkeypatch.setattr("hostile.TEXTS", texts)
    monkeypatch.setattr("hostile.OTHERS", [])
    found = {}
    for name, world in worlds.items():
        client = world.client()
        answers = [
            client.open(attack.path, method=attack.method, **attack.sent)
            for attack in attacks(world)
            if attack.name.startswith(("body=", "name=", "title="))
        ]
        found[name] = [answer.status_code for answer in answers]
    assert any(status >= 500 for statuses in found.values() for status in statuses)
    assert found["sqlite"] != found["postgresql"]
