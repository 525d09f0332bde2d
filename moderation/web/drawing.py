"""What templates may use beyond Jinja: times, numbers, avatars, translations."""

import unicodedata
from datetime import UTC, datetime, timedelta
from datetime import date as calendar_day
from typing import Any

import flask_babel
from babel import Locale, dates
from flask import Flask
from flask_babel import format_decimal, format_percent, get_locale
from markupsafe import Markup

from moderation.languages import direction
from moderation.privacy import avatar_hue, avatar_path
from moderation.queueing import COUNTED_TO

from . import language
from .service import now

#: The English of this service writes dates as its widget does: 4 March 2026, 15:05.
_FORMATS = {"en": "en_GB"}
#: Letters that turn the line around, by the direction of the page.
_OTHER_WAY = {"ltr": {"R", "AL"}, "rtl": {"L"}}
_ISOLATE, _END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


def init_app(app: Flask) -> None:
    """Give the templates their filters and globals."""
    for filter_ in (relative_time, exact_time, date, duration, number, up_to, share, isolated):
        app.add_template_filter(filter_)
    app.add_template_global(avatar)
    app.add_template_global(language.links, "languages")
    app.add_template_global(direction, "direction")
    app.context_processor(_language)
    # Extracted by name, and called with named values, as the templates do.
    app.jinja_env.globals.update(_=gettext, ngettext=ngettext)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def gettext(text: str, **values: Any) -> str:
    """The sentence in the page's language, filled in: numbers as they are written there, names
    with their direction kept to themselves, markup as it is.
    """
    return _filled(flask_babel.gettext(text), values)


def ngettext(one: str, several: str, num: int, **values: Any) -> str:
    """The same, for a sentence that counts; `%(num)s` is the number.

    Escaped already, since Jinja takes what its trans block gets from here as safe.
    """
    sentence = flask_babel.get_domain().get_translations().ungettext(one, several, num)
    return _filled(Markup.escape(sentence), {"num": num, **values})


def relative_time(moment: datetime) -> str:
    """How long ago it was: "3 hours ago"."""
    gone = (moment - now()).total_seconds()
    if -60 < gone <= 0:
        return gettext("just now")
    return dates.format_timedelta(moment - now(), add_direction=True, locale=_formats())


def exact_time(moment: datetime) -> str:
    """The moment in full, in UTC: the service does not know where the reader is."""
    at, locale = moment.astimezone(UTC), _formats()
    day = dates.format_date(at, "long", locale=locale)
    time = dates.format_time(at, "short", locale=locale)
    joined = dates.get_datetime_format("medium", locale=locale)
    return f"{joined.replace('{1}', day).replace('{0}', time)} UTC"


def number(value: int) -> str:
    """The number as it is written in the page's language: 12,345."""
    return str(format_decimal(value))


def up_to(value: int) -> str:
    """A number of a card, which was counted so far and no further: "100+" where there are more."""
    return number(value) if value <= COUNTED_TO else f"{number(COUNTED_TO)}+"


def isolated(text: str) -> str:
    """A name or a title as it may stand in a sentence of another direction."""
    strange = _OTHER_WAY[direction(_tag())]
    turns = any(unicodedata.bidirectional(letter) in strange for letter in text)
    return f"{_ISOLATE}{text}{_END}" if turns else text


def share(value: float) -> str:
    """A share of a whole as it is written in the page's language: 42%."""
    return str(format_percent(value))


def duration(length: timedelta) -> str:
    """About how long: "3 hours"."""
    return dates.format_timedelta(length, threshold=1.5, locale=_formats())


def date(moment: datetime | calendar_day) -> str:
    """The day, in UTC, for what is read long after it was drawn: "3 October 2026"."""
    day = moment.astimezone(UTC) if isinstance(moment, datetime) else moment
    return dates.format_date(day, "long", locale=_formats())


def month(day: calendar_day) -> str:
    """The month and its year: "October 2026"."""
    return dates.format_skeleton("yMMMM", day, locale=_formats())


def avatar(seed: str) -> Markup:
    """The drawing that stands for an author, as inline SVG; the widget draws the same."""
    return Markup(
        '<svg class="avatar" viewBox="0 0 5 5" width="40" height="40" aria-hidden="true" '
        'focusable="false"><path fill="hsl({} 45% 45%)" d="{}"/></svg>'
    ).format(avatar_hue(seed), avatar_path(seed))


class _Number(int):
    """A number that writes itself as the page's language does."""

    def __str__(self) -> str:
        return number(int(self))


def _filled(sentence: str, values: dict[str, Any]) -> str:
    if not values:
        return sentence
    shown = {name: _shown(value) for name, value in values.items()}
    if any(isinstance(value, Markup) for value in shown.values()):
        sentence = Markup.escape(sentence)
    return sentence % shown


def _shown(value: Any) -> Any:
    if isinstance(value, Markup):
        return value
    if isinstance(value, str):
        return isolated(value)
    return _Number(value) if type(value) is int else value


def _tag() -> str:
    return str(get_locale() or "en").split("_")[0]


def _formats() -> Locale:
    return Locale.parse(_FORMATS.get(_tag(), _tag()))


def _language() -> dict[str, str]:
    tag = _tag()
    return {"lang": tag, "dir": direction(tag), "asked_language": language.asked()}
