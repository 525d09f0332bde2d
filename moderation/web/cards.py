"""A comment as a moderator sees it: with its place, its author's past, and why it waits."""

from collections.abc import Sequence
from typing import Any

from flask import g
from markupsafe import Markup

from moderation import reporting, review
from moderation.models import Actor, Comment, Decision, Revision
from moderation.privacy import masked
from moderation.publishing import rfc3339
from moderation.text import addresses, markup

from . import words
from .service import reading, service

Card = dict[str, Any]


def several(comments: Sequence[Comment]) -> list[Card]:
    """The cards of a page of the queue, in a fixed number of queries."""
    pasts = review.pasts(reading(), comments)
    twins = review.twins(reading(), comments)
    told = reporting.told(reading(), [one.id for one in comments])
    settled = review.settled(reading(), comments)
    return [
        _card(one, pasts.get(one.author_id or ""), twins[one.id])
        | _reports(told.get(one.id))
        | {"settled": one.id in settled}
        for one in comments
    ]


def one(comment: Comment) -> Card:
    """The card of one comment."""
    return several([comment])[0]


def _card(comment: Comment, past: review.Past | None, twins: int) -> Card:
    thread, site = comment.thread, comment.thread.site
    return {
        "comment": _comment(comment),
        "site": {"key": site.key, "name": site.name},
        "thread": {"title": thread.title or comment.title, "page": thread.page, "url": thread.page},
        "parent": _parent(comment.parent),
        "author": _author(comment, past),
        "avatar": comment.author.avatar if comment.author else "000000",
        "reasons": [{**stored, "sentence": words.reason(stored)} for stored in comment.reasons],
        "links": [{"href": href, "host": _host(href)} for href in comment.links],
        "twins": twins,
    }


def _reports(told: reporting.Told | None) -> Card:
    known = told or reporting.Told()
    latest = [
        {**one, "sentence": str(words.GROUNDS.get(one["reason"], one["reason"]))}
        for one in known.latest
    ]
    return {"reported": known.total, "reports": latest}


def _comment(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "version": comment.version,
        "status": str(comment.status),
        "source": comment.source,
        "html": Markup(comment.html),  # noqa: S704 - made by markup.render
        "name": comment.name,
        "website": comment.website,
        "website_host": _host(comment.website) if comment.website else "",
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "score": comment.score,
    }


def _parent(parent: Comment | None) -> dict[str, Any] | None:
    if parent is None:
        return None
    excerpt = markup.excerpt(parent.html)
    return {"name": parent.name, "excerpt": excerpt, "status": str(parent.status)}


def _author(comment: Comment, past: review.Past | None) -> dict[str, Any] | None:
    author = comment.author
    if author is None:
        return None
    known = past or review.Past()
    return {
        "id": author.id,
        "masked": author.masked_email(service().keyring),
        "first_seen": author.created_at,
        "approved": known.approved,
        "rejected": known.rejected,
        "spam": known.spam,
        "pending": known.pending,
    }


def _host(href: str) -> str:
    if href.startswith("mailto:"):
        return href.removeprefix("mailto:").rpartition("@")[2]
    try:
        return addresses.host(href)
    except addresses.BadAddress:
        return href


def decided(decision: Decision, latest: int) -> dict[str, Any]:
    """A decision as the card's page lists it; only the latest can be undone, not the first."""
    return {
        "id": decision.id,
        "who": decision.by.name if decision.by else str(WHO[decision.actor]),
        "was": str(decision.was) if decision.was else None,
        "became": str(decision.became),
        "reason": words.choice(decision.reason),
        "note": decision.note,
        "at": decision.at,
        "can_undo": review.is_undoable(decision) and decision.version == latest,
    }


#: Who decided, where no moderator did.
WHO = {
    Actor.POLICY: words.POLICY,
    Actor.MODERATOR: words.POLICY,
    Actor.AUTHOR: words.AUTHOR,
    Actor.READERS: words.READERS,
}


def earlier(revision: Revision) -> dict[str, Any]:
    """A text that a comment no longer has, as its card lists it."""
    return {
        "html": Markup(revision.html),  # noqa: S704 - made by markup.render
        "written_at": revision.written_at,
    }


def conversation(comment: Comment) -> list[dict[str, Any]]:
    """What stands around a comment, each with how deep it lies."""
    depth: dict[str, int] = {}
    said = []
    for one_of_them in review.conversation(reading(), comment):
        depth[one_of_them.id] = depth.get(one_of_them.parent_id or "", -1) + 1
        said.append(
            {
                "name": one_of_them.name,
                "html": Markup(one_of_them.html),  # noqa: S704 - made by markup.render
                "status": str(one_of_them.status),
                "created_at": one_of_them.created_at,
                "depth": depth[one_of_them.id],
                "current": one_of_them.id == comment.id,
            }
        )
    return said


def as_json(card: Card) -> dict[str, Any]:
    """A card in the form of the API."""
    comment = dict(card["comment"])
    for name in ("created_at", "edited_at"):
        comment[name] = rfc3339(comment[name]) if comment[name] else None
    author = dict(card["author"]) if card["author"] else {}
    if author:
        author["first_seen"] = rfc3339(author["first_seen"])
    body = comment.pop("source")
    return {
        **{key: value for key, value in comment.items() if key != "website_host"},
        "body": body,
        "html": str(comment["html"]),
        "site": card["site"]["key"],
        "page": card["thread"]["page"],
        "title": card["thread"]["title"],
        "parent": card["parent"],
        "author": {"name": comment["name"], "website": comment["website"], **author},
        "reasons": card["reasons"],
        "links": card["links"],
        "twins": card["twins"],
        "reported": card["reported"],
        "reports": [{**one, "at": rfc3339(one["at"])} for one in card["reports"]],
    }


def me_for_templates() -> dict[str, Any]:
    """The signed-in moderator, as every page of theirs names them."""
    me = g.me
    return {
        "name": me.name,
        "role": str(me.role),
        "email_masked": masked(me.email(service().keyring)),
    }
