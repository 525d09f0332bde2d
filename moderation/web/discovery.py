"""What a page of replies tells search engines: which article it belongs to, and who said what."""

from typing import Any

from moderation.models import Site
from moderation.text import markup

from .public import absolute, is_on, uri

#: A reply as the templates of readers draw it.
Drawn = dict[str, Any]


def canonical(site: Site, page: str, thread: Drawn) -> str:
    """The article that a thread's page belongs to, or "" where the page may not be listed.

    A page with replies names its article, and lets search engines take both for one: `noindex`
    beside it would say that neither matters, and Google advises against the two together. A page
    without replies, or under an address that is not the site's, is not to be found at all:
    anybody can make up its address, and with it the address it names.
    """
    return page if thread["count"] and is_on(site, page) else ""


def linked_data(page: str, thread: Drawn, comments: list[Drawn]) -> dict[str, Any]:
    """The replies in the vocabulary of schema.org, for a page's JSON-LD.

    Templates write it with `tojson`, which leaves nothing that could end the script element.
    Web sites of authors are left out: a link that every crawler follows is what spam is for.
    """
    page = uri(page)
    there = {one["id"] for one in comments if not one["deleted"]}
    return {
        "@context": "https://schema.org",
        "@type": "WebPage",
        "@id": page,
        "url": page,
        "name": thread["title"] or page,
        "commentCount": thread["count"],
        "comment": [_comment(one, there) for one in comments if not one["deleted"]],
    }


def _comment(one: Drawn, there: set[str]) -> dict[str, Any]:
    address = absolute("reader.permalink", comment=one["id"])
    said: dict[str, Any] = {
        "@type": "Comment",
        "@id": address,
        "url": address,
        "text": markup.plain(one["html"]),
        "author": {"@type": "Person", "name": one["author"]["name"]},
        "dateCreated": one["created_at"].isoformat(),
    }
    if one["edited_at"]:
        said["dateModified"] = one["edited_at"].isoformat()
    # Of a deleted one nothing is said, and what stands on another page has its address there.
    if one["parent"] in there:
        said["parentItem"] = {
            "@type": "Comment",
            "@id": absolute("reader.permalink", comment=one["parent"]),
        }
    return said
