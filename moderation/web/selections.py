"""Which comments a batch is about, as its form says it: one by one, by a filter, or look-alikes."""

from typing import NamedTuple
from urllib.parse import parse_qsl

from flask import abort, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from moderation import review
from moderation.batches import Chosen, Deed
from moderation.models import Status
from moderation.queueing import MOST_WORDS
from moderation.text import plain

from . import filters, reasons
from .bounds import LONGEST_NOTE, MOST_DECISIONS
from .service import reading

#: Longer than any filter that the queue makes.
LONGEST_QUERY = 2_000
#: In an address of the queue, and no part of what it shows: where a page begins, in which order
#: and language.
_BESIDE = frozenset({"after", "order", "sort", "lang"})


_FOREIGN = lazy_gettext("This filter is not one of the queue's. Go back to it and choose again.")


class Wrong(Exception):
    """The form cannot be carried out; the sentence says what is missing."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Wanted(NamedTuple):
    """What was sent: the comments, and what is to be decided about them."""

    chosen: Chosen
    deed: Deed


def sent() -> Wanted:
    """The form of a selection. Raises Wrong."""
    status, reason, note = _field("status"), _field("reason"), _field("note")
    if status not in list(Status):
        raise Wrong(_("Choose what is to be done with the comments."))
    if len(note) > LONGEST_NOTE:
        raise Wrong(_("The note is too long."))
    if reason and reason not in {choice.code for choice in reasons_offered()}:
        raise Wrong(_("Choose one of the reasons in the list."))
    return Wanted(_chosen(), Deed(Status(status), reason, note))


def reasons_offered() -> list[reasons.Choice]:
    """The reasons that can be given for comments of all sites that one may see."""
    return reasons.common(reading(), (site.id for site in review.sites(reading(), g.me)))


def _chosen() -> Chosen:
    query = _field("query").removeprefix("?")
    if len(query) > LONGEST_QUERY:
        raise Wrong(_("This filter is too long."))
    if query:
        return _fitting(query)
    # The box of a card that stands for several says all of them.
    sent = [one for several in request.form.getlist("comment") for one in several.split(".")]
    ids = [one for one in sent if one.isascii() and one.isalnum()]
    if not 1 <= len(ids) <= MOST_DECISIONS:
        raise Wrong(_("Choose comments first, or everything that fits the filter."))
    return Chosen(ids=sorted(set(ids)))


def _fitting(query: str) -> Chosen:
    asked = _parsed(query)
    if like := asked.get("like", ""):
        return Chosen(like=like, query=query)
    sites = review.sites(reading(), g.me)
    understood = filters.asked(sites, asked)
    # A list that does not know a filter shows too much; a batch would decide too much.
    if len(understood.text["q"].split()) > MOST_WORDS:
        raise Wrong(_("This filter is too long."))
    if any(
        understood.text.get(name) != value for name, value in asked.items() if name not in _BESIDE
    ):
        raise Wrong(_FOREIGN)
    return Chosen(wanted=understood.wanted, query=query)


def _parsed(query: str) -> dict[str, str]:
    try:
        found = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=50)
    except ValueError:
        raise Wrong(_FOREIGN) from None
    asked = dict(found)
    # What is said twice, or of nothing, could mean more than whoever sent it believes.
    if len(asked) < len(found) or asked.get("like") == "":
        raise Wrong(_FOREIGN)
    return asked


def _field(name: str) -> str:
    try:
        return plain.tidy(request.form.get(name, ""))
    except plain.Unreadable:
        abort(400)
