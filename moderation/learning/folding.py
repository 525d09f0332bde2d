"""Lessons put into the stored models, now and then, beside the serving."""

from collections.abc import Callable

from sqlalchemy import delete, func, select

from moderation.database import Database
from moderation.models import Learned, Lesson, Site
from moderation.policy import classifier, traits

from .anew import begin, hold
from .lessons import MOST_AT_ONCE, lessons_of, snapshot, stored, take_in, texts_of

#: From so many lessons on they are folded into the stored model.
FOLD_AT = 100


def fold(database: Database, site_id: str) -> int:
    """Put lessons of a site into its stored model: how many; 0 also where others did so just now.

    What takes long is done before anything is locked: to pack a model takes as long as dozens of
    decisions. Whoever deletes a lesson has learned it, in one transaction: so each is learned once.
    """
    with snapshot(database) as session:
        lessons = lessons_of(session, site_id)
        before = stored(session, site_id) if lessons else None
        texts = texts_of(session, lessons)
    if not lessons or (before is not None and before.edition != traits.EDITION):
        return 0
    model = classifier.Model.of_stored(before.model) if before else classifier.Model()
    take_in(model, lessons, texts)
    packed = model.stored()
    with database.writing() as session:
        row = hold(session, site_id)
        taken = delete(Lesson).where(Lesson.id.in_([one.id for one in lessons]))
        gone = session.execute(taken.returning(Lesson.id)).all()
        if row.version != (before.version if before else 0) or len(gone) != len(lessons):
            return 0
        row.model, row.version = packed, row.version + 1
        session.commit()
    return len(lessons)


def catch_up(
    database: Database, *, at_least: int = FOLD_AT, is_over: Callable[[], bool] = lambda: False
) -> int:
    """Fold the lessons of every site that has so many: how many were folded.

    A site whose decisions are older than its classifier, or than its pieces, learns them first.
    """
    with database.reading() as session:
        known = select(Learned.site_id).where(Learned.edition == traits.EDITION)
        new = session.scalars(select(Site.id).where(Site.id.not_in(known))).all()
        due = session.scalars(
            select(Lesson.site_id).group_by(Lesson.site_id).having(func.count() >= at_least)
        ).all()
    for site_id in new:
        if not is_over():
            begin(database, site_id)
    folded = 0
    for site_id in due:
        more = MOST_AT_ONCE
        # What is decided meanwhile waits for its turn: a model is not packed for a few lessons.
        while more == MOST_AT_ONCE and not is_over():
            more = fold(database, site_id)
            folded += more
    return folded
