"""The wheel alone, in a new environment, runs the demonstration."""

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_a_wheel_installed_alone_runs_the_demonstration(tmp_path: Path) -> None:
    python = _environment_with_only_the_wheel(tmp_path)
    port = _free_port()
    environ = {key: value for key, value in os.environ.items() if "MODERATION" not in key}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [python, "-m", "moderation", "demo", "--port", str(port)],
            cwd=tmp_path,
            env=environ,
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        assert _fetch(f"{url}/readyz", server) == "ok\n", (tmp_path / "log").read_text()
        assert "<comment-thread" in _fetch(f"{url}/", server)
        assert "customElements" in _fetch(f"{url}/embed.js", server)
        assert "Leave a Reply" in _fetch(f"{url}/sites/demo/thread?page={url}/", server)
        thread_in_german = f"{url}/sites/demo/thread?page={url}/&lang=de"
        assert "Kommentar schreiben" in _fetch(thread_in_german, server)
        assert "Sign in as" in (tmp_path / "log").read_text()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def _environment_with_only_the_wheel(tmp_path: Path) -> str:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("moderation-*.whl")
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv/bin/python"
    site_packages = next((tmp_path / "venv/lib").glob("python*/site-packages"))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    # What it depends on is taken from here, but not this checkout: a path in a .pth file is
    # searched, the .pth files in that path (the editable install's among them) are not read.
    (site_packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"])
    return str(python)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _fetch(url: str, server: subprocess.Popen[bytes]) -> str:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            assert server.poll() is None, "the server has stopped"
            time.sleep(0.2)
    raise AssertionError(f"{url} did not answer")
