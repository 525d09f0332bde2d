"""`moderation doctor`: is everything as it should be?"""

import json
import os
import sys
from datetime import UTC, datetime

import click
from flask.cli import with_appcontext

from .checkup import Finding, Level, findings
from .running import database, keyring, settings

WORDS = {Level.OK: "OK", Level.WARNING: "Warning", Level.PROBLEM: "Problem"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@with_appcontext
def doctor(as_json: bool) -> None:
    """Look at settings, database and surroundings, and say what to do. Changes nothing."""
    found = findings(settings(), database(), keyring(), os.environ, datetime.now(UTC))
    click.echo(json.dumps(_summary(found), indent=2) if as_json else _told(found))
    if _number(found, Level.PROBLEM):
        sys.exit(1)


def _summary(found: list[Finding]) -> dict[str, object]:
    return {
        "ok": not _number(found, Level.PROBLEM),
        "problems": _number(found, Level.PROBLEM),
        "warnings": _number(found, Level.WARNING),
        "checks": [one.as_json() for one in found],
    }


def _told(found: list[Finding]) -> str:
    lines = []
    for one in found:
        lines.append(f"{WORDS[one.level]:<9}{one.sentence}")
        if one.advice:
            lines.append(f"{'':<9}-> {one.advice}")
    problems, warnings = _number(found, Level.PROBLEM), _number(found, Level.WARNING)
    lines.append(f"Checks: {len(found)}. Problems: {problems}. Warnings: {warnings}.")
    return "\n".join(lines)


def _number(found: list[Finding], level: Level) -> int:
    return sum(one.level is level for one in found)
