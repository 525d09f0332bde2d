"""The decision log: searched page by page, and as a file of all that was found."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Blueprint, Response, g, render_template, request, url_for

from moderation import logbook, review
from moderation.logbook import Search
from moderation.models import Actor, Decision, Moderator, Site, Status
from moderation.publishing import rfc3339
from moderation.text import markup, plain

from . import cards, cursors, reasons, words
from .service import reading, service
from .sessions import protected

blueprint = Blueprint("log", __name__, url_prefix="/queue/log")

NAMES = ("site", "who", "status", "reason", "since", "until", "undone")
#: Whose decisions may be asked for beside one moderator's.
OTHERS: dict[str, Any] = {
    str(Actor.POLICY): words.POLICY,
    str(Actor.AUTHOR): words.AUTHOR,
    str(Actor.READERS): words.READERS,
}
COLUMNS = (
    *("at", "moderator", "from", "to", "reason", "note", "taken_back"),
    *("site", "page", "comment"),
)
#: What a spreadsheet would take for a formula, were it the first letter of a cell.
_FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


@blueprint.get("")
@protected
def index() -> str:
    """What was decided on the moderator's sites, newest first."""
    sites, people = review.sites(reading(), g.me), logbook.moderators(reading(), g.me)
    asked = _asked(sites, people)
    search = _search(asked, sites)
    found, ended = logbook.page(reading(), g.me, search, after=cursors.given())
    after = cursors.told(ended)
    named = {name: value for name, value in asked.items() if value}
    undone = logbook.undone(reading(), found)
    own = reasons.sentences(reading(), (site.id for site in sites))
    return render_template(
        "queue/log.html",
        decisions=[_entry(one, undone, own) for one in found],
        asked=asked,
        narrows=bool(named),
        sites=sites,
        people=people,
        others=OTHERS,
        reasons=_reasons(sites),
        file_url=url_for("log.export", **named),
        next_url=url_for("log.index", **named, after=after) if after else None,
    )


@blueprint.get("/decisions.csv")
@protected
def export() -> Response:
    """The same as a file: every decision that is found, read while it is sent."""
    sites, me = review.sites(reading(), g.me), g.me
    search = _search(_asked(sites, logbook.moderators(reading(), me)), sites)
    lines = _lines(me, search, [site.id for site in sites])
    answer = Response(lines, mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="decisions.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _lines(me: Moderator, search: Search, sites: list[str]) -> Iterator[str]:
    # A session of its own: the request's ends when the answer begins. The service is looked up
    # by then, since Flask's context goes with it.
    database = service().database

    def written() -> Iterator[str]:
        yield _line(COLUMNS)
        with database.reading() as session:
            own = reasons.sentences(session, sites)
            for several in logbook.batches(session, me, search):
                undone = logbook.undone(session, several)
                yield "".join(_line(_cells(one, undone, own)) for one in several)

    return written()


def _line(cells: Any) -> str:
    line = io.StringIO()
    # All in quotes, since a spreadsheet of many languages parts cells at semicolons.
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([harmless(str(cell)) for cell in cells])
    return line.getvalue()


def harmless(cell: str) -> str:
    """A cell that a spreadsheet shows and does not compute."""
    return f"'{cell}" if cell[:1] in _FORMULA else cell


def _cells(decision: Decision, undone: set[str], own: dict[str, str]) -> tuple[Any, ...]:
    thread = decision.comment.thread
    return (
        rfc3339(decision.at),
        decision.by.name if decision.by else decision.actor,
        decision.was or "",
        decision.became,
        own.get(decision.reason, decision.reason),
        plain.one_line(decision.note),
        "yes" if decision.id in undone else "",
        thread.site.key,
        thread.page,
        decision.comment_id,
    )


def _reasons(sites: list[Site]) -> list[tuple[str, str]]:
    """Every reason that can have been given there, with its sentence."""
    known = {code: str(sentence) for code, sentence in words.CHOICES.items()}
    for offered in reasons.of_each(reading(), (site.id for site in sites)).values():
        known |= {choice.code: choice.sentence for choice in offered}
    return list(known.items())


def _asked(sites: list[Site], people: list[Moderator]) -> dict[str, str]:
    """What the address asks for; what there is not, or is not theirs, is as if unsaid."""
    asked = {name: _argument(name) for name in NAMES}
    allowed: dict[str, Any] = {
        "site": {site.key for site in sites},
        "who": {*OTHERS, *(one.id for one in people)},
        "status": list(Status),
        "undone": ["1"],
    }
    for name, values in allowed.items():
        asked[name] = asked[name] if asked[name] in values else ""
    for name in ("since", "until"):
        asked[name] = asked[name] if _day(asked[name]) else ""
    return asked


def _argument(name: str) -> str:
    try:
        return plain.one_line(request.args.get(name, ""))[:60]
    except plain.Unreadable:
        return ""


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # The day after the last one could not be told.
    return found if 1970 <= found.year < 9999 else None


def _search(asked: dict[str, str], sites: list[Site]) -> Search:
    is_other = asked["who"] in OTHERS
    return Search(
        site_id=next((site.id for site in sites if site.key == asked["site"]), None),
        actor=Actor(asked["who"]) if is_other else Actor.MODERATOR,
        by="" if is_other else asked["who"],
        became=Status(asked["status"]) if asked["status"] else None,
        reason=asked["reason"],
        since=_day(asked["since"]),
        until=_day(asked["until"]),
        undone=bool(asked["undone"]),
    )


def _entry(decision: Decision, undone: set[str], own: dict[str, str]) -> dict[str, Any]:
    comment = decision.comment
    return {
        "who": decision.by.name if decision.by else str(cards.WHO[decision.actor]),
        "was": str(decision.was) if decision.was else None,
        "became": str(decision.became),
        "reason": reasons.said(decision.reason, own),
        "note": decision.note,
        "at": decision.at,
        "takes_back": decision.undoes_id is not None,
        "undone": decision.id in undone,
        "comment": comment.id,
        "name": comment.name,
        "excerpt": markup.excerpt(comment.html),
        "page": comment.thread.title or comment.thread.page,
        "site": comment.thread.site.name,
    }
