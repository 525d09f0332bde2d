"""Comments that nobody wrote, and what was decided about them: rows, as the workflows leave them.

They read like the demonstration's own: sentences of its replies, put together anew, so that hardly
two are the same. Most authors wrote a few, some regulars thousands; most networks sent few, some
very many.
"""

import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from html import escape
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from moderation.models import Actor, Author, Decision, Site, Status
from moderation.models.comment import segment
from moderation.privacy import Keyring, avatar_seed, digest, new_ids
from moderation.text import markup

#: They arrived over so many days, up to now.
DAYS = 30
#: Of a hundred comments so many are by one of the regulars.
_BY_REGULARS = 2
_HOST = "a-host-to-be.example"
#: What the policy may have found: code, share of the score, detail; and how often of a hundred.
_FINDINGS = (
    (50, [("first_time", 5, ""), ("hold_everything", 0, "")]),
    (20, [("hold_everything", 0, "")]),
    (12, [("stranger_links", 10, "1"), ("first_time", 5, ""), ("hold_everything", 0, "")]),
    (8, [("links", 30, "3"), ("stranger_links", 10, "3"), ("first_time", 5, "")]),
    (6, [("same_text", 25, "1"), ("first_time", 5, ""), ("hold_everything", 0, "")]),
    (3, [("blocked_words", 30, "casino"), ("stranger_links", 10, "1"), ("first_time", 5, "")]),
    (1, [("haste", 30, "1"), ("links", 45, "4"), ("stranger_links", 10, "4")]),
)
_ENDS = (Status.APPROVED, Status.APPROVED, Status.APPROVED, Status.REJECTED, Status.SPAM)


class _Found(NamedTuple):
    """What the policy may have found, as a comment keeps it."""

    score: int
    links: int
    reasons: list[dict[str, Any]]

    @classmethod
    def of(cls, found: Iterable[tuple[str, int, str]]) -> "_Found":
        numbers = {code: int(detail) for code, _score, detail in found if "links" in code}
        reasons: list[dict[str, Any]] = [
            {"code": code, "effect": "hold", "score": score, "detail": detail}
            for code, score, detail in found
        ]
        return cls(sum(one["score"] for one in reasons), max(numbers.values(), default=0), reasons)


_FOUND = [_Found.of(found) for _often, found in _FINDINGS]
_HOW_OFTEN = list(accumulate(often for often, _found in _FINDINGS))
_LOCALES, _READ_BY = ["en", "de", "fr", "ru"], [80, 90, 96, 100]


@dataclass
class Inventor:
    """Who makes them up: what is the same for all of them, and ways to make one."""

    keyring: Keyring
    site: Site
    #: The ids of pages, of moderators who decided, of authors who wrote again and again; digests.
    threads: list[str]
    deciders: list[str]
    networks: list[str | None]
    #: This share of so many waits, up to now.
    waiting: float
    number: int
    now: datetime
    regulars: list[str] = field(default_factory=list)
    ids: Iterator[str] = field(default_factory=new_ids)
    #: The same crowd each time; only what must not be guessed is truly random.
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311

    @cached_property
    def site_key(self) -> bytes:
        """The key of the site's digests."""
        return self.site.open_key(self.keyring)

    @cached_property
    def said(self) -> tuple[list[str], list[str]]:
        """Sentences and names of the demonstration's replies."""
        with (Path(__file__).parent / "comments.json").open(encoding="utf-8") as file:
            replies = [one for thread in json.load(file)["threads"] for one in thread["comments"]]
        sentences = {
            one
            for reply in replies
            for one in re.split(r"(?<=[.!?]) ", reply["body"])
            if re.fullmatch(r"[A-Z][\w ,;:’“”()-]{20,160}[.!?]", one)
        }
        return sorted(sentences), sorted({reply["name"] for reply in replies})

    @cached_property
    def link(self) -> str:
        """The end of a reply with a link, as our markup draws it."""
        html = markup.render(f"x https://{_HOST}/offer").html
        return html.removeprefix("<p>x").removesuffix("</p>")

    def _moment(self, n: int) -> datetime:
        """Evenly over the days, each later than the one before it."""
        left = (self.number - n - self.chance.random()) / self.number
        return self.now - timedelta(days=DAYS) * left

    def author(self) -> dict[str, Any]:
        """One whose address nobody else has."""
        author = next(self.ids)
        email = f"reader.{author}@example.org"
        return {
            "id": author,
            "site_id": self.site.id,
            # As `drafts.author_digest`, which takes a while to see that nothing is to be changed.
            "email_digest": digest(self.site_key, "author", email),
            "email_sealed": self.keyring.seal(email, Author.email_row(author)),
            "avatar": avatar_seed(self.site_key, email),
            "created_at": self.now - timedelta(days=DAYS),
        }

    def _one_of(self, several: list[Any], cum_weights: list[int]) -> Any:
        return self.chance.choices(several, cum_weights=cum_weights)[0]

    def _writer(self, authors: list[str]) -> str:
        is_regular = self.chance.random() * 100 < _BY_REGULARS
        return self.chance.choice(self.regulars if is_regular else authors)

    def _network(self) -> str | None:
        """The first of them send many times what the last do."""
        return self.networks[int(len(self.networks) * self.chance.random() ** 2)]

    def comment(self, n: int, authors: list[str]) -> dict[str, Any]:
        """The one at this place in the order of time, by one of these authors or a regular."""
        sentences, names = self.said
        found = self._one_of(_FOUND, _HOW_OFTEN)
        words = " ".join(self.chance.choices(sentences, k=self.chance.randint(2, 4)))
        hosts = [f"offer-{self.chance.randrange(9_000)}.example" for _ in range(found.links)]
        source = words + "".join(f" https://{host}/offer" for host in hosts)
        html = escape(words, quote=False) + "".join(self.link.replace(_HOST, one) for one in hosts)
        written = self._moment(n)
        waits = self.chance.random() < self.waiting
        status = Status.PENDING if waits else self.chance.choice(_ENDS)
        position = segment(written)
        return {
            "id": next(self.ids),
            "site_id": self.site.id,
            "thread_id": self.chance.choice(self.threads),
            "author_id": self._writer(authors),
            "name": self.chance.choice(names),
            "website": "",
            "title": "",
            "source": source,
            "html": f"<p>{html}</p>",
            "markup_version": markup.MARKUP_VERSION,
            "links": [f"https://{host}/offer" for host in hosts],
            "status": status,
            "published": status == Status.APPROVED,
            "version": 1 if waits else 2,
            "score": found.score,
            "reasons": found.reasons,
            "position": position,
            "root": position,
            "text_digest": digest(self.site_key, "text", source.casefold()),
            "network_digest": self._network(),
            "locale": self._one_of(_LOCALES, _READ_BY),
            "notify": False,
            "created_at": written,
        }

    def decisions(self, comment: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The policy's, and for what does not wait a moderator's, some of them overturned: then the
        comment has one more version.
        """
        yield self._decision(comment, comment["created_at"])
        if comment["version"] == 1:
            return
        took = timedelta(minutes=self.chance.lognormvariate(3.5, 1.2))
        steps = [comment["status"]]
        if self.chance.random() < 0.04:
            steps.insert(0, Status.SPAM if steps[0] != Status.SPAM else Status.APPROVED)
        was = Status.PENDING
        for version, became in enumerate(steps, 2):
            at = min(self.now, comment["created_at"] + took * (version - 1))
            yield self._decision(comment, at) | {
                "version": version,
                "was": was,
                "became": became,
                "actor": Actor.MODERATOR,
                "by_id": self.chance.choice(self.deciders),
                "reason": "advertising" if became == Status.SPAM else "",
            }
            was, comment["version"] = became, version

    @cached_property
    def _first(self) -> dict[str, Any]:
        return Decision.first("", Status.PENDING, self.now)

    def _decision(self, comment: dict[str, Any], at: datetime) -> dict[str, Any]:
        return self._first | {"id": next(self.ids), "comment_id": comment["id"], "at": at}
