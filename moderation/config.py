"""Every setting of the service, once: its name, its default, what it accepts and why.

Settings are environment variables with the prefix ``MODERATION_``; a secret may also be
given as the path of a file in ``…_FILE``. What one site may want otherwise is not here: it is
the site's own setting, in the database.
"""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "MODERATION_"
SHORTEST_SECRET = 32


class UnsafeSetting(ValueError):
    """A setting that is unknown, malformed or unsafe; the message is one sentence for the owner."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: what it means, what it is when absent, how it is read."""

    name: str
    meaning: str
    default: str
    read: Callable[[str], Any]
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """The server that takes our mail, and whom it comes from."""

    server: str
    port: int
    sender: str
    username: str = ""
    password: str = field(default="", repr=False)
    #: `starttls`, `tls` from the first byte, or `off` (this machine alone).
    security: str = "starttls"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of this process, checked."""

    instance_path: Path
    database_url: str
    secret_keys: tuple[str, ...] = field(repr=False)
    public_url: str = "http://127.0.0.1:8000"
    trusted_proxies: int = 0
    rate_limits: bool = True
    rate_limit_storage: str = "memory://"
    mail: Mail | None = None
    local_webhooks: bool = False
    demo: bool = False

    @property
    def secure(self) -> bool:
        """Whether readers and moderators reach the service over HTTPS."""
        return self.public_url.startswith("https://")

    @property
    def public_host(self) -> str:
        """Host and port as they stand in a browser's Host header."""
        return urlsplit(self.public_url).netloc


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings, make the instance folder and its secret key where they are missing.

    Raises UnsafeSetting with a sentence for the owner.
    """
    given = _given(environ)
    values = {name: _value(SETTINGS[name], given) for name in SETTINGS}
    instance = _instance_folder(values["INSTANCE_PATH"])
    return Settings(
        instance_path=instance,
        database_url=values["DATABASE_URL"] or f"sqlite:///{instance / 'moderation.sqlite3'}",
        secret_keys=values["SECRET_KEY"] or _kept_secret(instance),
        public_url=values["PUBLIC_URL"],
        trusted_proxies=values["TRUSTED_PROXIES"],
        rate_limits=values["RATE_LIMITS"],
        rate_limit_storage=values["RATE_LIMIT_STORAGE"],
        mail=_mail(values),
        local_webhooks=values["LOCAL_WEBHOOKS"],
        demo=values["DEMO"],
    )


def _mail(values: Mapping[str, Any]) -> Mail | None:
    """Where mail goes; None without MAIL_SERVER: then none is sent, and none is promised."""
    server, security = values["MAIL_SERVER"], values["MAIL_USE_TLS"]
    if not server:
        return None
    if not values["MAIL_DEFAULT_SENDER"]:
        raise UnsafeSetting(f"{PREFIX}MAIL_DEFAULT_SENDER must say whom our mail comes from.")
    if security == "off" and server not in LOCAL_HOSTS:
        raise UnsafeSetting(
            f"{PREFIX}MAIL_USE_TLS may be off only for a mail server on this machine."
        )
    return Mail(
        server=server,
        port=values["MAIL_PORT"] or {"starttls": 587, "tls": 465, "off": 25}[security],
        sender=values["MAIL_DEFAULT_SENDER"],
        username=values["MAIL_USERNAME"],
        password=values["MAIL_PASSWORD"],
        security=security,
    )


def _given(environ: Mapping[str, str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX)
        if name.endswith("_FILE") and name.removesuffix("_FILE") in SETTINGS:
            name, value = name.removesuffix("_FILE"), _file_text(variable, value)
        if name not in SETTINGS:
            raise UnsafeSetting(f"There is no setting {variable}; docs/settings.md lists them all.")
        if name in given:
            raise UnsafeSetting(f"{PREFIX}{name} is given twice, as a value and as a file.")
        given[name] = value
    return given


def _file_text(variable: str, path: str) -> str:
    if not SETTINGS[variable.removeprefix(PREFIX).removesuffix("_FILE")].secret:
        raise UnsafeSetting(f"{variable} is not read from a file; only secrets are.")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnsafeSetting(f"The file that {variable} names could not be read.") from error


def _value(setting: Setting, given: Mapping[str, str]) -> Any:
    text = given.get(setting.name, "").strip() or setting.default
    try:
        return setting.read(text)
    except ValueError as error:
        raise UnsafeSetting(f"{PREFIX}{setting.name} {error}") from error


def _instance_folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnsafeSetting(f"The instance folder {path} could not be made.") from error
    return path


def _kept_secret(instance: Path) -> tuple[str, ...]:
    """The generated secret of this instance, made at the first start.

    It is written under another name first and then linked: two processes that start at once end
    up with one key, never with half of one.
    """
    kept = instance / "secret_key"
    if not kept.exists():
        fresh = instance / f".secret_key.{secrets.token_hex(8)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
        try:
            os.link(fresh, kept)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return _secret_keys(kept.read_text(encoding="utf-8"))


def _path(text: str) -> Path:
    return Path(text).expanduser().resolve()


def _database_url(text: str) -> str:
    if text and not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://.")
    return text


def _secret_keys(text: str) -> tuple[str, ...]:
    keys = tuple(re.split(r"[\s,]+", text.strip())) if text.strip() else ()
    if any(len(key) < SHORTEST_SECRET or len(set(key)) < 8 for key in keys):
        raise ValueError(
            f"is too easy to guess: each key needs {SHORTEST_SECRET} random characters or more."
        )
    return keys


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise ValueError("must be the address readers use, such as https://comments.example.")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("must be a bare origin, without a path.")
    if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
        raise ValueError("must begin with https:// (http:// is for this machine alone).")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 10:
        raise ValueError("must be a number from 0 to 10.")
    return int(text)


def _switch(text: str) -> bool:
    words = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
    if text.lower() not in words:
        raise ValueError("must be on or off.")
    return words[text.lower()]


def _storage(text: str) -> str:
    if not text.startswith(("memory://", "redis://", "rediss://", "valkey://")):
        raise ValueError("must be memory:// or begin with redis://.")
    # Valkey speaks Redis's protocol: one client serves both.
    return text.replace("valkey://", "redis://", 1)


def _host(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9_.:\[\]-]{1,253}", text):
        raise ValueError("must be the name of a server, such as mail.example.org.")
    return text


def _port(text: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 5 or not 0 < int(text) < 65_536:
        raise ValueError("must be a number from 1 to 65535.")
    return int(text)


def _security(text: str) -> str:
    words = {"starttls": "starttls", "on": "starttls", "true": "starttls", "tls": "tls"}
    words |= {"ssl": "tls", "off": "off", "false": "off"}
    if text.lower() not in words:
        raise ValueError("must be starttls, tls or off.")
    return words[text.lower()]


def _sender(text: str) -> str:
    name, address = parseaddr(text)
    if text and (not text.isprintable() or not re.fullmatch(r"[^@\s]+@[^@\s]+", address)):
        raise ValueError("must be an address, such as Comments <comments@blog.example>.")
    return formataddr((name, address)) if text else ""


LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            "INSTANCE_PATH",
            "The folder for the SQLite database and generated secrets.",
            "instance",
            _path,
        ),
        Setting(
            "DATABASE_URL",
            "Where comments are stored: SQLite in the instance folder unless it begins with "
            "`postgresql+psycopg://`.",
            "",
            _database_url,
            secret=True,
        ),
        Setting(
            "SECRET_KEY",
            "The key that everything private is sealed with. To rotate it, put the new key "
            "before the old one, with a comma between, run `moderation reseal`, then drop the "
            "old one. Generated into the instance folder when not given.",
            "",
            _secret_keys,
            secret=True,
        ),
        Setting(
            "PUBLIC_URL",
            "The address at which browsers reach the service.",
            "http://127.0.0.1:8000",
            _public_url,
        ),
        Setting(
            "TRUSTED_PROXIES",
            "How many proxies in front of the service set X-Forwarded-For.",
            "0",
            _count,
        ),
        Setting(
            "RATE_LIMITS",
            "`off` where a proxy in front limits, or a load test runs.",
            "on",
            _switch,
        ),
        Setting(
            "RATE_LIMIT_STORAGE",
            "Where the limits count: in memory, or `redis://…` for several processes.",
            "memory://",
            _storage,
            secret=True,
        ),
        Setting(
            "MAIL_SERVER",
            "The server that takes mail to readers and moderators; without it none is sent.",
            "",
            _host,
        ),
        Setting("MAIL_PORT", "Its port, if not the usual one: 587, 465 with `tls`.", "", _port),
        Setting("MAIL_USERNAME", "The name to sign in there with.", "", str, secret=True),
        Setting("MAIL_PASSWORD", "The password that goes with it.", "", str, secret=True),
        Setting(
            "MAIL_USE_TLS",
            "`starttls`, `tls` from the first byte, or `off` for a server on this machine.",
            "starttls",
            _security,
        ),
        Setting(
            "MAIL_DEFAULT_SENDER",
            "Whom mail comes from, such as `Comments <comments@blog.example>`.",
            "",
            _sender,
        ),
        Setting(
            "LOCAL_WEBHOOKS",
            "`on` lets a site's webhook be on this machine (`http://localhost:…`); off, it must be "
            "on the public internet, with HTTPS.",
            "off",
            _switch,
        ),
        Setting(
            "DEMO",
            "`on` shows the demonstration's article at `/`; `moderation demo` sets it.",
            "off",
            _switch,
        ),
    )
}
