"""The real server in processes of its own, and many clients at once: what the proofs stand on."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from characters import BOB, PAGE, World
from first import ROOT, python_path

from moderation import captcha
from moderation.config import Settings

#: How many times the size that every landing runs.
SIZE = int(os.environ.get("MODERATION_PROOF_SIZE", "1"))
WORKERS = 2
STARTS_WITHIN, ENDS_WITHIN = 90, 10
T = TypeVar("T")


class Heard(NamedTuple):
    """An answer: its status, its bytes, and its headers by their names in small letters."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """One client with one connection, which it keeps as a browser does."""

    def __init__(self, port: int) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **query: str) -> Heard:
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path, None, {})

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Heard:
        kind = {"Content-Type": "application/json", **(headers or {})}
        return self._ask("POST", path, json.dumps(body).encode(), kind)

    def submit(self, path: str, **fields: str) -> Heard:
        """Send a form, as a browser does."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(fields).encode(), kind)

    def close(self) -> None:
        self._line.close()

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Heard:
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            self._line.request(method, path, body, headers)
            answer = self._line.getresponse()
            heard = Heard(
                answer.status,
                answer.read(),
                {name.lower(): value for name, value in answer.getheaders()},
            )
        except (OSError, http.client.HTTPException):
            self._line.close()
            raise
        name, _is, value = heard.headers.get("set-cookie", "").partition(";")[0].partition("=")
        if name:
            self.cookies[name] = value
        return heard


@dataclass
class Server:
    """`moderation serve` on a database, until it is ended or killed."""

    settings: Settings
    port: int
    #: Python that every process of the server runs before anything else: how a control breaks it.
    broken: str = ""
    process: subprocess.Popen[bytes] = field(init=False)

    def begin(self) -> None:
        folder = self.settings.instance_path
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": python_path(folder, self.broken),
            "MODERATION_INSTANCE_PATH": str(folder),
            "MODERATION_DATABASE_URL": self.settings.database_url,
            "MODERATION_SECRET_KEY": self.settings.secret_keys[0],
            "MODERATION_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "MODERATION_RATE_LIMITS": "off",
        }
        if self.settings.mail:
            environ |= {
                "MODERATION_MAIL_SERVER": self.settings.mail.server,
                "MODERATION_MAIL_PORT": str(self.settings.mail.port),
                "MODERATION_MAIL_USE_TLS": self.settings.mail.security,
                "MODERATION_MAIL_DEFAULT_SENDER": self.settings.mail.sender,
            }
        command = [sys.executable, "-m", "moderation", "serve"]
        with (folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), "--workers", str(WORKERS)],
                env=environ,
                stdout=log,
                stderr=log,
                cwd=ROOT,
            )
        try:
            self._until_ready()
        except BaseException:
            self.kill()
            raise

    def _until_ready(self) -> None:
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end and self.process.poll() is None:
            caller = Caller(self.port)
            try:
                if caller.get("/readyz").status == 200:
                    return
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
            finally:
                caller.close()
        raise AssertionError(f"the server did not start: {self.log()}")

    def log(self) -> str:
        return (self.settings.instance_path / "server.log").read_text(errors="replace")

    @property
    def children(self) -> list[int]:
        """The processes that the one which was started has started."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        try:
            return [int(pid) for pid in found.read_text().split()]
        except OSError:
            return []

    @property
    def workers(self) -> list[int]:
        """Those of them that serve."""
        return [pid for pid in self.children if b"resource_tracker" not in _command(pid)]

    def kill(self) -> None:
        """Every process at once, as when the machine's memory is used up."""
        if self.process.poll() is None:
            # It would start again what dies.
            self.process.send_signal(signal.SIGSTOP)
        started = self.children
        for pid in (self.process.pid, *started):
            kill(pid)
        self.process.wait()
        for pid in started:
            until_gone(pid)

    def end(self) -> None:
        children = self.children
        self.process.terminate()
        try:
            self.process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in children:
            kill(pid)

    def caller(self) -> Caller:
        return Caller(self.port)


def kill(pid: int) -> None:
    """End one process at once; one that has ended is fine."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def until_gone(pid: int) -> None:
    """Wait until a killed process is no more."""
    # A zombie has no command line any more.
    end = time.monotonic() + ENDS_WITHIN
    while time.monotonic() < end and _command(pid):
        time.sleep(0.01)


@contextmanager
def serving(settings: Settings, broken: str = "") -> Iterator[Server]:
    """The server on this database, ended whatever happens."""
    server = Server(settings, _free_port(), broken)
    server.begin()
    try:
        yield server
    finally:
        server.end()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Do all of these at the same moment, each in a thread of its own: what they gave."""
    ready = threading.Barrier(len(acts))

    def one(act: Callable[[], T]) -> T:
        ready.wait(60)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [found.result() for found in [pool.submit(one, act) for act in acts]]


@contextmanager
def callers(server: Server, number: int) -> Iterator[list[Caller]]:
    """Clients, each with a connection of its own."""
    made = [server.caller() for _ in range(number)]
    try:
        yield made
    finally:
        for one in made:
            one.close()


def sum_asked(
    world: World, page: str = PAGE, site: str = "blog", age: float = 60
) -> dict[str, str]:
    """A sum that was asked `age` seconds ago, with its answer: two fields of a reply."""
    asked = captcha.ask(
        world.keyring.derive("challenge"),
        site=site,
        page=page,
        now=datetime.now(UTC) - timedelta(seconds=age),
    )
    return {"challenge": asked.token, "answer": str(asked.left + asked.right)}


def written(world: World, body: str, **changes: Any) -> dict[str, Any]:
    """A good reply with a fresh sum, without asking the server for it."""
    page, site = changes.get("page", PAGE), changes.pop("site", "blog")
    asked = {} if "challenge" in changes else sum_asked(world, page, site)
    kept = {"page": page, "title": "", "parent": None, "name": "Bob", "email": BOB, "website": ""}
    return {**kept, "body": body, **asked, **changes}
