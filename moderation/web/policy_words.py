"""The rules as their owners read them: by groups, each with what it looks for and what it does."""

from typing import Any

from flask_babel import lazy_gettext as _

from moderation.models import SiteSettings
from moderation.policy import OFF, TERMS, Effect
from moderation.policy.terms import Number
from moderation.sites import DOES as DOES_NAME
from moderation.sites import POINTS

from .drawing import number
from .settling import LABELS
from .words import REASON_LABELS

#: In which order, and under which heading.
GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("Of every reply"), ("hold_everything", "score", "reported")),
    (
        _("Who writes"),
        ("first_time", "newcomer", "trusted", "stranger_links", "known_spammer"),
    ),
    (
        _("What moderators blocked or watch"),
        (
            *("blocked_words", "blocked_address", "blocked_name", "blocked_domain"),
            *("watched_words", "watched_address", "watched_name", "watched_domain"),
        ),
    ),
    (
        _("Where it leads"),
        ("links", "link_share", "new_domain", "shortener", "lookalike"),
    ),
    (_("What decisions taught"), ("learned", "learned_wanted")),
    (_("How it is written"), ("same_text", "shouting", "script", "markup")),
    (
        _("How it came"),
        (
            *(
                "honeypot",
                "haste",
                "unsolved",
                "attack",
                "network_speed",
                "page_speed",
                "site_speed",
            ),
            *("old_page", "foreign_page"),
        ),
    ),
)

NAMES: dict[str, Any] = REASON_LABELS | {"score": _("The score of all together")}

#: What each looks for, with what it goes by.
SENTENCES: dict[str, Any] = {
    "hold_everything": _(
        "A moderator reads every reply before it is published, also of who is trusted."
    ),
    "score": _(
        "What the rules below add up to: from %(hold_at)s on a reply waits, and from %(spam_at)s "
        "on it lies with the spam. 0 is never."
    ),
    "reported": _(
        "When %(reports)s readers report a published reply, it waits again. 0 is never, and no "
        "report is lost."
    ),
    "first_time": _("No moderator has approved anything by the author on this site yet."),
    "newcomer": _(
        "Something by the author was approved, but not enough to be trusted: one good reply is "
        "soon written by whoever wants to write a bad one next."
    ),
    "trusted": _(
        "Moderators approved %(approvals)s replies of the author, the first one %(days)s days ago "
        "or more. A trusted author is not held as a stranger, and nothing else that is found is "
        "forgiven."
    ),
    "stranger_links": _(
        "It has links, or its author a website, and no moderator has approved anything by the "
        "author. This rule cannot be turned off: no link of a stranger is published by itself."
    ),
    "known_spammer": _(
        "More replies of the author were marked as spam by moderators than were approved."
    ),
    "blocked_words": _(
        "One of the blocked words stands in the text, the name or a link, as a whole word, also in "
        "disguise: c@s1no, c a s i n o, letters that look the same."
    ),
    "blocked_address": _("The author's address is on the site's list as blocked."),
    "blocked_name": _("The name is on the site's list as blocked."),
    "blocked_domain": _("A link leads to a domain that is on the site's list as blocked."),
    "watched_words": _(
        "One of these words stands in it, found as the blocked ones are. For what is suspicious "
        "and has its place."
    ),
    "watched_address": _("The author's address is on the site's list as watched."),
    "watched_name": _("The name is on the site's list as watched."),
    "watched_domain": _("A link leads to a domain that is on the site's list as watched."),
    "links": _(
        "It has more links than %(allowed)s. Links to trusted domains do not count; each one too "
        "many adds to the score, up to three times."
    ),
    "link_share": _("Links are %(percent)s percent or more of what it says."),
    "new_domain": _("A link leads to a domain that no approved reply of this site has led to."),
    "shortener": _("A link goes through a service that makes short addresses of long ones."),
    "lookalike": _(
        "A link leads to a domain that looks like the site's own, one of its trusted ones or one "
        "that everybody knows: paypa1.com."
    ),
    "same_text": _("The same text was left on this site before, %(times)s times or more."),
    "learned": _(
        "It is like comments that moderators marked as spam here. The score grows with how sure "
        "that is; below %(percent)s percent it only changes the order in which moderators read."
    ),
    "learned_wanted": _("It is like comments that moderators approved here."),
    "shouting": _(
        "%(percent)s percent or more of its letters are capitals, or it has %(marks)s exclamation "
        "marks or more."
    ),
    "script": _(
        "%(percent)s percent or more of its letters are none that the site's language is written "
        "in."
    ),
    "markup": _(
        "Its markup could not be made safe with certainty, and is shown as it was typed. This rule "
        "cannot be turned off."
    ),
    "honeypot": _("A field that people do not see was filled in."),
    "haste": _("It was sent less than %(seconds)s seconds after the sum was asked."),
    "unsolved": _(
        "It was sent without a sum, and its author was told that a moderator reads it: so one does."
    ),
    "attack": _("It came while the site's attack switch was on, by hand or by itself."),
    "network_speed": _(
        "%(replies)s replies or more came from the same network within the %(minutes)s minutes "
        "before. A school or an office may be one network."
    ),
    "page_speed": _(
        "%(replies)s replies or more came to the same page within the %(minutes)s minutes before."
    ),
    "site_speed": _(
        "%(replies)s replies or more came to the site within the %(minutes)s minutes before."
    ),
    "old_page": _("The first reply to its page came %(days)s days before, or earlier."),
    "foreign_page": _(
        "It was left under a page that is on none of the site's origins. This rule cannot be "
        "turned off: a page's address is what the sender says."
    ),
}
#: What is said instead where the number named first is 0.
NEVER: dict[str, tuple[str, Any]] = {
    "score": (
        "spam_at",
        _(
            "What the rules below add up to: from %(hold_at)s on a reply waits. None is put with "
            "the spam for its score, while “Spam from” is 0."
        ),
    ),
    "reported": (
        "reports",
        _("However many readers report a published reply, it stays. No report is lost."),
    ),
}
#: As a choice, and in the list of changes.
DOES: dict[str, Any] = {
    OFF: _("Off"),
    str(Effect.ORDER): _("Orders the queue"),
    str(Effect.SCORE): _("Adds to the score"),
    str(Effect.HOLD): _("It waits"),
    str(Effect.SPAM): _("Goes to the spam"),
    str(Effect.TRUST): _("Trusts the author"),
}
#: What a rule does, as a sentence after what it looks for.
EFFECTS: dict[str, Any] = {
    OFF: _("Off."),
    str(Effect.ORDER): _("It changes the order in which moderators read, and decides nothing."),
    str(Effect.SCORE): _("It adds %(score)s to the score."),
    str(Effect.HOLD): _("The reply waits, and %(score)s is added to its score."),
    str(Effect.SPAM): _(
        "The reply lies with the spam, where moderators find it; its sender is told that it waits."
    ),
    str(Effect.TRUST): _("The author is trusted."),
}
ONLY_WAITS = _("The reply waits.")
PARAMETERS: dict[str, Any] = {
    DOES_NAME: _("What it does"),
    POINTS: _("Score"),
    "seconds": _("Seconds"),
    "words": _("Words"),
    "times": _("Times"),
    "replies": _("Replies"),
    "minutes": _("Minutes"),
    "allowed": _("Links allowed"),
    "percent": _("Percent"),
    "marks": _("Exclamation marks"),
    "days": _("Days"),
    "approvals": _("Approvals"),
    "confirmed": _("Address confirmed by mail as well"),
    "reports": _("Reports"),
    "hold_at": _("Waits from"),
    "spam_at": _("Spam from"),
}


def option_of(code: str, name: str) -> str:
    """The name under which a term of a rule is read and stored."""
    terms = TERMS[code]
    older = terms.option if name == DOES_NAME else getattr(terms.parameters.get(name), "option", "")
    return older or f"{code}.{name}"


def names_of(code: str) -> list[str]:
    """What can be chosen or written for a rule, in order."""
    terms = TERMS[code]
    chosen = [DOES_NAME] if terms.may else []
    weighed = [POINTS] if terms.has_score else []
    return [*chosen, *weighed, *terms.parameters]


#: Every term by its stored name: the rule, and the name within it.
TERM_OF = {option_of(code, name): (code, name) for code in TERMS for name in names_of(code)}


def label(name: str) -> str:
    """What a setting is called, in the list of changes."""
    if name in TERM_OF:
        code, own = TERM_OF[name]
        about = {"rule": NAMES[code], "what": PARAMETERS[own]}
        return str(_("%(rule)s: %(what)s", **about))
    return str(LABELS.get(name, name))


def sentence(code: str, settings: SiteSettings) -> str:
    """What a rule looks for, by these settings."""
    numbers = {
        name: _number(code, name, settings)
        for name, parameter in TERMS[code].parameters.items()
        if isinstance(parameter, Number)
    }
    decisive, never = NEVER.get(code, ("", ""))
    says = never if numbers.get(decisive) == 0 else SENTENCES[code]
    return str(says) % {name: number(one) for name, one in numbers.items()}


def effect(code: str, settings: SiteSettings) -> str:
    """What it does then; "" for what is no rule."""
    terms = TERMS[code]
    if code in {"score", "reported"}:
        return ""
    does = settings.rules.does(code)
    if terms.option and not getattr(settings, terms.option):
        does = OFF
    score = settings.rules.score(code)
    if does == Effect.HOLD and not score:
        return str(ONLY_WAITS)
    return str(EFFECTS[does]) % {"score": number(score)}


def _number(code: str, name: str, settings: SiteSettings) -> int:
    option = getattr(TERMS[code].parameters[name], "option", "")
    found: int = getattr(settings, option) if option else settings.rules.number(code, name)
    return found
