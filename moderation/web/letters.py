"""What our mail says. Each letter is a list of blocks, drawn once as HTML and once as plain text:
so both say the same, and each sentence is translated once.

Whoever gets a letter may not be who typed their address. So until a moderator has read a reply,
nothing that its sender typed is mailed to anybody but moderators: no text, no name, no title.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from babel.lists import format_list
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session

from moderation import attack, review
from moderation.models import Actor, Comment, Invitation, Kind, Message, Moderator, Notices, Site
from moderation.privacy import masked
from moderation.text import markup

from . import links
from .drawing import date, exact_time
from .envelopes import Mailing
from .leaving import status_url
from .service import service

#: Longer comments are shortened: some programs hide the end of long mail, and what ends it.
LONGEST_QUOTE = 6_000
LONGEST_EXCERPT = 600
#: Of what waits, so many are shown in a digest, each by so much.
SHOWN = 5
LONGEST_GLANCE = 160

_IN_A_WORD = r"[^\s<>\[\]()\"',;:&@]"
#: From the beginning of a word on, and nothing twice: however long the words are.
_ADDRESS = re.compile(rf"(?<!{_IN_A_WORD}){_IN_A_WORD}++@{_IN_A_WORD}++")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a letter; `shape` says how the two templates draw it."""

    shape: str
    text: str
    link: str = ""
    html: Markup | None = None
    #: Whose words they are, and where they stand.
    note: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter before it is drawn."""

    subject: str
    blocks: list[Block]
    #: The site it is about; None where it is about several.
    site: Site | None = None
    #: Where it is one of several to come, how to end them.
    mailing: Mailing | None = None


def _status(_session: Session, message: Message) -> Letter:
    comment = _of(message.comment)
    site = comment.thread.site
    return Letter(
        _("The private address of your reply on %(site)s", site=site.name),
        [
            Block(
                "text",
                _(
                    "You asked for the private address of a reply that you left on %(site)s. "
                    "There you see what became of it, and can change it or take it back.",
                    site=site.name,
                ),
            ),
            Block("button", _("See your reply"), status_url(comment)),
            Block("small", _("Whoever knows this address can do so too: keep it to yourself.")),
            Block("small", _not_you()),
        ],
        site,
    )


def _confirm(session: Session, message: Message) -> Letter:
    comment, wish = _of(message.comment), _of(message.subscription)
    site = comment.thread.site
    # What the policy published by itself nobody has read, and the address may be anybody's.
    read = any(one.actor is Actor.MODERATOR for one in review.decisions(session, comment))
    return Letter(
        _("Do you want mail when somebody answers you on %(site)s?", site=site.name),
        [
            Block("text", _("Your reply is published:")),
            *([_quote(comment)] if read else []),
            Block("link", _("See it on the page"), links.permalink(comment)),
            Block(
                "text",
                _("When you left it, you asked for mail when somebody answers it. Is that right?"),
            ),
            Block("button", _("Mail me the answers"), links.subscription_url(wish)),
            Block(
                "small",
                _("If you do nothing, we send you no mail about answers to this reply."),
            ),
        ],
        site,
    )


def _reply(_session: Session, message: Message) -> Letter:
    answer, wish = _of(message.comment), _of(message.subscription)
    site, since = answer.thread.site, date(wish.created_at)
    page = links.subscription_url(wish)
    return Letter(
        _(
            "%(name)s answered you on %(site)s",
            name=without_addresses(answer.name),
            site=site.name,
        ),
        [
            Block(
                "text",
                _(
                    "%(name)s answered the reply that you left on %(site)s:",
                    name=without_addresses(answer.name),
                    site=site.name,
                ),
            ),
            _quote(answer),
            Block("button", _("Read it on the page"), links.permalink(answer)),
            Block(
                "small",
                _("You asked for mail about answers to your reply of %(date)s.", date=since),
            ),
            Block("link", _("Stop these mails"), page),
        ],
        site,
        Mailing(f"{site.key}.answers", site.name, f"{page}/unsubscribe"),
    )


def _erase(session: Session, message: Message) -> Letter:
    author = _of(message.author)
    site = session.get_one(Site, author.site_id)
    return Letter(
        _("Erase what you left on %(site)s", site=site.name),
        [
            Block(
                "text",
                _(
                    "You asked to erase everything that was left on %(site)s with this address. "
                    "The page behind this link shows what that is, and asks once more.",
                    site=site.name,
                ),
            ),
            Block("button", _("Look at what would be erased"), links.erasure_url(author.id)),
            Block("small", _("The link is good for 24 hours. Opening it erases nothing.")),
            Block("small", _not_you()),
        ],
        site,
    )


def _digest(session: Session, message: Message) -> Letter:
    moderator = _of(message.moderator)
    wanted = review.Filter()
    number = review.count(session, moderator, wanted)
    first, _after = review.queue(session, moderator, wanted, limit=SHOWN)
    if not first:
        raise LookupError("nothing waits any more")
    page = links.notices_url(moderator)
    return Letter(
        ngettext("%(num)d reply waits for you", "%(num)d replies wait for you", number),
        [
            *_alarms(session, moderator),
            Block("text", _oldest(first[0])),
            *(_waiting(one, moderator) for one in first),
            Block("small", _decides()),
            Block("button", _("Open the queue"), links.queue_url()),
            Block("small", _how_often(moderator)),
            Block("link", _("Stop these mails"), page),
        ],
        None,
        Mailing("digest", _("What waits for moderators"), f"{page}/unsubscribe"),
    )


def _invite(_session: Session, message: Message) -> Letter:
    invitation = _of(message.invitation)
    token = _of(invitation.token(service().keyring))
    by = without_addresses(invitation.by.name)
    return Letter(
        _("%(name)s invites you to moderate comments", name=by),
        [
            Block("text", _what_for(invitation, by)),
            Block("button", _("Look at the invitation"), links.invitation_url(token)),
            Block(
                "small",
                _(
                    "The link is good once, until %(date)s. Keep it to yourself: whoever opens it "
                    "can take the invitation up.",
                    date=date(invitation.expires_at),
                ),
            ),
            Block("small", _("If you do not know who this is, there is nothing you need to do.")),
        ],
    )


def _what_for(invitation: Invitation, by: str) -> str:
    if not invitation.sites:
        return _("%(name)s invites you to look after the comments of every site here.", name=by)
    names = [without_addresses(site.name) for site in invitation.sites]
    sites = format_list(names, locale=get_locale() or "en")
    return _("%(name)s invites you to look after the comments on %(sites)s.", name=by, sites=sites)


LETTERS: dict[Kind, Callable[[Session, Message], Letter]] = {
    Kind.STATUS: _status,
    Kind.CONFIRM: _confirm,
    Kind.REPLY: _reply,
    Kind.ERASE: _erase,
    Kind.DIGEST: _digest,
    Kind.INVITE: _invite,
}


def without_addresses(text: str) -> str:
    """Text of others with every email address in it masked: a letter shows nobody's but its own."""
    return _ADDRESS.sub(lambda found: masked(found[0]), text)


def _quote(comment: Comment) -> Block:
    """What a comment says. It cannot lead anywhere unseen: its links are text, with their hosts."""
    safe = without_addresses(markup.without_links(comment.html))
    if len(safe) > LONGEST_QUOTE:
        short = markup.excerpt(safe, LONGEST_EXCERPT)
        return Block("quote", short, html=Markup("<p>{}</p>").format(short))
    # Made by markup.render; nothing was added but text without signs of markup.
    return Block("quote", markup.plain(safe), html=Markup(safe))  # noqa: S704


def _waiting(comment: Comment, moderator: Moderator) -> Block:
    """One comment that waits, for a moderator: all of it text, since nobody has read it yet."""
    thread = comment.thread
    safe = without_addresses(markup.without_links(comment.html))
    said = {
        "name": without_addresses(comment.name),
        "page": without_addresses(thread.title or comment.title or thread.page),
    }
    return Block(
        "item",
        markup.excerpt(safe, LONGEST_GLANCE),
        links.decision_url(moderator, comment),
        note=_("%(name)s, on “%(page)s”", **said),
    )


def _alarms(session: Session, moderator: Moderator) -> list[Block]:
    """A sentence for each of their sites that is flooded."""
    found = attack.under_way(session, datetime.now(UTC), moderator.site_ids)
    return [Block("text", _alarm(site, one.until)) for one, site in found]


def _alarm(site: Site, until: datetime) -> str:
    return _(
        "The attack switch of %(site)s is on until %(until)s: every reply waits, and most of them "
        "may be alike.",
        site=site.name,
        until=exact_time(until),
    )


def _decides() -> str:
    return _(
        "Each of these links opens a page with the comment and buttons; opening it changes "
        "nothing. For a week the buttons decide in your name without signing in, so keep this "
        "mail to yourself."
    )


def _oldest(comment: Comment) -> str:
    return _("The oldest has waited since %(time)s.", time=exact_time(comment.created_at))


def _how_often(moderator: Moderator) -> str:
    if moderator.notices is Notices.HOURLY:
        return _("You get this at most once an hour, while something new waits.")
    return _("You get this at most once a day, while something new waits.")


def _not_you() -> str:
    return _(
        "If you did not ask for this, somebody typed your address, perhaps by mistake. "
        "There is nothing that you need to do."
    )


def _of(found: T | None) -> T:
    """What a wanted message is about: it was looked at before."""
    if found is None:
        raise LookupError("what the message is about is gone")
    return found
