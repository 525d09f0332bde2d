"""This service in the benchmark: what lies in its database, and how it is written to."""

import itertools
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import select

from moderation import captcha, learning, migrations
from moderation.accounts import add_moderator, add_site, add_token
from moderation.config import load
from moderation.database import Database
from moderation.demo.seed import fill_thread
from moderation.models import Comment, Role, Status
from moderation.privacy import Keyring

from . import words
from .visitors import Answer, Request, Visitor, request

SITE = "blog"
_OK, _TAKEN = 200, 202


@dataclass(frozen=True, slots=True)
class Stage:
    """A filled instance: its folder, a moderator's token, the comments to be decided."""

    folder: Path
    token: str
    keyring: Keyring
    waiting: Iterator[str]


def prepare(folder: Path, waiting: int) -> Stage:
    """An instance with a thread of 100, one of 1,000, a thousand of 20, and a queue."""
    settings = load({"MODERATION_INSTANCE_PATH": str(folder)})
    keyring, database = Keyring(settings.secret_keys), Database(settings.database_url)
    migrations.upgrade(database.engine)
    at, email = datetime.now(UTC), "ann@example.org"
    with database.writing() as session:
        site = add_site(session, keyring, SITE, "The Blog", [words.ORIGIN], at)
        add_moderator(session, keyring, email, "Ann", Role.OWNER, [], secrets.token_hex(), at)
        token = add_token(session, keyring, email, "benchmark", at)
        session.commit()
    sizes = {"/100": 100, "/1000": 1_000} | {f"/many-{n}": 20 for n in range(words.THREADS)}
    for path, size in sizes.items():
        fill_thread(database, keyring, site, words.ORIGIN + path, size, Status.APPROVED)
    for n in range(10):
        page = f"{words.ORIGIN}/queue-{n}"
        fill_thread(database, keyring, site, page, waiting // 10, Status.PENDING)
    # What lies there has been learned when somebody measures; a new database learns it at once.
    learning.catch_up(database)
    with database.reading() as session:
        ids = session.scalars(select(Comment.id).where(Comment.status == Status.PENDING)).all()
    database.dispose()
    return Stage(folder, token, keyring, iter(ids))


def thread_path(path: str) -> str:
    """The path of a thread's first page in the API."""
    return f"/api/v1/sites/{SITE}/thread?page={quote(words.ORIGIN + path, safe='')}"


def leaving() -> Visitor:
    """A reader who asks for a sum, solves it and posts; a reply counts."""
    while True:
        page = words.ORIGIN + words.page()
        path = f"/api/v1/sites/{SITE}/challenge?page={quote(page, safe='')}"
        answer = yield Request(request("GET", path), _OK, counts=False)
        asked = json.loads(answer.body)
        left, right = re.findall(r"\d+", asked["question"])
        yield _post(page, asked["challenge"], int(left) + int(right))


def posting(stage: Stage) -> Visitor:
    """A reader whose sum was asked and solved before."""
    key = stage.keyring.derive("challenge")
    while True:
        page = words.ORIGIN + words.page()
        asked = captcha.ask(key, site=SITE, page=page, now=datetime.now(UTC))
        yield _post(page, asked.token, asked.left + asked.right)


def _post(page: str, challenge: str, answer: int) -> Request:
    body = {
        "page": page,
        "title": "A page",
        "parent": None,
        "name": "Bob",
        "email": words.email(),
        "website": "",
        "body": words.text(),
        "challenge": challenge,
        "answer": str(answer),
    }
    sent = request("POST", f"/api/v1/sites/{SITE}/comments", body=json.dumps(body).encode())
    return Request(sent, _TAKEN)


def deciding(stage: Stage, together: int = 1) -> Visitor:
    """A moderator who approves what waits, so many in a request; ends with the queue."""
    while batch := list(itertools.islice(stage.waiting, together)):
        wishes = [{"comment": one, "status": "approved", "version": 1} for one in batch]
        body = json.dumps({"decisions": wishes}).encode()
        bearer = f"Authorization: Bearer {stage.token}"
        answer = yield Request(request("POST", "/api/v1/decisions", bearer, body=body), _OK)
        _all_done(answer)


def _all_done(answer: Answer) -> None:
    results: Sequence[dict[str, str]] = json.loads(answer.body)["results"]
    if any(result.get("status") != "approved" for result in results):
        raise AssertionError(f"a decision was refused: {results}")
