"""Eve, who writes an attack into every field she can reach, through the doors that are there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from characters import ANN, EVE, World
from flask import Flask
from payloads import in_address
from sqlalchemy import insert, inspect
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from moderation import create_app, intake, migrations
from moderation.accounts import add_site
from moderation.config import Settings
from moderation.database import Database
from moderation.models import Comment, Decision, Moderator, Report, Site, Status
from moderation.models.comment import segment
from moderation.privacy import new_id
from moderation.web.forms import reply_from_json
from moderation.web.service import Service

SECRET = "for-browser-tests-alone-0123456789abcdef"
SITE = "eves"
ON_A_PAGE = 95
TENTH = 10
#: What Eve writes instead where a form refuses her attack.
REPLACED = {"website": "", "name": "Eve"}


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
        """Attack one page: a tenth through the doors, a tenth left waiting, a comment approved by
        Ann, and the others written beside it at once, as an import would.
        """
        self.made.pages.append(page)
        for body in bodies[::TENTH]:
            self._through_a_door(page, title, body)
        with self.world.app.test_request_context(), self.world.database.writing() as session:
            site = session.query(Site).filter_by(key=SITE).one()
            ann = session.query(Moderator).filter_by(name="Ann").one()
            approved: list[tuple[str, intake.Draft]] = []
            for n, body in enumerate(bodies):
                draft = self._past_the_doors(site, self._fields(page, title, body))
                if n % TENTH == 1:
                    self.made.waiting.append(self._take(session, site, draft).id)
                elif n % TENTH:
                    approved.append((body, draft))
            self._report(session, bodies)
            (body, draft), *others = approved
            like = self._take(session, site, draft)
            at = datetime.now(UTC)
            like.decide(Status.APPROVED, by=ann, at=at, reason=body[:60], note=body[:2_000])
            session.flush()
            self.made.published.append(like.id)
            self._write(session, like, others)
            session.commit()

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

    def _past_the_doors(self, site: Site, fields: dict[str, Any]) -> intake.Draft:
        """What the form and the markup make of it: all that a door does to the text."""
        form = reply_from_json(fields)
        if not form.validate():
            # What the form refuses never reaches a page: the rest of the attack goes on.
            assert form.errors.keys() <= REPLACED.keys(), form.errors
            form = reply_from_json(fields | {name: REPLACED[name] for name in form.errors})
            assert form.validate(), form.errors
        return intake.draft(form.reply("203.0.113.7"), self.site_key(site))

    def _take(self, session: Session, site: Site, draft: intake.Draft) -> Comment:
        now = datetime.now(UTC)
        taken = intake.take(session, self.world.keyring, site, draft, seconds=60, now=now)
        self.made.htmls.append(taken.html)
        return session.get_one(Comment, taken.id)

    def _write(
        self, session: Session, like: Comment, others: Sequence[tuple[str, intake.Draft]]
    ) -> None:
        rows = [_row(like, draft, n) for n, (_body, draft) in enumerate(others)]
        session.execute(insert(Comment), rows)
        decided = [
            _columns(like.decisions[-1])
            | {"id": new_id(), "comment_id": row["id"], "reason": body[:60], "note": body[:2_000]}
            for row, (body, _draft) in zip(rows, others, strict=True)
        ]
        session.execute(insert(Decision), decided)
        like.thread.readers_see(more=len(rows))
        self.made.htmls += [row["html"] for row in rows]
        self.made.published += [row["id"] for row in rows]

    def _report(self, session: Session, bodies: Sequence[str]) -> None:
        """What Eve would tell moderators about comments, in the words of her attacks."""
        at = datetime.now(UTC)
        session.execute(
            insert(Report),
            [
                {"id": new_id(), "comment_id": comment, "network_digest": str(number), "at": at}
                | {"reason": "other", "note": body[:500]}
                for comment in (self.made.waiting[-1], self.made.published[-1])
                for number, body in enumerate(bodies[:20])
            ],
        )

    def _through_a_door(self, page: str, title: str, body: str) -> None:
        fields = self._fields(page, title, body)
        asked = self.world.challenge(page, SITE)
        left, right = (int(word) for word in asked["question"].split()[::2][:2])
        fields |= {"challenge": asked["challenge"], "answer": str(left + right)}
        answer = self._post(f"/api/v1/sites/{SITE}/comments", json=fields)
        if answer.status_code == 422:
            wrong = answer.get_json()["errors"]
            assert wrong.keys() <= REPLACED.keys(), wrong
            fields |= {name: REPLACED[name] for name in wrong}
            answer = self._post(f"/sites/{SITE}/thread", data=fields)
            assert answer.status_code == 303, answer.text
            self.made.statuses.append(urljoin(self.url, answer.headers["Location"]))
            return
        assert answer.status_code == 202, answer.text
        left_reply = answer.get_json()
        self.made.statuses.append(left_reply["status_url"])
        self.made.htmls.append(left_reply["comment"]["html"])
        self.world.decide(
            left_reply["id"], "approved", who=ANN, version=1, reason=body[:60], note=body[:2_000]
        )
        self.made.published.append(left_reply["id"])

    def _post(self, path: str, **sent: Any) -> TestResponse:
        return self.world.client().post(path, base_url=self.url, **sent)

    def site_key(self, site: Site) -> bytes:
        service: Service = self.world.app.extensions["moderation"]
        return service.site_key(site)


def _columns(row: Any) -> dict[str, Any]:
    attributes = inspect(row).mapper.column_attrs
    stored = [one.key for one in attributes if one.columns[0].computed is None]
    return {key: getattr(row, key) for key in stored}


def _row(like: Comment, draft: intake.Draft, number: int) -> dict[str, Any]:
    """A comment such as `like`, but with this text, name and website."""
    written = like.created_at + timedelta(milliseconds=number + 1)
    position = segment(written)
    return _columns(like) | {
        "id": new_id(),
        "name": draft.reply.name,
        "website": draft.reply.website,
        "source": draft.reply.body,
        "html": draft.rendered.html,
        "links": list(draft.rendered.links),
        "fingerprint": draft.fingerprint,
        "text_digest": draft.text_digest,
        "position": position,
        "root": position,
        "created_at": written,
    }
