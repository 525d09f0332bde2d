"""What a site has asked outside, for its owners: what goes where, on or off, tried at once."""

from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, render_template
from flask_babel import gettext as _

from moderation.models import OutsideService, Site
from moderation.outside import akismet, services, stopforumspam, webhook
from moderation.outside.reaching import Failed
from moderation.outside.said import Said
from moderation.policy.outside import AKISMET, WEBHOOK

from . import outside_forms, outside_words
from .owner_forms import refuse
from .owning import for_owners, held, my_site, of_site
from .service import close, now, reading, service, writing

blueprint = Blueprint("outside", __name__, url_prefix="/queue/sites/<site>/outside")


@blueprint.get("")
@for_owners
def index(site: str) -> str:
    """All of them, with what each sends where, and its last failure."""
    return _page(my_site(site))


@blueprint.post("/<name>")
@for_owners
def save(site: str, name: str) -> Any:
    """Switch one on or off, and change what it does."""
    found, form = my_site(site), _form_or_404(name)
    known = services.every(reading(), found.id).get(name)
    is_valid = form.validate()
    if is_valid and name == AKISMET and form.is_on.data and not (form.key.data or _has_key(known)):
        refuse(form.key, _("Write the key that Akismet gave you."))
        is_valid = False
    if not is_valid:
        return Response(_page(found, sent={name: form}), 422)
    made = "" if name != WEBHOOK or _has_key(known) else webhook.new_secret()
    _save(site, name, form, made or _typed_key(name, form))
    if made:
        # The answer is the one page that shows it.
        return _page(my_site(site), secret=made)
    return _back(found, _("Saved."))


def _typed_key(name: str, form: Any) -> str:
    return form.key.data or "" if name == AKISMET else ""


def _has_key(known: OutsideService | None) -> bool:
    return known is not None and known.sealed_key is not None


def _save(site: str, name: str, form: Any, key: str) -> None:
    with writing() as session:
        mine = held(session, site)
        wanted = {"is_on": form.is_on.data, "options": form.options}
        changed = services.save(session, mine, name, **wanted, by=g.me, at=now())
        if key:
            changed.seal(key, service().keyring)
        session.commit()


@blueprint.post("/webhook/secret")
@for_owners
def secret(site: str) -> Any:
    """Make a new secret: the answer is the one page that shows it."""
    made = webhook.new_secret()
    with writing() as session:
        mine = held(session, site)
        known = services.every(session, mine.id).get(WEBHOOK)
        if known is None:
            return _back(mine, _("There is no webhook yet: save it first."), "wrong")
        known.seal(made, service().keyring)
        session.commit()
    return _page(my_site(site), secret=made)


@blueprint.post("/<name>/try")
@for_owners
def attempt(site: str, name: str) -> Any:
    """Ask once, as it is saved, and say what came of it."""
    found = my_site(site)
    known = services.every(reading(), found.id).get(name)
    if name not in {AKISMET, WEBHOOK} or known is None or known.sealed_key is None:
        return _back(found, _("There is nothing to try yet: save it first."), "wrong")
    key, options, sample = known.open(service().keyring), dict(known.options), _sample(found)
    close()
    try:
        sentence = _tried(name, key, options, sample)
    except Failed as failed:
        return _back(found, outside_words.failure(name, failed.why), "wrong")
    return _back(found, sentence)


def _tried(name: str, key: str, options: dict[str, Any], sample: Said) -> str:
    if name == AKISMET:
        akismet.verify(key, sample.home)
        return _("Akismet answered: the key is good.")
    local = service().settings.local_webhooks
    verdict = webhook.ask(key, options, sample, local=local).said
    return _("The webhook answered: %(verdict)s.", verdict=verdict)


def _sample(found: Site) -> Said:
    """A reply that nobody left, to try the webhook with."""
    words = _("This is a try: nobody left this reply.")
    return Said(
        site=found.key,
        home=found.origins[0],
        language=found.settings.language,
        page=f"{found.origins[0]}/",
        title="",
        parent="",
        name=_("A try"),
        website="",
        text=words,
        html=f"<p>{words}</p>",
        links=(),
        email="",
        address="",
        at=now(),
    )


def _form_or_404(name: str) -> Any:
    if name not in outside_forms.FORMS:
        abort(404)
    return outside_forms.sent(name)


def _back(found: Site, sentence: str, category: str = "done") -> Any:
    flash(sentence, category)
    return redirect(of_site("outside.index", found), 303)


def _page(found: Site, *, sent: dict[str, Any] | None = None, secret: str = "") -> str:
    known = services.every(reading(), found.id)
    failures = {
        name: {"at": one.failed_at, "sentence": outside_words.failure(name, one.failure)}
        for name, one in known.items()
        if one.failed_at is not None
    }
    return render_template(
        "owners/outside.html",
        site=found,
        forms={**outside_forms.stored(known), **(sent or {})},
        has_key={name for name, one in known.items() if one.sealed_key is not None},
        failures=failures,
        lists=stopforumspam.loaded(reading()),
        secret=secret,
        local=service().settings.local_webhooks,
    )
