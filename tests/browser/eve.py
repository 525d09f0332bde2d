"""Eve, who writes an attack into every field she can reach, through the doors that are there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from characters import ANN, EVE, World
from flask import Flask
from payloads import in_address
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from moderation import create_app, intake, migrations
from moderation.accounts import add_site
from moderation.config import Settings
from moderation.database import Database
from moderation.models import Comment, Moderator, Site, Status
from moderation.web.forms import reply_from_json

SECRET = "for-browser-tests-alone-0123456789abcdef"
SITE = "eves"
ON_A_PAGE = 95
#: Of so many comments one goes through the HTTP doors, the others past them, by the same form.
THROUGH_DOORS = 10
#: Of so many comments one stays in the queue.
WAITING = 10


def settings(folder: Path, url: str) -> Settings:
    return Settings(
        instance_path=folder,
        database_url=f"sqlite:///{folder / 'moderation.sqlite3'}",
        secret_keys=(SECRET,),
        public_url=url,
        rate_limits=False,
    )


@dataclass
class Attacked:
    """A database full of attacks, and where they are to be looked at."""

    pages: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    expected: int = 0


def attack(folder: Path, url: str, payloads: Sequence[str], innocent: Sequence[str]) -> Attacked:
    """Fill a new database. The first page is innocent, and shows what pages look like."""
    wanted = settings(folder, url)
    database = Database(wanted.database_url)
    migrations.upgrade(database.engine)
    database.dispose()
    app = create_app(wanted)
    app.testing = True
    try:
        return _Attack(app, url).all(payloads, innocent)
    finally:
        app.wsgi_app.close()  # type: ignore[attr-defined]
        app.extensions["moderation"].database.dispose()


class _Attack:
    def __init__(self, app: Flask, url: str) -> None:
        self.world, self.url, self.made = World.begin(app), url, Attacked()
        self.number = 0
        with self.world.database.writing() as session:
            name = '"><img src=x onerror=alert(0)> {{7*7}}'
            site = add_site(session, self.world.keyring, SITE, name, [url], datetime.now(UTC))
            ann = session.query(Moderator).filter_by(name="Ann").one()
            ann.sites.append(site)
            session.commit()

    def all(self, payloads: Sequence[str], innocent: Sequence[str]) -> Attacked:
        self._page(f"{self.url}/innocent", "Innocent", innocent)
        for start in range(0, len(payloads), ON_A_PAGE):
            several = payloads[start : start + ON_A_PAGE]
            page = f"{self.url}/{start}?x={in_address(several[0])}"
            self._page(page, several[-1], several)
        return self.made

    def _page(self, page: str, title: str, bodies: Sequence[str]) -> None:
        self.made.pages.append(page)
        with self.world.app.test_request_context(), self.world.database.writing() as session:
            site = session.query(Site).filter_by(key=SITE).one()
            ann = session.query(Moderator).filter_by(name="Ann").one()
            for n, body in enumerate(bodies):
                if n % THROUGH_DOORS:
                    taken = self._past_the_doors(session, site, self._fields(page, title, body))
                    self._decide(taken, ann, body, n)
            session.commit()
        for body in bodies[::THROUGH_DOORS]:
            self._through_a_door(page, title, body)

    def _fields(self, page: str, title: str, body: str) -> dict[str, Any]:
        self.number += 1
        website = f"https://eve.example/{in_address(body)[:300]}" if self.number % 3 == 0 else ""
        return {
            "page": page,
            "title": title,
            "name": body[:100],
            "email": EVE,
            "website": website,
            "body": f"{body}\n\n{self.number}" if self.number % 2 else body,
            "answer": "1",
        }

    def _past_the_doors(self, session: Session, site: Site, fields: dict[str, Any]) -> Comment:
        form = reply_from_json(fields)
        if not form.validate():
            # What the form refuses never reaches a page: the rest of the attack goes on.
            assert form.errors.keys() <= {"website", "name", "page"}, form.errors
            kept = {"website": "", "name": "Eve", "page": self.made.pages[0]}
            form = reply_from_json(fields | {name: kept[name] for name in form.errors})
            assert form.validate(), form.errors
        draft = intake.draft(form.reply("203.0.113.7"), site.open_key(self.world.keyring))
        moment = datetime.now(UTC) - timedelta(seconds=self.number % 1000)
        return intake.take(session, self.world.keyring, site, draft, seconds=60, now=moment)

    def _decide(self, comment: Comment, ann: Moderator, body: str, n: int) -> None:
        self.made.htmls.append(comment.html)
        self.made.expected += 1
        if n % WAITING == 1:
            self.made.waiting.append(comment.id)
            return
        now = datetime.now(UTC)
        comment.decide(Status.APPROVED, by=ann, at=now, reason=body[:60], note=body[:2_000])
        self.made.published.append(comment.id)

    def _through_a_door(self, page: str, title: str, body: str) -> None:
        fields = self._fields(page, title, body)
        asked = self.world.challenge(page, SITE)
        left, right = (int(word) for word in asked["question"].split()[::2][:2])
        fields |= {"challenge": asked["challenge"], "answer": str(left + right)}
        answer = self._post(f"/api/v1/sites/{SITE}/comments", json=fields)
        if answer.status_code == 422:
            wrong = answer.get_json()["errors"]
            assert wrong.keys() <= {"website", "name"}, wrong
            kept = {"website": "", "name": "Eve"}
            fields |= {name: kept[name] for name in wrong}
            answer = self._post(f"/sites/{SITE}/thread", data=fields)
            assert answer.status_code == 303, answer.text
            self.made.statuses.append(answer.headers["Location"])
            return
        assert answer.status_code == 202, answer.text
        left_reply = answer.get_json()
        self.made.statuses.append(left_reply["status_url"])
        self.made.htmls.append(left_reply["comment"]["html"])
        self.world.decide(
            left_reply["id"], "approved", who=ANN, version=1, reason=body[:60], note=body[:2_000]
        )
        self.made.published.append(left_reply["id"])
        self.made.expected += 1

    def _post(self, path: str, **sent: Any) -> TestResponse:
        return self.world.client().post(path, base_url=self.url, **sent)
