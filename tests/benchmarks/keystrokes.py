"""`python -m tests.benchmarks.keystrokes FILE.csv …`: how many keys a moderator presses.

Each file (columns author, date, content, spam) is replayed alone through the service, in one
process: its comments are left in the order of posting, and decided as the queue shows them, with
its keys. A card is one key, A or S. A card that stands for several is one key as well, by what most
of them are; each that is otherwise is decided alone before, which is one key more. Once after
every so many arrivals, as by somebody who keeps up; and once when all have come.
"""

import argparse
import csv
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from moderation import batches, clusters, drafts, intake, migrations, review
from moderation.accounts import add_moderator, add_site
from moderation.batches import Deed
from moderation.database import Database
from moderation.models import Comment, Moderator, Role, Site, Status
from moderation.privacy import Keyring, new_token
from moderation.queueing import Filter
from moderation.refusals import Duplicate
from moderation.text import plain

PAGE = "https://clips.example/clip"
EMAIL = "ann@example.org"


class Said(NamedTuple):
    """A line of the file."""

    author: str
    at: datetime
    content: str
    status: Status


class Pressed(NamedTuple):
    """What deciding all of them took."""

    comments: int
    keys: int
    corrections: int
    #: Cards that stood for several, and for how many together.
    cards: int
    on_cards: int

    @property
    def of_each(self) -> float:
        """Keys for each comment; one by one it would be 1."""
        return self.keys / self.comments


def main() -> None:
    """Replay, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.keystrokes")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.csv")
    parser.add_argument("--every", type=int, default=25, help="arrivals between two rounds")
    asked = parser.parse_args()
    print("| file | decided | comments | keys | keys for each | one by one | corrections | cards |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for path in asked.files:
        comments = read(path)
        for name, every in (
            (f"after every {asked.every}", asked.every),
            ("at the end", len(comments)),
        ):
            found = replayed(comments, every)
            print(
                f"| {path.stem} | {name} | {found.comments} | {found.keys} | {found.of_each:.3f} "
                f"| 1 | {found.corrections} | {found.cards} for {found.on_cards} |",
                flush=True,
            )


def read(path: Path) -> list[Said]:
    """The comments of a file, in the order of posting."""
    with path.open(encoding="utf-8", newline="") as file:
        found = [
            Said(
                row["author"],
                _moment(row["date"]),
                row["content"],
                Status.SPAM if row["spam"] == "1" else Status.APPROVED,
            )
            for row in csv.DictReader(file)
        ]
    return sorted(found, key=lambda one: one.at)


def _moment(written: str) -> datetime:
    at = datetime.fromisoformat(written) if written else datetime(1970, 1, 1, tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def replayed(comments: list[Said], every: int) -> Pressed:
    """Leave all of them, and decide after every so many."""
    with tempfile.TemporaryDirectory() as folder, _stage(Path(folder)) as stage:
        coming = iter(comments)
        while several := list(islice(coming, every)):
            for said in several:
                stage.leave(said)
            stage.moderate(several[-1].at + timedelta(minutes=1))
        return stage.pressed()


@contextmanager
def _stage(folder: Path) -> Iterator["_Stage"]:
    database = Database(f"sqlite:///{folder / 'moderation.sqlite3'}")
    migrations.upgrade(database.engine)
    keyring = Keyring([new_token()])
    with database.writing() as session:
        at = datetime(1970, 1, 1, tzinfo=UTC)
        add_site(session, keyring, "clips", "Clips", ["https://clips.example"], at)
        add_moderator(session, keyring, EMAIL, "Ann", Role.OWNER, [], new_token(), at)
        session.commit()
    yield _Stage(database, keyring)
    database.dispose()


@dataclass
class _Stage:
    """A service of its own, and the keys pressed at it."""

    database: Database
    keyring: Keyring
    right: dict[str, Status] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)

    def leave(self, said: Said) -> None:
        with self.database.writing() as session:
            site = session.query(Site).one()
            draft = drafts.draft(self._reply(said), site.open_key(self.keyring))
            try:
                taken = intake.take(session, self.keyring, site, draft, seconds=60, now=said.at)
            except Duplicate:
                # Sent twice by one author: the service takes it once, and nobody has to decide.
                return
            self.right[taken.id] = said.status
            session.commit()

    def _reply(self, said: Said) -> drafts.Reply:
        return drafts.Reply(
            page=PAGE,
            title="A clip",
            parent=None,
            name=said.author,
            email=f"{said.author}@example.org",
            website="",
            body=plain.tidy(said.content),
        )

    def moderate(self, at: datetime) -> None:
        """Everything that waits, as the queue shows it."""
        while True:
            with self.database.reading() as session:
                ann = session.query(Moderator).one()
                page, _after = review.folded(session, ann, Filter(), at=at)
                together = clusters.campaigns(session, page)
            if not page:
                return
            for one in page:
                if one.id in together:
                    self._all(ann, together[one.id].members, at)
                else:
                    self._alone(ann, one.id, one.version, at)

    def _all(self, ann: Moderator, members: list[clusters.Member], at: datetime) -> None:
        most = Counter(self.right[one.id] for one in members).most_common(1)[0][0]
        others = [one for one in members if self.right[one.id] != most]
        for one in others:
            self._alone(ann, one.id, one.version, at)
        seen = [(one.id, one.version) for one in members if one not in others]
        with self.database.writing() as session:
            batch = batches.begin(session, ann, Deed(most), seen, at=at)
            session.commit()
        batches.go_on(self.database, batch.id, clock=lambda: at)
        self.counted["keys"] += 1
        self.counted.update(corrections=len(others), cards=1, on_cards=len(members))

    def _alone(self, ann: Moderator, comment: str, version: int, at: datetime) -> None:
        with self.database.writing() as session:
            held = review.hold(session, ann, [comment])[comment]
            wish = review.Wish(comment, self.right[comment], version)
            review.decide(held, wish, by=ann, at=at)
            session.commit()
        self.counted["keys"] += 1

    def pressed(self) -> Pressed:
        with self.database.reading() as session:
            stored: Any = session.query(Comment.id, Comment.status).all()
        wrong = [one for one, status in stored if status != self.right[one]]
        assert not wrong, f"{len(wrong)} are not decided as they are labelled"
        names = ("keys", "corrections", "cards", "on_cards")
        return Pressed(len(self.right), *(self.counted[name] for name in names))


if __name__ == "__main__":
    main()
