"""What is known of a reply at the moment it is judged."""

from dataclasses import dataclass, field

from .classifier import Likeness
from .heard import Heard
from .terms import Wishes


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a rule may look at; gathered by `judging` in a fixed number of queries."""

    #: The reply as readers would see it, without markup, and the name and website beside it.
    text: str
    name: str
    website: str = ""
    #: Where its links lead, in order.
    links: tuple[str, ...] = ()
    #: Whether both sanitizers gave the same; if not, the reply is shown as plain text.
    markup_agreed: bool = True
    #: Which share of its letters is the text of links, and which is in scripts that the site's
    #: language is not written in: 0 to 1.
    link_share: float = 0.0
    strange_share: float = 0.0
    #: What moderators decided so far about this author, on this site: counted up to a bound, and
    #: never by what the policy published by itself.
    approved_before: int = 0
    spam_before: int = 0
    #: How many days ago the first of these approvals was, and whether the address is known to be
    #: the author's own, since a link that was mailed to it was followed.
    days_known: float = 0.0
    address_confirmed: bool = False
    #: Other replies on this site with the same text, counted up to a bound.
    twins: int = 0
    #: Other replies of a while, as long as the site's rules say: from the same network, under the
    #: page, on the site.
    network_recent: int = 0
    page_recent: int = 0
    site_recent: int = 0
    #: Whether the page is on one of the site's own origins, and how long ago its first reply came.
    page_is_ours: bool = True
    page_days: float = 0.0
    #: Whether the field that people do not see was filled in.
    honeypot_filled: bool = False
    #: Seconds between the asking of the sum and its answer.
    seconds_to_answer: float = 3600.0
    #: Whether a sum was solved (or work done in its place); if not, its author asked to send it
    #: without.
    solved: bool = True
    #: Whether far more replies come than usual, or a moderator said so.
    under_attack: bool = False
    #: What stands on the site's list: the author's address, the name, domains that it links to.
    address_blocked: bool = False
    name_blocked: bool = False
    domains_blocked: tuple[str, ...] = ()
    address_watched: bool = False
    name_watched: bool = False
    domains_watched: tuple[str, ...] = ()
    author_trusted: bool = False
    #: How many of the links lead to domains that the site trusts.
    links_trusted: int = 0
    #: What the classifier says, where it has learned something.
    likeness: Likeness | None = None
    #: Domains that it links to: those that no approved reply of the site leads to, those that hide
    #: where they lead, and those that look like another one, which stands beside them in brackets.
    domains_new: tuple[str, ...] = ()
    domains_short: tuple[str, ...] = ()
    domains_alike: tuple[str, ...] = ()
    #: What services outside said of it, where its site's owner wants them asked.
    outside: tuple[Heard, ...] = ()
    #: The site's own wishes.
    hold_everything: bool = True
    blocked_words: tuple[str, ...] = ()
    links_allowed: int = 1
    rules: Wishes = field(default_factory=Wishes)

    @property
    def author_is_known(self) -> bool:
        """Whether a moderator approved something of the author before, or trusts them."""
        return bool(self.approved_before) or self.author_trusted
