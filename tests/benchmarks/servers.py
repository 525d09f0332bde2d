"""Starting the servers that are compared, each on a port of its own, and ending them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: As Isso's documentation starts gunicorn; more processes than ours, since each does one thing.
ISSO_WORKERS = 4
PATIENCE = 30


class NotStarted(RuntimeError):
    """A server did not come up; the message says where its output lies."""


@contextmanager
def ours(folder: Path, workers: int) -> Iterator[int]:
    """This service in production's own way, without rate limits: its port."""
    port = free_port()
    command = [sys.executable, "-m", "moderation", "serve", "--port", str(port)]
    environ = {"MODERATION_INSTANCE_PATH": str(folder), "MODERATION_RATE_LIMITS": "off"}
    with _running([*command, "--workers", str(workers)], port, environ, folder / "ours.log"):
        yield port


@contextmanager
def bare(kind: str, answer: Path) -> Iterator[int]:
    """A server of `tests.benchmarks.bare`: its port."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.bare", kind, str(port)]
    environ = {"BENCHMARK_ANSWER": str(answer)}
    with _running(command, port, environ, answer.with_suffix(f".{kind}.log")):
        yield port


@contextmanager
def isso(venv: Path, settings: Path) -> Iterator[int]:
    """Isso under gunicorn, as its documentation says: its port."""
    port = free_port()
    command = [str(venv / "bin" / "gunicorn"), "-b", f"127.0.0.1:{port}", "-w", str(ISSO_WORKERS)]
    environ = {"ISSO_SETTINGS": str(settings)}
    log = settings.with_suffix(".log")
    with _running([*command, "--preload", "isso.run"], port, environ, log):
        yield port


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def _running(
    command: Sequence[str], port: int, environ: Mapping[str, str], log: Path
) -> Iterator[None]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MODERATION_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**kept, **environ},
            stdout=output,
            stderr=output,
            start_new_session=True,  # so that its workers can be ended with it
        )
        try:
            _wait_until_up(process, port, log)
            yield
        finally:
            _end(process)


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            # An answer, not only a connection: a port listens before its workers are ready.
            with socket.create_connection(("127.0.0.1", port), timeout=5) as asked:
                asked.sendall(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                if asked.recv(5) == b"HTTP/":
                    return
        except OSError:
            time.sleep(0.1)
    raise NotStarted(f"A server did not start; what it said is in {log}.")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
