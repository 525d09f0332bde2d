"""Numbers that nobody counts, an order by priority, filters that an index answers"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ASCII = sa.String().with_variant(sa.String(collation="C"), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATUSES = ("pending", "approved", "rejected", "spam", "deleted")
RISK = "CASE WHEN 1 + score / 10 + reported > 20 THEN 20 ELSE 1 + score / 10 + reported END"
WITH_LINKS, REPORTED = "json_array_length(links) > 0", "reported > 0"


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    _add_columns(is_sqlite)
    _create_tables()
    _fill(is_sqlite)
    _create_indexes()
    for trigger in SQLITE if is_sqlite else POSTGRESQL:
        (_trigger if is_sqlite else _trigger_by_function)(*trigger)


def _add_columns(is_sqlite: bool) -> None:
    op.add_column(
        "comment", sa.Column("reported", sa.Integer(), nullable=False, server_default="0")
    )
    op.execute(
        "UPDATE comment SET reported = (SELECT count(*) FROM report WHERE comment_id = comment.id) "
        "WHERE id IN (SELECT comment_id FROM report)"
    )
    # SQLite can add such a column only where it is worked out when it is read.
    kind = "VIRTUAL" if is_sqlite else "STORED"
    op.execute(
        f"ALTER TABLE comment ADD COLUMN risk INTEGER GENERATED ALWAYS AS ({RISK}) {kind} NOT NULL"
    )


def _status() -> sa.Enum:
    return sa.Enum(*STATUSES, name="status", native_enum=False, create_constraint=True, length=12)


def _create_tables() -> None:
    op.create_table(
        "tally",
        sa.Column("id", BIG, nullable=False),
        sa.Column("site_id", ASCII, nullable=False),
        sa.Column("status", _status(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally")),
    )
    op.create_table(
        "comment_reason",
        sa.Column("comment_id", ASCII, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("site_id", ASCII, nullable=False),
        sa.Column("status", _status(), nullable=False),
        sa.Column("risk", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comment.id"],
            name=op.f("fk_comment_reason_comment_id_comment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("comment_id", "code", name=op.f("pk_comment_reason")),
    )
    op.create_table(
        "day_tally",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("site_id", ASCII, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("n", BIG, nullable=False),
        sa.PrimaryKeyConstraint("day", "site_id", "what", "name", name=op.f("pk_day_tally")),
    )


def _fill(is_sqlite: bool) -> None:
    op.execute(
        "INSERT INTO tally (site_id, status, n) "
        "SELECT site_id, status, count(*) FROM comment GROUP BY site_id, status"
    )
    each, code = (
        ("json_each(comment.reasons) AS one", "json_extract(one.value, '$.code')")
        if is_sqlite
        else ("json_array_elements(comment.reasons) AS one", "one ->> 'code'")
    )
    op.execute(
        "INSERT INTO comment_reason (comment_id, code, site_id, status, risk, created_at) "
        f"SELECT DISTINCT comment.id, {code}, site_id, status, risk, created_at "
        f"FROM comment, {each} "
        f"WHERE {code} IS NOT NULL"
    )


def _create_indexes() -> None:
    order = ["risk", "created_at", "id"]
    for first in (["site_id", "status"], ["thread_id", "status"], ["author_id", "status"]):
        _index("comment", [*first, *order])
    _index("comment", ["status", *order])
    _index("comment", ["locale", "status", *order])
    for name, where in (("with_links", WITH_LINKS), ("reported", REPORTED)):
        op.create_index(
            f"ix_comment_{name}",
            "comment",
            ["status", *order],
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.drop_index("ix_comment_author_id_status", "comment")
    _index("tally", ["site_id", "status"])
    reasons = ["code", "status", "risk", "created_at", "comment_id"]
    _index("comment_reason", reasons)
    op.create_index("ix_comment_reason_of_site", "comment_reason", ["site_id", *reasons])
    op.drop_index("ix_decision_by_id", "decision")
    for first in ([], ["actor"], ["by_id"]):
        _index("decision", [*first, "at", "id"])


def _index(table: str, columns: list[str]) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)


def _trigger(name: str, event: str, body: str) -> None:
    op.execute(f"CREATE TRIGGER {name} AFTER {event} BEGIN {body}; END")


def _trigger_by_function(name: str, event: str, each: str, body: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body}; RETURN NULL; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} AFTER {event} FOR EACH {each} EXECUTE FUNCTION {name}()")


#: One row for each site and status, changed in place: writers take turns.
_MORE = """
    UPDATE tally SET n = n + 1 WHERE site_id = NEW.site_id AND status = NEW.status;
    INSERT INTO tally (site_id, status, n) SELECT NEW.site_id, NEW.status, 1 WHERE changes() = 0
"""
_FEWER = "UPDATE tally SET n = n - 1 WHERE site_id = OLD.site_id AND status = OLD.status"
_REASONS = """
    INSERT INTO comment_reason (comment_id, code, site_id, status, risk, created_at)
    SELECT DISTINCT NEW.id, json_extract(one.value, '$.code'), NEW.site_id, NEW.status, NEW.risk,
        NEW.created_at
    FROM json_each(NEW.reasons) AS one WHERE json_extract(one.value, '$.code') IS NOT NULL
"""
_NO_REASONS = "DELETE FROM comment_reason WHERE comment_id = NEW.id"
_STATUS = "UPDATE comment_reason SET status = NEW.status WHERE comment_id = NEW.id"
_RISK = "UPDATE comment_reason SET risk = NEW.risk WHERE comment_id = NEW.id"
_REPORTED = "UPDATE comment SET reported = reported + 1 WHERE id = NEW.comment_id"
_NOT_REPORTED = "UPDATE comment SET reported = reported - 1 WHERE id = OLD.comment_id"

_DECIDED = "UPDATE OF status ON comment WHEN NEW.status <> OLD.status"
_JUDGED = "UPDATE OF reasons ON comment WHEN NEW.reasons <> OLD.reasons"
_WEIGHED = "UPDATE OF score, reported ON comment WHEN NEW.risk <> OLD.risk"

#: Name, event, statements.
SQLITE = (
    ("comment_added", "INSERT ON comment", f"{_MORE}; {_REASONS}"),
    ("comment_removed", "DELETE ON comment", _FEWER),
    ("comment_decided", _DECIDED, f"{_FEWER}; {_MORE}; {_STATUS}"),
    ("comment_judged", _JUDGED, f"{_NO_REASONS}; {_REASONS}"),
    ("comment_weighed", _WEIGHED, _RISK),
    ("report_added", "INSERT ON report", _REPORTED),
    ("report_removed", "DELETE ON report", _NOT_REPORTED),
)

#: A row for each change: nobody waits for a number that somebody else is changing.
_MANY_MORE = """
    INSERT INTO tally (site_id, status, n)
    SELECT site_id, status, count(*) FROM added GROUP BY site_id, status
"""
_MANY_FEWER = """
    INSERT INTO tally (site_id, status, n)
    SELECT site_id, status, -count(*) FROM removed GROUP BY site_id, status
"""
_MOVED = """
    INSERT INTO tally (site_id, status, n)
    VALUES (OLD.site_id, OLD.status, -1), (NEW.site_id, NEW.status, 1)
"""
_REASONS_OF = """
    INSERT INTO comment_reason (comment_id, code, site_id, status, risk, created_at)
    SELECT DISTINCT a.id, one ->> 'code', a.site_id, a.status, a.risk, a.created_at
    FROM {} AS a, json_array_elements(a.reasons) AS one WHERE one ->> 'code' IS NOT NULL
"""
_ALL_ADDED = _REASONS_OF.format("added")
_ONE_JUDGED = _REASONS_OF.format("(SELECT NEW.*)")
_ADDED = "INSERT ON comment REFERENCING NEW TABLE AS added"
_REMOVED = "DELETE ON comment REFERENCING OLD TABLE AS removed"

#: Name, event, for each what and when, statements.
POSTGRESQL = (
    ("comments_added", _ADDED, "STATEMENT", f"{_MANY_MORE}; {_ALL_ADDED}"),
    ("comments_removed", _REMOVED, "STATEMENT", _MANY_FEWER),
    (
        "comment_decided",
        "UPDATE OF status ON comment",
        "ROW WHEN (NEW.status <> OLD.status)",
        f"{_MOVED}; {_STATUS}",
    ),
    (
        "comment_judged",
        "UPDATE OF reasons ON comment",
        "ROW WHEN (CAST(NEW.reasons AS text) <> CAST(OLD.reasons AS text))",
        f"{_NO_REASONS}; {_ONE_JUDGED}",
    ),
    ("comment_weighed", "UPDATE ON comment", "ROW WHEN (NEW.risk <> OLD.risk)", _RISK),
    ("report_added", "INSERT ON report", "ROW", _REPORTED),
    ("report_removed", "DELETE ON report", "ROW", _NOT_REPORTED),
)
