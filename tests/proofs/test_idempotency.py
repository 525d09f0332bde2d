"""A request repeated with its Idempotency-Key is answered like the first, and done once."""

import pytest
from characters import World
from servers import SIZE, Caller, Heard, Server, at_once, callers, serving, written
from sqlalchemy import func, select

from moderation.config import Settings
from moderation.models import Comment, Receipt

pytestmark = pytest.mark.proof

#: On each database: keys, and how many requests come at once with each.
KEYS, REPEATS = 50 * SIZE, 50
POST = "/api/v1/sites/blog/comments"
#: Every process of a server forgets what it answered.
FORGETFUL = """
from moderation import intake
intake.once = lambda session, site, key, request, now, act: act()
"""


def repeated(world: World, server: Server, keys: int) -> list[set[tuple[int, bytes]]]:
    """Each reply sent by many at once with one key: the different answers to each."""
    with callers(server, REPEATS) as clients:
        return [_different(clients, written(world, f"Reply {n}."), f"key {n}") for n in range(keys)]


def _different(clients: list[Caller], reply: dict[str, str], key: str) -> set[tuple[int, bytes]]:
    def one(client: Caller) -> Heard:
        return client.post(POST, reply, {"Idempotency-Key": key})

    heard = at_once([lambda client=client: one(client) for client in clients])
    return {(answer.status, answer.body) for answer in heard}


def test_fifty_at_once_with_one_key_leave_one_comment(world: World, settings: Settings) -> None:
    with serving(settings) as server:
        answers = repeated(world, server, KEYS)
    assert [len(different) for different in answers] == [1] * KEYS
    assert {status for different in answers for status, _ in different} == {202}
    with world.database.reading() as session:
        assert session.scalar(select(func.count(Comment.id))) == KEYS
        assert session.scalar(select(func.count()).select_from(Receipt)) == KEYS


@pytest.mark.parametrize("backend", ["sqlite"])
def test_control_a_server_that_forgets_answers_differently(
    world: World, settings: Settings
) -> None:
    with serving(settings, FORGETFUL) as server:
        answers = repeated(world, server, 2)
    assert min(len(different) for different in answers) > 1


def test_a_key_used_for_something_else_is_refused(world: World) -> None:
    headers = {"Idempotency-Key": "mine"}
    first, second = (world.leave(headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 422)


def test_a_key_means_nothing_on_another_site(world: World) -> None:
    headers = {"Idempotency-Key": "mine"}
    page = "https://other.example/post"
    here = world.leave(headers=headers)
    there = world.leave(headers=headers, site="other", page=page)
    assert (here.status_code, there.status_code) == (202, 202)
    assert here.get_json()["id"] != there.get_json()["id"]


def test_a_refused_request_leaves_its_key_free(world: World) -> None:
    headers = {"Idempotency-Key": "mine"}
    wrong = world.leave(headers=headers, answer="0", body="The same words.")
    right = world.leave(headers=headers, body="The same words.")
    assert (wrong.status_code, right.status_code) == (422, 202)
