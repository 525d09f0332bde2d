"""A reply with all that can be worked out of it alone: rendered, digested, ready to be judged."""

from dataclasses import dataclass

from moderation import privacy
from moderation.policy import Said
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

    def said(self, came: tuple[str, ...]) -> Said:
        """What the classifier looks at; `came` is how it came (see `judging.came`)."""
        reply = self.reply
        return Said(reply.body, reply.name, reply.website, tuple(self.rendered.links), came)


@dataclass(frozen=True, slots=True)
class Words:
    """A text with all that can be worked out of it and of its place."""

    body: str
    rendered: markup.Rendered
    text_digest: str
    fingerprint: str


def draft(reply: Reply, site_key: bytes) -> Draft:
    """Render and digest a reply. Slow work stands here, outside the transaction."""
    key = addresses.email_key(reply.email)
    said = words(reply.body, site_key, parent=reply.parent, name=reply.name)
    return Draft(
        reply=reply,
        rendered=said.rendered,
        author_digest=author_digest(site_key, reply.email),
        text_digest=said.text_digest,
        fingerprint=said.fingerprint,
        avatar=privacy.avatar_seed(site_key, key),
    )


def words(body: str, site_key: bytes, *, parent: str | None, name: str) -> Words:
    """Render and digest a text that stands, or is to stand, in this place under this name."""
    folded = " ".join(body.casefold().split())
    return Words(
        body=body,
        rendered=markup.render(body),
        text_digest=privacy.digest(site_key, "text", folded),
        fingerprint=fingerprint(site_key, parent=parent, name=name, body=body),
    )


def fingerprint(site_key: bytes, *, parent: str | None, name: str, body: str) -> str:
    """What the same reply in the same place of a thread is known again by.

    It is looked for within the thread, so the page is no part of it: a thread of 100,000 replies
    moves to another page as soon as one of three.
    """
    # By the name, not the address: whoever sends a reply they read here again, with an address
    # that they guess, must not learn from the answer whether it is its author's.
    place = "\n".join((parent or "", name.casefold(), body))
    return privacy.digest(site_key, "fingerprint", place)


def author_digest(site_key: bytes, email: str) -> str:
    """What an author is found again by on this site."""
    return privacy.digest(site_key, "author", addresses.email_key(email))
