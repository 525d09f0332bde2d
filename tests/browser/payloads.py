"""A corpus of hostile texts. Each one says its own number when it runs: `alert(@@)`.

The attacks are written as for a page without any wall; the disguises are what people have tried
against Markdown, against sanitizers and against parsers that disagree with browsers.
"""

import random
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).parent


def _lines(name: str) -> list[str]:
    return (HERE / name).read_text(encoding="utf-8").strip("\n").split("\n")


def _unescaped(text: str) -> str:
    """Line ends and characters by their number, as the file writes them."""
    if r"\u" in text or r"\x" in text:
        return text.encode("latin-1", "backslashreplace").decode("unicode-escape")
    return text.replace(r"\n", "\n")


BASES = [*_lines("payloads_html.txt"), *map(_unescaped, _lines("payloads_markdown.txt"))]

#: What stands around an attack; none of them changes the attack itself.
AROUND = [
    "{}", "{}", "Look: {} there", "\n\n{}\n\n", "> {}", "- {}", "1. x\n2. {}", "**x {} x**", "*{}*",
    "~~{}~~", "[{}](https://example.org)", "x\n{}\nx", "# {}", "<div>{}</div>", "<p>{}",
    "<b>{}</b>", "<svg>{}</svg>", "<math>{}</math>", "<table><tr><td>{}</table>", "<!-- x -->{}",
    "</p>{}", "<blockquote>{}", "<select><option>{}</select>", "\n\n<style></style>{}",
    "x <i>{}</i> x",
    "\n<div>\n\n{}\n\n</div>", "> > - {}", "`x`{}`x`", "&amp;{}&lt;", "https://example.org {}",
]  # fmt: skip


def _upper(text: str) -> str:
    return text.replace("onerror", "ONERROR").replace("script", "SCRIPT").replace("src", "SRC")


def _slashes(text: str) -> str:
    return text.replace("<img ", "<img/").replace("<svg ", "<svg/").replace("<a ", "<a\t")


#: Spellings that browsers read alike, and doublings that naive removal turns into an attack.
SPELLINGS = [
    lambda text: text,
    lambda text: text,
    _upper,
    _slashes,
    lambda text: text.replace("<img", "<<img").replace("<script", "<<script"),
    lambda text: text.replace("=alert", "=\nalert"),
    lambda text: text.replace("javascript", "java\tscript"),
    lambda text: text.replace("alert(", "self.alert("),
    lambda text: text + "\n" + text,
    lambda text: text.replace(" on", " x=y on"),
]


def several(number: int, seed: str = "Eve") -> list[str]:
    """So many different attacks, each with its own number: every attack plainly first, then mixed.

    Always the same ones, so that what once got through can be found again.
    """
    chance = random.Random(seed)
    plain = [base.replace("@@", str(n)) for n, base in enumerate(BASES[:number])]
    mixed = [
        chance.choice(AROUND)
        .replace("{}", chance.choice(SPELLINGS)(chance.choice(BASES)))
        .replace("@@", str(n))
        for n in range(len(plain), number)
    ]
    return [text if str(n) in text else f"{text} {n}" for n, text in enumerate(plain + mixed)]


def in_address(text: str) -> str:
    """An attack as it can stand in an address: with as few escapes as browsers write."""
    return quote(text, safe="'\"<>()`:/;=,!*&$@{}[]|^")
