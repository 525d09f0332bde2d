"""Atom feeds of published replies (RFC 4287), each in answer to something (RFC 4685)."""

import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as Xml

from flask import Blueprint, Response, request
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import aliased

from moderation.models import Comment, Site, Status, Thread
from moderation.publishing import find_thread, rfc3339

from .public import absolute, is_on, open_to_all, page_asked_for, shared, uri
from .service import reading, service, site_or_404

blueprint = Blueprint("feeds", __name__)
blueprint.after_request(open_to_all)

MOST_ENTRIES = 50
#: The most characters of HTML in one feed: as with a thread's page, the first entry is always in.
MOST_HTML = 256 * 1024
ATOM, THREADING = "http://www.w3.org/2005/Atom", "http://purl.org/syndication/thread/1.0"
FEED = "application/atom+xml"
#: What XML 1.0 has no way to write, not even escaped (section 2.2).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@blueprint.get("/sites/<site>/feed.atom")
def atom(site: str) -> Response:
    """The newest published replies, of the site or of one page. It is in the site's language,
    whoever asks: caches keep one for all.
    """
    found = site_or_404(site)
    page = page_asked_for() if "page" in request.args else ""
    with force_locale(found.settings.language):
        feed = _feed(found, page, _newest(found, page))
    return shared(Xml.tostring(feed, encoding="utf-8", xml_declaration=True), FEED)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """What crawlers are asked. Whatever may not be listed says so itself, so it has to be read."""
    return shared(_ROBOTS, "text/plain")


#: A link to the form below each reply leads to the same page again.
_ROBOTS = b"User-agent: *\nDisallow: /sites/*/thread?*parent=\n"


def _newest(site: Site, page: str) -> Sequence[Row[Any]]:
    thread = find_thread(reading(), site.id, page) if page else None
    if page and thread is None:
        return []
    rows = reading().execute(_query(site, thread)).all()
    room = MOST_HTML
    for number, row in enumerate(rows):
        room -= len(row.html)
        if room < 0 and number:
            return rows[:number]
    return rows


def _query(site: Site, thread: Thread | None) -> Select[*tuple[Any, ...]]:
    """Through the index on site, status and time, or that on thread, status and time."""
    parent = aliased(Comment)
    query: Select[*tuple[Any, ...]] = (
        select(
            Comment.id,
            Comment.name,
            Comment.html,
            Comment.created_at,
            Comment.edited_at,
            Comment.parent_id,
            Thread.page,
            Thread.title,
            parent.status.label("parent_status"),
        )
        .join(Thread, Thread.id == Comment.thread_id)
        .outerjoin(parent, parent.id == Comment.parent_id)
        .where(Comment.status == Status.APPROVED, Comment.published)
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(MOST_ENTRIES)
    )
    return query.where(
        Comment.thread_id == thread.id if thread else Comment.site_id == site.id,
    )


def _feed(site: Site, page: str, rows: Sequence[Row[Any]]) -> Xml.Element:
    feed = Xml.Element(
        "feed",
        {"xmlns": ATOM, "xmlns:thr": THREADING, "xml:lang": site.settings.language},
    )
    title = rows[0].title if page and rows else ""
    said = _("Replies to “%(title)s”", title=title or page) if page else _("Replies")
    query = {"page": page} if page else {}
    _text(feed, "id", identifier(f"{site.id} {page}"))
    _text(feed, "title", f"{said} · {site.name}")
    _text(feed, "updated", rfc3339(max(map(_changed, rows), default=site.created_at)))
    # For entries that have one each; a feed without entries needs it (RFC 4287, section 4.1.1).
    _author(feed, site.name)
    _link(feed, "self", absolute("feeds.atom", site=site.key, **query), FEED)
    _link(feed, "alternate", _home(site, page), "text/html")
    for row in rows:
        _entry(feed, row)
    return feed


def _home(site: Site, page: str) -> str:
    if not page:
        return f"{next(iter(site.origins), service().settings.public_url)}/"
    return page if is_on(site, page) else absolute("reader.thread", site=site.key, page=page)


def _entry(feed: Xml.Element, row: Row[Any]) -> None:
    entry = Xml.SubElement(feed, "entry")
    title = _("%(name)s on “%(title)s”", name=row.name, title=row.title or row.page)
    _text(entry, "id", identifier(row.id))
    _text(entry, "title", title)
    _author(entry, row.name)
    _text(entry, "published", rfc3339(row.created_at))
    _text(entry, "updated", rfc3339(_changed(row)))
    _link(entry, "alternate", absolute("reader.permalink", comment=row.id), "text/html")
    Xml.SubElement(entry, "thr:in-reply-to", _answered(row))
    _text(entry, "content", row.html, type="html")


def _answered(row: Row[Any]) -> dict[str, str]:
    """What it answers: another reply, by its atom:id, or the page. Of a deleted one there is no
    address left.
    """
    if row.parent_id is None:
        return {"ref": uri(row.page), "href": uri(row.page), "type": "text/html"}
    named = {"ref": identifier(row.parent_id)}
    if row.parent_status != Status.APPROVED:
        return named
    href = absolute("reader.permalink", comment=row.parent_id)
    return {**named, "href": href, "type": "text/html"}


def identifier(name: str) -> str:
    """An atom:id. It stays the same when the service moves to another address, as it must
    (RFC 4287, section 4.2.6): with a permalink or a `tag:` every reply would be new again.
    """
    return uuid.uuid5(_OURS, name).urn


_OURS = uuid.UUID("157e2ee3-8ca2-4e33-a0c6-329f61996fcf")


def _changed(row: Row[Any]) -> datetime:
    changed: datetime = row.edited_at or row.created_at
    return changed


def _author(holder: Xml.Element, name: str) -> None:
    _text(Xml.SubElement(holder, "author"), "name", name)


def _link(holder: Xml.Element, rel: str, href: str, kind: str) -> None:
    Xml.SubElement(holder, "link", {"rel": rel, "type": kind, "href": uri(href)})


def _text(holder: Xml.Element, name: str, text: str, **attributes: str) -> None:
    Xml.SubElement(holder, name, attributes).text = _xml(text)


def _xml(text: str) -> str:
    """The text without what would end the document for every parser; a sign stands for it."""
    return _NOT_XML.sub("\ufffd", text)
