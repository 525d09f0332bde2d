"""Deciding: several comments of one thread in one request."""

from characters import ANN, World


def test_two_deleted_at_once_are_two_fewer(world: World) -> None:
    left = [world.published() for _ in range(3)]
    wishes = [{"comment": one, "status": "deleted", "version": 2} for one in left[:2]]
    answer = world.client().post(
        "/api/v1/decisions", json={"decisions": wishes}, headers=world.bearer(ANN)
    )
    assert [result["status"] for result in answer.get_json()["results"]] == ["deleted", "deleted"]
    assert world.thread()["thread"]["count"] == 1
    assert world.shown() == left[2:]


def test_a_parent_and_its_reply_decided_at_once_are_both_counted(world: World) -> None:
    parent = world.published()
    reply = world.published(parent=parent)
    wishes = [{"comment": one, "status": "rejected", "version": 2} for one in (parent, reply)]
    world.client().post("/api/v1/decisions", json={"decisions": wishes}, headers=world.bearer(ANN))
    assert world.thread()["thread"]["count"] == 0
    world.decide(reply, "approved")
    world.decide(parent, "approved")
    assert world.thread()["thread"]["count"] == 2
