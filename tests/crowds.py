"""Many comments at once, written as an import would: the triggers must count these too."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from characters import PAGE, World
from sqlalchemy import insert, select

from moderation.intake import open_thread
from moderation.models import Author, Comment, Decision, Site, Status
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
