"""Attacks that once worked, each tried again."""

import json
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import pytest
from characters import ANN, BOB, EVE, PAGE, PASSWORD, SignedIn, World
from sqlalchemy import text

from moderation.text import addresses
from moderation.web import ready_made


def test_an_unknown_site_is_not_found_from_whatever_origin(world: World) -> None:
    for door in ("challenge", "preview", "comments"):
        answer = world.client().get(
            f"/api/v1/sites/nope/{door}", query_string={"page": PAGE}, headers={"Origin": "null"}
        )
        assert answer.status_code in {404, 405}


@pytest.mark.parametrize("path", ["/", "/queue", "/nothing", "/api/v1/queue"])
def test_a_host_that_is_not_ours_is_refused_in_words(world: World, path: str) -> None:
    answer = world.client().get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "could not be read" in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "/comments/%00",
        "/sites/%00/thread?page=https://blog.example/",
        "/api/v1/sites/%00/thread?page=https://blog.example/",
        "/api/v1/queue?after=1~%00",
        "/queue?after=1~%00",
        "/queue/comments/%00",
    ],
)
def test_a_nul_in_an_address_is_malformed_on_both_databases(world: World, address: str) -> None:
    ann = world.signed_in()
    answer = ann.client.get(address, headers=world.bearer())
    assert answer.status_code == 400


def test_a_nul_in_a_form_is_malformed_on_both_databases(world: World) -> None:
    ann = world.signed_in()
    assert ann.post("/queue/account/revoke", session="\0").status_code == 400
    assert ann.post("/queue/undo", decision="\0").status_code == 400


@pytest.mark.parametrize(
    "target", ["http://[", "http://a℀b/", "//evil.example", "/\\evil.example", "javascript:1", "x"]
)
def test_signing_in_leads_nowhere_but_inside(world: World, target: str) -> None:
    browser = SignedIn(world.client())
    token = browser.get("/login").text.partition('name="csrf_token"')[2].split('value="')[1]
    answer = browser.client.post(
        "/login",
        query_string={"next": target},
        data={"csrf_token": token.partition('"')[0], "email": ANN, "password": PASSWORD},
    )
    assert (answer.status_code, answer.location) == (303, "/queue")


def test_asking_for_headers_alone_is_looking(world: World) -> None:
    assert world.client().head("/queue").status_code == 302
    assert world.signed_in().client.head("/queue").status_code == 200


@pytest.mark.parametrize("field", ["name", "email", "website", "body", "title", "parent"])
def test_a_quarter_of_a_megabyte_of_accents_costs_no_time(world: World, field: str) -> None:
    accents = "a" + "\u0301\u0316" * 60_000
    reply = {**world.reply(), field: accents}
    start = perf_counter()
    answer = world.client().post(
        "/api/v1/sites/blog/comments",
        data=json.dumps(reply, ensure_ascii=False).encode(),
        content_type="application/json",
    )
    # It took 25 seconds, during which nobody else was served. What is left of it is a short text.
    assert perf_counter() - start < 2
    assert answer.status_code in {202, 422}
    with pytest.raises(addresses.BadAddress):
        addresses.email(accents)


def test_no_answer_tells_whether_an_address_is_an_authors(world: World) -> None:
    world.published(body="Plain words.")
    shown = world.thread()["comments"][0]["author"]["avatar"]
    guesses = [world.leave(name="Eve", email=email, body="Plain words.") for email in (EVE, BOB)]
    # One by one the same text would be a repetition of the first guess, not of Bob's.
    assert [guess.status_code for guess in guesses] == [202, 409]
    right = world.leave(name="Mallory", email=BOB, body="Plain words.")
    assert right.status_code == 202
    assert right.get_json()["comment"]["author"]["avatar"] == "000000" != shown
    assert world.leave(name="Bob", email=EVE, body="Plain words.").status_code == 409


def test_threads_that_come_and_go_leave_no_connections_behind(world: World) -> None:
    world.published()
    for _ in range(5):
        with ThreadPoolExecutor(1) as thread:
            thread.submit(world.thread).result()
    assert len(world.database.look_ups._idle) <= 1


def test_a_broken_database_is_told_behind_the_ready_made_threads(own_world: World) -> None:
    world = own_world
    world.published()
    world.thread()
    with world.database.writing() as session:
        session.execute(text("ALTER TABLE document RENAME TO elsewhere"))
        session.commit()
    try:
        world.app.testing = False
        answer = world.client().get("/api/v1/sites/blog/thread", query_string={"page": PAGE})
        assert answer.content_type == "application/problem+json"
    finally:
        with world.database.writing() as session:
            session.execute(text("ALTER TABLE elsewhere RENAME TO document"))
            session.commit()


def test_what_a_client_makes_up_is_kept_in_memory_only_while_it_is_short(world: World) -> None:
    world.published()
    caches = (ready_made.wanted_from, ready_made._coding, ready_made._has, addresses.page)
    world.thread()
    before = [cache.cache_info().currsize for cache in caches]
    blanks, long = "%20" * 5_000, "x" * 5_000
    answer = world.client().get(
        f"/api/v1/sites/blog/thread?page={PAGE}{blanks}",
        headers={"Accept-Encoding": f"gzip, {long}", "If-None-Match": f'"{long}"'},
    )
    assert answer.status_code == 400
    answer = world.client().get(
        f"/api/v1/sites/blog/thread?page={PAGE}",
        headers={"Accept-Encoding": f"gzip, {long}", "If-None-Match": f'"{long}"'},
    )
    assert (answer.status_code, answer.content_encoding) == (200, None)
    after = [cache.cache_info().currsize for cache in caches]
    # One address more, which is a short one; nothing of what was long.
    assert sum(after) <= sum(before) + 1
