"""A thousand known addresses go through every path; nothing stored, logged or answered has them.

Neither as they are nor hashed in any of the usual ways, whole or cut. Meant, and so left out:
the page that gives a form back to whoever filled it in, and the address a moderator asked to see.
"""

import hashlib
import logging

import pytest
from canaries import HASHES, TEXT, Canary, Search, spellings
from canary_hunt import FLOCK, NUMBER, Answers, said, stored
from characters import ANN, EVE, PAGE, PASSWORD, World
from servers import written
from sqlalchemy import select, update

from moderation import privacy
from moderation.models import Author, Comment
from moderation.web import leaving

pytestmark = pytest.mark.proof

POST = "/api/v1/sites/blog/comments"


def leave_through_the_api(world: World, answers: Answers) -> None:
    for number, one in enumerate(FLOCK):
        reply = written(world, said(number), name="Canary", email=one.email)
        headers = {"Idempotency-Key": f"key {number}"} if number % 3 == 0 else {}
        origin = {"REMOTE_ADDR": one.network}
        answer = world.client().post(POST, json=reply, headers=headers, environ_overrides=origin)
        assert answers.keep(answer).status_code == 202, answer.text
        if number % 20 == 0:
            _refused(world, answers, reply, one)


def _refused(world: World, answers: Answers, reply: dict[str, str], one: Canary) -> None:
    """The same again, and every way to be refused."""
    client, origin = world.client(), {"REMOTE_ADDR": one.network}
    again = {**reply, **written(world, reply["body"], email=one.email, name="Canary")}
    for wrong in (
        reply,
        again,
        {**again, "answer": "0"},
        {**again, "email": f"{one.email} {one.email}"},
        {**again, "email": {"address": one.email}},
        {**again, "website": f"https://{one.email}/"},
        {**again, "page": "nowhere"},
        {**again, "parent": one.email},
        [one.email],
    ):
        answers.keep(client.post(POST, json=wrong, environ_overrides=origin))
    answers.keep(client.post(POST, data=f"{{{one.email}", content_type="application/json"))
    answers.keep(client.get(POST, query_string={"email": one.email}))


def leave_without_javascript(world: World, answers: Answers) -> None:
    for number, one in enumerate(FLOCK[::10]):
        client, origin = world.client(), {"REMOTE_ADDR": one.network}
        reply = written(world, f"Plainly said, {number}.", name="Canary", email=one.email)
        form = {name: value or "" for name, value in reply.items()}
        for fields in ({**form, "action": "preview"}, {**form, "answer": "0"}):
            answer = client.post("/sites/blog/thread", data=fields, environ_overrides=origin)
            answers.keep(answer, own=one.email)
        good = {**form, **written(world, reply["body"], email=one.email), "parent": ""}
        answer = client.post("/sites/blog/thread", data=good, environ_overrides=origin)
        assert answers.keep(answer, own=one.email).status_code == 303, answer.text
        answers.keep(client.get(answer.headers["Location"]))


def report(world: World, answers: Answers) -> None:
    """Each of many readers reports a comment, on its page or through the API."""
    comments = world.shown()
    for number, one in enumerate(FLOCK[::10]):
        comment, origin = comments[number % len(comments)], {"REMOTE_ADDR": one.network}
        body, client = {"reason": "other", "note": "Look."}, world.client()
        path = f"/api/v1/sites/blog/comments/{comment}/reports"
        heard = [client.post(path, json=body, environ_overrides=origin)]
        path = f"/comments/{comment}/report"
        heard.append(client.post(path, data=body, environ_overrides=origin))
        # Those after the third find it put back in the queue.
        assert {answers.keep(one).status_code for one in heard} <= {202, 303, 404}


def moderate(world: World, answers: Answers) -> list[bytes]:
    """Everything a moderator sees, decides and asks for: the pages that may show an address."""
    ann, meant = world.signed_in(), []
    wishes = [
        {"comment": comment, "status": "approved", "version": 1, "note": "Fine."}
        for comment in _ids(world)
    ]
    for start in range(0, len(wishes), 1_000):
        body = {"decisions": wishes[start : start + 1_000]}
        answers.keep(world.client().post("/api/v1/decisions", json=body, headers=world.bearer()))
    for comment in _ids(world)[:20]:
        answers.keep(ann.get(f"/queue/comments/{comment}"))
        wish = {"comment": comment, "version": "1", "status": "spam"}
        assert answers.keep(ann.post("/queue/decisions", **wish)).status_code == 409
        shown = ann.post(f"/queue/comments/{comment}/address")
        assert shown.status_code == 200
        meant.append(shown.get_data())
        answers.keep(ann.get(f"/queue/comments/{comment}"))
    for query in ({}, {"status": "approved"}):
        answers.keep(ann.get("/queue", **query))
        after = {**query, "limit": 100}
        while after:
            page = world.client().get("/api/v1/queue", query_string=after, headers=world.bearer())
            following = answers.keep(page).get_json()["next"]
            after = {**query, "limit": 100, "after": following} if following else {}
    answers.keep(ann.get("/queue/account"))
    return meant


def _ids(world: World) -> list[str]:
    with world.database.reading() as session:
        return list(session.scalars(select(Comment.id).order_by(Comment.id)))


def sign_in_wrongly(world: World, answers: Answers) -> None:
    for email in (ANN, EVE, FLOCK[0].email, FLOCK[1].email):
        browser = world.client()
        for password in ("a wrong one", PASSWORD[:-1]):
            token = browser.get("/login").text.split('name="csrf_token"')[1].split('value="')[1]
            fields = {"email": email, "password": password, "csrf_token": token.split('"')[0]}
            answers.keep(browser.post("/login", data=fields), own=email)


def read_everything(world: World, answers: Answers) -> None:
    client = world.client()
    for sort in ("oldest", "newest"):
        after = ""
        while after is not None:
            query = {"page": PAGE, "sort": sort, "after": after}
            answers.keep(client.get("/sites/blog/thread", query_string=query))
            page = client.get("/api/v1/sites/blog/thread", query_string=query)
            after = answers.keep(page).get_json()["next"]
    for path in ("feed.atom", "fragment"):
        answers.keep(client.get(f"/sites/blog/{path}", query_string={"page": PAGE}))
    answers.keep(client.get("/sites/blog/feed.atom"))
    for path in ("counts", "challenge"):
        answers.keep(client.get(f"/api/v1/sites/blog/{path}", query_string={"page": PAGE}))
    for comment in _ids(world)[:50]:
        answers.keep(client.get(f"/comments/{comment}"))
        answers.keep(client.get(f"/comments/{comment}/report"))
    for path in ("/", "/metrics", "/readyz", "/api/v1/openapi.json", "/nowhere"):
        answers.keep(client.get(path))


def commands(world: World) -> bytes:
    """What the owner's commands print, with good and with bad input."""
    run = world.app.test_cli_runner().invoke
    good, known, unknown = FLOCK[2].email, ANN, FLOCK[4].email
    said_by_all = [
        run(args=args, input=f"{PASSWORD}\n").output
        for args in (
            ["site", "list"],
            ["moderator", "add", good, "--name", "Nia", "--site", "blog", "--password-stdin"],
            ["moderator", "add", known, "--name", "Nia", "--site", "blog", "--password-stdin"],
            ["token", "add", unknown, "--name", "t"],
            ["render"],
            ["reseal"],
        )
    ]
    return "\n".join(said_by_all).encode()


def test_no_address_is_found_anywhere(
    world: World,
    search: Search,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    answers = Answers()
    with caplog.at_level(logging.INFO):
        leave_through_the_api(world, answers)
        leave_without_javascript(world, answers)
        sign_in_wrongly(world, answers)
        meant = moderate(world, answers)
        read_everything(world, answers)
        report(world, answers)
        answers.keep(world.client().get("/api/v1/queue", headers=world.bearer()))
        printed = commands(world)
    assert len(_ids(world)) == NUMBER + len(FLOCK[::10])
    told = capfd.readouterr()
    hay = {
        **dict(stored(world)),
        "answers": b"\n".join(answers.lines),
        "commands": printed,
        "log": (caplog.text + told.out + told.err).encode(),
    }
    assert {name: search.found(content) for name, content in hay.items()} == {
        name: set() for name in hay
    }
    # The one place where an address is meant to be: whoever asks for it gets it.
    assert all(search.found(page) for page in meant)


def planted(world: World, search: Search, value: str) -> set[bytes]:
    """Plant something in a row: what the search then finds in the database."""
    with world.database.writing() as session:
        session.execute(update(Comment).values(source=value))
        session.commit()
    return {one for _, content in stored(world) for one in search.found(content)}


def test_control_whatever_is_planted_is_found(world: World, search: Search) -> None:
    one = FLOCK[9]
    world.left(email=one.email)
    assert planted(world, search, "Nothing of the kind") == set()
    forms = spellings(one.email)
    hashes = {hashlib.new(name, form.encode()) for name in HASHES for form in forms}
    plain = {form.encode() for form in (one.email, one.email.upper(), one.network)}
    written_in_hex = {one.hexdigest() for one in hashes}
    planting = " ".join(sorted(written_in_hex)) + f" {b' '.join(plain).decode()}"
    found = planted(world, search, planting)
    assert found >= plain | {digits[:TEXT].encode() for digits in written_in_hex}


@pytest.mark.parametrize("column", ["email_sealed", "email_digest", "request_digest"])
def test_control_an_unkeyed_or_unsealed_column_is_found(
    world: World, search: Search, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    def unkeyed(_key: bytes, _purpose: str, value: str) -> str:
        return hashlib.sha256(value.encode()).hexdigest()[:32]

    def openly(self: privacy.Keyring, plain: str, row: str) -> bytes:
        return plain.encode() if row == "open" else seal(self, plain, row)

    seal = privacy.Keyring.seal
    if column == "email_digest":
        monkeypatch.setattr(privacy, "digest", unkeyed)
    elif column == "request_digest":
        monkeypatch.setattr(leaving, "digest", lambda _key, _purpose, value: value)
    else:
        monkeypatch.setattr(Author, "email_row", lambda _id: "open")
        monkeypatch.setattr(privacy.Keyring, "seal", openly)
    reply = {"email": FLOCK[0].email, "name": "Canary", "body": said(0)}
    assert world.leave(headers={"Idempotency-Key": "key"}, **reply).status_code == 202
    assert any(search.found(content) for _, content in stored(world))
