"""What every process of the service runs before anything else, where a test starts it."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: As argon2id as any, but soon done: each process hashes a password when it begins.
SOON_HASHED = """
import argon2
hasher = argon2.PasswordHasher
argon2.PasswordHasher = lambda **_costly: hasher(time_cost=1, memory_cost=8, parallelism=1)
"""


def python_path(folder: Path, broken: str = "") -> str:
    """A PYTHONPATH on which Python finds this first; `broken` is how a control breaks the service.

    This checkout comes next, or what is broken would be an installed copy of the service.
    """
    first = folder / "first"
    first.mkdir(exist_ok=True)
    (first / "sitecustomize.py").write_text(SOON_HASHED + broken)
    return os.pathsep.join((str(first), str(ROOT)))
