"""`python -m tests.benchmarks.judging`: what judging and learning cost, with few comments and many.

Judging is all that happens between a reply whose text was rendered and its verdict: what the
classifier says, what is looked up about its author, its text, its links, its network and its page,
and the rules. Learning is the row that a decision writes, and its being taken in by a model in
memory. The whole of storing a reply and of deciding, indexes included, stands below for comparison.

The databases are read once before: what is compared is what more comments cost, not how fast a disk
gives what has not been read for long. Both sizes take turns, so that what else the machine does
falls on both. What was written is kept in the folder, and found there by the next run, and by that
of the queue's benchmark.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from moderation import demo, intake, learning, policy, review
from moderation.models import Comment, Lesson, Moderator, Site, Status
from moderation.models.comment import Pen
from moderation.policy import Said
from moderation.text import addresses
from moderation.web.service import Service, now

from .queue import Stage, stage
from .words import email, text


class Costs(NamedTuple):
    """Milliseconds of one round."""

    classifier: float
    judging: float
    lesson: float
    taking_in: float
    storing: float
    decision: float


NAMES = {
    "classifier": "what the classifier says of a text",
    "judging": "judging a reply, the classifier included",
    "lesson": "writing a decision's lesson",
    "taking_in": "taking the lesson in",
    "storing": "judging a reply and storing it",
    "decision": "a decision, with its lesson",
}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.judging")
    parser.add_argument("--sizes", type=int, nargs=2, default=(1_000, 1_000_000))
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp/moderation-queue"))
    parser.add_argument("--rounds", type=int, default=200)
    asked = parser.parse_args()
    stages = [stage(asked.folder / str(size), size, None) for size in asked.sizes]
    for one in stages:
        learning.catch_up(one.database)
        _read_once(Path(str(one.database.url.database)))
    rounds: list[list[Costs]] = [[], []]
    for _ in range(asked.rounds):
        for one, costs in zip(stages, rounds, strict=True):
            costs.append(_round(one))
    print(f"\n| median | {asked.sizes[0]:,}, ms | {asked.sizes[1]:,}, ms | ratio |")
    print("|---|--:|--:|--:|")
    for field, name in NAMES.items():
        small, large = (statistics.median(getattr(one, field) for one in costs) for costs in rounds)
        print(f"| {name} | {small:.2f} | {large:.2f} | {large / small:.2f} |")


def _read_once(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 24):
            pass


def _round(one: Stage) -> Costs:
    service: Service = one.browser.application.extensions["moderation"]
    with service.database.reading() as session:
        site = session.scalars(select(Site).where(Site.key == demo.SITE)).one()
    said = text()
    left = _left(service, site, one.page, said)
    classifier = _timed(lambda: service.learner.likeness(site.id, Said(said, "Bob")))
    likeness = service.learner.likeness(site.id, Said(said, "Bob"))
    with one.browser.application.test_request_context(), service.database.writing() as session:
        moment, judged = now(), _Judged()
        asked = {"seconds": 30, "now": moment, "likeness": likeness}
        # The lock is waited for, not judged.
        session.connection()
        with judged:
            storing = _timed(lambda: intake.take(session, service.keyring, site, left, **asked))
        session.rollback()
    with one.browser.application.test_request_context(), service.database.writing() as session:
        by = session.scalars(select(Moderator).limit(1)).one()
        waiting = session.scalars(_SOME_WAITING).all()
        comment = review.hold(session, by, [random.choice(waiting)]).popitem()[1]
        # A row that is taken back: the decision writes its own.
        with session.begin_nested() as tried:
            lesson = _timed(lambda: Pen(session).lesson(comment, "spam"))
            tried.rollback()
        status = random.choice((Status.APPROVED, Status.SPAM))
        wish = review.Wish(comment.id, status, comment.version)
        decision = _timed(lambda: review.decide(comment, wish, by=by, at=now()))
        session.commit()
    taking_in = _timed(lambda: service.learner.model(site.id))
    _keep_few(service, site.id)
    judging = classifier + judged.after
    return Costs(classifier, judging, lesson, taking_in, classifier + storing, decision)


def _left(service: Service, site: Site, page: str, said: str) -> intake.Draft:
    reply = intake.Reply(
        page=page,
        title="",
        parent=None,
        name="Bob",
        email=addresses.email_key(email()),
        website="",
        body=said,
    )
    return intake.draft(reply, service.site_key(site))


class _Judged:
    """Milliseconds until the policy gave its verdict, in a block that takes one reply."""

    after = 0.0

    def __enter__(self) -> None:
        self._judge, began = policy.judge, time.perf_counter()

        def judge(facts: policy.Facts) -> policy.Verdict:
            verdict = self._judge(facts)
            self.after = 1_000 * (time.perf_counter() - began)
            return verdict

        policy.judge = judge

    def __exit__(self, *_error: object) -> None:
        policy.judge = self._judge


_SOME_WAITING = select(Comment.id).where(Comment.status == Status.PENDING).limit(50)


def _keep_few(service: Service, site_id: str) -> None:
    with service.database.reading() as session:
        lessons = len(session.scalars(select(Lesson.id).where(Lesson.site_id == site_id)).all())
    if lessons >= learning.FOLD_AT:
        learning.fold(service.database, site_id)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return 1_000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
