"""A site's reasons, for its owners: add one, put them in order, reword, retire."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request
from flask_babel import gettext as _

from moderation import reasons as storing
from moderation.models import Site, SiteReason

from . import reasons
from .owner_forms import ReasonForm, refuse
from .owning import for_owners, held, my_site, of_site, typed
from .reasons import Choice
from .service import now, reading, writing

blueprint = Blueprint("reasons", __name__, url_prefix="/queue/sites/<site>/reasons")

STEPS = {"up": -1, "down": 1}


@blueprint.get("")
@for_owners
def index(site: str) -> str:
    """What moderators choose among, and what they chose among before."""
    return _page(my_site(site))


@blueprint.post("")
@for_owners
def add(site: str) -> Any:
    """Add a reason at the end."""
    found, form = my_site(site), ReasonForm()
    if not form.validate_on_submit():
        return Response(_page(found, form=form), 422)
    try:
        with writing() as session:
            mine = held(session, site)
            storing.add(session, mine, form.label.data, form.sentence.data, by=g.me, at=now())
            session.commit()
    except storing.TooMany:
        refuse(form.label, _too_many())
        return Response(_page(my_site(site), form=form), 422)
    return _back(found, _("The reason is added."))


@blueprint.post("/change")
@for_owners
def change(site: str) -> Any:
    """Give a reason another label, or other words from now on."""
    form = ReasonForm()
    if not form.validate_on_submit():
        return Response(_page(my_site(site), form=form, changed=typed("code")), 422)

    def act(session: Any, mine: Site, reason: SiteReason, shown: Choice) -> None:
        label, sentence, known = form.label.data, form.sentence.data, {"by": g.me, "at": now()}
        if reason.retired_at is not None:
            return  # Somebody reworded it a moment ago: what stands there now has another code.
        if sentence != shown.sentence:
            storing.reword(session, reason, label, sentence, was=shown.sentence, **known)
        elif label != shown.label:
            storing.relabel(session, reason, label, was=shown.label, **known)

    return _change(site, act, _("Saved."))


@blueprint.post("/move")
@for_owners
def move(site: str) -> Any:
    """Move a reason up or down by one."""
    step = STEPS.get(request.form.get("step", ""))
    if step is None:
        abort(400)

    def act(session: Any, mine: Site, reason: SiteReason, shown: Choice) -> None:
        if reason.retired_at is None:
            known = {"label": shown.label, "by": g.me, "at": now()}
            storing.move(session, mine, reason, step, **known)

    return _change(site, act, _("The order is changed."))


@blueprint.post("/retire")
@for_owners
def retire(site: str) -> Any:
    """Offer a reason no more."""

    def act(session: Any, _mine: Site, reason: SiteReason, shown: Choice) -> None:
        if reason.retired_at is None:
            storing.retire(session, reason, label=shown.label, by=g.me, at=now())

    said = _("The reason is retired. Decisions that gave it keep it.")
    return _change(site, act, said)


@blueprint.post("/again")
@for_owners
def again(site: str) -> Any:
    """Offer a retired reason again."""

    def act(session: Any, mine: Site, reason: SiteReason, shown: Choice) -> None:
        if reason.retired_at is not None:
            known = {"label": shown.label, "by": g.me, "at": now()}
            storing.use_again(session, mine, reason, **known)

    return _change(site, act, _("The reason is offered again."))


def _change(site: str, act: Callable[[Any, Site, SiteReason, Choice], None], said: str) -> Any:
    try:
        with writing() as session:
            mine = held(session, site)
            code = typed("code")
            there = (one for one in storing.own(session, mine) if one.code == code)
            reason = next(there, None)
            if reason is not None:
                act(session, mine, reason, reasons.drawn(reason))
                session.commit()
    except storing.TooMany:
        return Response(_page(my_site(site), notice=_too_many()), 422)
    return _back(mine, said if reason else _("That reason is gone."))


def _back(site: Site, said: str) -> Any:
    flash(said, "done")
    return redirect(of_site("reasons.index", site), 303)


def _too_many() -> str:
    return _("There are %(most)d reasons already. Retire one first.") % {"most": storing.MOST}


def _page(
    found: Site, *, form: ReasonForm | None = None, changed: str = "", notice: str = ""
) -> str:
    rows = storing.rows(reading(), found.id)
    return render_template(
        "owners/reasons.html",
        site=found,
        choices=reasons.of(reading(), found),
        retired=[reasons.drawn(one) for one in rows if one.retired_at is not None],
        form=form if form and not changed else ReasonForm(formdata=None),
        form_of=lambda choice: _form_of(choice, form, changed),
        changed=changed,
        notice=notice,
    )


def _form_of(choice: Choice, sent: ReasonForm | None, changed: str) -> ReasonForm:
    """The form of one reason: as it was sent where it was sent, else as it is stored. Its fields
    have ids of their own, since many stand on one page.
    """
    form = sent if sent is not None and choice.code == changed else _stored(choice)
    for field in form:
        field.id = f"{field.name}-{choice.code}"
    return form


def _stored(choice: Choice) -> ReasonForm:
    return ReasonForm(formdata=None, data={"label": choice.label, "sentence": choice.sentence})
