"""How a moderator wants their queue: keys, covered words, the tally, a nudge to pause."""

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for

from moderation.models import KEYS, Masking, Moderator, Preferences

from . import words
from .drawing import gettext as _
from .forms import PreferencesForm
from .service import writing
from .sessions import protected

blueprint = Blueprint("preferences", __name__, url_prefix="/queue/account/queue")


@blueprint.get("")
@protected
def index() -> str:
    """What one has chosen, or not."""
    mine = g.me.wishes
    return _page(PreferencesForm(formdata=None, obj=mine), mine.all_keys, {})


@blueprint.post("")
@protected
def change() -> Any:
    """Keep one's choices; "all_keys" puts every key back to what it was."""
    if "all_keys" in request.form:
        return _kept(g.me.wishes, {})
    form, typed = PreferencesForm(), _typed_keys()
    wrong = _wrong_keys(typed)
    if not form.validate_on_submit() or wrong:
        return Response(_page(form, typed, wrong), 422)
    wished = Preferences(
        keys_on=form.keys_on.data,
        masking=Masking(form.masking.data),
        tally=form.tally.data,
        pause_minutes=form.pause_minutes.data,
        pause_decisions=form.pause_decisions.data,
    )
    return _kept(wished, {name: key for name, key in typed.items() if key != KEYS[name]})


def _kept(wished: Preferences, keys: dict[str, str]) -> Any:
    with writing() as session:
        session.get_one(Moderator, g.me.id).preferences = wished.stored() | {"keys": keys}
        session.commit()
    flash(_("Saved."), "done")
    return redirect(url_for("preferences.index"), 303)


def _typed_keys() -> dict[str, str]:
    """The key of each action as it was typed; what was left empty is as it comes."""
    typed = {name: request.form.get(f"key_{name}", "").strip().lower() for name in KEYS}
    return {name: key or KEYS[name] for name, key in typed.items()}


def _wrong_keys(keys: dict[str, str]) -> dict[str, str]:
    """What is wrong with them, by action: a key does one thing, and digits choose a reason."""
    wrong, taken = {}, dict[str, str]()
    for name, key in keys.items():
        if len(key) != 1 or not key.isprintable() or key.isdigit():
            wrong[name] = _("Type one letter or sign, no digit.")
        elif key in taken:
            deed = str(words.KEYS[taken[key]])
            wrong[name] = _("This key has a meaning already: %(deed)s.", deed=deed)
        taken.setdefault(key, name)
    return wrong


def _page(form: PreferencesForm, keys: dict[str, str], wrong: dict[str, str]) -> str:
    drawn = [
        {"name": name, "label": words.KEYS[name], "key": key[:20], "usual": KEYS[name]}
        | {"error": wrong.get(name)}
        for name, key in keys.items()
    ]
    return render_template("accounts/preferences.html", form=form, keys=drawn)
