"""Asking all that a site's owner wants asked, at once and within a limit, outside of transactions.

A service that failed several times in a row is left alone for a minute by this process: what is
asked of it meanwhile counts as failed at once, so that a dead service slows nobody down for long.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache

from moderation.policy import Heard

from .reaching import Failed

#: So many failures in a row, and it rests for so many seconds.
PATIENCE_ENDS, REST = 3, 60.0
#: More than a service may take at the most: its own limit ends it before.
GRACE = 0.5
#: Replies that ask at a time; more than serve at once in a process.
_THREADS = 8


@dataclass(frozen=True, slots=True)
class Question:
    """One service to be asked about one reply. `of` names it among all sites."""

    service: str
    of: str
    seconds: float
    ask: Callable[[], Heard]


@dataclass(slots=True)
class Breaker:
    """Which services of which sites fail, and until when they rest."""

    clock: Callable[[], float] = time.monotonic
    _failures: dict[tuple[str, str], int] = field(default_factory=dict)
    _until: dict[tuple[str, str], float] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def rests(self, question: Question) -> bool:
        """Whether it is not to be asked now."""
        return self._until.get((question.of, question.service), 0.0) > self.clock()

    def note(self, question: Question, *, failed: bool) -> None:
        """Remember how it went."""
        name = (question.of, question.service)
        with self._turn:
            self._failures[name] = self._failures.get(name, 0) + 1 if failed else 0
            if self._failures[name] >= PATIENCE_ENDS:
                self._until[name] = self.clock() + REST
                # One more failure after the rest, and it rests again.
                self._failures[name] = PATIENCE_ENDS - 1


BREAKER = Breaker()


def ask_all(questions: Sequence[Question], breaker: Breaker = BREAKER) -> tuple[Heard, ...]:
    """What was heard, in the order of the questions; what was not is heard as "failed"."""
    asked = {one.service: _threads().submit(one.ask) for one in questions if not breaker.rests(one)}
    longest = max((one.seconds for one in questions), default=0.0)
    wait(asked.values(), timeout=longest + GRACE)
    return tuple(_heard(one, asked.get(one.service), breaker) for one in questions)


def _heard(question: Question, asked: "Future[Heard] | None", breaker: Breaker) -> Heard:
    if asked is None:
        return Heard(question.service, "failed", detail="resting")
    asked.cancel()
    why = _why(question, asked)
    breaker.note(question, failed=bool(why))
    return Heard(question.service, "failed", detail=why) if why else asked.result()


def _why(question: Question, asked: "Future[Heard]") -> str:
    if asked.cancelled() or not asked.done():
        return f"late {question.seconds:g}"
    error = asked.exception()
    if error is None:
        return ""
    # A mistake of ours must not lose a reply: it waits, and says so.
    return error.why if isinstance(error, Failed) else "mistake"


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="outside")
