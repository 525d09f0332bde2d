"""Checks of what is around the database: settings, files, this machine, other servers."""

import shutil
import socket
import stat
from collections.abc import Mapping
from pathlib import Path

from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from moderation.cli.presence import processes
from moderation.config import LOCAL_HOSTS, PREFIX, Settings

from .finding import Finding, ok, problem, warning

#: What has to be free for a while of comments and a migration; and for writing at all.
COMFORTABLE, LEAST = 1024**3, 100 * 1024**2
#: Four times what is left of it when it was emptied.
LONG_JOURNAL = 256 * 1024**2
#: Seconds that another server may take to answer.
PATIENCE = 5
#: How many processes `moderation serve` starts unless told otherwise.
USUAL_PROCESSES = 2


def public_url(settings: Settings) -> Finding:
    """Whether readers elsewhere can reach the service."""
    host = settings.public_host.rsplit(":", 1)[0]
    if host in LOCAL_HOSTS:
        return warning(
            "public_url",
            f"Readers are told to come to {settings.public_url}, which is this machine alone.",
            f"Set {PREFIX}PUBLIC_URL to the https:// address at which browsers reach the service.",
        )
    return ok("public_url", f"Readers are told to come to {settings.public_url}.")


def proxies(settings: Settings) -> Finding:
    """Whether the addresses of readers are theirs, and not those of a proxy."""
    if settings.secure and not settings.trusted_proxies:
        return warning(
            "trusted_proxies",
            "HTTPS is ended by a proxy, and no proxy is trusted: all readers seem to come from "
            "one network, and share its limits.",
            f"Set {PREFIX}TRUSTED_PROXIES to how many proxies are in front, mostly 1.",
        )
    count = settings.trusted_proxies
    return ok("trusted_proxies", f"Proxies whose X-Forwarded-For is believed: {count}.")


def secrets(settings: Settings, environ: Mapping[str, str]) -> Finding:
    """Whether others on this machine can read the key that everything private is sealed with."""
    given = environ.get(f"{PREFIX}SECRET_KEY_FILE", "").strip()
    if f"{PREFIX}SECRET_KEY" in environ:
        return ok("secret_key", "The secret key is given as a setting.")
    path = Path(given) if given else settings.instance_path / "secret_key"
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return problem(
            "secret_key",
            "The file with the secret key is gone.",
            "Put it back from a backup: without it nothing sealed can be opened after a restart.",
        )
    if not mode & 0o077:
        return ok("secret_key", "The file with the secret key is its owner's alone.")
    told = "Others on this machine can read, or change, the file with the secret key."
    advice = f"chmod 600 {path}"
    # What a container is given as a secret is often readable inside it, where nobody else is.
    if given and not mode & 0o022:
        return warning("secret_key", told, f"Unless it is a container's own: {advice}")
    return problem("secret_key", told, advice)


def limits(settings: Settings) -> Finding:
    """Whether the limits count what all processes see."""
    if not settings.rate_limits:
        return warning(
            "rate_limits",
            "Rate limits are off, and the attack switch does not go on by itself.",
            f"Leave {PREFIX}RATE_LIMITS on unless a proxy in front limits.",
        )
    if settings.rate_limit_storage.startswith("memory://"):
        return _in_memory(processes(settings.instance_path))
    if not _is_there(settings.rate_limit_storage):
        return problem(
            "rate_limits",
            "The storage of the rate limits cannot be reached: each process counts by itself.",
            f"Start it, or put {PREFIX}RATE_LIMIT_STORAGE right. No reader is refused meanwhile.",
        )
    return ok("rate_limits", "All processes count the rate limits together.")


def _in_memory(serving: int) -> Finding:
    if serving == 1:
        return ok("rate_limits", "Rate limits are counted in memory, by the one process there is.")
    if serving:
        told = f"Rate limits are counted in memory by {serving} processes, each for itself: "
        told += f"everybody has {serving} times as many."
    else:
        told = "Rate limits are counted in memory, each process for itself; nothing serves now, "
        told += f"and `moderation serve` starts {USUAL_PROCESSES} unless told otherwise."
    return warning(
        "rate_limits",
        told,
        f"Set {PREFIX}RATE_LIMIT_STORAGE to a Redis or Valkey (redis://…), or serve with "
        "--workers 1.",
    )


def _is_there(storage: str) -> bool:
    patience = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
    try:
        return bool(storage_from_string(storage, wrap_exceptions=True, **patience).check())
    except (ConfigurationError, StorageError, ValueError):
        return False


def disk(settings: Settings, database: Path | None) -> Finding:
    """Whether there is room to write."""
    folder = database.parent if database and database.parent.is_dir() else settings.instance_path
    free = shutil.disk_usage(folder).free
    told = f"Free on the disk: {free // 1024**2:,} MB."
    if free < LEAST:
        return problem("disk", told, "Make room now: replies are refused when it is full.")
    if free < COMFORTABLE:
        return warning("disk", told, "Make room, or move the database to a larger disk.")
    return ok("disk", told)


def journal(database: Path | None) -> Finding:
    """Whether SQLite can empty its journal; it is kept short (see `database.SQLITE_PRAGMAS`)."""
    if database is None:
        return ok("journal", "PostgreSQL looks after its own journal.")
    try:
        size = Path(f"{database}-wal").stat().st_size
    except FileNotFoundError:
        size = 0
    if size < LONG_JOURNAL:
        return ok("journal", "The database keeps its journal short.")
    return warning(
        "journal",
        f"The database's journal has {size // 1024**2:,} MB: something keeps it from emptying.",
        "Let a long import end. Otherwise end what else has the database open, and restart.",
    )


def mail_server(settings: Settings) -> Finding:
    """Whether the mail server answers."""
    mail = settings.mail
    if mail is None:
        return ok("mail_server", "No mail server is set: no mail is sent, and none is offered.")
    try:
        socket.create_connection((mail.server, mail.port), PATIENCE).close()
    except OSError:
        return problem(
            "mail_server",
            "The mail server cannot be reached.",
            f"Put {PREFIX}MAIL_SERVER and {PREFIX}MAIL_PORT right, or start it. Letters wait.",
        )
    return ok("mail_server", "The mail server answers.")
