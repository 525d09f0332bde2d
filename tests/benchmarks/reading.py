"""How many reads a second a server answers: by wrk where it is installed, else by our own client.

Debian's package `wrk` costs the machine a tenth of what a client in Python does; with the
latter, what is measured is partly the client.
"""

import random
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from . import visitors

CONNECTIONS = 16
WRK = shutil.which("wrk")
#: The same for everybody: what browsers accept, best first for none.
ACCEPT = "Accept-Encoding: gzip, deflate, br"
_RANDOM = """
local ready = {}
function init(args)
  math.randomseed(os.time())
  for path in io.lines(args[1]) do ready[#ready + 1] = wrk.format("GET", path) end
end
function request() return ready[math.random(#ready)] end
"""


def rate(
    folder: Path, port: int, paths: Sequence[str], seconds: float, *headers: str, status: int = 200
) -> float:
    """Answers a second to GETs of `paths`, taken at random. Raises visitors.Broken."""
    if WRK is None:
        asked = [
            visitors.Request(visitors.request("GET", path, ACCEPT, *headers), status)
            for path in paths
        ]
        return visitors.rate(port, [_reader(asked) for _ in range(CONNECTIONS)], seconds)
    return _by_wrk(WRK, folder, port, paths, seconds, headers)


def _reader(asked: Sequence[visitors.Request]) -> visitors.Visitor:
    while True:
        yield random.choice(asked)


def _by_wrk(
    wrk: str,
    folder: Path,
    port: int,
    paths: Sequence[str],
    seconds: float,
    headers: Sequence[str],
) -> float:
    script, listed = folder / "random.lua", folder / "paths.txt"
    script.write_text(_RANDOM, encoding="utf-8")
    listed.write_text("\n".join(paths), encoding="utf-8")
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout=30s"]
    for header in (ACCEPT, *headers):
        command += ["-H", header]
    command += ["-s", str(script), f"http://127.0.0.1:{port}/", "--", str(listed)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Requests/sec:\s*([0-9.]+)", said)
    if found is None or "Non-2xx" in said or "Socket errors" in said:
        raise visitors.Broken(said)
    return float(found[1])
