"""One page's replies in plain Python: what ought to happen, said a second time and more simply."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

EDIT_FOR, ENOUGH_REPORTS = timedelta(minutes=60), 3
HEADINGS = {
    "pending": "Your reply waits for a moderator",
    "published": "Your reply is published",
    "hidden": "Your reply was approved, but is not shown",
    "rejected": "Your reply was not published",
    "spam": "Your reply was not published",
    "deleted": "Your reply was deleted",
    "withdrawn": "You withdrew your reply",
    "erased": "Your reply was erased",
}


@dataclass(eq=False)
class Reply:
    """A reply as it ought to be."""

    id: str
    path: str
    parent: "Reply | None"
    name: str
    body: str
    created: datetime
    status: str = "pending"
    edited: bool = False
    #: "withdrawn" or "erased" once its author took it back.
    taken: str = ""
    #: What each decision led from, and who made it; the first one was the policy's.
    decisions: list[tuple[str, str]] = field(default_factory=lambda: [("", "policy")])
    decided: datetime | None = None
    reports: dict[str, datetime] = field(default_factory=dict)

    @property
    def version(self) -> int:
        return len(self.decisions)

    @property
    def published(self) -> bool:
        carried = self.parent is None or self.parent.published
        return carried and self.status in {"approved", "deleted"}

    @property
    def seen(self) -> bool:
        return self.published and self.status == "approved"

    @property
    def heading(self) -> str:
        if self.status == "approved":
            return HEADINGS["published" if self.seen else "hidden"]
        return HEADINGS[self.taken or self.status]

    def becomes(self, status: str, by: str) -> None:
        self.decisions.append((self.status, by))
        self.status = status


class Model:
    """A page's replies, oldest first, and the rules of what may happen to them."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []

    # What readers and moderators see

    def shown(self) -> list[Reply]:
        """The replies on the page, each above those that hang from it."""
        return [reply for reply in self._below(None) if reply.published and self._shows(reply)]

    def _below(self, parent: Reply | None) -> list[Reply]:
        found = []
        for reply in self.replies:
            if reply.parent is parent:
                found += [reply, *self._below(reply)]
        return found

    def _shows(self, reply: Reply) -> bool:
        return reply.seen or any(below.seen for below in self._below(reply))

    def waiting(self) -> list[Reply]:
        return [reply for reply in self.replies if reply.status == "pending"]

    # What happens

    def refuses(self, parent: Reply | None, name: str, body: str) -> int:
        """With which status a reply is refused; 0 where it is taken."""
        if parent is not None and not parent.seen:
            return 422
        return 409 if self._is_there(parent, name, body) else 0

    def _is_there(self, *said: object, but: Reply | None = None) -> bool:
        others = (one for one in self.replies if one is not but and one.taken != "erased")
        return any((one.parent, one.name, one.body) == said for one in others)

    def edit(self, reply: Reply, body: str, version: int, at: datetime) -> int:
        """The answer's status: 303 also where nothing was changed."""
        if reply.status == "deleted" or at >= reply.created + EDIT_FOR:
            return 409
        if body == reply.body:
            return 303
        same = self._is_there(reply.parent, reply.name, body, but=reply)
        if version != reply.version or same:
            return 409
        reply.body, reply.edited = body, True
        reply.becomes("pending", "author")
        return 303

    def withdraw(self, reply: Reply) -> None:
        if reply.status != "deleted":
            reply.becomes("deleted", "author")
            reply.taken = "withdrawn"

    def erase(self, reply: Reply) -> None:
        if reply.taken == "erased":
            return
        reply.becomes("deleted", "author")
        reply.taken, reply.name, reply.body = "erased", "", ""

    def decide(self, reply: Reply, status: str, version: int, at: datetime) -> str:
        """What is refused, and why; "" where it is done."""
        if version != reply.version:
            return "stale"
        if status == reply.status or reply.taken:
            return "unchanged"
        self._decided(reply, status, at)
        return ""

    def undo(self, reply: Reply, version: int, at: datetime) -> bool:
        """Take the decision of this version back; False where that is refused."""
        was, by = reply.decisions[version - 1]
        if not was or by == "author" or version != reply.version:
            return False
        self._decided(reply, was, at)
        return True

    def _decided(self, reply: Reply, status: str, at: datetime) -> None:
        reply.becomes(status, "moderator")
        reply.decided = at

    def report(self, reply: Reply, network: str, at: datetime) -> int:
        if not reply.seen:
            return 404
        if network not in reply.reports:
            reply.reports[network] = at
            voices = [one for one in reply.reports.values() if self._counts(reply, one)]
            if len(voices) >= ENOUGH_REPORTS:
                reply.becomes("pending", "readers")
        return 202

    def _counts(self, reply: Reply, at: datetime) -> bool:
        return reply.decided is None or at > reply.decided
