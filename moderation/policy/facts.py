"""What is known of a reply at the moment it is judged."""

from dataclasses import dataclass

from .heard import Heard


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
    #: What moderators decided so far about this author, on this site.
    approved_before: int = 0
    rejected_before: int = 0
    spam_before: int = 0
    #: Other replies on this site with the same text.
    twins: int = 0
    #: Whether the page is on one of the site's own origins.
    page_is_ours: bool = True
    #: Whether the field that people do not see was filled in.
    honeypot_filled: bool = False
    #: Seconds between the asking of the sum and its answer.
    seconds_to_answer: float = 3600.0
    #: Whether a sum was solved (or work done in its place); if not, its author asked to send it
    #: without.
    solved: bool = True
    #: What stands on the site's list: the author's address, the name, domains that it links to.
    address_blocked: bool = False
    name_blocked: bool = False
    domains_blocked: tuple[str, ...] = ()
    author_trusted: bool = False
    #: How many of the links lead to domains that the site trusts.
    links_trusted: int = 0
    #: What services outside said of it, where its site's owner wants them asked.
    outside: tuple[Heard, ...] = ()
    #: The site's own wishes.
    hold_everything: bool = True
    blocked_words: tuple[str, ...] = ()
    links_allowed: int = 1
