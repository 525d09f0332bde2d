"""What services outside say of a reply on its way in, where its site's owner wants them asked."""

from moderation import captcha, outside
from moderation.drafts import Draft
from moderation.models import Site
from moderation.outside.said import Said
from moderation.policy import Effect, Heard
from moderation.policy.outside import LISTS

from .service import close, now, reading, service


def heard(
    site: Site, left: Draft, challenge: captcha.Challenge, answer: str | None
) -> tuple[Heard, ...]:
    """What was heard; nothing where nobody is to be asked, or the reply will not be taken.

    No session is open while others are waited for.
    """
    if not service().database.look_ups.find(outside.ANY_ON, site.id):
        return ()
    if answer is not None and not challenge.answered_by(answer):
        return ()
    session, said = reading(), said_of(site, left)
    if outside.is_settled(session, site.id, said.page, challenge.nonce):
        return ()
    services, keyring = outside.on(session, site.id), service().keyring
    found = outside.look(session, keyring, said) if LISTS in services else ""
    close()
    local = service().settings.local_webhooks
    asked = outside.ask_all(outside.questions(services, keyring, said, local=local))
    if not found:
        return asked
    does = Effect(services[LISTS].options.get("does", Effect.HOLD))
    return (*asked, Heard(LISTS, "listed", does, found))


def said_of(site: Site, left: Draft) -> Said:
    """What there is to be told of a reply."""
    reply = left.reply
    return Said(
        site=site.key,
        home=site.origins[0],
        language=site.settings.language,
        page=reply.page,
        title=reply.title,
        parent=reply.parent or "",
        name=reply.name,
        website=reply.website,
        text=reply.body,
        html=left.rendered.html,
        links=left.rendered.links,
        email=reply.email,
        address=reply.address,
        at=now(),
    )
