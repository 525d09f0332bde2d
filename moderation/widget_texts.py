"""The widget's texts in other languages than English, as they come with a thread's document.

The English ones stand in the script itself, where they are used; they are the keys here. A test
holds both against each other. What is in braces is filled in by the widget.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from babel import Locale
from babel.support import Translations

from .languages import closest

FOLDER = Path(__file__).parent / "translations"

#: By English text; of a text with a number, the forms by plural category (as CLDR has them).
Texts = dict[str, str | dict[str, str]]


def _(text: str) -> str:
    """Mark a text for the catalogs; it is translated when it is asked for."""
    return text


def ngettext(one: str, other: str) -> tuple[str, str]:
    """The same for a text with a number."""
    return one, other


TEXTS = (
    _("No replies yet"),
    _("Newest first"),
    _("Oldest first"),
    _("Show more replies"),
    _("Try again"),
    _("This reply was deleted."),
    _("The reply that this link leads to is no longer here."),
    _("Reply"),
    _("Reply to {name}"),
    _("in reply to {name}"),
    _("Report"),
    _("Report the reply by {name}"),
    _("Moderator"),
    _("edited"),
    _("Leave a Reply"),
    _("Replies are closed."),
    _("Cancel reply"),
    _("Your email address will not be published. Required fields are marked *."),
    _("Name"),
    _("Email"),
    _("Website"),
    _("Comment"),
    _("Sum"),
    _("Another sum"),
    _("Leave this field empty"),
    _("Remember me in this browser"),
    _("Email me when somebody answers"),
    _("We restored your unsent reply."),
    _("Discard it"),
    _("Characters left: {n}"),
    _("Post reply"),
    _("Preview"),
    _("Send without a sum; a moderator will read it first"),
    _("Let this device solve a puzzle instead"),
    _("Your reply was posted."),
    _("Your reply waits for a moderator. Only you can see it here."),
    _("Only you can see this reply until it is published."),
    _("See its status"),
    _("Your text is kept."),
    _("The comment service cannot be reached. Please try again."),
    _("You are offline. Please try again when you are connected."),
)
PLURALS = (ngettext("{n} reply", "{n} replies"),)


def language(wish: str) -> str:
    """The language closest to the wish that there are texts in; empty for English."""
    found = closest([wish])
    return found if texts(found) else ""


@cache
def texts(language: str) -> Texts:
    """All that is translated into a language; nothing for English, or where there is no catalog."""
    catalog = Translations.load(FOLDER, [language])
    if not isinstance(catalog, Translations):
        return {}
    said: Texts = {text: found for text in TEXTS if (found := catalog.ugettext(text)) != text}
    for one, other in PLURALS:
        numbers = _numbers(language).items()
        forms = {kind: catalog.ungettext(one, other, number) for kind, number in numbers}
        if not {one, other} & set(forms.values()):
            said[other] = forms
    return said


@cache
def edition(language: str) -> str:
    """What changes whenever a text does: documents made with other texts are no longer given."""
    return hashlib.sha256(json.dumps(texts(language)).encode()).hexdigest()[:8]


def _numbers(language: str) -> dict[str, int]:
    """A number of each plural category of the language. Gettext knows forms by numbers alone."""
    category = Locale.parse(language).plural_form
    return {category(number): number for number in (1_000_000, *reversed(range(200)))}
