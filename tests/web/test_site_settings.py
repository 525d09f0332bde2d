"""Sites as their owners look after them: added, renamed, settled, by page and by command."""

from datetime import UTC, datetime
from typing import Any

import pytest
from characters import ANN, BLOG, OLGA, OTTO, World
from sqlalchemy import select

from moderation import sites
from moderation.models import Change, Comment, Role, Site, SiteSettings
from moderation.policy import rules
from moderation.sites import NAMES, READERS, BadOption, read, written
from moderation.web.policy_words import TERM_OF
from moderation.web.service import site_or_404
from moderation.web.settling import HINTS, LABELS

#: The form with nothing chosen.
DEFAULTS = dict.fromkeys(LABELS, "")


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests answer a sum at once, and are no programs."""
    monkeypatch.setattr(rules, "HASTE_SECONDS", 0)


def make_owner_of_other(world: World) -> None:
    """Otto owns his site now, and no other."""
    with world.database.writing() as session:
        world.moderator(session, "Otto").role = Role.OWNER
        session.commit()


def site(world: World, key: str = "blog") -> Site:
    with world.database.reading() as session:
        return session.scalars(select(Site).where(Site.key == key)).one()


def settle(world: World, where: str = "/queue/sites/blog/settings", **changes: str) -> Any:
    return world.signed_in(OLGA).post(where, **{**DEFAULTS, **changes})


def changes(world: World) -> list[tuple[str, str, str, str]]:
    with world.database.reading() as session:
        found = session.scalars(select(Change).order_by(Change.at, Change.subject))
        return [(one.what, one.subject, one.was, one.became) for one in found]


def test_every_setting_has_a_label_a_sentence_and_a_way_to_be_read() -> None:
    assert set(NAMES) == set(READERS) == set(LABELS) | set(TERM_OF)
    assert not set(LABELS) & set(TERM_OF)
    assert set(LABELS) == set(HINTS)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read_again(name: str) -> None:
    value = sites.value(SiteSettings(blocked_words=("casino", "payday loan")), name)
    options = sites.changed({}, {name: read(name, written(value))})
    assert sites.value(SiteSettings.of(options), name) == value
    assert set(sites.flat(options)) == {name}


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("hold_everything", "perhaps", "switch"),
        ("links_allowed", "-1", "number"),
        ("links_allowed", "101", "number"),
        ("links_allowed", "٣", "number"),
        ("edit_minutes", "9" * 5_000, "number"),
        ("blocked_words", "x" * 101, "words"),
        ("blocked_words", "a\0b", "words"),
        ("other_way", "telepathy", "choice"),
        ("language", "tlh", "language"),
        ("colour", "red", "name"),
        ("haste.seconds", "0", "number"),
        ("haste.score", "101", "number"),
        ("stranger_links.does", "off", "choice"),
        ("first_time.does", "spam", "choice"),
        ("haste.colour", "red", "name"),
        ("rules", "{}", "name"),
    ],
)
def test_what_is_no_value_is_refused(name: str, text: str, wanted: str) -> None:
    with pytest.raises(BadOption) as refused:
        read(name, text)
    assert refused.value.wanted == wanted


def test_an_owner_of_everything_adds_a_site(world: World) -> None:
    olga = world.signed_in(OLGA)
    fields = {"key": "news", "name": "The News", "origins": "https://news.example/x\n"}
    answer = olga.post("/queue/sites", **fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/queue/sites/news")
    page = olga.get("/queue/sites/news").text
    assert "&lt;comment-thread site=&#34;news&#34;" in page
    assert "Olga added the site." in page
    assert site(world, "news").origins == ["https://news.example"]
    assert olga.post("/queue/sites", **fields).status_code == 422


def test_a_wrong_site_is_refused_with_what_was_typed(world: World) -> None:
    for field, typed, sentence in (
        ("key", "My Site", "small letters, digits and hyphens"),
        ("name", "  ", "Write a name."),
        ("origins", "blog", "An origin is such as"),
        ("origins", "", "Write one origin at least."),
    ):
        good = {"key": "news", "name": "Kept name", "origins": "https://kept.example"}
        answer = world.signed_in(OLGA).post("/queue/sites", **{**good, field: typed})
        assert answer.status_code == 422
        assert sentence in answer.text
        assert ("Kept name" in answer.text) or field == "name"


def test_a_new_name_and_origin_hold_at_once_and_are_written_down(world: World) -> None:
    moved = "https://new.example"
    page = f"{moved}/post-1"
    headers = {"Origin": moved}
    assert world.leave(page=page, headers=headers).status_code == 403
    fields = {"name": "Renamed", "origins": f"{BLOG}\n{moved}/anything"}
    assert world.signed_in(OLGA).post("/queue/sites/blog", **fields).status_code == 303
    assert world.leave(page=page, headers=headers).status_code == 202
    assert sorted(changes(world)) == [
        ("name", "", "The Blog", "Renamed"),
        ("origins", "", BLOG, f"{BLOG} {moved}"),
    ]
    said = world.signed_in(OLGA).get("/queue/sites/blog").text
    assert "Olga changed the name." in said


def test_a_setting_of_a_site_holds_at_once_and_is_written_down(world: World) -> None:
    assert settle(world, edit_minutes="0").status_code == 303
    assert site(world).settings.edit_minutes == 0
    assert site(world).options == {"edit_minutes": 0}
    assert changes(world) == [("setting", "edit_minutes", "default", "0")]


def test_a_default_for_all_sites_holds_where_a_site_says_nothing_else(world: World) -> None:
    def minutes() -> int:
        return site(world).settings.edit_minutes

    assert settle(world, "/queue/defaults", edit_minutes="5").status_code == 303
    assert minutes() == 5
    assert settle(world, edit_minutes="9").status_code == 303
    assert minutes() == 9
    assert settle(world).status_code == 303
    assert minutes() == 5
    assert settle(world, "/queue/defaults").status_code == 303
    assert minutes() == SiteSettings().edit_minutes


def test_every_reading_of_a_site_knows_the_defaults(world: World) -> None:
    settle(world, "/queue/defaults", edit_minutes="7", language="de")
    settle(world, edit_minutes="0")
    comment = world.left()
    with world.database.reading() as session:
        along = session.get_one(Comment, comment).thread.site.settings
    with world.app.test_request_context():
        alone = site_or_404("blog").settings
    assert along == alone == SiteSettings(edit_minutes=0, language="de")


def test_the_page_shows_the_default_and_what_is_a_sites_own(world: World) -> None:
    settle(world, "/queue/defaults", edit_minutes="4", other_way="none")
    settle(world, language="fr")
    page = world.signed_in(OLGA).get("/queue/sites/blog").text
    assert "Use the default (There is no other way)" in page
    assert "Leave it empty for the default, 4." in page
    assert '<option selected value="fr">' in page


def test_wrong_settings_are_refused_with_what_was_typed_and_nothing_is_changed(
    world: World,
) -> None:
    answer = settle(world, edit_minutes="soon", language="fr")
    assert answer.status_code == 422
    assert "Write a whole number from 0 to 525,600" in answer.text
    assert 'value="soon"' in answer.text
    assert (site(world).options, changes(world)) == ({}, [])


def test_the_pages_are_for_owners_alone(world: World) -> None:
    for path in (
        "/queue/sites",
        "/queue/sites/blog",
        "/queue/defaults",
    ):
        ann = world.signed_in(ANN)
        assert ann.get(path).status_code == 403
        assert ann.post(path, name="x", origins=BLOG).status_code == 403
        assert "/queue/sites" not in ann.get("/queue").text
        assert "/queue/sites" in world.signed_in(OLGA).get("/queue").text


def test_an_owner_of_one_site_sees_and_changes_no_other(world: World) -> None:
    make_owner_of_other(world)
    otto = world.signed_in(OTTO)
    assert "The Blog" not in otto.get("/queue/sites").text
    assert otto.get("/queue/sites/other").status_code == 200
    for path in ("", "/lists", "/reasons", "/threads"):
        assert otto.get(f"/queue/sites/blog{path}").status_code == 404
    assert otto.post("/queue/sites/blog", name="Mine", origins=BLOG).status_code == 404
    assert otto.post("/queue/sites/blog/settings", **DEFAULTS).status_code == 404
    assert otto.get("/queue/defaults").status_code == 403
    fields = {"key": "more", "name": "More", "origins": BLOG}
    assert otto.post("/queue/sites", **fields).status_code == 403
    assert (site(world).name, changes(world)) == ("The Blog", [])


def test_a_change_by_a_command_is_written_down_without_a_person(world: World) -> None:
    with world.database.writing() as session:
        found = sites.find(session, "blog")
        sites.change(session, found, {"links_allowed": 3}, by=None, at=datetime.now(UTC))
        session.commit()
    page = world.signed_in(OLGA).get("/queue/sites/blog").text
    assert "The command line changed “Many links: Links allowed”." in page
    assert "From the default to 3" in page
