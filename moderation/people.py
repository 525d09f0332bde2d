"""Who looks after the comments: inviting them, changing what they may do, letting them go.

Whoever does it is an owner. One who is limited to sites sees people only as far as they work on
these sites, and gives nobody more than they have themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

from moderation import factors, notices
from moderation.accounts import enroll, ensured_digest
from moderation.models import (
    Change,
    Invitation,
    Kind,
    Lease,
    Moderator,
    Notices,
    Role,
    SavedView,
    SignIn,
    Site,
    Token,
    What,
)
from moderation.models.moderator import moderator_site
from moderation.privacy import Keyring, masked, new_id, new_token, token_digest
from moderation.text import addresses

#: An invitation that ended is remembered for so long.
REMEMBERED = timedelta(days=30)
#: What a change says of an owner who is limited to no site.
EVERYTHING = "everything"


class Refused(Exception):
    """It cannot be done; `why` is email, known, sites, last_owner, beyond or ended."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody is to do here: their role, and the sites it is for. An owner without sites is
    one of everything.
    """

    role: Role
    sites: tuple[Site, ...] = ()

    @property
    def word(self) -> str:
        """The part in a word, as changes are written down."""
        return EVERYTHING if self.role is Role.OWNER and not self.sites else str(self.role)


def may_give(me: Moderator, part: Part) -> bool:
    """Whether an owner may give somebody this part."""
    if me.role is not Role.OWNER or me.removed_at is not None:
        return False
    return me.site_ids is None or (bool(part.sites) and all(map(me.may_see, _ids(part.sites))))


def rules(me: Moderator, person: Moderator) -> bool:
    """Whether all that a person does here is an owner's to decide, not only some of it."""
    theirs = person.site_ids
    if me.site_ids is None:
        return True
    return theirs is not None and bool(theirs) and all(map(me.may_see, theirs))


def visible(session: Session, me: Moderator) -> list[Moderator]:
    """The people an owner looks after, by name."""
    return [one for one in session.scalars(_everybody()) if _sees(me, one)]


def _everybody() -> Select[Moderator]:
    here = Moderator.removed_at.is_(None)
    return select(Moderator).where(here).order_by(Moderator.name, Moderator.id)


def _sees(me: Moderator, person: Moderator) -> bool:
    theirs = person.site_ids
    return me.site_ids is None or (theirs is not None and any(map(me.may_see, theirs)))


def find(session: Session, me: Moderator, person_id: str) -> Moderator | None:
    """One of them, to be changed: owners take turns, so that two cannot demote each other."""
    owners = Moderator.role == Role.OWNER
    turn = select(Moderator.id).where(or_(owners, Moderator.id == person_id))
    session.execute(turn.order_by(Moderator.id).with_for_update()).all()
    person = session.get(Moderator, person_id, populate_existing=True)
    gone = person is None or person.removed_at is not None
    return None if gone or person is None or not _sees(me, person) else person


def last_seen(session: Session, people: Iterable[Moderator]) -> dict[str, datetime]:
    """When each was last here with a browser that is signed in still."""
    ids = [one.id for one in people]
    query = select(SignIn.moderator_id, func.max(SignIn.last_seen_at))
    seen = query.where(SignIn.moderator_id.in_(ids)).group_by(SignIn.moderator_id)
    return dict(session.execute(seen).all())


def change(session: Session, person: Moderator, part: Part, *, by: Moderator, at: datetime) -> None:
    """Give somebody that `find` gave another part. Raises Refused.

    Of the sites that the owner does not see nothing is changed.
    """
    unseen = tuple(site for site in person.sites if not by.may_see(site.id))
    if unseen and part.word == EVERYTHING:
        raise Refused("beyond")
    if unseen:
        part = Part(person.role, part.sites)
    _refuse_beyond(by, part, keeps=bool(unseen))
    if part.word != EVERYTHING:
        _refuse_without_owner(session, person)
    was = Part(person.role, tuple(person.sites))
    now = Part(part.role, tuple(sorted((*part.sites, *unseen), key=lambda site: site.key)))
    person.role, person.sites = now.role, list(now.sites)
    _tell_change(session, person.name, was, now, by, at)


def _refuse_beyond(by: Moderator, part: Part, *, keeps: bool) -> None:
    if not part.sites and not keeps and part.word != EVERYTHING:
        raise Refused("sites")
    if not (keeps and not part.sites) and not may_give(by, part):
        raise Refused("beyond")


def _refuse_without_owner(session: Session, person: Moderator) -> None:
    if person.role is not Role.OWNER or person.sites:
        return
    limited = select(moderator_site.c.moderator_id)
    others = select(func.count()).where(
        Moderator.role == Role.OWNER,
        Moderator.removed_at.is_(None),
        Moderator.id != person.id,
        Moderator.id.not_in(limited),
    )
    if not session.scalar(others):
        raise Refused("last_owner")


def _tell_change(
    session: Session, name: str, was: Part, now: Part, by: Moderator, at: datetime
) -> None:
    if was.word != now.word:
        _tell(session, What.ROLE, now.sites or was.sites, by, at, name, was.word, now.word)
    before, after = set(was.sites), set(now.sites)
    for site in before ^ after:
        what = What.SITE_GIVEN if site in after else What.SITE_TAKEN
        session.add(Change.of(what, site.id, by, at, name))


def remove(
    session: Session, keyring: Keyring, person: Moderator, *, by: Moderator, at: datetime
) -> None:
    """Let somebody that `find` gave go. Raises Refused.

    They are signed out at once, everywhere, and their tokens and their address go. What they
    decided keeps their name.
    """
    if not rules(by, person):
        raise Refused("beyond")
    _refuse_without_owner(session, person)
    was = Part(person.role, tuple(person.sites))
    _tell(session, What.REMOVED, was.sites, by, at, person.name, was=was.word)
    factors.reset(session, person.id)
    for model in (Token, Lease, SavedView):
        session.execute(delete(model).where(model.moderator_id == person.id))
    # Nobody's address has this digest, and a moderator without sites sees nothing.
    person.email_digest = f"removed:{person.id}"
    person.email_sealed = keyring.seal("", Moderator.email_row(person.id))
    person.password_hash, person.notices = None, Notices.OFF
    person.role, person.sites, person.removed_at = Role.MODERATOR, [], at


def invite(
    session: Session,
    keyring: Keyring,
    email: str,
    part: Part,
    *,
    by: Moderator,
    at: datetime,
    locale: str,
    to_be_mailed: bool,
) -> str:
    """Invite somebody: the token of their link, told this once. Raises Refused.

    An older invitation to the same address ends.
    """
    if not part.sites and part.word != EVERYTHING:
        raise Refused("sites")
    if not may_give(by, part):
        raise Refused("beyond")
    digest = _digest(session, keyring, email, at)
    known = session.scalar(select(Moderator).where(Moderator.email_digest == digest))
    # Of people on other sites an owner hears nothing: whoever opens the link is told.
    if known is not None and _sees(by, known):
        raise Refused("known")
    _end_older(session, digest, by, at)
    made = Invitation(id=new_id(), email_digest=digest, role=part.role, sites=list(part.sites))
    made.locale, made.by_id, made.created_at = locale, by.id, at
    made.expires_at = at + Invitation.LIFE
    token = new_token()
    made.seal(email, token, keyring, to_be_mailed=to_be_mailed)
    session.add(made)
    session.flush()
    _tell(session, What.INVITED, part.sites, by, at, masked(email), became=part.word)
    if to_be_mailed:
        notices.owe(
            session, Kind.INVITE, made.id, at=at, invitation_id=made.id, locale=locale or "en"
        )
    return token


def _digest(session: Session, keyring: Keyring, email: str, at: datetime) -> str:
    try:
        return ensured_digest(session, keyring, addresses.email(email), at)
    except addresses.BadAddress as error:
        raise Refused("email") from error


def _end_older(session: Session, digest: str, by: Moderator, at: datetime) -> None:
    older = select(Invitation).where(
        Invitation.email_digest == digest, Invitation.ended_at.is_(None)
    )
    for one in session.scalars(older):
        if may_give(by, part_of(one)):
            one.end(at)


def invitations(session: Session, me: Moderator, now: datetime) -> list[Invitation]:
    """The invitations that can be taken up still and are an owner's to take back."""
    there = Invitation.ended_at.is_(None), Invitation.expires_at > now
    query = select(Invitation).where(*there).order_by(Invitation.created_at.desc(), Invitation.id)
    return [one for one in session.scalars(query) if may_give(me, part_of(one))]


def find_invitation(session: Session, me: Moderator, invitation_id: str) -> Invitation | None:
    """One of them, to be taken back."""
    row = select(Invitation).where(Invitation.id == invitation_id).with_for_update(of=Invitation)
    found = session.scalar(row)
    return found if found and not found.ended_at and may_give(me, part_of(found)) else None


def take_back(
    session: Session, keyring: Keyring, invitation: Invitation, *, by: Moderator, at: datetime
) -> None:
    """Make an invitation's link worth nothing."""
    invitation.end(at)
    subject = invitation.masked_email(keyring)
    _tell(session, What.UNINVITED, invitation.sites, by, at, subject)


def invitation_of(session: Session, token: str, now: datetime) -> Invitation | None:
    """The invitation behind a link, while it is worth something: it is open, and who sent it may
    still give what it gives. Held against a second one who takes it up.
    """
    row = select(Invitation).where(Invitation.token_digest == token_digest(token))
    found = session.scalar(row.with_for_update(of=Invitation))
    if found is None or not found.is_open(now) or not may_give(found.by, part_of(found)):
        return None
    return found


def take_up(
    session: Session,
    keyring: Keyring,
    invitation: Invitation,
    name: str,
    password_hash: str,
    *,
    at: datetime,
) -> Moderator:
    """Make a moderator of whoever was invited. Raises Refused."""
    known = Moderator.email_digest == invitation.email_digest
    if session.scalar(select(Moderator.id).where(known)):
        raise Refused("known")
    person = enroll(
        session,
        keyring,
        invitation.email(keyring),
        invitation.email_digest,
        name=name,
        role=invitation.role,
        sites=invitation.sites,
        password_hash=password_hash,
        at=at,
    )
    person.locale = invitation.locale
    invitation.end(at)
    _tell(session, What.JOINED, invitation.sites, person, at, name, became=part_of(invitation).word)
    return person


def tidy_up(session: Session, now: datetime) -> None:
    """Forget invitations that are long over, with their addresses."""
    session.execute(delete(Invitation).where(Invitation.expires_at < now - REMEMBERED))


def part_of(invitation: Invitation) -> Part:
    """What an invitation gives."""
    return Part(invitation.role, tuple(invitation.sites))


def _ids(sites: Iterable[Site]) -> list[str]:
    return [site.id for site in sites]


def _tell(
    session: Session,
    what: What,
    sites: Iterable[Site],
    by: Moderator,
    at: datetime,
    subject: str,
    was: str = "",
    became: str = "",
) -> None:
    """Write it down for each site that it concerns, or once where that is every one."""
    concerned: list[str | None] = [*_ids(sites)]
    for site_id in concerned or [None]:
        session.add(Change.of(what, site_id, by, at, subject, was, became))
