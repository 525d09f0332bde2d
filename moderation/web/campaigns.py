"""A card that stands for all that belong together: what they have in common, the newest of them."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from moderation import clusters
from moderation.models import Comment, InCommon
from moderation.text import alike, markup
from moderation.text.changes import Change, changes

from . import cards, words
from .service import reading

#: Differences are looked for word by word: in so many texts, the newest ones.
MOST_COMPARED = 20


def several(comments: Sequence[Comment]) -> list[cards.Card]:
    """The cards of a page of the folded queue; of those that stand for others, with these."""
    together = clusters.campaigns(reading(), comments)
    return [
        card | ({"campaign": _campaign(one, found)} if (found := together.get(one.id)) else {})
        for one, card in zip(comments, cards.several(comments), strict=True)
    ]


def one(comment: Comment) -> cards.Card:
    """The card of one comment, as it stands on the list."""
    return several([comment])[0]


def others(comment: Comment) -> dict[str, Any] | None:
    """All that wait together with a comment, the newest first; None where none does."""
    found = clusters.campaign(reading(), comment)
    return _campaign(comment, found) if found else None


def _campaign(first: Comment, found: clusters.Campaign) -> dict[str, Any]:
    return {
        "number": len(found.members),
        "members": " ".join(f"{one.id}.{one.version}" for one in found.members),
        "ids": ".".join(one.id for one in found.members),
        "common": [_in_common(kind, first, found) for kind in found.by],
        "authors": found.authors,
        "networks": found.networks,
        "decided": {str(status): number for status, number in found.decided.items()},
        "latest": [_text(first, one, n) for n, one in enumerate(found.latest)],
    }


def _in_common(kind: InCommon, first: Comment, found: clusters.Campaign) -> dict[str, str]:
    hosts = _hosts(first).intersection(*map(_hosts, found.latest)) if kind == "domain" else set()
    return {"sentence": str(words.TOGETHER[kind]), "detail": ", ".join(sorted(hosts))}


def _hosts(comment: Comment) -> set[str]:
    return {cards.host(href).removeprefix("www.") for href in comment.links}


def _text(first: Comment, other: Comment, number: int) -> dict[str, Any]:
    return {
        "id": other.id,
        "version": other.version,
        "name": other.name,
        "created_at": other.created_at,
        "pieces": _pieces(first, other, number),
    }


def _pieces(first: Comment, other: Comment, number: int) -> list[dict[str, Any]]:
    """What it says, with what is otherwise in the first one where they are alike."""
    site = first.thread.site
    texts = [markup.plain(comment.html) for comment in (first, other)]
    if number >= MOST_COMPARED or not alike.are_alike(*texts):
        return [{"change": Change.KEPT, "html": _covered(texts[1], site)}]
    return [
        {"change": piece.change, "html": _covered(piece.text, site)} for piece in changes(*texts)
    ]


def _covered(text: str, site: Any) -> Markup:
    return cards.covered(str(escape(text)), site)
