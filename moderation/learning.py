"""What a site's decisions teach its classifier, and what the classifier says of a reply.

`Comment.decide` writes a lesson with each decision that teaches something. Lessons only add and
subtract, so it does not matter who takes them in, nor in which order: every process adds those
it has not seen yet to a model in its memory, and now and then they are folded into the stored one.
"""

import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session, load_only

from moderation.database import Database, insert_once, table
from moderation.models import Comment, Decision, Learned, Lesson, Site, Status, example
from moderation.policy import classifier, traits

#: From so many lessons on they are folded into the stored model.
FOLD_AT = 100
#: So many lessons are folded at once, and taken in before one judgement: more wait for the folding.
MOST_AT_ONCE = 500
#: Models kept in a process's memory, of 2 MB each.
MOST_IN_MEMORY = 16
#: Of so many decided comments the classifier's record is shown.
MOST_RECORDED = 2_000
#: How wide a step of its record is, in percent.
STEP = 20
#: Comments read at once where all are learned anew.
CHUNK = 500

_LESSONS = (
    select(Lesson.id, Lesson.comment_id, Lesson.spam, Lesson.wanted, Lesson.evidence, Lesson.pieces)
    .order_by(Lesson.id)
    .limit(MOST_AT_ONCE)
)
_SAID = (
    Comment.id,
    Comment.source,
    Comment.name,
    Comment.website,
    Comment.links,
    Comment.reasons,
    Comment.evidence,
)
_TOLD = (Comment.taught, Comment.created_at)
_JUDGED = (
    update(table(Comment))
    .where(table(Comment).c.id == bindparam("key"), table(Comment).c.evidence.is_(None))
    .values(evidence=bindparam("evidence"), likeness=bindparam("likeness"))
)


@dataclass(frozen=True, slots=True)
class State:
    """By which a model in memory is known to be the newest: what is folded, and what is not yet."""

    version: int = 0
    lessons: int = 0
    latest: int = 0


@dataclass(slots=True)
class Kept:
    """A site's model in memory, and the state it stands for."""

    model: classifier.Model = field(default_factory=classifier.Model)
    state: State = field(default_factory=State)


class Learner:
    """The models of this process. Safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._turn = threading.Lock()

    def likeness(self, site_id: str, said: traits.Said) -> classifier.Likeness | None:
        """What the classifier of a site says of a reply; None while it has learned nothing.

        Never under the database's write lock: it reads in a session of its own.
        """
        pieces = traits.buckets(said)
        with self._turn, self._reading() as session:
            model = self._current(session, site_id)
            if not (model.spam.replies and model.wanted.replies):
                return None
            return model.likeness(said, pieces)

    def model(self, site_id: str) -> classifier.Model:
        """What a site's decisions taught up to now, to be looked at."""
        with self._turn, self._reading() as session:
            return self._current(session, site_id)

    def _reading(self) -> Session:
        return snapshot(self._database)

    def _current(self, session: Session, site_id: str) -> classifier.Model:
        kept = self._kept.pop(site_id, None) or Kept()
        self._kept[site_id] = kept
        if len(self._kept) > MOST_IN_MEMORY:
            self._kept.popitem(last=False)
        now = _state(session, site_id)
        if now != kept.state:
            self._take_in(session, site_id, kept, now)
        return kept.model

    def _take_in(self, session: Session, site_id: str, kept: Kept, now: State) -> None:
        unseen = select(func.count()).where(
            Lesson.site_id == site_id, Lesson.id > kept.state.latest
        )
        more = session.scalar(unseen) or 0
        only_more = kept.state.version == now.version and kept.state.lessons + more == now.lessons
        if not only_more:
            kept.model = stored_model(session, site_id)
            kept.state = State(now.version)
        rows = session.execute(
            _LESSONS.where(Lesson.site_id == site_id, Lesson.id > kept.state.latest)
        ).all()
        _learn(session, kept.model, rows)
        # As far as it got: where more are waiting, they are folded before long.
        latest = rows[-1].id if rows else kept.state.latest
        kept.state = State(now.version, kept.state.lessons + len(rows), latest)


def snapshot(database: Database) -> Session:
    """A session for reading that sees one state throughout, on PostgreSQL too."""
    session = database.reading()
    if not database.is_sqlite:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    return session


def _state(session: Session, site_id: str) -> State:
    folded = select(Learned.version).where(Learned.site_id == site_id).scalar_subquery()
    query = select(folded, func.count(Lesson.id), func.max(Lesson.id))
    version, lessons, latest = session.execute(query.where(Lesson.site_id == site_id)).one()
    return State(version or 0, lessons, latest or 0)


def stored_model(session: Session, site_id: str) -> classifier.Model:
    """The model as it was folded last; an empty one where an older edition counted other pieces."""
    row = session.get(Learned, site_id, populate_existing=True)
    if row is None or row.edition != traits.EDITION:
        return classifier.Model()
    return classifier.Model.of_stored(row.model)


def _learn(session: Session, model: classifier.Model, lessons: Sequence[Any]) -> None:
    texts = _pieces(session, {one.comment_id for one in lessons if one.pieces is None})
    for one in lessons:
        pieces = texts[one.comment_id] if one.pieces is None else array("I", one.pieces)
        model.learn(pieces, spam=one.spam, wanted=one.wanted, judged=one.evidence)


def _pieces(session: Session, ids: set[str]) -> dict[str, Sequence[int]]:
    query = select(Comment).where(Comment.id.in_(ids)).options(load_only(*_SAID))
    return {one.id: traits.buckets(one.said) for one in session.scalars(query)} if ids else {}


def fold(database: Database, site_id: str) -> int:
    """Put lessons of a site into its stored model: how many; 0 also where others did so just now.

    What takes long is done before anything is locked. Whoever deletes a lesson has learned it, in
    one transaction: so each is learned once.
    """
    with snapshot(database) as session:
        lessons = session.execute(_LESSONS.where(Lesson.site_id == site_id)).all()
        texts = _pieces(session, {one.comment_id for one in lessons if one.pieces is None})
    if not lessons:
        return 0
    with database.writing() as session:
        row = _hold(session, site_id)
        if row.edition != traits.EDITION:
            return 0
        taken = delete(Lesson).where(Lesson.id.in_([one.id for one in lessons]))
        if len(session.execute(taken.returning(Lesson.id)).all()) != len(lessons):
            return 0
        model = classifier.Model.of_stored(row.model)
        for one in lessons:
            pieces = texts[one.comment_id] if one.pieces is None else array("I", one.pieces)
            model.learn(pieces, spam=one.spam, wanted=one.wanted, judged=one.evidence)
        row.model, row.version = model.stored(), row.version + 1
        session.commit()
    return len(lessons)


def _hold(session: Session, site_id: str) -> Learned:
    empty = {
        "site_id": site_id,
        "version": 0,
        "edition": traits.EDITION,
        "model": classifier.Model().stored(),
    }
    insert_once(session, Learned, empty)
    return session.get_one(Learned, site_id, with_for_update=True, populate_existing=True)


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
        while not is_over() and (more := fold(database, site_id)):
            folded += more
    return folded


def begin(database: Database, site_id: str) -> None:
    """Learn what was decided before there was anything to learn with.

    The latest of it is judged in the order of posting, each by what came before: so the record
    begins with something, and what is likely is not a guess.
    """
    rebuild(database, site_id)
    if _judge_the_past(database, site_id):
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
            query = select(Comment).where(Comment.id.in_(chunk)).options(load_only(*_SAID, *_TOLD))
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
    database: Database, site_id: str, told: Callable[[int], None] = lambda _number: None
) -> classifier.Model:
    """Learn all of a site's decisions anew, from their log: the model, which is stored.

    It equals the one that was learned bit by bit. `told` hears how many comments were learned,
    again and again. What is decided meanwhile is learned as ever.
    """
    while True:
        with snapshot(database) as session:
            before = _state(session, site_id)
            seen = session.scalars(select(Lesson.id).where(Lesson.site_id == site_id)).all()
            model, wrong = _learned_anew(session, site_id, told)
        with database.writing() as session:
            row = _hold(session, site_id)
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
            row.model, row.version, row.edition = model.stored(), row.version + 1, traits.EDITION
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
    query = select(Comment).where(Comment.id.in_(examples)).options(load_only(*_SAID))
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
        .options(load_only(*_SAID, Comment.taught))
        .order_by(Comment.created_at, Comment.id)
        .execution_options(yield_per=CHUNK)
    )
    with snapshot(database) as session:
        for one in session.scalars(query):
            yield one.said, one.taught == "spam"


@dataclass(frozen=True, slots=True)
class Tally:
    """How often the classifier was right in a part of its record.

    Of `judged` comments `spam` were marked as spam in the end; it had said so of `marked`, and was
    right about `found` of these. `expected` is the sum of what it had said.
    """

    label: str
    judged: int = 0
    spam: int = 0
    marked: int = 0
    found: int = 0
    expected: float = 0.0

    @property
    def precision(self) -> float | None:
        """Of those it would have marked, the share that was spam."""
        return self.found / self.marked if self.marked else None

    @property
    def recall(self) -> float | None:
        """Of all spam, the share that it would have marked."""
        return self.found / self.spam if self.spam else None

    def with_one(self, likeness: float, *, is_spam: bool, is_marked: bool) -> "Tally":
        """The same with one comment more."""
        return Tally(
            self.label,
            self.judged + 1,
            self.spam + is_spam,
            self.marked + is_marked,
            self.found + (is_spam and is_marked),
            self.expected + likeness,
        )


@dataclass(frozen=True, slots=True)
class Record:
    """What the classifier said of the latest comments, beside what was decided."""

    all: Tally
    #: By the month in which they were left, the earliest first; labels like "2026-11".
    months: tuple[Tally, ...]
    #: By what it said, in fifths: labels are the lower bounds in percent.
    steps: tuple[Tally, ...]


def record(session: Session, site_id: str, *, spam_from: int) -> Record:
    """The record of the latest decided comments, a bounded number of them.

    What was said when each came is stored with it: nothing is judged again with what was learned
    since. `spam_from` is from how many percent on it counts as marked.
    """
    found = [
        (one.created_at.strftime("%Y-%m"), one.likeness, one.taught == "spam")
        for status in (Status.SPAM, Status.APPROVED)
        for one in session.execute(_recent(site_id, status))
        if one.taught and one.likeness is not None
    ]
    whole = Tally("")
    months: dict[str, Tally] = {}
    steps = {str(low): Tally(str(low)) for low in range(0, 100, STEP)}
    for month, likeness, is_spam in sorted(found):
        told = {"is_spam": is_spam, "is_marked": round(100 * likeness) >= spam_from}
        step = str(min(int(100 * likeness), 99) // STEP * STEP)
        whole = whole.with_one(likeness, **told)
        months[month] = months.get(month, Tally(month)).with_one(likeness, **told)
        steps[step] = steps[step].with_one(likeness, **told)
    return Record(whole, tuple(months.values()), tuple(steps.values()))


def _recent(site_id: str, status: Status) -> Any:
    return (
        select(Comment.created_at, Comment.likeness, Comment.taught)
        .where(Comment.site_id == site_id, Comment.status == status)
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(MOST_RECORDED)
    )
