"""Who serves from this instance folder, and by how many processes: `doctor` asks.

Each server holds a file locked while it lives. One that was killed leaves the file and not the
lock, so nothing has to be tidied up, and no process number is mistaken for another's.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

FOLDER = "serving"


@contextmanager
def serving(instance: Path, workers: int) -> Iterator[None]:
    """Be known to serve with so many processes, as long as the block."""
    held = _hold(instance / FOLDER, workers)
    try:
        yield
    finally:
        if held is not None:
            Path(held.name).unlink(missing_ok=True)
            held.close()


def _hold(folder: Path, workers: int) -> TextIO | None:
    """The locked file; None where nothing can be written there, which is no reason not to serve."""
    try:
        folder.mkdir(exist_ok=True)
        file = (folder / str(os.getpid())).open("w")
    except OSError:
        return None
    fcntl.flock(file, fcntl.LOCK_EX)
    file.write(str(workers))
    file.flush()
    return file


def processes(instance: Path) -> int:
    """How many processes serve now."""
    return sum(_held(file) for file in (instance / FOLDER).glob("*"))


def _held(path: Path) -> int:
    try:
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read() or 0)
    except (OSError, ValueError):
        # It ended between two looks.
        return 0
    return 0
