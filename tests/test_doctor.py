"""`moderation doctor`: each finding, by a state that causes it, and nothing private in any."""

import fcntl
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from characters import ANN, BOB, OLGA, World
from sqlalchemy import delete, select, text, update

from moderation import attack, migrations
from moderation.cli import presence
from moderation.cli.checkup import Finding, Level, around, findings, stored
from moderation.config import Mail, Settings
from moderation.database import Database
from moderation.models import (
    AuthenticatorApp,
    Author,
    Comment,
    Decision,
    Kind,
    Message,
    Moderator,
    Notices,
    Passkey,
    Site,
    State,
)
from moderation.notices import owe
from moderation.privacy import Keyring

OK, WARNING, PROBLEM = Level.OK, Level.WARNING, Level.PROBLEM
MAIL = Mail("127.0.0.1", 25, "Comments <comments@blog.example>", security="off")


@pytest.fixture
def looked(world: World, settings: Settings) -> Callable[..., dict[str, Finding]]:
    """What the doctor finds with other settings, or a minute later, by the names of the checks."""

    def look(
        later: timedelta = timedelta(), environ: dict[str, str] | None = None, **changed: Any
    ) -> dict[str, Finding]:
        known = (replace(settings, **changed), world.database, world.keyring, environ or {})
        return {one.check: one for one in findings(*known, datetime.now(UTC) + later)}

    return look


Looked = Callable[..., dict[str, Finding]]


def secret(settings: Settings, mode: int) -> Path:
    path = settings.instance_path / "secret_key"
    path.write_text("not read by the doctor")
    path.chmod(mode)
    return path


def test_where_all_is_well_every_check_says_so(
    world: World, looked: Looked, settings: Settings
) -> None:
    secret(settings, 0o600)
    with world.database.writing() as session:
        session.add(passkey(session))
        session.commit()
    with presence.serving(settings.instance_path, 1):
        found = looked(public_url="https://c.example", trusted_proxies=1, rate_limits=True)
    assert {one.check: one.sentence for one in found.values() if one.level is not OK} == {}
    assert len(found) == 15
    assert not any(one.advice for one in found.values())


def passkey(session: Any, name: str = "Olga") -> Passkey:
    owner = session.scalars(select(Moderator).where(Moderator.name == name)).one().id
    known = {"credential_id": name, "public_key": b"k", "sign_count": 0, "name": "phone"}
    return Passkey(moderator_id=owner, created_at=datetime.now(UTC), **known)


# Around it


def test_an_address_of_this_machine_alone_is_warned_of(looked: Looked) -> None:
    assert looked()["public_url"].level is WARNING
    assert looked(public_url="https://c.example")["public_url"].level is OK


def test_https_without_a_trusted_proxy_is_warned_of(looked: Looked) -> None:
    assert looked(public_url="https://c.example")["trusted_proxies"].level is WARNING
    both = looked(public_url="https://c.example", trusted_proxies=1)
    assert both["trusted_proxies"].level is OK


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o602])
def test_a_secret_key_that_others_can_read_or_change_is_a_problem(
    looked: Looked, settings: Settings, mode: int
) -> None:
    path = secret(settings, mode)
    found = looked()["secret_key"]
    assert (found.level, found.advice) == (PROBLEM, f"chmod 600 {path}")


def test_a_secret_key_that_is_gone_is_a_problem(looked: Looked) -> None:
    assert looked()["secret_key"].level is PROBLEM


def test_a_secret_of_a_container_is_warned_of_and_a_setting_is_not(
    looked: Looked, settings: Settings
) -> None:
    path = str(secret(settings, 0o444))
    named = {"MODERATION_SECRET_KEY_FILE": path}
    assert looked(environ=named)["secret_key"].level is WARNING
    Path(path).chmod(0o666)
    assert looked(environ=named)["secret_key"].level is PROBLEM
    assert looked(environ={"MODERATION_SECRET_KEY": "x"})["secret_key"].level is OK


def test_limits_in_memory_are_warned_of_with_several_processes(
    looked: Looked, settings: Settings
) -> None:
    found = looked(rate_limits=True)["rate_limits"]
    assert (found.level, "serves now" in found.sentence) == (WARNING, True)
    with presence.serving(settings.instance_path, 1):
        assert looked(rate_limits=True)["rate_limits"].level is OK
    with presence.serving(settings.instance_path, 4):
        found = looked(rate_limits=True)["rate_limits"]
    assert found.level is WARNING
    assert "by 4 processes" in found.sentence
    assert "MODERATION_RATE_LIMIT_STORAGE" in found.advice


def test_a_server_that_was_killed_is_not_counted(settings: Settings) -> None:
    folder = settings.instance_path / presence.FOLDER
    folder.mkdir()
    with (folder / "1").open("w") as killed:
        killed.write("4")
    assert presence.processes(settings.instance_path) == 0
    with (folder / "1").open() as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        assert presence.processes(settings.instance_path) == 4


def test_a_folder_that_cannot_be_written_is_no_reason_not_to_serve(settings: Settings) -> None:
    (settings.instance_path / presence.FOLDER).write_text("no folder")
    with presence.serving(settings.instance_path, 2):
        assert presence.processes(settings.instance_path) == 0


def test_two_servers_on_one_folder_are_counted_together(settings: Settings) -> None:
    other = settings.instance_path / presence.FOLDER / "0"
    with presence.serving(settings.instance_path, 2), other.open("w+") as file:
        file.write("3")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        assert presence.processes(settings.instance_path) == 5


def test_limits_that_are_off_are_warned_of(looked: Looked) -> None:
    assert looked(rate_limits=False)["rate_limits"].level is WARNING


@pytest.mark.parametrize("storage", ["redis://:hunter2@127.0.0.1:1", "redis://127.0.0.1:port"])
def test_a_storage_of_limits_that_is_away_is_a_problem(looked: Looked, storage: str) -> None:
    found = looked(rate_limits=True, rate_limit_storage=storage)["rate_limits"]
    assert found.level is PROBLEM
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("size", "level"), [(around.LONG_JOURNAL - 1, OK), (around.LONG_JOURNAL, WARNING)]
)
def test_a_journal_that_is_never_emptied_is_told(tmp_path: Path, size: int, level: Level) -> None:
    with (tmp_path / "x.sqlite3-wal").open("wb") as journal:
        journal.truncate(size)
    assert around.journal(tmp_path / "x.sqlite3").level is level


def test_where_there_is_no_journal_none_is_told(looked: Looked) -> None:
    assert looked()["journal"].level is OK
    assert around.journal(None).level is OK


@pytest.mark.parametrize(
    ("free", "level"), [(around.LEAST - 1, PROBLEM), (around.LEAST, WARNING), (10**12, OK)]
)
def test_little_room_on_the_disk_is_told(
    looked: Looked, monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    usage = type("Usage", (), {"free": free})
    monkeypatch.setattr("shutil.disk_usage", lambda _path: usage)
    assert looked()["disk"].level is level


def test_a_mail_server_that_does_not_answer_is_a_problem(looked: Looked) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        mail = replace(MAIL, port=server.getsockname()[1])
        assert looked(mail=mail)["mail_server"].level is PROBLEM
        server.listen()
        assert looked(mail=mail)["mail_server"].level is OK
    assert looked()["mail_server"].level is OK


# What is stored


def test_a_database_of_another_version_is_a_problem_and_is_asked_no_further(
    world: World, looked: Looked
) -> None:
    set_revision(world, "older")
    try:
        found = looked()
    finally:
        set_revision(world, str(migrations.newest()))
    assert found["database"].level is PROBLEM
    assert "moderation upgrade" in found["database"].advice
    assert "sites" not in found


def set_revision(world: World, revision: str) -> None:
    with world.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
        )


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://olga:hunter2@127.0.0.1:1/none", "sqlite:////nowhere/at/all.sqlite3"],
)
def test_a_database_that_cannot_be_reached_is_a_problem_without_its_address(
    settings: Settings, url: str
) -> None:
    away = Database(url)
    found = findings(replace(settings), away, Keyring(settings.secret_keys), {}, datetime.now(UTC))
    (told,) = [one for one in found if one.check == "database"]
    assert told.level is PROBLEM
    assert "hunter2" not in str(found)
    away.dispose()


def test_an_sqlite_with_the_wal_bug_and_another_journal_are_problems(
    world: World, looked: Looked, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not world.database.is_sqlite:
        assert looked()["engine"].sentence == "The database is PostgreSQL."
        return
    monkeypatch.setattr(stored, "has_wal_reset_bug", lambda version: len(version) == 3)
    assert looked()["engine"].level is PROBLEM
    monkeypatch.undo()
    assert looked()["engine"].level is OK
    world.database.dispose()
    with world.database.reading() as session:
        session.connection().connection.driver_connection.execute("COMMIT")
        session.connection().connection.driver_connection.execute("PRAGMA journal_mode = DELETE")
        found = stored.engine(session, world.database)
    assert (found.level, "mode delete" in found.sentence) == (PROBLEM, True)


def test_another_secret_key_is_a_problem(world: World, settings: Settings) -> None:
    other = Keyring(["another secret for tests, 0123456789"])
    found = findings(settings, world.database, other, {}, datetime.now(UTC))
    assert [one.level for one in found if one.check == "sealed"] == [PROBLEM]


def test_no_site_and_a_site_without_origins_are_warned_of(world: World, looked: Looked) -> None:
    with world.database.writing() as session:
        session.execute(update(Site).where(Site.key == "blog").values(origins=[]))
        session.commit()
    found = looked()["sites"]
    assert (found.level, found.sentence) == (WARNING, "No page may carry the threads of: blog.")
    with world.database.writing() as session:
        session.execute(delete(Site))
        session.commit()
    assert looked()["sites"].level is WARNING


def test_owners_with_a_password_alone_are_counted_and_not_named(
    world: World, looked: Looked
) -> None:
    found = looked()["owners"]
    assert (found.level, "1 of 1" in found.sentence) == (WARNING, True)
    assert "Olga" not in str(found)
    with world.database.writing() as session:
        olga = world.moderator(session, "Olga").id
        session.add(AuthenticatorApp(moderator_id=olga, sealed=b"x", created_at=datetime.now(UTC)))
        session.commit()
    assert looked()["owners"].level is WARNING, "an app counts once a code of it was given"
    with world.database.writing() as session:
        session.execute(update(AuthenticatorApp).values(confirmed_at=datetime.now(UTC)))
        session.commit()
    assert looked()["owners"].level is OK


def test_a_service_that_nobody_owns_is_a_problem(world: World, looked: Looked) -> None:
    with world.database.writing() as session:
        world.moderator(session, "Olga").removed_at = datetime.now(UTC)
        session.commit()
    assert looked()["owners"].level is PROBLEM


def test_letters_that_are_late_or_given_up_are_told(world: World, looked: Looked) -> None:
    comment = world.left()
    with world.database.writing() as session:
        author, now = session.scalars(select(Author)).one().id, datetime.now(UTC)
        owe(session, Kind.STATUS, comment, at=now, author_id=author, comment_id=comment)
        session.commit()
    assert looked(mail=MAIL)["outbox"].level is OK
    late = looked(timedelta(hours=2), mail=MAIL)["outbox"]
    assert (late.level, late.sentence.endswith(": 1.")) == (PROBLEM, True)
    assert looked(timedelta(hours=2))["outbox"].level is WARNING, "nobody takes them"
    with world.database.writing() as session:
        session.execute(update(Message).values(state=State.DEAD))
        session.commit()
    assert looked(timedelta(hours=2), mail=MAIL)["outbox"].level is WARNING


def test_digests_that_nobody_can_send_are_warned_of(world: World, looked: Looked) -> None:
    assert looked()["outbox"].level is OK
    with world.database.writing() as session:
        world.moderator(session, "Ann").notices = Notices.DAILY
        session.commit()
    assert looked()["outbox"].level is WARNING


def test_an_attack_is_told_by_the_key_of_its_site(world: World, looked: Looked) -> None:
    with world.database.writing() as session:
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        ann = world.moderator(session, "Ann")
        attack.switch_on(session, site, 1, by=ann, at=datetime.now(UTC))
        session.commit()
    found = looked()["attacks"]
    assert found.level is WARNING
    assert "The attack switch is on: blog until" in found.sentence
    assert looked(timedelta(hours=2))["attacks"].level is OK


def test_a_clock_that_is_behind_what_is_stored_is_a_problem(world: World, looked: Looked) -> None:
    world.left()
    assert looked()["clock"].level is OK
    assert looked(-timedelta(hours=1))["clock"].level is PROBLEM
    with world.database.writing() as session:
        session.execute(delete(Decision))
        session.execute(delete(Comment))
        session.commit()
    ahead = looked(timedelta(hours=1))["clock"].level
    assert ahead is (OK if world.database.is_sqlite else PROBLEM)


# The command


def test_it_prints_a_line_for_each_check_and_ends_with_1_where_there_are_problems(
    world: World, settings: Settings
) -> None:
    secret(settings, 0o600)
    world.left()
    run = world.app.test_cli_runner()
    said = run.invoke(args=["doctor"])
    assert said.exit_code == 0, said.output
    lines = said.output.splitlines()
    assert lines[-1] == "Checks: 15. Problems: 0. Warnings: 3."
    secret(settings, 0o644)
    said = run.invoke(args=["doctor"])
    assert said.exit_code == 1
    assert "Problem  Others on this machine can read" in said.output
    assert "-> chmod 600" in said.output


def test_its_json_says_the_same_to_programs_and_nobodys_name_or_address(
    world: World, settings: Settings
) -> None:
    secret(settings, 0o644)
    world.left()
    said = world.app.test_cli_runner().invoke(args=["doctor", "--json"])
    told = json.loads(said.output)
    assert (said.exit_code, told["ok"], told["problems"], told["warnings"]) == (1, False, 1, 3)
    assert {"check", "level", "sentence", "advice"} == set(told["checks"][0])
    for private in (ANN, OLGA, BOB, "Ann", "Olga", "Bob", settings.secret_keys[0], "The Blog"):
        assert private not in said.output
