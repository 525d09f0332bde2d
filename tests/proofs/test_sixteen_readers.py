"""Sixteen readers at once on two processes: each gets their own reply back, and all are stored."""

from typing import Any

import pytest
from characters import PAGE, World, solve
from servers import SIZE, Caller, at_once, callers, serving, written
from sqlalchemy import select

from moderation.config import Settings
from moderation.models import Comment
from moderation.web import leaving

pytestmark = pytest.mark.proof

READERS = 16
#: Replies of each reader, on each database: two thousand in all.
EACH = 63 * SIZE
POST = "/api/v1/sites/blog/comments"


def said(reader: int, number: int) -> dict[str, str]:
    """What one reader writes, like nothing that any other writes."""
    return {
        "name": f"Reader {reader}",
        "email": f"reader{reader}@example.org",
        "body": f"Reader {reader} says this, number {number}.",
    }


def is_own(answer: dict[str, Any], mine: dict[str, str]) -> bool:
    """Whether an answer is about this reply and no other."""
    comment = answer["comment"]
    same = comment["author"]["name"] == mine["name"] and comment["id"] == answer["id"]
    return same and comment["html"] == f"<p>{mine['body']}</p>"


def leave_all(client: Caller, reader: int) -> dict[str, dict[str, str]]:
    """Leave one reader's replies, as the widget does: what was said, by the ids given back."""
    told: dict[str, dict[str, str]] = {}
    for number in range(EACH):
        mine = said(reader, number)
        asked = client.get("/api/v1/sites/blog/challenge", page=PAGE).json
        reply = {**mine, "page": PAGE, "challenge": asked["challenge"]}
        heard = client.post(POST, {**reply, "answer": str(solve(asked["question"]))})
        assert heard.status == 202, heard.body
        assert is_own(heard.json, mine), heard.body
        told[heard.json["id"]] = mine
    return told


def test_everybody_gets_their_own_reply_back(world: World, settings: Settings) -> None:
    with serving(settings) as server, callers(server, READERS) as clients:
        told = at_once(
            [lambda client=c, reader=r: leave_all(client, reader) for r, c in enumerate(clients)]
        )
    expected = {comment: mine for one in told for comment, mine in one.items()}
    assert len(expected) == READERS * EACH
    with world.database.reading() as session:
        rows = session.execute(select(Comment.id, Comment.name, Comment.source)).all()
    assert len(rows) == len(expected)
    assert {row.id: (row.name, row.source) for row in rows} == {
        comment: (mine["name"], mine["body"]) for comment, mine in expected.items()
    }


def test_control_an_answer_kept_for_the_next_reader_is_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Any] = []
    honest = leaving._answer

    def careless(comment: Comment, *more: Any) -> Any:
        kept.append(honest(comment, *more))
        return kept[0]

    monkeypatch.setattr(leaving, "_answer", careless)
    strange = 0
    for reader in range(READERS):
        mine = said(reader, 0)
        answer = world.client().post(POST, json=written(world, **mine))
        strange += not is_own(answer.get_json(), mine)
    assert strange == READERS - 1
