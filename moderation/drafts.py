"""A reply with all that can be worked out of it alone: rendered, digested, ready to be judged."""

from dataclasses import dataclass

from moderation import privacy
from moderation.policy import Said
from moderation.text import addresses, alike, markup

#: Domains by which a reply is found; whoever links to more is held for that.
MOST_DOMAINS = 5


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
    keys: "Keys"

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
    keys: "Keys"


@dataclass(frozen=True, slots=True)
class Keys:
    """By what comments that belong together find each other (see `clusters`)."""

    #: Of which texts that are alike have one in common.
    text: tuple[int, ...]
    #: By the host of each link and of the author's website.
    domains: dict[str, int]


def draft(reply: Reply, site_key: bytes) -> Draft:
    """Render and digest a reply. Slow work stands here, outside the transaction."""
    key = addresses.email_key(reply.email)
    said = words(reply.body, site_key, parent=reply.parent, name=reply.name, website=reply.website)
    return Draft(
        reply=reply,
        rendered=said.rendered,
        author_digest=author_digest(site_key, reply.email),
        text_digest=said.text_digest,
        fingerprint=said.fingerprint,
        avatar=privacy.avatar_seed(site_key, key),
        keys=said.keys,
    )


def words(body: str, site_key: bytes, *, parent: str | None, name: str, website: str = "") -> Words:
    """Render and digest a text that stands, or is to stand, in this place under this name."""
    folded = " ".join(body.casefold().split())
    rendered = markup.render(body)
    return Words(
        body=body,
        rendered=rendered,
        text_digest=privacy.digest(site_key, "text", folded),
        fingerprint=fingerprint(site_key, parent=parent, name=name, body=body),
        keys=_keys(site_key, rendered, website),
    )


def _keys(site_key: bytes, rendered: markup.Rendered, website: str) -> Keys:
    bands = alike.sketch(markup.plain(rendered.html))
    hosts = {host for link in (*rendered.links, website) if (host := _host(link))}
    return Keys(
        text=tuple(key(site_key, "text", band) for band in bands),
        domains={host: key(site_key, "domain", host) for host in sorted(hosts)[:MOST_DOMAINS]},
    )


def _host(link: str) -> str:
    try:
        return addresses.host(link).removeprefix("www.")
    except addresses.BadAddress:
        return ""


def key(site_key: bytes, kind: str, value: str) -> int:
    """What something that comments have in common is found by on this site: 60 bits."""
    return int(privacy.digest(site_key, f"alike {kind}", value)[:15], 16)


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
