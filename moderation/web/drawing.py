"""What templates may use beyond Jinja: times, avatars, translations."""

from datetime import UTC, datetime

from flask import Flask
from flask_babel import (
    format_date,
    format_datetime,
    format_timedelta,
    get_locale,
    gettext,
    ngettext,
)
from markupsafe import Markup

from moderation.languages import direction
from moderation.privacy import avatar_hue, avatar_path

from .language import links
from .service import now


def init_app(app: Flask) -> None:
    """Give the templates their filters and globals."""
    app.add_template_filter(relative_time)
    app.add_template_filter(exact_time)
    app.add_template_filter(date)
    app.add_template_global(avatar)
    app.add_template_global(links, "language_links")
    app.add_template_global(direction, "direction")
    app.context_processor(_language)
    # Extracted by name, and called with named values, as the templates do.
    app.jinja_env.globals.update(_=gettext, ngettext=ngettext)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def relative_time(moment: datetime) -> str:
    """How long ago it was: "3 hours ago"."""
    gone = (moment - now()).total_seconds()
    if -60 < gone <= 0:
        return gettext("just now")
    return format_timedelta(moment - now(), add_direction=True)


def exact_time(moment: datetime) -> str:
    """The moment in full, in UTC: the service does not know where the reader is."""
    return f"{format_datetime(moment.astimezone(UTC), 'd MMMM y, HH:mm', rebase=False)} UTC"


def date(moment: datetime) -> str:
    """The day, in UTC, for what is read long after it was drawn: "3 October 2026"."""
    return format_date(moment.astimezone(UTC).date(), "long", rebase=False)


def avatar(seed: str) -> Markup:
    """The drawing that stands for an author, as inline SVG; the widget draws the same."""
    return Markup(
        '<svg class="avatar" viewBox="0 0 5 5" width="40" height="40" aria-hidden="true" '
        'focusable="false"><path fill="hsl({} 45% 45%)" d="{}"/></svg>'
    ).format(avatar_hue(seed), avatar_path(seed))


def _language() -> dict[str, str]:
    language = str(get_locale() or "en").replace("_", "-")
    return {"lang": language, "dir": direction(language.split("-")[0])}
