"""What the policy would have done, and what it has learned."""

import csv
import html
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from moderation import learning
from moderation.models import Comment, Site
from moderation.policy import Said
from moderation.policy.replay import (
    PUBLISH_TO,
    RANKED_AFTER,
    SPAM_FROM,
    TRUSTED_AFTER,
    Judged,
    measures,
    replay,
)
from moderation.text import markup

from .running import database

COLUMNS = ("author", "date", "content", "spam")
LABELS = {"1": True, "0": False, "true": True, "false": False, "spam": True, "ham": False}
#: A comment may be as long as its file says; the standard library's own bound is 128 KB.
LONGEST_FIELD = 2_000_000
_TAG = re.compile(r"<[^<>]{0,4000}>")
_LINE = re.compile(r"<br ?/?>", re.IGNORECASE)
_HREF = re.compile(r'<a\s[^<>]{0,1000}?href="([^"<>]{1,2000})"', re.IGNORECASE)


class Source(NamedTuple):
    """Comments to be replayed, in the order of posting, and from how many hundredths of
    probability on the verdict is "spam".
    """

    name: str
    number: int
    examples: Iterable[tuple[Said, bool]]
    spam_from: int = SPAM_FROM


class Unusable(click.ClickException):
    """A file, or what is stored, cannot be used; the message says why."""


@click.group("policy")
def policy() -> None:
    """What waits, why, and what the service has learned."""


@policy.command("replay")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--site", "key", help="Replay what was decided on this site.")
@click.option(
    "--scores", type=click.Path(path_type=Path, dir_okay=False), help="Write each judgement here."
)
@with_appcontext
def replay_command(file: Path | None, key: str | None, scores: Path | None) -> None:
    """Judge past comments in the order of posting, learning after each.

    From FILE.csv (columns author, date, content, spam; the first line was posted first), from the
    decisions of one site, by its own limit, or from those of all of them one after the other.
    """
    if file and key:
        raise Unusable("Name a file or a site, not both.")
    written: list[Judged] = []
    for source in [_file(file)] if file else _sites(key):
        label = f"Replaying {source.name}"
        with click.progressbar(length=source.number, label=label, file=sys.stderr) as bar:
            judged = []
            for one in replay(source.examples, spam_from=source.spam_from):
                judged.append(one)
                bar.update(1)
        _report(source, judged)
        written += judged
    if not (file or written):
        click.echo("There are no decisions to replay yet.")
    if scores:
        _write(scores, written)
        click.echo(f"Wrote {len(written)} judgements to {scores}.")


@policy.command("rebuild")
@click.option("--site", "key", help="This site only.")
@with_appcontext
def rebuild_command(key: str | None) -> None:
    """Learn all decisions anew, from their log."""
    for site in _found(key):
        with click.progressbar(
            length=_decided(site), label=f"Learning {site.key}", file=sys.stderr
        ) as bar:
            model = learning.rebuild(database(), site.id, bar.update)
        click.echo(
            f"{site.key}: learned from {model.spam.replies} comments marked as spam "
            f"and {model.wanted.replies} approved ones."
        )


def _found(key: str | None) -> list[Site]:
    query = select(Site).order_by(Site.key)
    with database().reading() as session:
        found = list(session.scalars(query.where(Site.key == key) if key else query))
    if key and not found:
        raise Unusable(f"There is no site {key}.")
    return found


def _decided(site: Site) -> int:
    query = select(func.count()).where(Comment.site_id == site.id, Comment.taught != "")
    with database().reading() as session:
        return session.scalar(query) or 0


def _sites(key: str | None) -> Iterator[Source]:
    for site in _found(key):
        limit = site.settings.rules.number("learned", "percent")
        examples = learning.examples(database(), site.id)
        yield Source(site.key, _decided(site), examples, limit)


def _file(path: Path) -> Source:
    csv.field_size_limit(LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            examples = list(_examples(csv.DictReader(lines, strict=True)))
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unusable(f"{path} is not a CSV file in UTF-8: {error}.") from error
    return Source(path.name, len(examples), examples)


def _examples(rows: "csv.DictReader[str]") -> Iterator[tuple[Said, bool]]:
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise Unusable(f"The file has no column {', '.join(missing)}; it needs {_listed()}.")
    before, earlier = "", 0
    for row in rows:
        dated = row["date"] or before
        before, earlier = dated, earlier + (dated < before)
        label = (row["spam"] or "").strip().lower()
        if label not in LABELS or row["content"] is None:
            raise Unusable(f"Line {rows.line_num}: the column spam says 1 or 0.")
        yield _said(row), LABELS[label]
    if earlier:
        click.echo(
            f"{earlier} lines are dated before the one above them. They are judged in the order "
            "of the file all the same.",
            err=True,
        )


def _listed() -> str:
    return ", ".join(COLUMNS[:-1]) + f" and {COLUMNS[-1]}"


def _said(row: dict[str, str]) -> Said:
    """The comment of a row; exports of other systems hold HTML where readers typed text."""
    content = row["content"].replace("\0", "").replace("\ufeff", "")
    hrefs = [html.unescape(found) for found in _HREF.findall(content)]
    text = html.unescape(_TAG.sub(" ", _LINE.sub("\n", content)))
    text = text.encode("utf-8", "replace").decode()
    links = dict.fromkeys((*markup.render(text).links, *hrefs))
    return Said(text, row["author"] or "", "", tuple(links))


def _report(source: Source, judged: list[Judged]) -> None:
    found = measures(judged)
    spam = sum(one.spam for one in judged)
    click.echo(f"{source.name}: {len(judged)} comments, {spam} of them spam")
    click.echo(f"  ranking, from comment {RANKED_AFTER + 1} on")
    _line("area under the ROC curve", found.area)
    limit = f"spam from {source.spam_from} % on"
    click.echo(f"  verdicts, from comment {TRUSTED_AFTER + 1} on ({limit})")
    _line("precision: of the verdict spam, is spam", found.precision)
    _line("recall: of all spam, has the verdict spam", found.recall)
    _line("F1", found.f1)
    _line(f"of the verdict publish (to {PUBLISH_TO} %), is no spam", found.published_rightly)
    _line("share of the work saved", found.saved)


def _line(label: str, value: float | None) -> None:
    click.echo(f"    {label:<46}{'-' if value is None else f'{value:.3f}'}")


def _write(path: Path, judged: list[Judged]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as lines:
            rows: Any = csv.writer(lines)
            rows.writerow(("row", "score", "verdict"))
            rows.writerows(
                (row, f"{one.score:.6f}", one.verdict) for row, one in enumerate(judged, 1)
            )
    except OSError as error:
        raise Unusable(f"{path} cannot be written: {error.strerror}.") from error
