"""Hold a feed against the rules of RFC 4287 and RFC 4685, and read its entries."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

ATOM = "{http://www.w3.org/2005/Atom}"
THREADING = "{http://purl.org/syndication/thread/1.0}"
#: RFC 3986: what an address is made of, once all that needs an escape has one.
URI = re.compile(r"[a-z][a-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
#: RFC 3339 with a capital T and Z, as section 3.3 wants it.
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
ONCE = ("id", "title", "updated")


@dataclass(frozen=True)
class Entry:
    """What a feed reader makes of an entry."""

    id: str
    title: str
    author: str
    link: str
    published: str
    updated: str
    answers: str
    html: str


def entries(feed: bytes) -> list[Entry]:
    return [_read(one) for one in Xml.fromstring(feed).iter(f"{ATOM}entry")]


def _read(entry: Xml.Element) -> Entry:
    text = {one.tag.removeprefix(ATOM): one.text or "" for one in entry}
    answered = entry.find(f"{THREADING}in-reply-to")
    return Entry(
        text["id"],
        text["title"],
        entry.findtext(f"{ATOM}author/{ATOM}name", ""),
        next(one.get("href", "") for one in entry.iter(f"{ATOM}link")),
        text["published"],
        text["updated"],
        answered.get("ref", "") if answered is not None else "",
        text["content"],
    )


def faults(feed: bytes) -> list[str]:
    """Where the feed breaks a rule; [] for a good one. What is no XML raises ParseError."""
    root = Xml.fromstring(feed)
    if root.tag != f"{ATOM}feed":
        return [f"the document is a {root.tag}"]
    return list(_of_feed(root))


def _of_feed(root: Xml.Element) -> Iterator[str]:
    yield from _of_both(root, "feed")
    language = root.get("{http://www.w3.org/XML/1998/namespace}lang", "en")
    if not LANGUAGE.fullmatch(language):
        yield f"no language: {language!r}"
    rels = [link.get("rel") for link in root.findall(f"{ATOM}link")]
    if rels.count("self") != 1:
        yield "a feed names itself once (4.1.1)"
    several = root.findall(f"{ATOM}entry")
    if root.find(f"{ATOM}author") is None and any(
        one.find(f"{ATOM}author") is None for one in several
    ):
        yield "somebody wrote every entry (4.1.1)"
    ids = [one.findtext(f"{ATOM}id") for one in [root, *several]]
    if len(set(ids)) != len(ids):
        yield "two have the same id (4.2.6)"
    for number, entry in enumerate(several):
        yield from _of_both(entry, f"entry {number}")
        yield from _of_entry(entry, f"entry {number}")


def _of_both(holder: Xml.Element, at: str) -> Iterator[str]:
    for name in ONCE:
        if len(holder.findall(f"{ATOM}{name}")) != 1:
            yield f"{at} has not one {name}"
    identifier = holder.findtext(f"{ATOM}id", "")
    if not URI.fullmatch(identifier):
        yield f"{at}: the id is {identifier!r}"
    yield from _of_people_and_moments(holder, at)
    yield from _of_links(holder.findall(f"{ATOM}link"), at)


def _of_people_and_moments(holder: Xml.Element, at: str) -> Iterator[str]:
    for person in holder.findall(f"{ATOM}author"):
        if len(person.findall(f"{ATOM}name")) != 1 or not person.findtext(f"{ATOM}name"):
            yield f"{at}: a person has one name (3.2.1)"
    for moment in (*holder.findall(f"{ATOM}updated"), *holder.findall(f"{ATOM}published")):
        if not MOMENT.fullmatch(moment.text or ""):
            yield f"{at}: no moment: {moment.text!r}"


def _of_links(links: list[Xml.Element], at: str) -> Iterator[str]:
    for link in links:
        if not URI.fullmatch(link.get("href", "")):
            yield f"{at}: a link leads to {link.get('href')!r}"
    alternates = [
        (link.get("type"), link.get("hreflang"))
        for link in links
        if link.get("rel", "alternate") == "alternate"
    ]
    if len(set(alternates)) != len(alternates):
        yield f"{at}: two links mean the same (4.1.1)"


def _of_entry(entry: Xml.Element, at: str) -> Iterator[str]:
    for content in entry.findall(f"{ATOM}content"):
        if content.get("type") != "html" or len(content):
            yield f"{at}: the content is not escaped HTML (4.1.3.3)"
    for answered in entry.findall(f"{THREADING}in-reply-to"):
        addresses = [answered.get("ref", ""), answered.get("href", answered.get("ref", ""))]
        if not all(map(URI.fullmatch, addresses)):
            yield f"{at}: it answers {addresses} (RFC 4685, 3)"
    names = (*ONCE, "author", "published", "link", "content")
    known = {f"{THREADING}in-reply-to", *(f"{ATOM}{name}" for name in names)}
    for one in entry:
        if one.tag not in known:
            yield f"{at}: what is {one.tag}?"
