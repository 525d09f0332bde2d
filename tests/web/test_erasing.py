"""What its author erases is gone from every table, and nobody brings it back."""

import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from characters import ANN, BOB, OTHER, PAGE, World
from click.testing import Result
from sqlalchemy import select

from moderation.database import Base
from moderation.drafts import author_digest
from moderation.models import (
    Author,
    Comment,
    Decision,
    Kind,
    Message,
    Report,
    Site,
    Status,
    Subscription,
)
from moderation.notices import owe
from moderation.web.links import erasure_token

#: Words that stand nowhere else: in the name, the website, the text, its change, a note.
NAME, WEB, TEXT, CHANGED, NOTE = "Heliodor", "chalcedony", "aubretia", "celandine", "amaryllis"
WORDS = (NAME, WEB, TEXT, CHANGED, NOTE)


def left(world: World, **changes: str) -> tuple[str, str]:
    """A reply with words of its own, changed, decided, quoted in notes, reported, asked about."""
    fields = {
        "name": NAME,
        "website": f"https://{WEB}.example/",
        "title": f"All about {WEB}",
        "body": f"{TEXT} and [more](https://{TEXT}.example).",
        **changes,
    }
    answer = world.leave(headers={"Idempotency-Key": fields["body"][:200]}, **fields)
    body = answer.get_json()
    comment, path = body["id"], urlsplit(body["status_url"]).path
    sent = {"body": f"{fields['body']} {CHANGED}", "version": "1"}
    assert world.client().post(f"{path}/edit", data=sent).status_code == 303
    world.decide(comment, "approved", reason=f"such {TEXT}", note=f"{NOTE}: {TEXT}")
    world.thread(fields.get("page", PAGE))
    return comment, path


def hang_more(world: World, comment: str) -> None:
    """What hangs from a reply: a report with a note, a subscription, messages."""
    with world.database.writing() as session:
        found = session.get_one(Comment, comment)
        now = found.created_at
        session.add(
            Report(
                comment_id=comment, network_digest="n", reason="spam", note=f"See {TEXT}", at=now
            )
        )
        session.add(Subscription(comment_id=comment, author_id=found.author_id, created_at=now))
        about = {"author_id": found.author_id, "comment_id": comment, "at": now}
        owe(session, Kind.STATUS, comment, **about)
        session.commit()


def everything(world: World) -> str:
    """Every value of every row of every table."""
    with world.database.reading() as session:
        rows = [
            [bytes(value) if isinstance(value, memoryview) else value for value in row]
            for table in Base.metadata.sorted_tables
            for row in session.execute(table.select())
        ]
    return repr(rows)


def digest_of(world: World, email: str, site: str = "blog") -> str:
    with world.database.reading() as session:
        found = session.scalars(select(Site).where(Site.key == site)).one()
        return author_digest(found.open_key(world.keyring), email)


def found(world: World) -> list[str]:
    """Which of the words, and which trace of the address, are stored anywhere."""
    hay = everything(world)
    needles = (*WORDS, BOB, digest_of(world, BOB))
    return [needle for needle in needles if needle in hay]


def test_control_before_it_everything_is_there(world: World) -> None:
    comment, _path = left(world)
    hang_more(world, comment)
    assert found(world) == [*WORDS, digest_of(world, BOB)], "the address itself is never there"


def test_an_erased_reply_is_gone_from_every_table(world: World) -> None:
    comment, path = left(world)
    hang_more(world, comment)
    assert world.client().post(f"{path}/erase").status_code == 303
    assert found(world) == []
    with world.database.reading() as session:
        assert session.scalars(select(Author)).all() == []
        assert session.scalars(select(Message)).all() == []
        erased = session.get_one(Comment, comment)
        assert (erased.status, erased.network_digest) == (Status.DELETED, None)
    assert "<h1>Your reply was erased</h1>" in world.client().get(path).text
    assert world.shown() == []


def test_an_erased_reply_is_overwritten_in_the_file(
    world: World, backend: str, instance: Path
) -> None:
    if backend != "sqlite":
        pytest.skip("PostgreSQL's files are its own: its vacuum frees them.")
    body = f"{TEXT} " * 600
    _comment, path = left(world, body=body)
    world.client().post(f"{path}/erase")
    with world.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert TEXT.encode() not in (instance / "moderation.sqlite3").read_bytes()


def test_an_erased_reply_keeps_its_place_while_somebody_answered(world: World) -> None:
    comment, path = left(world)
    answer = world.published(parent=comment, name="Carla", email="carla@example.org")
    world.client().post(f"{path}/erase")
    first, second = world.thread()["comments"]
    assert (first["id"], first["deleted"], first["author"]["name"]) == (comment, True, "")
    assert (second["id"], second["deleted"]) == (answer, False)
    assert NAME not in world.client().get("/sites/blog/thread", query_string={"page": PAGE}).text


def test_nobody_brings_an_erased_reply_back(world: World) -> None:
    comment, path = left(world)
    world.client().post(f"{path}/erase")
    for status in ("approved", "pending", "rejected", "spam"):
        assert world.decide(comment, status)["error"] == "unchanged"
    ann = world.signed_in()
    with world.database.reading() as session:
        made = session.scalars(select(Decision).where(Decision.comment_id == comment)).all()
    for decision in made:
        assert ann.post("/queue/undo", decision=decision.id).status_code == 409
    edit = {"body": "Back again.", "version": str(len(made))}
    assert world.client().post(f"{path}/edit", data=edit).status_code == 409
    assert world.client().post(f"{path}/withdraw").status_code == 303
    assert world.client().post(f"{path}/erase").status_code == 303
    assert world.version(comment) == len(made)
    assert found(world) == []


def test_its_history_says_who_decided_and_when_without_any_words(world: World) -> None:
    comment, path = left(world)
    world.client().post(f"{path}/erase")
    card = world.signed_in().get(f"/queue/comments/{comment}").text
    assert "Ann" in card
    assert "Everything about its author was erased." in card
    assert "What was known about this author has been erased." in card
    assert "Show the address" not in card
    assert not any(word in card for word in WORDS)


def test_a_reply_that_waits_a_rejected_and_a_withdrawn_one_can_be_erased(world: World) -> None:
    for status in ("pending", "rejected", "deleted", "withdrawn"):
        comment, path = left(world, body=f"{TEXT} {status}")
        if status == "withdrawn":
            world.client().post(f"{path}/withdraw")
        else:
            world.decide(comment, status, note=NOTE)
        world.client().post(f"{path}/erase")
    assert found(world) == []


def test_the_address_stays_while_another_reply_needs_it(world: World) -> None:
    _comment, path = left(world)
    other = world.left(body="Something else.")
    world.client().post(f"{path}/erase")
    assert found(world) == [digest_of(world, BOB)]
    with world.database.reading() as session:
        assert session.get_one(Comment, other).author_id is not None


def test_a_repeated_request_does_not_give_erased_words_again(world: World) -> None:
    reply = world.reply(name=NAME)
    key = {"Idempotency-Key": "one reply"}
    first = world.client().post("/api/v1/sites/blog/comments", json=reply, headers=key)
    world.client().post(f"{urlsplit(first.get_json()['status_url']).path}/erase")
    again = world.client().post("/api/v1/sites/blog/comments", json=reply, headers=key)
    assert again.status_code == 422
    assert NAME not in again.text


# Everything that an address left


def author_id(world: World) -> str:
    digest = digest_of(world, BOB)
    with world.database.reading() as session:
        return session.scalars(select(Author.id).where(Author.email_digest == digest)).one()


def link(world: World) -> str:
    """The path that is mailed."""
    with world.app.test_request_context():
        return f"/erasures/{erasure_token(author_id(world))}"


def test_the_mailed_link_shows_what_would_go_and_erases_it_when_asked(world: World) -> None:
    for number in range(3):
        left(world, body=f"{TEXT} {number}", page=f"{PAGE}{number % 2}")
    other = world.published(name="Carla", email="carla@example.org", body="Mine stays.")
    path, client = link(world), world.client()
    shown = client.get(path)
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert "2 replies" in shown.text
    assert "1 reply" in shown.text
    assert f'href="{PAGE}0"' in shown.text
    assert len(found(world)) == len(WORDS) + 1, "looking changes nothing"
    answer = client.post(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert "Everything you left here is erased" in client.get(path).text
    assert client.post(path).status_code == 303
    assert found(world) == []
    assert world.shown() == [other]


def test_the_mailed_link_is_good_for_a_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    left(world)
    path, client, now = link(world), world.client(), time.time()
    monkeypatch.setattr("time.time", lambda: now + 25 * 60 * 60)
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 404
        assert "good for a day" in answer.text
    monkeypatch.undo()
    assert len(found(world)) == len(WORDS) + 1
    assert client.get(path).status_code == 200


def test_no_other_token_erases_everything(world: World) -> None:
    _comment, path = left(world)
    status, mailed = path.rpartition("/")[2], link(world).rpartition("/")[2]
    for token in (status, mailed[:-1], mailed + "x", "none", author_id(world)):
        assert world.client().get(f"/erasures/{token}").status_code == 404
        assert world.client().post(f"/erasures/{token}").status_code == 404
    assert len(found(world)) == len(WORDS) + 1


# The owner's command


def forget(world: World, email: str) -> Result:
    return world.app.test_cli_runner().invoke(args=["forget", email])


def test_an_owner_forgets_an_address_on_every_site(world: World) -> None:
    left(world)
    left(world, body=f"{TEXT} again")
    world.left(site="other", page=f"{OTHER}/post", name=NAME)
    kept = world.left(name="Carla", email="carla@example.org")
    said = forget(world, f" {BOB.upper()} ")
    assert said.exit_code == 0
    assert said.output == (
        "blog: erased 2 replies and the address.\nother: erased 1 reply and the address.\n"
    )
    assert found(world) == []
    assert digest_of(world, BOB, "other") not in everything(world)
    with world.database.reading() as session:
        assert session.get_one(Comment, kept).name == "Carla"
    assert forget(world, BOB).output == "Nothing on any site was left with this address.\n"


def test_what_is_no_address_is_told_in_a_sentence_and_not_repeated(world: World) -> None:
    said = forget(world, "bob at home")
    assert (said.exit_code, said.output) == (1, "Error: That is not an email address.\n")
    assert ANN not in forget(world, ANN).output
