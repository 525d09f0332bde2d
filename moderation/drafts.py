"""A reply with all that can be worked out of it alone: rendered, digested, ready to be judged."""

from dataclasses import dataclass

from moderation import privacy
from moderation.text import addresses, markup


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reader sent, validated by the form: texts are tidy, addresses in normal form."""

    page: str
    title: str
    parent: str | None
    name: str
    email: str
    website: str
    body: str
    honeypot: str = ""
    #: Whether its author wants to be told of answers, and the language they read the form in.
    notify: bool = False
    locale: str = "en"
    #: The network address it came from, or "" where there is none (an import, the demo).
    address: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply with all that can be worked out before the database is asked, or locked."""

    reply: Reply
    rendered: markup.Rendered
    author_digest: str
    text_digest: str
    fingerprint: str
    avatar: str


def draft(reply: Reply, site_key: bytes) -> Draft:
    """Render and digest a reply. Slow work stands here, outside the transaction."""
    key = addresses.email_key(reply.email)
    folded = " ".join(reply.body.casefold().split())
    # By the name, not the address: whoever sends a reply they read here again, with an address
    # that they guess, must not learn from the answer whether it is its author's.
    place = "\n".join((reply.page, reply.parent or "", reply.name.casefold(), reply.body))
    return Draft(
        reply=reply,
        rendered=markup.render(reply.body),
        author_digest=privacy.digest(site_key, "author", key),
        text_digest=privacy.digest(site_key, "text", folded),
        fingerprint=privacy.digest(site_key, "fingerprint", place),
        avatar=privacy.avatar_seed(site_key, key),
    )
