"""What an address asks of the queue: read, kept to what there is, and written back into links."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from moderation import review
from moderation.languages import LANGUAGES
from moderation.models import Comment, Site, Status
from moderation.review import Filter, Order
from moderation.text import addresses, plain

from .bounds import LONGEST_SEARCH
from .drawing import ngettext

#: The names in an address, in the order of the form. A box that is ticked says "1".
NAMES = (
    *("q", "site", "reason", "order"),
    *("page", "language", "author", "links", "reported", "status"),
)
_NARROWING = ("q", "site", "reason", "page", "language", "author", "links", "reported")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a moderator's address asks for, as text for the form and as a filter for the queue."""

    text: dict[str, str]
    wanted: Filter

    @property
    def order(self) -> Order:
        """The order that was asked for."""
        return Order(self.text["order"])

    @property
    def named(self) -> dict[str, str]:
        """What stands in links that keep the filter."""
        usual = {"order": str(Order.OLDEST)}
        return {
            name: value for name, value in self.text.items() if value and usual.get(name) != value
        }

    @property
    def query(self) -> str:
        """The same, as the query string of an address."""
        return urlencode(self.named)

    @property
    def narrows(self) -> bool:
        """Whether anything but the status and the order is asked for."""
        return any(self.text[name] for name in _NARROWING)


def asked(sites: Iterable[Site], given: Mapping[str, str]) -> Asked:
    """What an address asks for. What there is not, or is not theirs, is as if unsaid."""
    text = {name: _readable(name, given.get(name, "")) for name in NAMES}
    ids = {site.key: site.id for site in sites}
    allowed: dict[str, Iterable[str]] = {
        "site": ids,
        "status": list(Status),
        "order": list(Order),
        "language": LANGUAGES,
        "links": ["1"],
        "reported": ["1"],
    }
    for name, values in allowed.items():
        text[name] = text[name] if text[name] in values else ""
    text["status"] = text["status"] or str(Status.PENDING)
    text["order"] = text["order"] or str(Order.OLDEST)
    return Asked(text, wanted(text, ids.get(text["site"])))


def wanted(text: dict[str, str], site_id: str | None) -> Filter:
    """The filter of what is asked for in an address, where every value is a good one."""
    return Filter(
        status=Status(text["status"]),
        site_id=site_id,
        reason=text["reason"],
        q=text["q"],
        page=normal(text["page"]),
        author=text["author"],
        language=text["language"],
        links=bool(text["links"]),
        reported=bool(text["reported"]),
    )


def normal(page: str) -> str:
    """A page's address as threads are found by; one that is none finds nothing."""
    try:
        return addresses.page(page) if page else ""
    except addresses.BadAddress:
        return page


def sums(comments: Iterable[Comment], order: Order, after: str, now: datetime) -> dict[str, Any]:
    """By comment, the sum by which it stands where it stands; nothing where age alone counts."""
    if order is not Order.PRIORITY:
        return {}
    at = review.moment(after, now)
    return {one.id: _sum(review.Priority.of(one, at)) for one in comments}


def _sum(priority: review.Priority) -> str:
    return ngettext(
        "Priority %(sum)s = risk %(risk)s × %(num)s hour",
        "Priority %(sum)s = risk %(risk)s × %(num)s hours",
        priority.hours,
        sum=priority.sum,
        risk=priority.risk,
    )


def _readable(name: str, value: str) -> str:
    most = addresses.LONGEST_PAGE if name == "page" else LONGEST_SEARCH
    try:
        return plain.one_line(value)[:most]
    except plain.Unreadable:
        return ""
