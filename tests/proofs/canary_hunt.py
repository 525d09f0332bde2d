"""What the proofs with canaries share: the flock, what was answered, every byte that is stored."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
from canaries import Canary, Search, canaries, hashed_needles, plain_needles
from characters import ANN, EVE, OLGA, OTTO, PAGE, World
from psycopg import sql
from servers import SIZE
from werkzeug.test import TestResponse

NUMBER = 1_000 * SIZE
FLOCK = canaries(NUMBER)


def everybody() -> Search:
    """Everything to look for, of everybody. Masked forms, keyed digests are not in it."""
    made = Search()
    for number, one in enumerate(FLOCK):
        made.add(plain_needles(one.email))
        made.add(hashed_needles(one.email, _joined(number, one)))
        made.add(form.encode() for form in (one.network, one.network.upper()))
        made.add(hashed_needles(one.network, (one.network.rpartition(".")[0] + ".0/24",)))
    for email in (ANN, OLGA, OTTO, EVE):
        made.add(plain_needles(email))
        made.add(hashed_needles(email))
    return made


def said(number: int) -> str:
    return f"Words of reader {number}."


def _joined(number: int, one: Canary) -> Iterator[str]:
    """An address with what is known of a comment: a copy of the database could be tried for it."""
    parts = [PAGE, None, "Canary", one.email, "", said(number)]
    yield json.dumps(parts)
    for separator in ("", "\n", "|", ":"):
        yield separator.join(part or "" for part in parts)
        yield f"{PAGE}{separator}{one.email}"
        yield f"blog{separator}{one.email.lower()}"


class Answers:
    """What was answered, with what was meant left out."""

    def __init__(self) -> None:
        #: Each line once: most pages have most of theirs in common.
        self.lines: set[bytes] = set()

    def keep(self, answer: TestResponse, *, own: str = "") -> TestResponse:
        """Keep an answer; `own` is what its reader typed into the form it gives back."""
        text = answer.get_data()
        for form in plain_needles(own) if own else ():
            text = text.replace(b'value="' + form + b'"', b"")
        self.lines |= {*text.splitlines(), *str(answer.headers).encode().splitlines()}
        return answer


def stored(world: World) -> Iterator[tuple[str, bytes]]:
    """Every byte of the database: SQLite's files, or every column of every row of PostgreSQL."""
    if world.database.is_sqlite:
        folder = Path(str(world.database.url.database))
        for file in sorted(folder.parent.glob(f"{folder.name}*")):
            yield file.name, file.read_bytes()
        return
    plain_url = world.database.url.set(drivername="postgresql")
    with psycopg.connect(plain_url.render_as_string(hide_password=False)) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables.fetchall():
            rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
            yield table, b"\n".join(_bytes(value) for row in rows for value in row)


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return (json.dumps(value) if isinstance(value, dict | list) else str(value)).encode()
