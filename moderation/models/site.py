"""An embedding web site, with what its owner may want otherwise than others."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, column_property, mapped_column

from moderation.database import Ascii, Base
from moderation.policy import Wishes
from moderation.privacy import Keyring, new_id, new_key

from .attack import Attack


class OtherWay(StrEnum):
    """How somebody sends a reply who cannot do sums, or does not want to."""

    #: It is sent without, and always waits for a moderator.
    MODERATOR = "moderator"
    #: Their browser does some seconds of work instead (ALTCHA's protocol).
    WORK = "work"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What a site's owner decides about their own threads."""

    #: Whether every reply waits for a moderator, whatever the policy says of it.
    hold_everything: bool = True
    #: Words that hold a reply and raise its score; matched as whole words, also in disguise.
    blocked_words: tuple[str, ...] = ()
    #: How many links a reply may carry before that counts against it.
    links_allowed: int = 1
    #: What stands beside the sum.
    other_way: OtherWay = OtherWay.MODERATOR
    #: For how long after writing a reply its author may change it; 0 for never.
    edit_minutes: int = 60
    #: So many readers' reports put a published comment back in the queue; 0 for never.
    reports_to_hold: int = 3
    #: Whether a rate of replies far above the usual puts the site on its guard (see `attack`).
    attack_by_itself: bool = True
    #: The language of its pages and mails where nobody asked for another.
    language: str = "en"
    #: What it wants of the policy's rules, where that has no setting of its own above.
    rules: Wishes = field(default_factory=Wishes)

    @classmethod
    def of(cls, options: dict[str, Any]) -> "SiteSettings":
        """The settings, defaults filled in; what an older or newer version stored is left."""
        known = {one.name for one in fields(cls)}
        values = {name: value for name, value in options.items() if name in known}
        if "blocked_words" in values:
            values["blocked_words"] = tuple(values["blocked_words"])
        if "other_way" in values:
            values["other_way"] = OtherWay(values["other_way"])
        if "rules" in values:
            values["rules"] = Wishes(values["rules"])
        return cls(**values)


def laid_over(beneath: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A site's options with those beneath them where it says nothing; of rules, name by name."""
    both = {**beneath, **own}
    if "rules" in beneath and "rules" in own:
        lower, upper = beneath["rules"], own["rules"]
        codes = {**lower, **upper}
        both["rules"] = {code: {**lower.get(code, {}), **upper.get(code, {})} for code in codes}
    return both


class SiteDefaults(Base):
    """What the owner wants on every site that says nothing else: one row, or none."""

    __tablename__ = "site_defaults"

    ONLY = "all"

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=ONLY)
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Site(Base):
    """A web site whose pages carry threads.

    `key` names it in addresses. `origins` are the exact origins whose pages may embed it and
    post to it. `sealed_key` is the site's own random key, sealed: digests and avatars made with
    it mean nothing on another site, and survive a rotation of the instance's secret.
    """

    __tablename__ = "site"

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(Ascii, unique=True)
    name: Mapped[str] = mapped_column(String(200))
    origins: Mapped[list[str]] = mapped_column(JSON)
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    sealed_key: Mapped[bytes]
    created_at: Mapped[datetime]
    #: The owner's wishes for all sites. They come along with each, so that its settings can be
    #: read wherever it is, without another query and outside any session.
    defaults: Mapped[dict[str, Any] | None] = column_property(
        select(SiteDefaults.options).where(SiteDefaults.id == SiteDefaults.ONLY).scalar_subquery()
    )
    #: Until when it is under attack. It comes along as the defaults do: every reply asks for it.
    attack_until: Mapped[datetime | None] = column_property(
        select(Attack.until).where(Attack.site_id == id).correlate_except(Attack).scalar_subquery()
    )

    @classmethod
    def of_row(
        cls,
        site_id: str,
        key: str,
        name: str,
        origins: str,
        options: str,
        sealed_key: bytes,
        created_at: str,
        defaults: str | None,
        attack_until: str | None,
    ) -> "Site":
        """A site as it lies in the database, to be looked at outside any session.

        What a driver would turn into an object of its own comes as text.
        """
        return cls(
            id=site_id,
            key=key,
            name=name,
            origins=json.loads(origins),
            options=json.loads(options),
            sealed_key=sealed_key,
            created_at=_moment(created_at),
            defaults=json.loads(defaults) if defaults else None,
            attack_until=_moment(attack_until) if attack_until else None,
        )

    @classmethod
    def start(
        cls, key: str, name: str, origins: list[str], *, keyring: Keyring, at: datetime
    ) -> "Site":
        """A new site with a key of its own."""
        site = cls(id=new_id(), key=key, name=name, origins=origins, options={}, created_at=at)
        site.sealed_key = keyring.seal(new_key().hex(), site._key_row)
        return site

    @property
    def _key_row(self) -> str:
        return f"site:{self.id}:key"

    @property
    def settings(self) -> SiteSettings:
        """Its own wishes, then the owner's for all sites, then what the service comes with."""
        return SiteSettings.of(laid_over(self.defaults or {}, self.options))

    def is_under_attack(self, at: datetime) -> bool:
        """Whether far more replies come than usual, or somebody said so: all of them wait."""
        return self.attack_until is not None and at < self.attack_until

    def open_key(self, keyring: Keyring) -> bytes:
        """The site's own key; raises Unopenable when the instance's secret was lost."""
        return bytes.fromhex(keyring.open(self.sealed_key, self._key_row))

    def reseal(self, keyring: Keyring) -> bool:
        """Seal the site's key with the current secret; True when it was not already."""
        if keyring.is_current(self.sealed_key):
            return False
        self.sealed_key = keyring.seal(keyring.open(self.sealed_key, self._key_row), self._key_row)
        return True


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
