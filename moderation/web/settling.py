"""The settings of a site, or of all of them, as a form: each with what it does, and its default."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from moderation import sites
from moderation.languages import LANGUAGES
from moderation.models import OtherWay, SiteSettings
from moderation.sites import LONGEST_WORD, MOST, MOST_WORDS

from .drawing import gettext, number

LABELS: dict[str, Any] = {
    "hold_everything": _("Every reply waits"),
    "blocked_words": _("Blocked words"),
    "links_allowed": _("Links in a reply"),
    "other_way": _("In place of the sum"),
    "edit_minutes": _("Minutes to change a reply"),
    "reports_to_hold": _("Reports that bring a reply back"),
    "attack_by_itself": _("Attack switch by itself"),
    "language": _("Language"),
}
HINTS: dict[str, Any] = {
    "hold_everything": _(
        "On: a moderator reads every reply before it is published. Off: what the policy finds "
        "nothing against is published at once."
    ),
    "blocked_words": _(
        "One on each line. A reply that has one of them as a whole word waits, and counts as more "
        "likely spam."
    ),
    "links_allowed": _(
        "A reply with more links than this waits. Links to trusted domains do not count."
    ),
    "other_way": _(
        "What somebody does who cannot solve the sum under the form, or does not want to."
    ),
    "edit_minutes": _(
        "For so long after writing a reply its author may change it; it waits again then. 0 is "
        "never."
    ),
    "reports_to_hold": _(
        "When so many readers report a published reply, it waits again. 0 is never, and no report "
        "is lost."
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
    "choice": _("Choose one of the list."),
    "language": _("Choose one of the list."),
    "number": _("Write a whole number from 0 to %(most)s, or nothing for the default."),
    "words": _("At most %(number)s words, each of at most %(letters)s characters."),
}
OWN = "own"


def _chosen(name: str) -> SelectField:
    # What is chosen is read like what is typed: one place says what is valid.
    return SelectField(LABELS[name], choices=[], validate_choice=False)


class SettingsForm(FlaskForm):
    """Every setting; nothing chosen or written is the default."""

    hold_everything = _chosen("hold_everything")
    words_from = SelectField(_("Which words are blocked"), choices=[], validate_choice=False)
    blocked_words = TextAreaField(_("Words of its own"))
    links_allowed = StringField(LABELS["links_allowed"])
    other_way = _chosen("other_way")
    edit_minutes = StringField(LABELS["edit_minutes"])
    reports_to_hold = StringField(LABELS["reports_to_hold"])
    attack_by_itself = _chosen("attack_by_itself")
    language = _chosen("language")


def sent(beneath: SiteSettings) -> SettingsForm:
    """The form as it was sent; `beneath` is what holds where nothing is chosen."""
    return _with_choices(SettingsForm(), beneath)


def stored(options: Mapping[str, Any], beneath: SiteSettings) -> SettingsForm:
    """The form with what is stored."""
    data = {name: sites.written(value) for name, value in options.items()}
    words = options.get("blocked_words")
    data["words_from"] = "" if words is None else OWN
    data["blocked_words"] = "\n".join(words or ())
    return _with_choices(SettingsForm(formdata=None, data=data), beneath)


def _with_choices(form: SettingsForm, beneath: SiteSettings) -> SettingsForm:
    choices = {
        "hold_everything": {"on": _("On"), "off": _("Off")},
        "attack_by_itself": {"on": _("On"), "off": _("Off")},
        "other_way": WAYS,
        "language": LANGUAGES,
    }
    for name, named in choices.items():
        form[name].choices = [_default(name, beneath), *_choices(named)]
    own = SelectChoice(OWN, _("The words below"))
    form.words_from.choices = [_default("blocked_words", beneath), own]
    return form


def _choices(named: Mapping[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in named.items()]


def _default(name: str, beneath: SiteSettings) -> SelectChoice:
    return SelectChoice("", _default_said(name, beneath))


def _default_said(name: str, beneath: SiteSettings) -> str:
    """The default of a setting, to be chosen or to be read beside its field."""
    return gettext("Use the default (%(value)s)", value=_said(getattr(beneath, name)))


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("On") if value else gettext("Off")
    if isinstance(value, int):
        return number(value)
    if isinstance(value, tuple):
        return ", ".join(value) if value else gettext("none")
    return str(WAYS.get(value) or LANGUAGES.get(value, value))


def hints(beneath: SiteSettings) -> dict[str, str]:
    """What each setting does, and for those that are typed, what nothing means."""
    said = {name: str(hint) for name, hint in HINTS.items()}
    for name in MOST:
        shown = number(getattr(beneath, name))
        said[name] += " " + gettext("Leave it empty for the default, %(value)s.", value=shown)
    return said


def wanted(form: SettingsForm) -> dict[str, Any] | None:
    """What the form asks for, None being the default; None for all of it where it says, in its
    fields, what is wrong.
    """
    form.validate()
    found = {name: _read(form, name) for name in sites.NAMES}
    has_own_words = form.words_from.data == OWN
    if has_own_words:
        found["blocked_words"] = found["blocked_words"] or []
    elif (form.blocked_words.data or "").strip():
        # Neither is guessed: what somebody typed is not thrown away.
        form.words_from.errors = [_("You wrote words below: choose them here, or empty the field.")]
    return None if any(field.errors for field in form) else found


def _read(form: SettingsForm, name: str) -> Any:
    text = form[name].data or ""
    if not text.strip():
        return None
    try:
        return sites.read(name, text)
    except sites.BadOption as error:
        form[name].errors = [_wrong(error.wanted, name)]
        return None


def _wrong(what: str, name: str) -> str:
    bounds = {"most": MOST.get(name, 0), "number": MOST_WORDS, "letters": LONGEST_WORD}
    return str(WRONG[what]) % {key: number(value) for key, value in bounds.items()}
