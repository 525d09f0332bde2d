"""Sentences for what the policy, the moderators and reporting readers say in codes."""

import re
from typing import Any

from babel.lists import format_list
from flask_babel import format_decimal, get_locale, ngettext
from flask_babel import lazy_gettext as _

from . import outside_words

#: Beyond this depth a reply is not drawn further in, but says whom it answers.
DEEPEST_DRAWN = 4

#: Who decided, where no moderator did.
POLICY = _("Policy")
AUTHOR = _("Its author")
READERS = _("Readers")

#: What each rule's reason says on a card; `%(detail)s` is what it names.
REASONS: dict[str, Any] = {
    "markup": _(
        "Its markup could not be made safe with certainty, so it is shown as it was typed."
    ),
    "honeypot": _("A field that only programs see was filled in."),
    "haste": _("It was sent %(detail)s seconds after the sum was asked, faster than people type."),
    "foreign_page": _("It was left under a page that is not on one of the site's origins."),
    "blocked_address": _("Its author is blocked here."),
    "blocked_name": _("The name under which it was left is blocked here."),
    "blocked_domain": _("It links to what is blocked here: %(detail)s."),
    "blocked_words": _("It has words that are blocked here: %(detail)s."),
    "watched_address": _("Its author is watched here."),
    "watched_name": _("The name under which it was left is watched here."),
    "watched_domain": _("It links to what is watched here: %(detail)s."),
    "watched_words": _("It has words that are watched here: %(detail)s."),
    "known_spammer": _("Replies of this author were marked as spam before: %(detail)s."),
    "same_text": _("The same text was left here before: %(detail)s times."),
    "network_speed": _(
        "Many replies came from its network just before: %(replies)s or more within %(minutes)s "
        "minutes."
    ),
    "page_speed": _(
        "Many replies came to its page just before: %(replies)s or more within %(minutes)s minutes."
    ),
    "site_speed": _(
        "Many replies came to the site just before: %(replies)s or more within %(minutes)s minutes."
    ),
    "links": _("It has more links than the site allows: %(detail)s."),
    "link_share": _("Of what it says, %(detail)s percent are links."),
    "new_domain": _("No approved reply of this site leads to where it links: %(detail)s."),
    "shortener": _("It hides where it leads, by a service that makes short links: %(detail)s."),
    "lookalike": _("It links to a domain that looks like another one: %(detail)s."),
    "shouting": _(
        "It shouts: %(capitals)s percent of its letters are capitals, and it has %(marks)s "
        "exclamation marks."
    ),
    "script": _(
        "Of its letters, %(detail)s percent are none that the site's language is written in."
    ),
    "old_page": _("The first reply to its page came %(detail)s days before."),
    "stranger_links": _(
        "It has links, or its author a website, and nothing by this author was approved before."
    ),
    "learned": _("It is like comments that were marked as spam here."),
    "learned_wanted": _("It is like comments that were approved here."),
    # These name what was heard; `outside_words` says it.
    "akismet": _("Akismet takes it for spam."),
    "webhook": _("The site's webhook gave a verdict."),
    "stopforumspam": _("Something of it is on a list of StopForumSpam's."),
    "outside_failed": _("A service outside could not be asked."),
    "unsolved": _("It was sent without a sum: its author was told that a moderator reads it."),
    "attack": _("It came while the site's attack switch was on, when every reply waits."),
    "first_time": _("Nothing by this author was approved here before."),
    "newcomer": _("Its author is not trusted yet. Still missing: %(missing)s."),
    "trusted": _(
        "Its author is trusted: %(approvals)s replies were approved, the first one %(days)s days "
        "ago."
    ),
    "hold_everything": _("On this site every reply waits for a moderator."),
}

#: The same in two or three words, for the filter.
REASON_LABELS: dict[str, Any] = {
    "markup": _("Strange markup"),
    "honeypot": _("Hidden field filled in"),
    "haste": _("Too fast"),
    "foreign_page": _("Page of another site"),
    "blocked_address": _("Blocked author"),
    "blocked_name": _("Blocked name"),
    "blocked_domain": _("Blocked domain"),
    "blocked_words": _("Blocked words"),
    "watched_address": _("Watched author"),
    "watched_name": _("Watched name"),
    "watched_domain": _("Watched domain"),
    "watched_words": _("Watched words"),
    "known_spammer": _("Known for spam"),
    "same_text": _("Repeated text"),
    "network_speed": _("Many from one network"),
    "page_speed": _("Many on one page"),
    "site_speed": _("Many on the site"),
    "links": _("Many links"),
    "link_share": _("Mostly links"),
    "new_domain": _("New domain"),
    "shortener": _("Short links"),
    "lookalike": _("Look-alike domain"),
    "shouting": _("Shouting"),
    "script": _("Other script"),
    "old_page": _("Old page"),
    "stranger_links": _("Links from a stranger"),
    "learned": _("Like spam here"),
    "learned_wanted": _("Like approved ones"),
    "akismet": _("Akismet: spam"),
    "webhook": _("Webhook's verdict"),
    "stopforumspam": _("Listed by StopForumSpam"),
    "outside_failed": _("Could not be asked"),
    "unsolved": _("Without a sum"),
    "attack": _("During an attack"),
    "first_time": _("First-time author"),
    "newcomer": _("Not trusted yet"),
    "trusted": _("Trusted author"),
    "hold_everything": _("Everything waits"),
    "reported": _("Reported by readers"),
}

#: Reasons that the classifier gave.
LEARNED = frozenset({"learned", "learned_wanted"})

#: What readers find wrong with a reply they report: as they choose it, and in two or three words.
GROUNDS: dict[str, Any] = {
    "spam": _("It is spam or advertising"),
    "insult": _("It insults somebody or spreads hate"),
    "private": _("It tells private details about somebody"),
    "illegal": _("I believe it is against the law"),
    "other": _("Something else"),
}
GROUNDS_LABELS: dict[str, Any] = {
    "spam": _("spam"),
    "insult": _("insult or hate"),
    "private": _("private details"),
    "illegal": _("against the law"),
    "other": _("something else"),
}

#: Why a moderator decided so; the author of a rejected reply reads the sentence.
CHOICES: dict[str, Any] = {
    "off_topic": _("It is not about the article."),
    "insulting": _("It attacks a person rather than an opinion."),
    "private_details": _("It tells private details about somebody."),
    "advertising": _("It advertises something."),
    "fraud": _("It may deceive readers."),
    "repeated": _("It repeats what was said already."),
    "own_wish": _("Its author asked for it."),
    "below_rejected": _("It answers a reply that was not published."),
}
#: The same in two or three words, as a moderator chooses it.
CHOICE_LABELS: dict[str, Any] = {
    "off_topic": _("Off topic"),
    "insulting": _("Insulting"),
    "private_details": _("Private details"),
    "advertising": _("Advertising"),
    "fraud": _("Deceiving"),
    "repeated": _("Said already"),
    "own_wish": _("Its author's wish"),
    "below_rejected": _("Answers a rejected one"),
}

#: What readers, its author or the policy did, where a moderator would have given a reason.
DEEDS: dict[str, Any] = {
    "reported": _("Enough readers reported it."),
    "edited": _("The text was changed."),
    "erased": _("Everything about its author was erased."),
    "score": _("Its score was as high as that of spam."),
}


#: What became of the comment that is answered, and what that means for the answer.
UNDER: dict[str, Any] = {
    "pending": _("What it answers waits too: readers see this one only after both are approved."),
    "rejected": _("What it answers was rejected: readers do not see this one either."),
    "spam": _("What it answers was marked as spam: readers do not see this one either."),
    "deleted": _("What it answers was deleted or withdrawn; its place stays while others answer."),
}

#: What a comment has in common with another.
ALIKE: dict[str, Any] = {
    "cluster": _("same group"),
    "text": _("same text"),
    "network": _("same network"),
    "domain": _("same domain"),
    "author": _("same author"),
}

#: What the comments of a group have in common.
TOGETHER: dict[str, Any] = {
    "text": _("Same text with changes"),
    "domain": _("Same domain"),
    "network": _("Same network"),
}

#: What each key does, for the help and the preferences; see `models.KEYS`.
KEYS: dict[str, Any] = {
    "next": _("Next comment"),
    "previous": _("Previous comment"),
    "approve": _("Approve"),
    "reject": _("Reject, then choose why"),
    "spam": _("Mark as spam"),
    "undo": _("Take the last decision back"),
    "select": _("Select, or select no longer"),
    "conversation": _("The conversation around it"),
    "history": _("Decisions and edits so far"),
    "lookalikes": _("Comments like it"),
    "open": _("Open its page"),
    "note": _("Notes for other moderators"),
    "block": _("Block its author"),
    "trust": _("Trust its author"),
    "search": _("Search"),
    "help": _("Show the keys"),
}


def reason(stored: dict[str, Any]) -> str:
    """The sentence of a stored reason; one of a rule that is gone is named by its code."""
    if stored["code"] == "reported":
        return _reported(stored["detail"])
    if stored["code"] in LEARNED and ";" in stored["detail"]:
        return _learned(stored["code"], stored["detail"])
    if outside_words.is_ours(stored["code"]):
        return outside_words.reason(stored["code"], stored["detail"])
    sentence = REASONS.get(stored["code"])
    return str(sentence) % _Told(stored["detail"]) if sentence else stored["code"]


class _Told(dict[str, str]):
    """What a reason names: all of it, and its numbers by name where it has some; stored as
    "replies=12 minutes=10".
    """

    def __init__(self, detail: str) -> None:
        super().__init__(re.findall(r"(\w+)=(\d+)", detail), detail=detail)

    def __missing__(self, name: str) -> str:
        return _missing(self["detail"]) if name == "missing" else "?"


def _missing(detail: str) -> str:
    """What an author lacks to be trusted, as a list."""
    numbers = {name: int(number or 0) for name, number in re.findall(r"(\w+)(?:=(\d+))?", detail)}
    said = {
        "approvals": ngettext(
            "%(num)d more approval", "%(num)d more approvals", numbers.get("approvals", 0)
        ),
        "days": ngettext("%(num)d more day", "%(num)d more days", numbers.get("days", 0)),
        "confirmed": str(_("an address confirmed by mail")),
        "trust": str(_("a moderator who says that they trust them")),
    }
    lacking = [sentence for name, sentence in said.items() if name in numbers]
    return format_list(lacking, "standard", get_locale() or "en")


def _learned(code: str, detail: str) -> str:
    """What it is like, and by which words; stored as "14; subscribe; channel"."""
    number, *told = detail.split("; ")
    alike = int(number) if number.isdigit() else 0
    quoted = [
        # Words are of letters and digits; what has a dot is where it leads.
        str(_("link to %(domain)s", domain=word) if "." in word else _("“%(word)s”", word=word))
        for word in told
    ]
    words = format_list(quoted, locale=get_locale())
    if code == "learned":
        return ngettext(
            "Looks like %(num)s comment marked as spam here: %(words)s.",
            "Looks like %(num)s comments marked as spam here: %(words)s.",
            alike,
            words=words,
        )
    return ngettext(
        "Looks like %(num)s comment approved here: %(words)s.",
        "Looks like %(num)s comments approved here: %(words)s.",
        alike,
        words=words,
    )


def choice(code: str) -> str | None:
    """The sentence of a moderator's reason, or the reason itself where it is their own words."""
    known = CHOICES.get(code) or DEEDS.get(code) or REASON_LABELS.get(code)
    return str(known) if known else code or None


def progress(number: int, of: int) -> str:
    """How far a batch is."""
    shown = {"number": format_decimal(number), "all": format_decimal(of)}
    return str(_("%(number)s of %(all)s", **shown))


def _reported(detail: str) -> str:
    """How many readers reported it, on which grounds; stored as "insult (2), spam (1)"."""
    told = re.findall(r"(\w+) \((\d+)\)", detail)
    several = [
        str(_("%(grounds)s (%(number)d)", grounds=GROUNDS_LABELS.get(one, one), number=int(number)))
        for one, number in told
    ]
    return ngettext(
        "%(num)d reader reported it: %(grounds)s.",
        "%(num)d readers reported it: %(grounds)s.",
        sum(int(number) for _one, number in told),
        grounds=format_list(several, "unit", get_locale() or "en"),
    )
