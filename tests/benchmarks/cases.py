"""What is measured: for each case who is asked, us first, and how."""

import http.client
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from . import bare, isso, ours, reading, servers, visitors, words

#: How many write at the same time.
WRITERS = 8
#: Decisions in one call, where several are sent.
TOGETHER = 20
MANY = tuple(f"/many-{number}" for number in range(words.THREADS))
#: What a connection carries is not the application's: granian adds it by itself.
_NOT_OURS = frozenset({"connection", "date", "server", "content-length"})


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who is measured; `run` takes seconds and gives a rate a second."""

    name: str
    run: Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Stages:
    """The two services, filled, and where they listen."""

    folder: Path
    ours: ours.Stage
    our_port: int
    isso: isso.Stage
    isso_port: int


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that is measured; `gather` starts what only this case needs, on the stack."""

    name: str
    title: str
    gather: Callable[[Stages, ExitStack], list[Contender]]


def _reading(stages: Stages, stack: ExitStack, *, pages: Sequence[str]) -> list[Contender]:
    """Beside us: the two that give our bytes without any work, and Isso."""
    paths = [ours.thread_path(page) for page in pages]
    for path in paths:  # made ready, as the first reader after a change would do
        kept = _kept_answer(stages, path)
    return [
        Contender("this service", _reads(stages, stages.our_port, paths)),
        *_without_work(stages, stack, kept, paths),
        Contender(
            "Isso", _reads(stages, stages.isso_port, [isso.thread_path(page) for page in pages])
        ),
    ]


def _unchanged(stages: Stages, stack: ExitStack) -> list[Contender]:
    """Readers who have the thread already. Isso always sends everything again."""
    path = ours.thread_path("/100")
    etag = dict(_answer(stages.our_port, path)[1])["etag"]
    has_it = f"If-None-Match: {etag}"
    kept = _kept_answer(stages, path, {"If-None-Match": etag})
    return [
        Contender("this service", _reads(stages, stages.our_port, [path], has_it)),
        *_without_work(stages, stack, kept, [path], has_it),
    ]


def _sizes(stages: Stages, _stack: ExitStack) -> list[Contender]:
    """Whether a long thread costs more to read than its first page's hundred comments."""
    names = {"/1000": "this service, of 1,000", "/100": "this service, of 100"}
    paths = {name: ours.thread_path(page) for page, name in names.items()}
    for path in paths.values():
        _answer(stages.our_port, path)
    return [
        Contender(name, _reads(stages, stages.our_port, [path])) for name, path in paths.items()
    ]


def _without_work(
    stages: Stages, stack: ExitStack, kept: Path, paths: Sequence[str], *headers: str
) -> list[Contender]:
    ports = {
        name: stack.enter_context(servers.bare(kind, kept))
        for name, kind in (("bare function", "function"), ("Flask route", "flask"))
    }
    return [Contender(name, _reads(stages, port, paths, *headers)) for name, port in ports.items()]


def _reads(
    stages: Stages, port: int, paths: Sequence[str], *headers: str
) -> Callable[[float], float]:
    def run(seconds: float) -> float:
        rate = reading.rate(stages.folder, port, paths, seconds, *headers)
        # A slow server still works off what was asked; the next in turn shall have the machine.
        _answer(port, paths[0])
        return rate

    return run


def _kept_answer(stages: Stages, path: str, headers: dict[str, str] | None = None) -> Path:
    """Our own answer in a file, for others to give."""
    kept = stages.folder / "answer.json"
    bare.write_answer(kept, *_answer(stages.our_port, path, headers))
    return kept


def _answer(
    port: int, path: str, headers: dict[str, str] | None = None
) -> tuple[str, list[tuple[str, str]], bytes]:
    name, accepted = reading.ACCEPT.split(": ")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={name: accepted, **(headers or {})})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status not in {200, 304}:
        raise visitors.Broken(f"{path} was answered {answer.status}")
    sent = [(name, value) for name, value in answer.getheaders() if name not in _NOT_OURS]
    return f"{answer.status} {answer.reason}", sent, body


def _writing(
    stages: Stages, _stack: ExitStack, *, mine: Callable[[], visitors.Visitor] | None = None
) -> list[Contender]:
    mine = mine or partial(ours.posting, stages.ours)
    return [
        Contender("this service", _writes(stages.our_port, mine)),
        Contender("Isso", _writes(stages.isso_port, isso.posting)),
    ]


def _deciding(stages: Stages, _stack: ExitStack) -> list[Contender]:
    return [
        Contender("this service", _writes(stages.our_port, partial(ours.deciding, stages.ours))),
        Contender("Isso", _writes(stages.isso_port, partial(isso.deciding, stages.isso))),
    ]


def _deciding_together(stages: Stages, _stack: ExitStack) -> list[Contender]:
    """Decisions a second where ours come in lists, as a program sends them. Isso takes no lists."""
    one_by_one = _deciding(stages, _stack)[1]
    asked = _writes(stages.our_port, partial(ours.deciding, stages.ours, TOGETHER))
    return [Contender("this service", lambda seconds: TOGETHER * asked(seconds)), one_by_one]


def _writes(port: int, visitor: Callable[[], visitors.Visitor]) -> Callable[[float], float]:
    return lambda seconds: visitors.rate(port, [visitor() for _ in range(WRITERS)], seconds)


CASES = (
    Case("read-100", "Read a thread of 100", partial(_reading, pages=("/100",))),
    Case("read-1000", "Read a thread of 1,000", partial(_reading, pages=("/1000",))),
    Case("sizes", "Read 1,000 as soon as 100", _sizes),
    Case("read-many", "Read 1,000 threads of 20", partial(_reading, pages=MANY)),
    Case("unchanged", "Read again, unchanged (304)", _unchanged),
    Case("leave", "Ask a sum, solve it, reply", partial(_writing, mine=ours.leaving)),
    Case("post", "Reply, the sum asked before", _writing),
    Case("decide", "Decide, one a request", _deciding),
    Case("decide-20", "Decide, twenty a request; they one by one", _deciding_together),
)
