"""The owner's commands: each says what it did, none shows a traceback."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from mailbox import mail_server
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import select

from moderation.__main__ import main
from moderation.config import load
from moderation.database import Database
from moderation.demo.seed import fill_thread
from moderation.models import (
    Comment,
    Moderator,
    Notices,
    Secret,
    Site,
    SpentChallenge,
    Status,
)
from moderation.privacy import Keyring

PASSWORD = "correct horse battery\n"
ROOT = Path(__file__).parent.parent


class Said(NamedTuple):
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Said]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in a folder of its own, with these settings.

    In this process, since another one takes longer to begin than it does to act.
    """

    def act(*words: str, typed: str = "", **settings: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        with monkeypatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in [name for name in os.environ if "MODERATION" in name]:
                patch.delenv(name)
            wanted = {"INSTANCE_PATH": str(tmp_path / "instance"), **settings}
            for name, value in wanted.items():
                patch.setenv(f"MODERATION_{name}", value)
            patch.setattr(sys, "argv", ["moderation", *words])
            patch.setattr(sys, "stdin", io.StringIO(typed))
            with pytest.raises(SystemExit) as ended:
                main()
        code = ended.value.code
        return Said(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())

    return act


def test_the_console_script_is_these_commands(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "moderation", "site", "list"]
    environ = {"PATH": os.environ["PATH"], "MODERATION_INSTANCE_PATH": str(tmp_path / "instance")}
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=environ
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("moderation: The database cannot be used")
    assert ended.stderr.count("\n") == 1


def database(tmp_path: Path) -> tuple[Database, Keyring]:
    settings = load({"MODERATION_INSTANCE_PATH": str(tmp_path / "instance")})
    return Database(settings.database_url), Keyring(settings.secret_keys)


def add_everybody(run: Run) -> None:
    assert run("upgrade").returncode == 0
    added = run("site", "add", "blog", "--name", "Blog", "--origin", "https://blog.example/")
    assert added.stdout == "Added the site blog for https://blog.example.\n"
    words = ("moderator", "add", "ann@example.org", "--name", "Ann", "--site", "blog")
    assert run(*words, "--password-stdin", typed=PASSWORD).returncode == 0


def test_a_site_a_moderator_and_a_token_are_added(run: Run, tmp_path: Path) -> None:
    add_everybody(run)
    assert run("site", "list").stdout == "blog\tBlog\thttps://blog.example\n"
    token = run("token", "add", "ann@example.org", "--name", "tests")
    assert len(token.stdout.strip()) > 30
    found, keyring = database(tmp_path)
    with found.reading() as session:
        ann = session.scalars(select(Moderator)).one()
        assert ann.email(keyring) == "ann@example.org"
        assert ann.password_hash.startswith("$argon2id$")
        assert b"ann@" not in ann.email_sealed
    found.dispose()


@pytest.mark.parametrize(
    ("command", "typed", "sentence"),
    [
        ("site add Blog! --name x --origin https://a.example", "", "key is made"),
        ("site add blog --name x --origin https://a.example", "", "already"),
        ("site add two --name x --origin a.example", "", "An origin is such"),
        ("moderator add x --name x --password-stdin", PASSWORD, "email address"),
        ("moderator add x@example.org --name x --password-stdin", "short\n", "12 characters"),
        ("moderator add x@example.org --name x --password-stdin", PASSWORD, "Name the sites"),
        (
            "moderator add ann@example.org --name x --role owner --password-stdin",
            PASSWORD,
            "already",
        ),
        ("token add nobody@example.org --name x", "", "no moderator"),
        ("site show nowhere", "", "There is no site nowhere"),
        ("site set nowhere links_allowed 3", "", "There is no site nowhere"),
        ("site set blog links_allowed many", "", "links_allowed: This is a number from 0 to 100."),
        ("site set blog colour default", "", "There is no setting colour. There are: hold_ever"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    run: Run, command: str, typed: str, sentence: str
) -> None:
    add_everybody(run)
    answer = run(*command.split(), typed=typed)
    assert answer.returncode != 0
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_setting_of_a_site_is_set_and_shown(run: Run) -> None:
    add_everybody(run)
    assert run("site", "set", "blog", "blocked_words", "casino, payday loan").stdout == (
        "On blog, blocked_words is casino, payday loan now.\n"
    )
    shown = run("site", "show", "blog").stdout
    assert "blocked_words\tcasino, payday loan\t(its own)\n" in shown
    assert "hold_everything\ton\n" in shown
    assert "is the default now" in run("site", "set", "blog", "blocked_words", "default").stdout
    assert "(its own)" not in run("site", "show", "blog").stdout
    assert run("site", "set", "blog", "haste.seconds", "9").stdout == (
        "On blog, haste.seconds is 9 now.\n"
    )
    assert "haste.seconds\t9\t(its own)\n" in run("site", "show", "blog").stdout


def test_commands_on_an_empty_database_say_what_to_run(run: Run) -> None:
    for words in (["site", "list"], ["serve"], ["render"], ["reseal"]):
        answer = run(*words)
        assert answer.returncode != 0
        assert "moderation upgrade" in answer.stderr
        assert "Traceback" not in answer.stderr


def test_an_unsafe_setting_stops_the_start_with_one_sentence(run: Run) -> None:
    answer = run("upgrade", SECRET_KEY="secret")
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert "too easy to guess" in answer.stderr


def test_reseal_makes_an_old_key_needless(run: Run, tmp_path: Path) -> None:
    add_everybody(run)
    old = (tmp_path / "instance/secret_key").read_text().strip()
    new = "another key for tests, 9876543210 abc".replace(" ", "-").replace(",", "")
    first = run("reseal", SECRET_KEY=f"{new},{old}")
    assert "Sealed 3 rows" in first.stdout, first
    again = run("reseal", SECRET_KEY=f"{new},{old}")
    assert "Sealed 0 rows" in again.stdout
    words = ("token", "add", "ann@example.org", "--name", "after")
    assert run(*words, SECRET_KEY=new).returncode == 0
    lost = run(*words, SECRET_KEY=old)
    assert lost.returncode != 0
    assert "secret key" in lost.stderr


def test_tidying_throws_away_what_has_served(run: Run, tmp_path: Path) -> None:
    add_everybody(run)
    found, keyring = database(tmp_path)
    long_ago = datetime.now(UTC) - timedelta(days=31)
    with found.writing() as session:
        session.add(SpentChallenge(nonce="old", expires_at=long_ago))
        session.add(Secret.make("network", keyring=keyring, at=long_ago))
        session.commit()
    assert run("tidy").stdout == "Tidied up.\n"
    with found.reading() as session:
        assert session.scalars(select(SpentChallenge)).all() == []
        assert [secret.purpose for secret in session.scalars(select(Secret))] == ["accounts"]
    found.dispose()


def test_render_renders_anew_what_an_older_policy_rendered(run: Run, tmp_path: Path) -> None:
    add_everybody(run)
    found, keyring = database(tmp_path)
    with found.reading() as session:
        site = session.scalars(select(Site)).one()
    page = "https://blog.example/1"
    fill_thread(found, keyring, site, page, 3, Status.APPROVED)
    with found.writing() as session:
        old = session.scalars(select(Comment)).first()
        assert old is not None
        old.markup_version, old.html, old.source = 0, "<p>old</p>", "*new*"
        before = old.thread.revision
        session.commit()
    assert run("render").stdout == "Rendered 1 comments again.\n"
    with found.reading() as session:
        new = session.get_one(Comment, old.id)
        assert new.html.strip() == "<p><em>new</em></p>"
        assert new.thread.revision > before
        assert new.created_at < datetime.now(UTC)
    found.dispose()


def sends_to(port: int) -> dict[str, str]:
    return {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(port),
        "MAIL_USE_TLS": "off",
        "MAIL_DEFAULT_SENDER": "Comments <comments@mail.example>",
    }


def test_a_test_message_tells_what_the_mail_server_said(run: Run) -> None:
    add_everybody(run)
    with mail_server() as box:
        answer = run("outbox", "test", "ann@example.org", **sends_to(box.port))
        assert answer.stdout == "The mail server took the message: 250 Kept\n"
        assert box.letters[0]["Subject"] == "Mail from your comment service arrives"
        box.answer = lambda _envelope: "550 ann@example.org is unknown here"
        refused = run("outbox", "test", "ann@example.org", **sends_to(box.port))
    assert refused.returncode != 0
    assert refused.stderr == "Error: The message was not taken: 550 … is unknown here\n"
    gone = run("outbox", "test", "ann@example.org", **sends_to(box.port))
    assert "could not be reached" in gone.stderr
    assert "Traceback" not in gone.stderr


@pytest.mark.parametrize("words", [("deliver",), ("test", "ann@example.org")])
def test_without_a_mail_server_the_outbox_says_what_to_set(run: Run, words: tuple[str]) -> None:
    add_everybody(run)
    answer = run("outbox", *words)
    assert answer.returncode != 0
    assert "MODERATION_MAIL_SERVER" in answer.stderr


def test_what_is_due_is_delivered_and_counted(run: Run, tmp_path: Path) -> None:
    add_everybody(run)
    found, _keyring = database(tmp_path)
    with found.writing() as session:
        ann = session.scalars(select(Moderator)).one()
        site = session.scalars(select(Site)).one()
        ann.notices = Notices.HOURLY
        session.commit()
    page = "https://blog.example/1"
    fill_thread(found, _keyring, site, page, 3, Status.PENDING)
    found.dispose()
    with mail_server() as box:
        first = run("outbox", "deliver", **sends_to(box.port))
        again = run("outbox", "deliver", **sends_to(box.port))
    assert first.stdout.startswith("Sent 1; "), first
    assert again.stdout.startswith("Sent 0; ")
    assert [one["Subject"] for one in box.letters] == ["3 replies wait for you"]


def test_lists_of_stopforumspam_are_loaded_shown_and_dropped(run: Run, tmp_path: Path) -> None:
    run("upgrade")
    file = tmp_path / "listed_ip_7.txt"
    file.write_text("203.0.113.1\n203.0.113.2\nnonsense\n")
    loaded = run("stopforumspam", "load", str(file))
    assert loaded.stdout == "Loaded 2 entries of the kind ip; 1 lines were none.\n"
    assert run("stopforumspam", "show").stdout.startswith("ip\t2\t")
    assert run("stopforumspam", "drop", "ip").returncode == 0
    assert run("stopforumspam", "show").stdout == ""
    assert run("stopforumspam", "drop", "ip").returncode == 1
    unsaid = run("stopforumspam", "load", str(file.rename(tmp_path / "what.txt")))
    assert (unsaid.returncode, unsaid.stderr) == (
        1,
        "Error: What is on what.txt? Say it with --kind.\n",
    )
    assert run("outside", "report").stdout.startswith("Told 0;")
