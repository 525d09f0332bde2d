"""Many comments at once, written as an import would: the triggers must count these too."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from characters import PAGE, World
from sqlalchemy import func, insert, select

from moderation.intake import open_thread
from moderation.models import (
    Author,
    Comment,
    CommentReason,
    Decision,
    Report,
    Site,
    Status,
    Tally,
)
from moderation.models.comment import segment
from moderation.privacy import new_id

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
CODES = ("links", "first_time", "hold_everything")


def crowd(world: World, number: int, *, site: str = "blog", **fixed: Any) -> list[str]:
    """Comments of many ages, risks, reasons, languages, pages and authors: their ids."""
    chance = random.Random(f"{site} {number} {sorted(fixed)}")
    with world.database.writing() as session:
        found = session.scalars(select(Site).where(Site.key == site)).one()
        pages = [f"{found.origins[0]}/post-{n}" for n in range(1, 4)]
        assert PAGE in pages or site != "blog"
        threads = [open_thread(session, found, page, NOW).id for page in pages]
        authors = [_author(world, found, n) for n in range(4)]
        session.execute(insert(Author), authors)
        rows = [_row(chance, found, threads, authors, n) | fixed for n in range(number)]
        session.execute(insert(Comment), rows)
        session.execute(
            insert(Decision),
            [Decision.first(row["id"], row["status"], row["created_at"]) for row in rows],
        )
        session.commit()
    return [row["id"] for row in rows]


def _author(world: World, site: Site, n: int) -> dict[str, Any]:
    author = new_id()
    address = f"bob.{n}@example.org"
    return {
        "id": author,
        "site_id": site.id,
        "email_digest": new_id(),
        "email_sealed": world.keyring.seal(address, Author.email_row(author)),
        "avatar": "00000000",
        "created_at": NOW - timedelta(days=40 + n),
    }


def _row(
    chance: random.Random, site: Site, threads: list[str], authors: list[Any], n: int
) -> dict[str, Any]:
    # Some within one hour, some at one moment: an order must hold there too.
    written = NOW - timedelta(minutes=chance.choice([0, 5, 59, 60, 61, chance.randrange(20_000)]))
    found = [code for code in CODES if chance.random() < 0.4]
    reasons = [{"code": code, "effect": "hold", "score": 5, "detail": "2"} for code in found]
    position = segment(written)
    return {
        "id": new_id(),
        "site_id": site.id,
        "thread_id": chance.choice(threads),
        "author_id": chance.choice(authors)["id"],
        "name": f"Bob {n}",
        "source": chance.choice(["A lamp", "A street", "A lamp in a street"]),
        "html": "<p>Text</p>",
        "markup_version": 1,
        "links": [["https://x.example/"], [], []][chance.randrange(3)],
        "status": chance.choice([Status.PENDING, Status.PENDING, Status.REJECTED]),
        "version": 1,
        "score": chance.choice([0, 3, 10, 25, 40, 100]),
        "reasons": reasons,
        "position": position,
        "root": position,
        "text_digest": new_id(),
        "locale": chance.choice(["en", "en", "de"]),
        "created_at": written,
    }


def wrong(world: World) -> list[str]:
    """Where what the database keeps by itself is not what is there."""
    with world.database.reading() as session:
        rows = session.execute(
            select(Tally.site_id, Tally.status, func.sum(Tally.n)).group_by(
                Tally.site_id, Tally.status
            )
        )
        kept = {(site, status): number for site, status, number in rows if number}
        comments = session.scalars(select(Comment)).all()
        real = Counter((one.site_id, one.status) for one in comments)
        beside = {
            (one.comment_id, one.code): (one.site_id, one.status, one.risk, one.created_at)
            for one in session.scalars(select(CommentReason))
        }
        reasons = {
            (one.id, reason["code"]): (one.site_id, one.status, one.risk, one.created_at)
            for one in comments
            for reason in one.reasons
        }
        reports = Counter(session.scalars(select(Report.comment_id)))
    found = [] if kept == dict(real) else [f"{kept} is told, {real} is there"]
    found += [f"reasons: {set(beside.items()) ^ set(reasons.items())}"] * (beside != reasons)
    return found + [one.id for one in comments if one.reported != reports[one.id]]
