"""`python -m tests.benchmarks.judging`: what judging and learning cost, with few comments and many.

Both sizes take turns, so that what else the machine does falls on both. What was written is kept in
the folder, and found there by the next run, and by that of the queue's benchmark.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from moderation import demo, intake, learning, review
from moderation.models import Comment, Lesson, Moderator, Site, Status
from moderation.policy import Said
from moderation.text import addresses
from moderation.web.service import Service, now

from .queue import Stage, stage
from .words import email, text

PAGE = "http://127.0.0.1:8000/many-1"


class Costs(NamedTuple):
    """Milliseconds of one round."""

    classifier: float
    reply: float
    decision: float
    taking_in: float


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
    rounds: list[list[Costs]] = [[], []]
    for _ in range(asked.rounds):
        for one, costs in zip(stages, rounds, strict=True):
            costs.append(_round(one))
    print(f"\n| median | {asked.sizes[0]:,}, ms | {asked.sizes[1]:,}, ms | ratio |")
    print("|---|--:|--:|--:|")
    for n, name in enumerate(
        (
            "what the classifier says of a text",
            "a reply judged and stored",
            "a decision, with its lesson",
            "taking the lesson in",
        )
    ):
        small, large = (statistics.median(one[n] for one in costs) for costs in rounds)
        print(f"| {name} | {small:.2f} | {large:.2f} | {large / small:.2f} |")


def _round(one: Stage) -> Costs:
    service: Service = one.browser.application.extensions["moderation"]
    with service.database.reading() as session:
        site = session.scalars(select(Site).where(Site.key == demo.SITE)).one()
    said = text()
    classifier = _timed(lambda: service.learner.likeness(site.id, Said(said, "Bob")))
    left = intake.draft(
        intake.Reply(
            page=PAGE,
            title="",
            parent=None,
            name="Bob",
            email=addresses.email_key(email()),
            website="",
            body=said,
        ),
        service.site_key(site),
    )
    with one.browser.application.test_request_context(), service.database.writing() as session:
        moment = now()
        reply = _timed(
            lambda: intake.take(session, service.keyring, site, left, seconds=30, now=moment)
        )
        session.rollback()
    with one.browser.application.test_request_context(), service.database.writing() as session:
        by = session.scalars(select(Moderator).limit(1)).one()
        waiting = session.scalars(_SOME_WAITING).all()
        comment = review.hold(session, by, [random.choice(waiting)]).popitem()[1]
        status = random.choice((Status.APPROVED, Status.SPAM))
        wish = review.Wish(comment.id, status, comment.version)
        decision = _timed(lambda: review.decide(comment, wish, by=by, at=now()))
        session.commit()
    taking_in = _timed(lambda: service.learner.model(site.id))
    _keep_few(service, site.id)
    return Costs(classifier, reply, decision, taking_in)


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
