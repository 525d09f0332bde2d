"""The service as a process: what an owner starts, on ports of this machine alone."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from first import python_path

#: Seconds. A machine that runs other tests at the same time is slow to start a server.
PATIENCE = 90


@dataclass(frozen=True)
class Served:
    """A running service: its address, the page of another origin beside it, its moderator.

    `folder` is its instance folder, which has its database where that is SQLite.
    """

    url: str
    neighbour: str
    email: str
    password: str
    #: Where its database and its keys lie.
    folder: Path = Path()

    @property
    def article(self) -> str:
        return f"{self.url}/"


@contextmanager
def demonstration(folder: Path, **environ: str) -> Iterator[Served]:
    """`moderation demo`, as `make run` starts it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running(["demo", "--port", str(port)], url, folder, **environ):
        password = (folder / "demo_password").read_text().strip()
        neighbour = f"http://127.0.0.1:{port + 1}"
        yield Served(url, neighbour, "moderator@example.org", password, folder)


@contextmanager
def running(command: list[str], url: str, folder: Path, **environ: str) -> Iterator[None]:
    """Run a command of the service, with rate limits off, until the block ends."""
    folder.mkdir(exist_ok=True)
    settings = {
        name: value for name, value in os.environ.items() if not name.startswith("MODERATION_")
    }
    settings |= {"MODERATION_INSTANCE_PATH": str(folder), "MODERATION_RATE_LIMITS": "off"}
    settings["PYTHONPATH"] = python_path(folder)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "moderation", *command],
            env=settings | environ,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(url, process, folder / "log")
        yield
    finally:
        _end(process)


def free_port() -> int:
    """A port that is free, and so is the next one: the demonstration takes both."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"{url}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The service did not start:\n{log.read_text()}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)
