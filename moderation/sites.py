"""What owners change about their sites: name, origins, settings, for one site or for all."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.database import insert_once
from moderation.languages import LANGUAGES
from moderation.models import (
    Change,
    Moderator,
    OtherWay,
    Site,
    SiteDefaults,
    SiteSettings,
    What,
    laid_over,
)
from moderation.policy import TERMS, Terms
from moderation.policy.reasons import MOST as MOST_SCORE
from moderation.policy.terms import Number, Parameter, Switch
from moderation.text import plain

#: How a command, and the list of changes, call what is not a site's own.
DEFAULT = "default"
MOST_WORDS = 500
LONGEST_WORD = 100


class BadOption(ValueError):
    """No value for this setting. `wanted` says what would be one; the message says it in English,
    for a command.
    """

    def __init__(self, wanted: str, sentence: str) -> None:
        super().__init__(sentence)
        self.wanted = wanted


def _switch(text: str) -> bool:
    switches = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
    if text.lower() not in switches:
        raise BadOption("switch", "This is either on or off.")
    return switches[text.lower()]


def _number(least: int, most: int, text: str) -> int:
    readable = text.isascii() and text.isdigit() and len(text) < 10
    if not readable or not least <= int(text) <= most:
        raise BadOption("number", f"This is a number from {least} to {most}.")
    return int(text)


def _words(text: str) -> list[str]:
    words = list(dict.fromkeys(filter(None, map(plain.one_line, re.split(r"[\n,]", text)))))
    if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
        raise BadOption(
            "words", f"At most {MOST_WORDS} words, each of at most {LONGEST_WORD} characters."
        )
    return words


def _one_of(kind: str, known: tuple[str, ...], text: str) -> str:
    if text not in known:
        raise BadOption(kind, f"This is one of: {', '.join(known)}.")
    return text


#: The largest number that makes sense: more links than a reply can hold, a year, a crowd.
MOST = {"links_allowed": 100, "edit_minutes": 525_600, "reports_to_hold": 1_000}

#: How the text in which somebody writes a setting is read: on a page, or in a command.
READERS: dict[str, Callable[[str], Any]] = {
    "hold_everything": _switch,
    "blocked_words": _words,
    "links_allowed": partial(_number, 0, MOST["links_allowed"]),
    "other_way": partial(_one_of, "choice", tuple(map(str, OtherWay))),
    "edit_minutes": partial(_number, 0, MOST["edit_minutes"]),
    "reports_to_hold": partial(_number, 0, MOST["reports_to_hold"]),
    "attack_by_itself": _switch,
    "language": partial(_one_of, "language", tuple(LANGUAGES)),
}
#: What is no rule's own, but for those that are older than the rules.
OPTIONS = tuple(one.name for one in fields(SiteSettings) if one.name != "rules")
DOES, POINTS = "does", "score"


def _readers_of(code: str, terms: Terms) -> dict[str, Callable[[str], Any]]:
    """How the terms of a rule are read, by their names: "haste.does", "haste.seconds"."""
    readers: dict[str, Callable[[str], Any]] = {}
    if terms.may and not terms.option:
        readers[DOES] = partial(_one_of, "choice", terms.may)
    if terms.has_score:
        readers[POINTS] = partial(_number, 0, MOST_SCORE)
    own = {name: one for name, one in terms.parameters.items() if not getattr(one, "option", "")}
    readers |= {name: _reader(parameter) for name, parameter in own.items()}
    return {f"{code}.{name}": reader for name, reader in readers.items()}


def _reader(parameter: Parameter) -> Callable[[str], Any]:
    if isinstance(parameter, Number):
        return partial(_number, parameter.least, parameter.most)
    return _switch if isinstance(parameter, Switch) else _words


for _code, _terms in TERMS.items():
    READERS |= _readers_of(_code, _terms)
NAMES = tuple(READERS)


def bounds(name: str) -> tuple[int, int]:
    """From which number to which a setting goes, where it is a number."""
    code, _dot, own = name.partition(".")
    parameter = TERMS[code].parameters.get(own) if own else None
    if isinstance(parameter, Number):
        return parameter.least, parameter.most
    return 0, MOST.get(name, MOST_SCORE)


def flat(options: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored, by the names under which it is read."""
    found = {name: value for name, value in options.items() if name in OPTIONS}
    for code, own in options.get("rules", {}).items():
        found |= {f"{code}.{name}": value for name, value in own.items()}
    return found


def value(settings: SiteSettings, name: str) -> Any:
    """What holds under one of the NAMES."""
    code, _dot, own = name.partition(".")
    if not own:
        return getattr(settings, name)
    if own in {DOES, POINTS}:
        return getattr(settings.rules, own)(code)
    parameter = TERMS[code].parameters[own]
    if isinstance(parameter, Number):
        return settings.rules.number(code, own)
    if isinstance(parameter, Switch):
        return settings.rules.switch(code, own)
    return settings.rules.words(code, own)


def read(name: str, text: str) -> Any:
    """The value that is stored for a setting written so. Raises BadOption."""
    if name not in READERS:
        raise BadOption("name", f"There is no setting {name}. There are: {', '.join(NAMES)}.")
    try:
        return READERS[name](plain.tidy(text))
    except plain.Unreadable as error:
        raise BadOption("words", "This has a character that cannot be stored.") from error


def read_or_default(name: str, text: str) -> Any:
    """The same, and None where it says `default`. Raises BadOption."""
    if text == DEFAULT and name in READERS:
        return None
    return read(name, text)


def written(value: Any) -> str:
    """A value in the form in which it is read."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)


def defaults(session: Session) -> dict[str, Any]:
    """What the owner wants on every site that says nothing else."""
    found = session.get(SiteDefaults, SiteDefaults.ONLY)
    return dict(found.options) if found else {}


def find(session: Session, key: str) -> Site | None:
    """A site to be changed: others who want to change it wait until the transaction ends."""
    # Replies, which only name the site, need not wait.
    row = select(Site).where(Site.key == key).with_for_update(key_share=True)
    return session.scalar(row)


def rename(
    session: Session,
    site: Site,
    name: str,
    origins: list[str],
    *,
    by: Moderator | None,
    at: datetime,
) -> None:
    """Give a site that `find` gave another name and other origins, valid ones."""
    changed = {
        What.NAME: (site.name, name),
        What.ORIGINS: (" ".join(site.origins), " ".join(origins)),
    }
    for what, (was, became) in changed.items():
        if was != became:
            session.add(Change.of(what, site.id, by, at, was=was, became=became))
    site.name, site.origins = name, origins


def change(
    session: Session,
    site: Site,
    wanted: Mapping[str, Any],
    *,
    by: Moderator | None,
    at: datetime,
) -> None:
    """Change settings of a site that `find` gave; None is the default again."""
    before = site.options
    site.options = changed(before, wanted)
    session.add_all(_told(What.SETTING, site.id, before, site.options, by, at))


def change_defaults(
    session: Session, wanted: Mapping[str, Any], *, by: Moderator | None, at: datetime
) -> None:
    """Change what holds on every site that says nothing else; None is what the service brings."""
    # The first two who change something at once must not both make the row.
    insert_once(session, SiteDefaults, {"id": SiteDefaults.ONLY, "options": {}})
    row = session.get_one(SiteDefaults, SiteDefaults.ONLY, with_for_update=True)
    before = row.options
    row.options = changed(before, wanted)
    session.add_all(_told(What.DEFAULT, None, before, row.options, by, at))


def changed(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are stored once this is changed; None is the default again."""
    after = {name: value for name, value in {**flat(before), **wanted}.items() if value is not None}
    kept = {name: value for name, value in after.items() if "." not in name}
    rules: dict[str, dict[str, Any]] = {}
    for name in after.keys() - kept.keys():
        code, _dot, own = name.partition(".")
        rules.setdefault(code, {})[own] = after[name]
    return {**kept, "rules": rules} if rules else kept


def tried(
    beneath: Mapping[str, Any], before: Mapping[str, Any], wanted: Mapping[str, Any]
) -> SiteSettings:
    """What would hold, were this changed."""
    return SiteSettings.of(laid_over(beneath, changed(before, wanted)))


def _told(
    what: What,
    site_id: str | None,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    by: Moderator | None,
    at: datetime,
) -> list[Change]:
    was, became = flat(before), flat(after)
    return [
        Change.of(
            what, site_id, by, at, subject=name, was=_said(was, name), became=_said(became, name)
        )
        for name in NAMES
        if was.get(name) != became.get(name)
    ]


def _said(options: Mapping[str, Any], name: str) -> str:
    return written(options[name]) if name in options else DEFAULT
