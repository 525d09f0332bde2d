"""The outbox, for owners: what is to be sent, what could not be, and what to do about it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from moderation import outbox
from moderation.models import Author, Invitation, Kind, Message, Moderator, Site, State
from moderation.privacy import masked

from .owning import for_owners
from .service import now, reading, service, writing

blueprint = Blueprint("outbox", __name__, url_prefix="/queue/outbox")

#: The oldest of each state are shown; an owner sees from them what is wrong.
SHOWN = 100

KINDS: dict[Kind, Any] = {
    Kind.STATUS: lazy_gettext("Private address of a reply"),
    Kind.CONFIRM: lazy_gettext("Are answers wanted?"),
    Kind.REPLY: lazy_gettext("Somebody answered"),
    Kind.ERASE: lazy_gettext("Link that erases"),
    Kind.DIGEST: lazy_gettext("What waits, for a moderator"),
    Kind.INVITE: lazy_gettext("Invitation to moderate"),
}


@blueprint.get("")
@for_owners
def index() -> str:
    """What could not be sent, then what is due."""
    return render_template(
        "queue/outbox.html",
        dead=[_row(one) for one in _messages(State.DEAD)],
        due=[_row(one) for one in _messages(State.DUE)],
        counts={str(state): _count(state) for state in State},
        has_server=service().settings.mail is not None,
    )


@blueprint.post("/again")
@for_owners
def again() -> Any:
    """Try a message again at once, with all its tries before it."""
    said = _("It is tried again within seconds.")
    return _change(lambda message: outbox.try_again(message, now()), said)


@blueprint.post("/drop")
@for_owners
def drop() -> Any:
    """Let a message go unsent."""
    said = _("It is dropped and will not be sent.")
    return _change(lambda message: outbox.drop(message, now()), said)


def _change(act: Callable[[Message], None], said: str) -> Any:
    with writing() as session:
        message = _open_message(session)
        if message is None:
            flash(_("That message has gone out, or nobody wants it any more."), "done")
        else:
            act(message)
            flash(said, "done")
        session.commit()
    return redirect(url_for("outbox.index"), 303)


def _open_message(session: Session) -> Message | None:
    chosen = request.form.get("message", "")
    if "\0" in chosen:
        abort(400)
    is_open = Message.state.in_((State.DEAD, State.DUE))
    return session.scalar(_mine().where(Message.id == chosen, is_open).with_for_update(of=Message))


def _messages(state: State) -> list[Message]:
    query = _mine().where(Message.state == state).order_by(Message.due_at, Message.id)
    along = (joinedload(Message.author), joinedload(Message.moderator))
    return list(reading().scalars(query.options(*along).limit(SHOWN)))


def _count(state: State) -> int:
    query = select(func.count()).select_from(_mine().where(Message.state == state).subquery())
    return reading().scalar(query) or 0


def _mine() -> Any:
    """The messages that are about the owner's own sites, or to the owner."""
    return select(Message).where(*_within(g.me))


def _within(me: Moderator) -> list[ColumnElement[bool]]:
    if me.site_ids is None:
        return []
    theirs = select(Author.id).where(Author.site_id.in_(me.site_ids))
    sent = select(Invitation.id).where(Invitation.by_id == me.id)
    to_invited = Message.invitation_id.in_(sent)
    return [or_(Message.author_id.in_(theirs), Message.moderator_id == me.id, to_invited)]


def _row(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "kind": KINDS[message.kind],
        "to": _masked(message),
        "site": _site(message),
        "error": message.error,
        "attempts": message.attempts,
        "created_at": message.created_at,
        "due_at": message.due_at,
        "ended_at": message.ended_at,
    }


def _masked(message: Message) -> str:
    receiver = message.author or message.moderator or message.invitation
    return masked(receiver.email(service().keyring)) if receiver else ""


def _site(message: Message) -> str:
    if message.author is None:
        return ""
    site = reading().get(Site, message.author.site_id)
    return site.name if site else ""
