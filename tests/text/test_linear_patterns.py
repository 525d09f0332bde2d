"""linear-patterns: no regular expression of the house grows faster than what it reads."""

import ast
import functools
import importlib
import math
import re
import time
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "moderation"
MOST_GROWTH = 1.2
WORTH_MEASURING = 0.0005  # seconds at 2,000 characters; below, the clock decides

UNITS = [
    "a", "1", " ", "\t", "\n", "\n ", " \n", ".", "a.", "1.", "-", "a-", "_", "@", "a@", "/", "a/",
    ":", "::", "a:", "1:", "http:", "http://", "https://a", "http://a.b/", "//", "mailto:",
    "mailto:a@",
    "<", "</", "<a", "<a ", '<a b="', '<a b="c" ', ' b="c"', ' b="', '"', "'", "&", "&amp;", "a=b&",
    "utm_", "%", "%4", "%41", "[", "]", "[0", "(", ")", "{", "?", "#", "!", "*", "`", "\\", "=",
    ",",
    ";", "é", "\u0301", "a\u0301", "\u200d", "a\u200d", "\r", "\r\n", "+", "0+", "1+1=", "x=", "$",
]  # fmt: skip
HEADS = ["", "http://", "https://a.b/", "mailto:", "<a", "[", "a"]
TAIL = "\x07!"
WAYS = {"search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split"}


def patterns():
    """Every compiled pattern of the house's modules, with the ways in which it is used."""
    for path in sorted(HOUSE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "re.compile(" not in text or "migrations" in path.parts:
            continue
        dotted = ".".join(path.relative_to(HOUSE.parent).with_suffix("").parts)
        module = importlib.import_module(dotted.removesuffix(".__init__"))
        used = {
            (node.value.id, node.attr)
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.attr in WAYS
        }
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                ways = {way for owner, way in used if owner == name} or {"search"}
                yield from (
                    pytest.param(value, way, id=f"{dotted}.{name}.{way}") for way in sorted(ways)
                )


def seconds(pattern, way, text):
    """Processor seconds to read all of `text`: the best of three, without a pause for others."""
    reader = getattr(pattern, way)
    if way in {"sub", "subn"}:
        reader = functools.partial(pattern.sub, "")
    best = math.inf
    for _ in range(3):
        begun = time.process_time()
        result = reader(text)
        if way == "finditer":
            for _found in result:
                pass
        best = min(best, time.process_time() - begun)
        if best < WORTH_MEASURING:
            break
    return best


def growth(pattern, way, head, unit):
    """The exponent e in time ~ length**e, from 2,000 characters on.

    Over twice the length first; what looks too steep there may be the machine's doing, so it is
    measured again over four times the length and more than once.
    """

    def exponent(times):
        short, long = (head + unit * (n // len(unit)) + TAIL for n in (2_000, 2_000 * times))
        spent = seconds(pattern, way, short)
        if spent < WORTH_MEASURING:
            return 0.0
        return math.log(seconds(pattern, way, long) / spent, times)

    steepness = exponent(2)
    return steepness if steepness <= MOST_GROWTH else min(exponent(4) for _ in range(4))


def worst(pattern, way):
    return max((growth(pattern, way, head, unit), head, unit) for head in HEADS for unit in UNITS)


@pytest.mark.proof
@pytest.mark.parametrize(("pattern", "way"), list(patterns()))
def test_a_pattern_is_linear(pattern, way):
    grown, head, unit = worst(pattern, way)
    assert grown <= MOST_GROWTH, f"grows as n^{grown:.2f} on {head!r} + {unit!r} × n"


@pytest.mark.proof
@pytest.mark.parametrize("slow", [r"\s+$", r"[a-z]+@", r"(?:[^@]+@)x$"])
def test_the_control_is_seen_to_be_slow(slow):
    pattern = re.compile(slow)
    # What a busy machine does to one measurement it does not do to all.
    units = (" ", "a") * 5
    assert any(growth(pattern, "search", "", unit) > MOST_GROWTH for unit in units)
