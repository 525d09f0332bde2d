"""The rules of a site, or of all of them, as a form: what is empty or not chosen is the default."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from moderation import sites
from moderation.models import SiteSettings
from moderation.policy import TERMS
from moderation.policy.terms import Switch, Words
from moderation.sites import DOES as DOES_NAME

from .drawing import gettext, number
from .policy_words import (
    DOES,
    EFFECTS,
    GROUPS,
    NAMES,
    PARAMETERS,
    TERM_OF,
    effect,
    names_of,
    option_of,
    sentence,
)
from .settling import read

#: Added to the name of a field for words: whether the default ones hold, or those in the field.
FROM = ".from"
OWN = "own"
SWITCH = {"on": _("Yes"), "off": _("No")}
#: The one switch that says what a rule does.
HOLDS = {"on": DOES["hold"], "off": DOES["off"]}


class PolicyForm(FlaskForm):
    """A field for every term of every rule, by the name under which it is stored."""


def _choices_of(option: str) -> Mapping[str, Any]:
    """What can be chosen for a term that is chosen; nothing for one that is written."""
    code, name = TERM_OF[option]
    if name == DOES_NAME:
        return HOLDS if TERMS[code].option else {does: DOES[does] for does in TERMS[code].may}
    return SWITCH if isinstance(TERMS[code].parameters.get(name), Switch) else {}


def _is_words(option: str) -> bool:
    code, name = TERM_OF[option]
    return isinstance(TERMS[code].parameters.get(name), Words)


def _fields() -> Iterator[tuple[str, Any]]:
    for option, (_code, name) in TERM_OF.items():
        label = PARAMETERS[name]
        if _is_words(option):
            # What is chosen is read like what is typed: one place says what is valid.
            which = _("Which words")
            yield option + FROM, SelectField(which, choices=[], validate_choice=False)
            yield option, TextAreaField(_("Words of its own, one on each line"))
        elif _choices_of(option):
            yield option, SelectField(label, choices=[], validate_choice=False)
        else:
            yield option, StringField(label)


for _name, _field in _fields():
    setattr(PolicyForm, _name, _field)


def sent(beneath: SiteSettings) -> PolicyForm:
    """The form as it was sent; `beneath` is what holds where nothing is chosen."""
    return _with_choices(PolicyForm(), beneath)


def stored(options: Mapping[str, Any], beneath: SiteSettings) -> PolicyForm:
    """The form with what is stored."""
    kept = {name: value for name, value in sites.flat(options).items() if name in TERM_OF}
    data = {name: sites.written(value) for name, value in kept.items()}
    for name in filter(_is_words, TERM_OF):
        data[name + FROM] = OWN if name in kept else ""
        data[name] = "\n".join(kept.get(name, ()))
    return _with_choices(PolicyForm(formdata=None, data=data), beneath)


def _with_choices(form: PolicyForm, beneath: SiteSettings) -> PolicyForm:
    for option in TERM_OF:
        if _is_words(option):
            own = SelectChoice(OWN, gettext("The words below"))
            form[option + FROM].choices = [_default(option, beneath), own]
        elif choices := _choices_of(option):
            named = [SelectChoice(value, label) for value, label in choices.items()]
            form[option].choices = [_default(option, beneath), *named]
    return form


def _default(option: str, beneath: SiteSettings) -> SelectChoice:
    return SelectChoice("", gettext("Default: %(value)s", value=usual(option, beneath)))


def usual(option: str, beneath: SiteSettings) -> str:
    """What holds where nothing is chosen or written, in words."""
    value = sites.value(beneath, option)
    if isinstance(value, tuple):
        return ", ".join(value) if value else gettext("none")
    if choices := _choices_of(option):
        return str(choices[sites.written(value)])
    return number(value)


def wanted(form: PolicyForm) -> dict[str, Any] | None:
    """What the form asks for, None being the default; None for all of it where it says, in its
    fields, what is wrong.
    """
    form.validate()
    found = {option: read(form, option) for option in TERM_OF}
    for option in filter(_is_words, TERM_OF):
        if form[option + FROM].data == OWN:
            found[option] = found[option] or []
        elif (form[option].data or "").strip():
            # Neither is guessed: what somebody typed is not thrown away.
            sentence = _("You wrote words below: choose them here, or empty the field.")
            form[option + FROM].errors = [sentence]
    return None if any(field.errors for field in form) else found


def typed(form: PolicyForm) -> list[tuple[str, str]]:
    """What was chosen and written, to be carried on by a page that does not show the fields."""
    names = [field.name for field in form if field.type != "CSRFTokenField"]
    return [(name, form[name].data) for name in names if form[name].data]


def groups(form: PolicyForm, settings: SiteSettings, beneath: SiteSettings) -> list[dict[str, Any]]:
    """The rules as the page lists them, with what each does by `settings`."""
    return [
        {"heading": heading, "rules": [_rule(code, form, settings, beneath) for code in codes]}
        for heading, codes in GROUPS
    ]


def _rule(
    code: str, form: PolicyForm, settings: SiteSettings, beneath: SiteSettings
) -> dict[str, Any]:
    options = [option_of(code, name) for name in names_of(code)]
    return {
        "code": code,
        "name": NAMES[code],
        "sentence": sentence(code, settings),
        "effect": effect(code, settings),
        "is_off": effect(code, settings) == str(EFFECTS["off"]),
        "fields": [_drawn(option, form, beneath) for option in options],
    }


def _drawn(option: str, form: PolicyForm, beneath: SiteSettings) -> dict[str, Any]:
    kind = "words" if _is_words(option) else "choice" if _choices_of(option) else "number"
    which = form[option + FROM] if kind == "words" else None
    # An empty field for a number shows in grey what holds then.
    usually = usual(option, beneath) if kind == "number" else ""
    return {"kind": kind, "field": form[option], "which": which, "usual": usually}
