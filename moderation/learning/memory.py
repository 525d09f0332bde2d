"""The models of a process, in its memory: each with all that was decided up to now."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from moderation.database import Database
from moderation.models import Lesson
from moderation.policy import classifier, traits

from .lessons import MOST_AT_ONCE, lessons_of, snapshot, stored_model, take_in, texts_of

#: Models kept in a process's memory, of 2 MB each.
MOST_IN_MEMORY = 16


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

        Never under the database's write lock: it reads on a connection of its own.
        """
        pieces = traits.buckets(said)
        with self._turn:
            model = self._current(site_id)
            if not (model.spam.replies and model.wanted.replies):
                return None
            return model.likeness(said, pieces)

    def model(self, site_id: str) -> classifier.Model:
        """What a site's decisions taught up to now, to be looked at."""
        with self._turn:
            return self._current(site_id)

    def _current(self, site_id: str) -> classifier.Model:
        kept = self._kept.pop(site_id, None) or Kept()
        self._kept[site_id] = kept
        if len(self._kept) > MOST_IN_MEMORY:
            self._kept.popitem(last=False)
        ((version, lessons, latest),) = self._database.look_ups.find(_STATE, site_id)
        if State(version, lessons, latest) != kept.state:
            with snapshot(self._database) as session:
                self._take_in(session, site_id, kept, state_of(session, site_id))
        return kept.model

    def _take_in(self, session: Session, site_id: str, kept: Kept, now: State) -> None:
        rows: Sequence[Any] = ()
        if kept.state.version == now.version:
            rows = lessons_of(session, site_id, kept.state.latest)
        if not _only_more(session, site_id, kept.state, now, rows):
            kept.model = stored_model(session, site_id)
            kept.state = State(now.version)
            rows = lessons_of(session, site_id)
        take_in(kept.model, rows, texts_of(session, rows))
        # As far as it got: where more are waiting, they are folded before long.
        latest = rows[-1].id if rows else kept.state.latest
        kept.state = State(now.version, kept.state.lessons + len(rows), latest)


def _only_more(
    session: Session, site_id: str, kept: State, now: State, rows: Sequence[Any]
) -> bool:
    """Whether nothing that was taken in is gone since, with `rows` the first that came after."""
    if kept.version != now.version:
        return False
    more = len(rows)
    if more == MOST_AT_ONCE:
        unseen = select(func.count()).where(Lesson.site_id == site_id, Lesson.id > kept.latest)
        more = session.scalar(unseen) or 0
    return kept.lessons + more == now.lessons


#: For one statement outside of any session, too: most replies come where nothing was decided
#: since the one before.
_STATE = """
    SELECT COALESCE((SELECT version FROM learned WHERE site_id = site.id), 0),
        (SELECT count(*) FROM lesson WHERE site_id = site.id),
        COALESCE((SELECT max(id) FROM lesson WHERE site_id = site.id), 0)
    FROM (SELECT {0} AS id) AS site
"""
_STATE_OF = text(_STATE.format(":site"))


def state_of(session: Session, site_id: str) -> State:
    """What is folded of a site, and what is not yet."""
    return State(*session.connection().execute(_STATE_OF, {"site": site_id}).one())
