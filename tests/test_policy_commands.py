"""`moderation policy …`: the past judged once more, and all learned anew."""

import csv
from pathlib import Path

import pytest
from characters import World
from click.testing import Result
from sqlalchemy import select

from moderation.models import Site

SPAM = "Subscribe to my channel {n}, free gifts at http://gifts{n}.example"
WANTED = "The bridge in the second part opened in May, page {n} says."


def run(world: World, *words: str) -> Result:
    return world.app.test_cli_runner().invoke(args=["policy", *words])


def written(path: Path, rows: list[tuple[str, str, str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([("author", "date", "content", "spam"), *rows])
    return path


def rows(number: int) -> list[tuple[str, str, str, str]]:
    return [
        (
            f"author-{n}",
            "2026-01-01",
            (SPAM if n % 2 else WANTED).format(n=n).replace("&", "&amp;"),
            str(n % 2),
        )
        for n in range(number)
    ]


def test_a_file_is_judged_in_its_order_and_each_judgement_written(
    world: World, tmp_path: Path
) -> None:
    file, scores = written(tmp_path / "past.csv", rows(140)), tmp_path / "scores.csv"
    done = run(world, "replay", str(file), "--scores", str(scores))
    assert done.exit_code == 0, done.output
    assert "past.csv: 140 comments, 70 of them spam" in done.output
    assert "area under the ROC curve                      1.000" in done.output
    with scores.open(encoding="utf-8", newline="") as lines:
        told = list(csv.DictReader(lines))
    assert [row["row"] for row in told] == [str(n) for n in range(1, 141)]
    assert {row["verdict"] for row in told} <= {"spam", "hold", "publish"}
    assert told[0]["verdict"] == "hold"  # nothing was known yet
    assert told[139]["verdict"] == "spam"
    assert all(0 <= float(row["score"]) <= 1 for row in told)


def test_lines_that_are_not_in_the_order_of_their_dates_are_told_of(
    world: World, tmp_path: Path
) -> None:
    dated = [("a", date, "Words.", "0") for date in ("2026-03-01", "2026-02-01", "", "2026-02-02")]
    done = run(world, "replay", str(written(tmp_path / "past.csv", dated)))
    assert done.exit_code == 0, done.output
    assert "1 lines are dated before the one above them." in done.output
    done = run(world, "replay", str(written(tmp_path / "past.csv", dated[1:])))
    assert "dated before" not in done.output


def test_a_site_is_replayed_by_its_own_limit(world: World) -> None:
    world.decide(world.left(), "approved")
    with world.database.writing() as session:
        blog = session.scalars(select(Site).where(Site.key == "blog")).one()
        blog.options = {"rules": {"learned": {"percent": 95}}}
        session.commit()
    assert "spam from 95 % on" in run(world, "replay", "--site", "blog").output


def test_where_nothing_was_decided_the_replay_says_so(world: World) -> None:
    world.left()
    assert "There are no decisions to replay yet." in run(world, "replay").output


def test_what_was_decided_on_a_site_is_judged_once_more(world: World) -> None:
    for n in range(3):
        world.decide(world.left(body=SPAM.format(n=n)), "spam")
        world.decide(world.left(body=WANTED.format(n=n)), "approved")
    done = run(world, "replay", "--site", "blog")
    assert done.exit_code == 0, done.output
    assert "blog: 6 comments, 3 of them spam" in done.output


def test_all_is_learned_anew(world: World) -> None:
    world.decide(world.left(body=SPAM.format(n=1)), "spam")
    done = run(world, "rebuild", "--site", "blog")
    assert done.exit_code == 0, done.output
    assert "learned from 1 comments marked as spam and 0 approved ones" in done.output


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"author,date,spam\na,b,1\n", "no column content"),
        (b"author,date,content,spam\na,b,c,maybe\n", "says 1 or 0"),
        (b"author,date,content,spam\na,b\n", "says 1 or 0"),
        (b"\xff\xfe\x00", "not a CSV file in UTF-8"),
        (b'author,date,content,spam\na,b,"c,1\n', "not a CSV file in UTF-8"),
        (b"", "no column"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(
    world: World, tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    done = run(world, "replay", str(file))
    assert done.exit_code == 1
    assert sentence in done.output
    assert "Traceback" not in done.output


def test_what_is_not_there_is_said_to_be_so(world: World, tmp_path: Path) -> None:
    for words in (["replay", str(tmp_path / "none.csv")], ["rebuild", "--site", "none"]):
        done = run(world, *words)
        assert done.exit_code == 1
        assert "Error: " in done.output


def test_html_of_other_systems_is_read_as_readers_saw_it(world: World, tmp_path: Path) -> None:
    html = 'See <a href="http://gifts.example/?a=1&amp;b=2">this</a><br />I&#39;m &lt;3 \0 \ud83d'
    file = tmp_path / "html.csv"
    row = f'a,b,"{html.replace(chr(34), chr(34) * 2)}",1\n'
    head = "author,date,content,spam\n"
    file.write_bytes((head + row).encode("utf-8", "surrogatepass").replace(b"\xed\xa0\xbd", b"?"))
    done = run(world, "replay", str(file))
    assert done.exit_code == 0, done.output
