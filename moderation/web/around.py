"""What stands around a comment on its card: the conversation, its edits, comments like it."""

from collections.abc import Callable, Sequence
from typing import Any

from moderation import lists, notebook, review
from moderation.models import Comment, Revision
from moderation.text import markup
from moderation.text.changes import changes

from . import campaigns, cards, reasons, words
from .service import now, reading

Part = dict[str, Any]

#: Edits that are shown: each is compared, and an author may make hundreds.
MOST_EDITS = 5


def conversation(comment: Comment) -> list[Part]:
    """What stands around a comment, each with how deep it lies."""
    depth: dict[str, int] = {}
    said = []
    for one_of_them in review.conversation(reading(), comment):
        depth[one_of_them.id] = depth.get(one_of_them.parent_id or "", -1) + 1
        said.append(
            {
                "name": one_of_them.name,
                "html": cards.shown(one_of_them),
                "status": str(one_of_them.status),
                "by_moderator": one_of_them.moderator_id is not None,
                "created_at": one_of_them.created_at,
                "depth": depth[one_of_them.id],
                "current": one_of_them.id == comment.id,
            }
        )
    return said


def alike(comment: Comment) -> list[Part]:
    """Comments like it, each with what it has in common."""
    hosts = [cards.host(href) for href in comment.links if not href.startswith("mailto:")]
    return [
        {
            "id": one.comment.id,
            "name": one.comment.name,
            "excerpt": markup.excerpt(one.comment.html),
            "status": str(one.comment.status),
            "created_at": one.comment.created_at,
            "common": [str(words.ALIKE[kind]) for kind in one.by],
        }
        for one in notebook.alike(reading(), comment, hosts)
    ]


def history(comment: Comment) -> Part:
    """Every decision on it and every edit, the latest first."""
    made = review.decisions(reading(), comment)
    own = reasons.sentences(reading(), [comment.site_id])
    edits = _edits(comment, review.earlier_texts(reading(), comment, MOST_EDITS + 1))
    return {
        "decisions": [cards.decided(one, comment.version, own) for one in made],
        "edits": edits[:MOST_EDITS],
        "more_edits": len(edits) > MOST_EDITS,
    }


def _edits(comment: Comment, earlier: Sequence[Revision]) -> list[Part]:
    """Every change of its text, word by word."""
    afterwards = [(comment.source, comment.edited_at or comment.created_at)]
    afterwards += [(one.source, one.written_at) for one in earlier]
    return [
        {"at": at, "pieces": changes(before.source, source)}
        for before, (source, at) in zip(earlier, afterwards, strict=False)
    ]


#: What each part that is shown in a card's place needs, beside the card itself.
PARTS: dict[str, Callable[[Comment], Part]] = {
    "conversation": lambda comment: {"conversation": conversation(comment)},
    "history": history,
    "campaign": lambda comment: {"together": campaigns.others(comment)},
    "lookalikes": lambda comment: {"alike": alike(comment)},
    "note": lambda _comment: {},
    "answer": lambda _comment: {},
}


def everything(comment: Comment) -> Part:
    """All of it, for a card on its own page."""
    found: Part = {}
    for part in PARTS.values():
        found |= part(comment)
    author = comment.author
    return found | {"listed": lists.about(reading(), author, now()) if author else None}
