"""A small cast instead of random factories.

Ann moderates the site `blog` and owns nothing else; Olga owns everything; Otto moderates another
site, `other`, and must see nothing of `blog`. Bob writes. Eve attacks.
"""

import itertools
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.accounts import add_moderator, add_site, add_token
from moderation.database import Database
from moderation.models import Moderator, Role
from moderation.privacy import Keyring

BLOG = "https://blog.example"
PAGE = f"{BLOG}/post-1"
OTHER = "https://other.example"
PASSWORD = "correct horse battery"
ANN, OLGA, OTTO = "ann@example.org", "olga@example.org", "otto@example.org"
BOB, EVE = "bob@example.org", "eve@example.org"
#: A site's options by which what nothing speaks against is published at once, from the second reply
#: on: one approval is enough.
AT_ONCE = {"hold_everything": False, "rules": {"newcomer": {"does": "off"}}}


@dataclass
class World:
    """An application with two sites, their moderators, and ways to act like a person."""

    app: Flask
    tokens: dict[str, str] = field(default_factory=dict)
    _number: Any = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def begin(cls, app: Flask) -> "World":
        """Two sites, three moderators, a token for each."""
        world, now = cls(app), datetime.now(UTC)
        with world.database.writing() as session:
            add_site(session, world.keyring, "blog", "The Blog", [BLOG], now)
            add_site(session, world.keyring, "other", "Another", [OTHER], now)
            for email, name, role, sites in (
                (ANN, "Ann", Role.MODERATOR, ["blog"]),
                (OLGA, "Olga", Role.OWNER, []),
                (OTTO, "Otto", Role.MODERATOR, ["other"]),
            ):
                add_moderator(session, world.keyring, email, name, role, sites, PASSWORD, now)
                world.tokens[email] = add_token(session, world.keyring, email, "tests", now)
            session.commit()
        return world

    @property
    def database(self) -> Database:
        return self.app.extensions["moderation"].database

    @property
    def keyring(self) -> Keyring:
        return self.app.extensions["moderation"].keyring

    def client(self) -> FlaskClient:
        """A browser or program of its own."""
        return self.app.test_client()

    # A reader

    def challenge(self, page: str = PAGE, site: str = "blog") -> dict[str, str]:
        answer = self.client().get(f"/api/v1/sites/{site}/challenge", query_string={"page": page})
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def reply(self, **changes: Any) -> dict[str, Any]:
        """The body of a good reply by Bob, with a sum solved; every one says something else."""
        asked = self.challenge(changes.get("page", PAGE), changes.pop("site", "blog"))
        return {
            "page": PAGE,
            "title": "Post one",
            "parent": None,
            "name": "Bob",
            "email": BOB,
            "website": "",
            # So short that nobody takes two of them for the same with changes.
            "body": f"Agreed, {next(self._number)}.",
            "challenge": asked["challenge"],
            "answer": str(solve(asked["question"])),
            **changes,
        }

    def leave(self, *, site: str = "blog", headers: Any = None, **changes: Any) -> TestResponse:
        """Leave a reply through the API."""
        body = self.reply(site=site, **changes)
        return self.client().post(f"/api/v1/sites/{site}/comments", json=body, headers=headers)

    def left(self, **changes: Any) -> str:
        """Leave a good reply: its id."""
        answer = self.leave(**changes)
        assert answer.status_code in {201, 202}, answer.text
        return answer.get_json()["id"]

    def published(self, **changes: Any) -> str:
        """Leave a reply that Ann approves: its id."""
        comment = self.left(**changes)
        self.decide(comment, "approved")
        return comment

    def thread(self, page: str = PAGE, site: str = "blog", **query: str) -> dict[str, Any]:
        """The first page of a thread, as the API gives it."""
        answer = self.client().get(
            f"/api/v1/sites/{site}/thread", query_string={"page": page, **query}
        )
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def shown(self, page: str = PAGE, **query: str) -> list[str]:
        """The ids of the comments readers see."""
        return [one["id"] for one in self.thread(page, **query)["comments"]]

    # A moderator

    def bearer(self, who: str = ANN) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def queue(self, who: str = ANN, **query: Any) -> dict[str, Any]:
        answer = self.client().get("/api/v1/queue", query_string=query, headers=self.bearer(who))
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def version(self, comment: str) -> int:
        from moderation.models import Comment

        with self.database.reading() as session:
            return session.get_one(Comment, comment).version

    def decide(
        self, comment: str, status: str, *, who: str = ANN, version: int | None = None, **more: Any
    ) -> dict[str, Any]:
        """Decide through the API, on the current version unless another is named: the result."""
        wish = {
            "comment": comment,
            "status": status,
            "version": self.version(comment) if version is None else version,
            **more,
        }
        answer = self.client().post(
            "/api/v1/decisions", json={"decisions": [wish]}, headers=self.bearer(who)
        )
        assert answer.status_code == 200, answer.text
        return answer.get_json()["results"][0]

    def signed_in(self, who: str = ANN) -> "SignedIn":
        """A browser in which a moderator is signed in."""
        browser = SignedIn(self.client())
        answer = browser.post("/login", email=who, password=PASSWORD)
        assert answer.status_code == 303, answer.text
        return browser

    def moderator(self, session: Any, name: str) -> Moderator:
        return session.query(Moderator).filter_by(name=name).one()


@dataclass
class SignedIn:
    """A browser that fills in the hidden token of our forms, as a person's does."""

    client: FlaskClient

    def get(self, url: str, **query: Any) -> TestResponse:
        return self.client.get(url, query_string=query or None)

    def post(self, url: str, **fields: Any) -> TestResponse:
        # Of all pages with a form that is there for everybody, the one that is made soonest.
        form = self.client.get("/login").text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
        assert token, form
        return self.client.post(url, data={"csrf_token": token[1], **fields})


def solve(question: str) -> int:
    """What a person answers, also to a harder sum."""
    left, right, *less = map(int, re.findall(r"\d+", question))
    return left + right - sum(less)
