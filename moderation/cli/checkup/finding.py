"""What a check found: how bad it is, a sentence, and what to do."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    #: It works; it could work better, or may stop working.
    WARNING = "warning"
    #: Something does not work, or is not safe.
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's. No address, name or secret is ever in it."""

    check: str
    level: Level
    sentence: str
    advice: str = ""

    def as_json(self) -> dict[str, str]:
        """The form in which `--json` gives it."""
        return {name: str(value) for name, value in asdict(self).items()}


def ok(check: str, sentence: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, sentence)


def warning(check: str, sentence: str, advice: str) -> Finding:
    """It could be better."""
    return Finding(check, Level.WARNING, sentence, advice)


def problem(check: str, sentence: str, advice: str) -> Finding:
    """It has to be better."""
    return Finding(check, Level.PROBLEM, sentence, advice)
