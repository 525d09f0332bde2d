"""The settings of a site, or of all of them, as a form: each with what it does, and its default."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from moderation import sites
from moderation.languages import LANGUAGES
from moderation.models import OtherWay, SiteSettings
from moderation.sites import LONGEST_WORD, MOST_WORDS

from .drawing import gettext, number

LABELS: dict[str, Any] = {
    "other_way": _("In place of the sum"),
    "edit_minutes": _("Minutes to change a reply"),
    "attack_by_itself": _("Attack switch by itself"),
    "language": _("Language"),
}
HINTS: dict[str, Any] = {
    "other_way": _(
        "What somebody does who cannot solve the sum under the form, or does not want to."
    ),
    "edit_minutes": _(
        "For so long after writing a reply its author may change it; it waits again then. 0 is "
        "never."
    ),
    "attack_by_itself": _(
        "On: when far more replies come than usual, all of them wait and sums are harder, until it "
        "is over. Off: only a moderator switches that on."
    ),
    "language": _("What pages and mails are written in where nobody asked for another language."),
}
WAYS: dict[str, Any] = {
    str(OtherWay.MODERATOR): _("The reply is sent without it, and waits for a moderator"),
    str(OtherWay.WORK): _("The browser works for some seconds"),
    str(OtherWay.NONE): _("There is no other way"),
}
WRONG: dict[str, Any] = {
    "switch": _("Choose one of the list."),
    "name": _("Choose one of the list."),
    "choice": _("Choose one of the list."),
    "language": _("Choose one of the list."),
    "number": _("Write a whole number from %(least)s to %(most)s, or nothing for the default."),
    "words": _("At most %(number)s words, each of at most %(letters)s characters."),
}


def _chosen(name: str) -> SelectField:
    # What is chosen is read like what is typed: one place says what is valid.
    return SelectField(LABELS[name], choices=[], validate_choice=False)


class SettingsForm(FlaskForm):
    """Every setting but the policy's; nothing chosen or written is the default."""

    other_way = _chosen("other_way")
    edit_minutes = StringField(LABELS["edit_minutes"])
    attack_by_itself = _chosen("attack_by_itself")
    language = _chosen("language")


def sent(beneath: SiteSettings) -> SettingsForm:
    """The form as it was sent; `beneath` is what holds where nothing is chosen."""
    return _with_choices(SettingsForm(), beneath)


def stored(options: Mapping[str, Any], beneath: SiteSettings) -> SettingsForm:
    """The form with what is stored."""
    data = {name: sites.written(value) for name, value in options.items() if name in LABELS}
    return _with_choices(SettingsForm(formdata=None, data=data), beneath)


def _with_choices(form: SettingsForm, beneath: SiteSettings) -> SettingsForm:
    choices = {
        "attack_by_itself": {"on": _("On"), "off": _("Off")},
        "other_way": WAYS,
        "language": LANGUAGES,
    }
    for name, named in choices.items():
        form[name].choices = [_default(name, beneath), *_choices(named)]
    return form


def _choices(named: Mapping[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in named.items()]


def _default(name: str, beneath: SiteSettings) -> SelectChoice:
    value = getattr(beneath, name)
    said = str(WAYS.get(value) or LANGUAGES.get(value, value))
    return SelectChoice("", gettext("Use the default (%(value)s)", value=said))


def hints(beneath: SiteSettings) -> dict[str, str]:
    """What each setting does, and for those that are typed, what nothing means."""
    said = {name: str(hint) for name, hint in HINTS.items()}
    for name in ("edit_minutes",):
        shown = number(getattr(beneath, name))
        said[name] += " " + gettext("Leave it empty for the default, %(value)s.", value=shown)
    return said


def wanted(form: SettingsForm) -> dict[str, Any] | None:
    """What the form asks for, None being the default; None for all of it where it says, in its
    fields, what is wrong.
    """
    form.validate()
    found = {name: read(form, name) for name in LABELS}
    return None if any(field.errors for field in form) else found


def read(form: FlaskForm, name: str) -> Any:
    """What a field asks for, None being the default; what is wrong it says itself."""
    text = form[name].data or ""
    if not text.strip():
        return None
    try:
        return sites.read(name, text)
    except sites.BadOption as error:
        form[name].errors = [_wrong(error.wanted, name)]
        return None


def _wrong(what: str, name: str) -> str:
    least, most = sites.bounds(name)
    numbers = {"least": least, "most": most, "number": MOST_WORDS, "letters": LONGEST_WORD}
    return str(WRONG[what]) % {key: number(value) for key, value in numbers.items()}
