"""The browsers in which somebody is signed in: begun, asked for at every page, ended."""

from datetime import timedelta
from functools import wraps
from typing import Any

from flask import abort, g, redirect, request, session, url_for
from flask_babel import refresh
from flask_wtf.csrf import CSRFError, validate_csrf
from sqlalchemy import delete, or_, select, update
from wtforms import ValidationError

from moderation.models import HalfSignIn, SignIn
from moderation.privacy import new_id, new_token, token_digest

from .service import now, reading, service, writing

_SEEN_EVERY = timedelta(minutes=5)
_ONLY_READS = frozenset({"GET", "HEAD"})


def protected(view: Any) -> Any:
    """Ask for a signed-in moderator, and for the token of our own form where something changes."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        found = signed_in()
        if found is None:
            if request.method in _ONLY_READS:
                return redirect(url_for("accounts.login", next=request.full_path.rstrip("?")))
            abort(401)
        if request.method not in _ONLY_READS:
            check_own_form()
        g.sign_in, g.me = found, found.moderator
        refresh()  # Now it is known whose language the page is in.
        return view(*args, **kwargs)

    return guarded


def check_own_form() -> None:
    """Raise CSRFError where a changing request does not carry the token of our own form."""
    try:
        validate_csrf(request.form.get("csrf_token", ""))
    except ValidationError as error:
        raise CSRFError(str(error)) from error


def inside(target: str | None, otherwise: str) -> str:
    """An address of ours to go on to; anything that could lead elsewhere is left."""
    target = target or ""
    return target if target.startswith("/") and _harmless(target) else otherwise


def sent_id(field: str) -> str:
    """The id in a field of a form, which may be anybody's; text that no id can be is refused."""
    found = request.form.get(field, "")
    if "\0" in found:
        abort(400)
    return found


def _harmless(target: str) -> bool:
    # Browsers read "\\" as "/", and drop tabs and line ends: "/\\evil" leads elsewhere.
    strange = "\\" in target or target.startswith("//") or not target.isprintable()
    return not strange and len(target) < 4_000


def signed_in() -> SignIn | None:
    """The session of the browser that asks, if it has one that is not over."""
    token = session.get("token")
    if not isinstance(token, str):
        return None
    found = reading().scalar(select(SignIn).where(SignIn.token_digest == token_digest(token)))
    # One who was removed may have proven their password a moment before.
    if found is None or found.is_over(now()) or found.moderator.removed_at:
        return None
    if now() - found.last_seen_at > _SEEN_EVERY:
        with service().database.writing() as rows:
            # An update, not a load: it may have been signed out a moment ago.
            rows.execute(update(SignIn).where(SignIn.id == found.id).values(last_seen_at=now()))
            rows.commit()
    return found


def begin(moderator_id: str) -> None:
    """Sign a browser in, under a token it did not have before."""
    token = new_token()
    session.clear()
    session.permanent = True
    session["token"] = token
    with writing() as rows:
        rows.add(
            SignIn(
                id=new_id(),
                token_digest=token_digest(token),
                moderator_id=moderator_id,
                browser=_browser(),
                created_at=now(),
                last_seen_at=now(),
                confirmed_at=now(),
            )
        )
        rows.execute(
            delete(SignIn).where(
                or_(
                    SignIn.last_seen_at < now() - SignIn.IDLE,
                    SignIn.created_at < now() - SignIn.LONGEST,
                )
            )
        )
        rows.commit()


def begin_half(moderator_id: str) -> None:
    """Remember that the password was right in this browser, until the second factor was given.

    The cookie has a token and no more, so a copy of it is worth nothing once the row is gone.
    """
    token = new_token()
    session.clear()
    session["half"] = token
    with writing() as rows:
        rows.add(
            HalfSignIn(
                id=new_id(),
                token_digest=token_digest(token),
                moderator_id=moderator_id,
                created_at=now(),
            )
        )
        rows.execute(delete(HalfSignIn).where(HalfSignIn.created_at < now() - HalfSignIn.LIFE))
        rows.commit()


def half_signed_in() -> HalfSignIn | None:
    """What this browser has of a sign-in: the password was right, and it is not too late."""
    token = session.get("half")
    if not isinstance(token, str):
        return None
    wish = select(HalfSignIn).where(HalfSignIn.token_digest == token_digest(token))
    found = reading().scalar(wish)
    return None if found is None or found.is_over(now()) else found


def complete(half: HalfSignIn) -> bool:
    """Sign the browser in; False where the half was used or ended a moment ago."""
    with writing() as rows:
        gone = delete(HalfSignIn).where(HalfSignIn.id == half.id).returning(HalfSignIn.id)
        found = rows.scalar(gone) is not None
        rows.commit()
    if found:
        begin(half.moderator_id)
    return found


def end(*which: Any) -> None:
    """Sign out the browsers that these conditions name."""
    with writing() as rows:
        rows.execute(delete(SignIn).where(*which))
        rows.commit()


def _browser() -> str:
    """A short name for a browser, good enough to recognise one's own; empty for a strange one.

    It is stored, so it has names alone: words would stay in the language of this moment.
    """
    agent = request.user_agent.string
    kinds = ("Firefox", "Edg", "OPR", "Chrome", "Safari")
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    kind = next((kind for kind in kinds if kind in agent), "")
    system = next((system for system in systems if system in agent), "")
    return f"{ {'Edg': 'Edge', 'OPR': 'Opera'}.get(kind, kind) } {system}".strip()
