"""A comment as a moderator sees it: with its place, its author's past, and why it waits."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from moderation import notebook, reporting, review
from moderation.models import (
    Actor,
    Comment,
    Decision,
    Masking,
    Moderator,
    Note,
    Preferences,
    Role,
    Site,
    Status,
)
from moderation.policy import TERMS
from moderation.privacy import masked
from moderation.publishing import rfc3339
from moderation.queueing import COUNTED_TO
from moderation.text import addresses, markup, masking

from . import reasons, words
from .service import reading, service

Card = dict[str, Any]
#: What a card tells of the author's other comments.
_PAST = ("approved", "rejected", "spam", "pending")


def several(comments: Sequence[Comment]) -> list[Card]:
    """The cards of a page of the queue, in a fixed number of queries."""
    pasts = review.pasts(reading(), comments)
    twins = review.twins(reading(), comments)
    told = reporting.told(reading(), [one.id for one in comments])
    settled = review.settled(reading(), comments)
    chosen_from = reasons.for_cards(reading(), comments)
    near = review.neighbours(reading(), comments)
    notes = notebook.notes(reading(), [one.id for one in comments])
    return [
        _card(one, pasts.get(one.author_id or ""), twins[one.id])
        | _reports(told.get(one.id))
        | {
            "settled": one.id in settled,
            "choices": chosen_from[one.site_id],
            "neighbours": near[one.id],
            "notes": [noted(note) for note in notes.get(one.id, [])],
        }
        for one in comments
    ]


def one(comment: Comment) -> Card:
    """The card of one comment."""
    return several([comment])[0]


def _card(comment: Comment, past: review.Past | None, twins: int) -> Card:
    thread, site = comment.thread, comment.thread.site
    return {
        "comment": _comment(comment),
        "site": {"id": site.id, "key": site.key, "name": site.name},
        "thread": {"title": thread.title or comment.title, "page": thread.page, "url": thread.page},
        "parent": _parent(comment.parent),
        "under": _under(comment.parent),
        "by_moderator": comment.moderator_id is not None,
        "author": _author(comment, past),
        "avatar": comment.author.avatar if comment.author else "000000",
        "body": shown(comment),
        "reasons": [{**stored, "sentence": words.reason(stored)} for stored in comment.reasons],
        "settings": _settings(site, comment),
        "links": [{"href": href, "host": host(href)} for href in comment.links],
        "twins": twins,
    }


def _wishes() -> Preferences:
    """The preferences of whoever looks: a program that brings a token has none, and whoever comes
    by a link in a letter those of everybody.
    """
    me = g.get("me")
    if me is None:
        return Preferences()
    return me.wishes if isinstance(me, Moderator) else Preferences(masking=Masking.NONE)


def shown(comment: Comment) -> Markup:
    """The comment as readers see it, but for words that its moderator wants covered."""
    return covered(comment.html, comment.thread.site)


def covered(safe: str, site: Site) -> Markup:
    """Safe HTML of a comment on this site, but for words that whoever looks wants covered."""
    wanted, covered = _wishes().masking, set[str]()
    if wanted is not Masking.NONE:
        covered |= masking.SLURS
    if wanted is Masking.BLOCKED:
        covered |= set(site.settings.blocked_words)
    return Markup(masking.masked(safe, covered, _cover))  # noqa: S704 - safe already


def _cover(word: str) -> str:
    """A word behind a box to tick, which needs no script to be shown."""
    return Markup(
        '<label class="covered"><input type="checkbox" class="covered__box">'
        '<span class="covered__ask">{}</span><span class="covered__word">{}</span></label>'
    ).format(_("Show the word"), word)


def _settings(site: Site, comment: Comment) -> dict[str, str]:
    """Where the rules behind its reasons are changed, by code; for those who may."""
    me = g.get("me")
    if not isinstance(me, Moderator) or me.role is not Role.OWNER:
        return {}
    codes = {stored["code"] for stored in comment.reasons} & TERMS.keys()
    return {code: url_for("policy.page", site=site.key, _anchor=f"rule-{code}") for code in codes}


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
        "website_host": host(comment.website) if comment.website else "",
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "score": comment.score,
    }


def noted(note: Note) -> dict[str, Any]:
    """A moderator's note, as a card shows it."""
    return {"id": note.id, "who": note.moderator.name, "text": note.text, "at": note.at}


def _parent(parent: Comment | None) -> dict[str, Any] | None:
    if parent is None:
        return None
    excerpt = markup.excerpt(parent.html)
    return {"name": parent.name, "excerpt": excerpt, "status": str(parent.status)}


def _under(parent: Comment | None) -> str | None:
    """What became of the comment it answers, where readers do not see that one."""
    sentence = words.UNDER.get(parent.status) if parent else None
    return str(sentence) if sentence else None


def _author(comment: Comment, past: review.Past | None) -> dict[str, Any] | None:
    author = comment.author
    if author is None:
        return None
    known = past or review.Past()
    return {
        "id": author.id,
        "masked": author.masked_email(service().keyring),
        "first_seen": author.created_at,
        **{name: getattr(known, name) for name in _PAST},
    }


def host(href: str) -> str:
    """The host that a link or an address leads to; what has none is given as it is."""
    if href.startswith("mailto:"):
        return href.removeprefix("mailto:").rpartition("@")[2]
    try:
        return addresses.host(href)
    except addresses.BadAddress:
        return href


def decided(decision: Decision, latest: int, own: Mapping[str, str]) -> dict[str, Any]:
    """A decision as the card's page lists it; only the latest can be undone, not the first.

    `own` are what reasons of owners' own say (see `reasons.sentences`).
    """
    return {
        "id": decision.id,
        "who": decision.by.name if decision.by else str(WHO[decision.actor]),
        "was": str(decision.was) if decision.was else None,
        "became": str(decision.became),
        "reason": reasons.said(decision.reason, own),
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


def overtaking(latest: Decision, comment: Comment) -> dict[str, Any] | None:
    """The decision that was faster; None where nobody decided, but its author changed the text."""
    if latest.actor is Actor.AUTHOR and latest.became is not Status.DELETED:
        return None
    return decided(latest, comment.version, reasons.sentences(reading(), [comment.site_id]))


def as_json(card: Card) -> dict[str, Any]:
    """A card in the form of the API."""
    comment = dict(card["comment"])
    for name in ("created_at", "edited_at"):
        comment[name] = rfc3339(comment[name]) if comment[name] else None
    author = dict(card["author"]) if card["author"] else {}
    if author:
        author["first_seen"] = rfc3339(author["first_seen"])
        author |= {name: min(author[name], COUNTED_TO) for name in _PAST}
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
        "twins": min(card["twins"], COUNTED_TO),
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
