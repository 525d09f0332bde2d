"""Settings: each documented, unsafe ones refused with one sentence."""

import re
import stat
from pathlib import Path

import pytest

from moderation.config import SETTINGS, UnsafeSetting, load

ROOT = Path(__file__).parent.parent
KEY = "0123456789abcdefghijklmnopqrstuvwxyz"


def environ(tmp_path: Path, **given: str) -> dict[str, str]:
    return {
        "MODERATION_INSTANCE_PATH": str(tmp_path),
        **{f"MODERATION_{name}": value for name, value in given.items()},
    }


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    documented = re.findall(
        r"^\| `MODERATION_(\w+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE
    )
    assert documented == list(SETTINGS)
    assert len(SETTINGS) <= 30


def test_the_defaults_start_on_sqlite_with_a_secret_of_its_own(tmp_path: Path) -> None:
    first = load(environ(tmp_path))
    assert first.database_url == f"sqlite:///{tmp_path}/moderation.sqlite3"
    assert load(environ(tmp_path)).secret_keys == first.secret_keys
    assert len(first.secret_keys[0]) >= 32
    kept = tmp_path / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"COLOUR": "blue"}, "There is no setting MODERATION_COLOUR"),
        ({"SECRET_KEY": "secret"}, "too easy to guess"),
        ({"SECRET_KEY": "a" * 40}, "too easy to guess"),
        ({"SECRET_KEY": f"{KEY},short"}, "too easy to guess"),
        ({"SECRET_KEY_FILE": "/nowhere/at/all"}, "could not be read"),
        ({"PUBLIC_URL_FILE": "/etc/hostname"}, "is not read from a file"),
        ({"PUBLIC_URL": "http://comments.example"}, "must begin with https://"),
        ({"PUBLIC_URL": "https://comments.example/path"}, "bare origin"),
        ({"PUBLIC_URL": "comments.example"}, "the address readers use"),
        ({"DATABASE_URL": "mysql://localhost/x"}, "must begin with sqlite:///"),
        ({"TRUSTED_PROXIES": "many"}, "a number from 0 to 10"),
        ({"RATE_LIMITS": "perhaps"}, "on or off"),
        ({"RATE_LIMIT_STORAGE": "file:///tmp"}, "memory://"),
    ],
)
def test_an_unsafe_or_unknown_value_stops_the_start_with_one_sentence(
    tmp_path: Path, given: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UnsafeSetting, match=re.escape(sentence)) as refused:
        load(environ(tmp_path, **given))
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


def test_a_secret_may_come_from_a_file_but_not_from_two_places(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    assert load(environ(tmp_path, SECRET_KEY_FILE=str(path))).secret_keys == (KEY,)
    with pytest.raises(UnsafeSetting, match="given twice"):
        load(environ(tmp_path, SECRET_KEY_FILE=str(path), SECRET_KEY=KEY))


def test_several_keys_are_a_rotation_the_first_is_current(tmp_path: Path) -> None:
    assert load(environ(tmp_path, SECRET_KEY=f"{KEY}, {KEY[::-1]}")).secret_keys == (KEY, KEY[::-1])


def test_no_secret_is_in_what_the_settings_print(tmp_path: Path) -> None:
    assert KEY not in repr(load(environ(tmp_path, SECRET_KEY=KEY)))
