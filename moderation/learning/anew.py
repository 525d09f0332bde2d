"""All decisions of a site learned anew, from their log."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session, load_only

from moderation.database import Database, insert_once, table
from moderation.models import Comment, Decision, Learned, Lesson, example
from moderation.policy import classifier, traits

from .lessons import SAID, snapshot
from .memory import state_of
from .record import MOST_RECORDED

#: Comments read at once.
CHUNK = 500
#: The edition of a model that nobody goes by yet.
NOT_YET = 0

_TOLD = (Comment.taught, Comment.created_at)
_JUDGED = (
    update(table(Comment))
    .where(table(Comment).c.id == bindparam("key"), table(Comment).c.evidence.is_(None))
    .values(evidence=bindparam("evidence"), likeness=bindparam("likeness"))
)


def begin(database: Database, site_id: str) -> None:
    """Learn what was decided before there was anything to learn with.

    The latest of it is judged in the order of posting, each by what came before: so the record
    begins with something, and what is likely is not a guess.
    """
    # Not the last word until the past is judged: whoever is interrupted in between begins again.
    rebuild(database, site_id, is_last=False)
    _judge_the_past(database, site_id)
    rebuild(database, site_id)


def _judge_the_past(database: Database, site_id: str) -> int:
    latest = (
        select(Comment.id)
        .where(Comment.site_id == site_id, Comment.taught != "")
        .order_by(Comment.created_at.desc())
        .limit(MOST_RECORDED)
    )
    model, told = classifier.Model(), []
    with snapshot(database) as session:
        ids = session.scalars(latest).all()
        for at in range(len(ids), 0, -CHUNK):
            chunk = ids[max(0, at - CHUNK) : at]
            query = select(Comment).where(Comment.id.in_(chunk)).options(load_only(*SAID, *_TOLD))
            for one in sorted(session.scalars(query), key=lambda one: (one.created_at, one.id)):
                pieces, spam = traits.buckets(one.said), one.taught == "spam"
                weight = model.evidence(pieces).weight
                if one.evidence is None and min(model.spam.replies, model.wanted.replies):
                    likeness = model.probability(weight)
                    told.append({"key": one.id, "evidence": weight, "likeness": likeness})
                model.learn(pieces, spam=int(spam), wanted=int(not spam), judged=weight)
            session.expunge_all()
    if told:
        with database.writing() as session:
            session.connection().execute(_JUDGED, told)
            session.commit()
    return len(told)


def rebuild(
    database: Database,
    site_id: str,
    told: Callable[[int], None] = lambda _number: None,
    *,
    is_last: bool = True,
) -> classifier.Model:
    """Learn all of a site's decisions anew, from their log: the model, which is stored.

    It equals the one that was learned bit by bit. `told` hears how many comments were learned,
    again and again. What is decided meanwhile is learned as ever.
    """
    while True:
        with snapshot(database) as session:
            before = state_of(session, site_id)
            seen = session.scalars(select(Lesson.id).where(Lesson.site_id == site_id)).all()
            model, wrong = _learned_anew(session, site_id, told)
        # Packed before anything is locked: that takes as long as dozens of decisions.
        packed = model.stored()
        with database.writing() as session:
            row = hold(session, site_id)
            if row.version != before.version:
                continue
            for at in range(0, len(seen), CHUNK):
                session.execute(delete(Lesson).where(Lesson.id.in_(seen[at : at + CHUNK])))
            for comment_id, taught in wrong:
                session.execute(
                    update(table(Comment))
                    .where(table(Comment).c.id == comment_id)
                    .values(taught=taught)
                )
            row.model, row.version = packed, row.version + 1
            row.edition = traits.EDITION if is_last else NOT_YET
            session.commit()
            return model


def _learned_anew(
    session: Session, site_id: str, told: Callable[[int], None]
) -> tuple[classifier.Model, list[tuple[str, str]]]:
    """The model, and the comments of which it is stored wrongly what they teach."""
    model, wrong, examples = classifier.Model(), [], dict[str, str]()
    for comment_id, was, taught in _taught(session, site_id):
        if was != taught:
            wrong.append((comment_id, taught))
        if taught:
            examples[comment_id] = taught
        if len(examples) == CHUNK:
            _learn_all(session, model, examples)
            told(len(examples))
            examples.clear()
    _learn_all(session, model, examples)
    told(len(examples))
    return model, wrong


def _learn_all(session: Session, model: classifier.Model, examples: dict[str, str]) -> None:
    query = select(Comment).where(Comment.id.in_(examples)).options(load_only(*SAID))
    for one in session.scalars(query):
        taught = examples[one.id]
        spam, wanted = int(taught == "spam"), int(taught == "wanted")
        model.learn(traits.buckets(one.said), spam=spam, wanted=wanted, judged=one.evidence)
    session.expunge_all()


def _taught(session: Session, site_id: str) -> Iterator[tuple[str, str, str]]:
    """Each comment of a site, what is stored that it teaches, and what the log says it does."""
    query = (
        select(
            Comment.id,
            Comment.taught,
            Comment.moderator_id,
            Decision.id.label("decision"),
            Decision.became,
            Decision.actor,
            Decision.undoes_id,
        )
        .join(Decision, Decision.comment_id == Comment.id)
        .where(Comment.site_id == site_id)
        .order_by(Comment.id, Decision.version)
        .execution_options(yield_per=CHUNK)
    )
    last: Any = None
    taught, before = "", dict[str, str]()
    for row in session.execute(query):
        if last is not None and last.id != row.id:
            yield last.id, last.taught, taught
            taught, before = "", {}
        before[row.decision] = taught
        taught = _after(row, taught, before)
        last = row
    if last is not None:
        yield last.id, last.taught, taught


def _after(row: Any, taught: str, before: dict[str, str]) -> str:
    if row.undoes_id is not None:
        return before.get(row.undoes_id, "")
    return example(row.became, row.actor, row.moderator_id)


def examples(database: Database, site_id: str) -> Iterator[tuple[traits.Said, bool]]:
    """What a site's decisions are examples of, in the order of posting: said, and whether spam."""
    query = (
        select(Comment)
        .where(Comment.site_id == site_id, Comment.taught != "")
        .options(load_only(*SAID, Comment.taught))
        .order_by(Comment.created_at, Comment.id)
        .execution_options(yield_per=CHUNK)
    )
    with snapshot(database) as session:
        for one in session.scalars(query):
            yield one.said, one.taught == "spam"


@cache
def _empty() -> bytes:
    """A model that has learned nothing, as it is stored."""
    return classifier.Model().stored()


def hold(session: Session, site_id: str) -> Learned:
    """A site's stored model, held until the transaction ends; an empty one where there is none."""
    empty = {"site_id": site_id, "version": 0, "edition": traits.EDITION, "model": _empty()}
    insert_once(session, Learned, empty)
    return session.get_one(Learned, site_id, with_for_update=True, populate_existing=True)
