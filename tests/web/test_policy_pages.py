"""The policy's page: rules are read, tried on the past, and saved; what they say happens."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from characters import ANN, AT_ONCE, BOB, EVE, OLGA, OTTO, PAGE, World
from sqlalchemy import select, update

from moderation import authorship
from moderation.models import (
    Author,
    Change,
    Comment,
    Decision,
    LinkedDomain,
    Role,
    Site,
    SiteDefaults,
    Status,
)
from moderation.policy import RULES, TERMS
from moderation.policy.classifier import ENOUGH
from moderation.web.policy_words import GROUPS, NAMES, SENTENCES, TERM_OF

POLICY, DEFAULTS = "/queue/sites/blog/policy", "/queue/defaults/policy"
SHOUT = "THIS IS WHAT EVERYBODY SHOULD READ AT ONCE"


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests answer a sum at once, and are no programs."""
    monkeypatch.setattr("moderation.policy.rules.HASTE_SECONDS", 0)


def site(world: World, key: str = "blog") -> Site:
    with world.database.reading() as session:
        return session.scalars(select(Site).where(Site.key == key)).one()


def let(world: World, options: dict[str, Any]) -> None:
    with world.database.writing() as session:
        session.execute(update(Site).where(Site.key == "blog").values(options=options))
        session.commit()


def send(world: World, where: str = POLICY, step: str = "save", **fields: str) -> Any:
    """Send the page's form; `__` stands for the dot in a field's name."""
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return world.signed_in(OLGA).post(where, step=step, **named)


def codes(world: World, comment: str) -> list[str]:
    with world.database.reading() as session:
        return [one["code"] for one in session.get_one(Comment, comment).reasons]


def said(answer: Any) -> str:
    """What a page says, on one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


def test_every_rule_stands_on_the_page_once_with_words() -> None:
    listed = [code for _heading, codes in GROUPS for code in codes]
    assert sorted(listed) == sorted(TERMS) == sorted(SENTENCES)
    assert {rule.code for rule in RULES} <= set(NAMES)


def test_each_rule_says_what_it_does_by_what_holds(world: World) -> None:
    let(world, {"rules": {"haste": {"seconds": 9, "does": "off"}, "shouting": {"does": "spam"}}})
    page = world.signed_in(OLGA).get(POLICY)
    assert page.status_code == 200
    assert "It was sent less than 9 seconds after the sum was asked. Off." in said(page)
    assert "The reply lies with the spam, where moderators find it" in said(page)
    assert all(f'id="rule-{code}"' in page.text for code in TERMS)
    assert page.text.count("<fieldset") == len(TERMS)
    assert "<script" not in page.text


def test_what_is_saved_holds_at_once_and_is_written_down(world: World) -> None:
    world.published()
    assert world.leave().status_code == 202
    answer = send(world, hold_everything="off", newcomer__does="off", shouting__score="3")
    assert (answer.status_code, answer.headers["Location"]) == (303, POLICY)
    assert world.leave().status_code == 201
    rules = {"newcomer": {"does": "off"}, "shouting": {"score": 3}}
    assert site(world).options == {"hold_everything": False, "rules": rules}
    page = said(world.signed_in(OLGA).get(POLICY))
    assert "Olga changed “Not trusted yet: What it does”. From the default to Off" in page
    assert send(world).status_code == 303
    assert site(world).options == {}


def test_nothing_is_saved_before_it_was_tried(world: World) -> None:
    answer = send(world, step="try", hold_everything="off")
    assert answer.status_code == 200
    assert site(world).options == {}
    with world.database.reading() as session:
        assert session.scalars(select(Change)).all() == []


def test_the_older_settings_are_edited_here_alone(world: World) -> None:
    fields = {"blocked_words.from": "own", "blocked_words": "casino\ncasino\npayday loan"}
    send(world, links_allowed="4", reports_to_hold="9", **fields)
    stored = {"links_allowed": 4, "reports_to_hold": 9, "blocked_words": ["casino", "payday loan"]}
    assert site(world).options == stored
    assert "casino\npayday loan" in world.signed_in(OLGA).get(POLICY).text
    settings = world.signed_in(OLGA).get("/queue/sites/blog").text
    assert f'href="{POLICY}"' in settings
    assert not [name for name in TERM_OF if f'name="{name}"' in settings]


def test_exceptions_of_a_site_lie_over_the_defaults_name_by_name(world: World) -> None:
    send(world, DEFAULTS, haste__seconds="9", haste__does="hold")
    send(world, haste__does="off")
    rules = site(world).settings.rules
    assert (rules.number("haste", "seconds"), rules.does("haste")) == (9, "off")
    assert site(world, "other").settings.rules.does("haste") == "hold"
    assert 'placeholder="9"' in world.signed_in(OLGA).get(POLICY).text


def test_a_wrong_field_is_told_and_all_that_was_typed_is_kept(world: World) -> None:
    for step in ("try", "save"):
        answer = send(
            world,
            step=step,
            haste__seconds="soon",
            shouting__does="dance",
            watched_words__words="x",
        )
        assert answer.status_code == 422
        assert "Write a whole number from 1 to 600" in answer.text
        assert "Choose one of the list." in answer.text
        assert "You wrote words below" in answer.text
        assert 'value="soon"' in answer.text
    assert site(world).options == {}


def test_a_link_of_a_stranger_cannot_be_let_through_by_the_form(world: World) -> None:
    assert send(world, stranger_links__does="off").status_code == 422
    off = {f"{code}.does": "off" for code, terms in TERMS.items() if "off" in terms.may}
    off.pop("hold_everything.does")
    assert send(world, hold_everything="off", **off).status_code == 303
    assert world.leave().status_code == 201
    assert world.leave(body="See https://a.example/ for more of this.").status_code == 202


def test_what_the_policy_published_is_no_decision_of_a_moderator(world: World) -> None:
    let(world, {"hold_everything": False, "rules": {"first_time": {"does": "off"}}})
    assert world.leave().status_code == 201
    linked = {"body": "See https://a.example/ for more of all this here."}
    assert world.leave(**linked).status_code == 202
    assert "stranger_links" in codes(world, world.left(body="At https://b.example/ it is better."))


def test_what_a_rule_takes_for_spam_lies_there_and_its_sender_is_told_that_it_waits(
    world: World,
) -> None:
    let(world, {"rules": {"shouting": {"does": "spam"}}})
    answer = world.leave(body=SHOUT)
    other = world.leave()
    assert (answer.status_code, answer.get_json()["status"]) == (202, "pending")
    assert set(answer.get_json()) == set(other.get_json())
    comment, path = answer.get_json()["id"], answer.get_json()["status_url"][21:]
    assert "Your reply waits for a moderator" in world.client().get(path).text
    assert [one["id"] for one in world.queue(status="spam")["comments"]] == [comment]
    assert comment not in [one["id"] for one in world.queue()["comments"]]
    card = world.signed_in(ANN).get(f"/queue/comments/{comment}")
    assert "Shouting" in said(card)
    with world.database.reading() as session:
        (first,) = session.scalars(select(Decision).where(Decision.comment_id == comment))
        assert (first.became, first.reason, first.by_id) == (Status.SPAM, "shouting", None)
    world.decide(comment, "pending")
    world.decide(comment, "spam")
    assert "Your reply was not published" in world.client().get(path).text


def test_a_change_that_a_rule_takes_for_spam_lies_there_too(world: World) -> None:
    let(world, {"rules": {"shouting": {"does": "spam"}}})
    left = world.leave().get_json()
    path = left["status_url"][21:]
    form = {"body": SHOUT, "version": "1"}
    assert world.client().post(f"{path}/edit", data=form).status_code == 303
    with world.database.reading() as session:
        assert session.get_one(Comment, left["id"]).status is Status.SPAM
    assert "Your reply waits for a moderator" in world.client().get(path).text


def test_replies_in_a_row_are_counted_by_network_page_and_site(world: World) -> None:
    speeds = {f"{kind}_speed": {"replies": 2} for kind in ("network", "page", "site")}
    let(world, {"rules": speeds})
    for expected in (set(), set(), set(speeds)):
        assert set(codes(world, world.left())) & set(speeds) == expected
    assert "page_speed" not in codes(world, world.left(page=f"{PAGE}-other"))
    earlier = datetime.now(UTC) - timedelta(minutes=11)
    with world.database.writing() as session:
        session.execute(update(Comment).values(created_at=earlier))
        session.commit()
    assert not set(codes(world, world.left())) & set(speeds)


def test_a_domain_is_new_until_a_reply_with_it_is_approved(world: World) -> None:
    told = "Read this, which is worth it: https://www.new.example/"
    first = world.left(body=f"{told}1")
    assert "new_domain" in codes(world, first)
    assert "new_domain" in codes(world, world.left(body=f"{told}2", email=EVE, name="Eve"))
    world.decide(first, "approved")
    assert "new_domain" not in codes(world, world.left(body=f"{told}3", email=EVE, name="Eve"))
    world.decide(first, "spam")
    assert "new_domain" in codes(world, world.left(body=f"{told}4", email=EVE, name="Eve"))
    assert "new_domain" not in codes(world, world.left(body="As on https://blog.example/ it is."))


def test_where_a_reply_leads_is_forgotten_when_it_is_changed_or_erased(world: World) -> None:
    def domains() -> list[str]:
        with world.database.reading() as session:
            return list(session.scalars(select(LinkedDomain.domain)))

    left = world.leave(body="Look at https://one.example/ for this.").get_json()
    assert domains() == ["one.example"]
    form = {"body": "Look at https://two.example/ instead.", "version": "1"}
    world.client().post(f"{left['status_url'][21:]}/edit", data=form)
    assert domains() == ["two.example"]
    with world.database.writing() as session:
        (comment,) = authorship.hold(session, [left["id"]])
        authorship.erase(session, comment, at=datetime.now(UTC))
        session.commit()
    assert domains() == []


def test_an_authors_approvals_days_and_address_make_trust(world: World) -> None:
    let(world, {"hold_everything": False, "rules": {"trusted": {"confirmed": True}}})
    approved = [world.published() for _time in range(3)]
    assert "newcomer" in codes(world, world.left())
    with world.database.writing() as session:
        long_ago = datetime.now(UTC) - timedelta(days=8)
        session.execute(update(Decision).values(at=long_ago))
        session.commit()
    assert "newcomer" in codes(world, world.left())
    with world.database.writing() as session:
        session.execute(update(Author).values(confirmed_at=long_ago))
        session.commit()
    assert world.leave().status_code == 201
    assert "trusted" in codes(world, world.left())
    world.decide(approved[0], "rejected")
    assert world.leave().status_code == 202


def test_a_reason_on_a_card_leads_to_its_rule_for_an_owner(world: World) -> None:
    comment = world.left()
    card = f"/queue/comments/{comment}"
    assert f'href="{POLICY}#rule-first_time"' in world.signed_in(OLGA).get(card).text
    assert "#rule-" not in world.signed_in(ANN).get(card).text


def test_what_is_watched_only_adds_to_the_score(world: World) -> None:
    let(world, AT_ONCE)
    world.published()
    entry = {"standing": "watched", "kind": "address", "text": BOB, "lasting": "", "note": ""}
    assert world.signed_in(OLGA).post("/queue/sites/blog/lists", **entry).status_code == 303
    answer = world.leave()
    assert answer.status_code == 201
    assert "watched_address" in codes(world, answer.get_json()["id"])
    page = said(world.signed_in(OLGA).get("/queue/sites/blog/lists?show=watched"))
    assert "Watched b•••@example.org" in page


def test_the_page_is_for_owners_of_the_site_alone(world: World) -> None:
    with world.database.writing() as session:
        world.moderator(session, "Otto").role = Role.OWNER
        session.commit()
    for who, status in ((ANN, 403), (OTTO, 404)):
        browser = world.signed_in(who)
        assert browser.get(POLICY).status_code == status
        assert browser.post(POLICY, step="save", hold_everything="off").status_code == status
        assert browser.get(DEFAULTS).status_code == 403
        assert browser.post(DEFAULTS, step="save", hold_everything="off").status_code == 403
    with world.database.reading() as session:
        assert session.get(SiteDefaults, SiteDefaults.ONLY) is None
    assert site(world).options == {}


def test_the_preview_tells_what_was_approved_and_would_have_waited(world: World) -> None:
    let(world, AT_ONCE)
    first = world.published()
    loud = world.left(body=SHOUT)
    world.decide(loud, "spam")
    world.decide(loud, "approved")
    world.left(body=f"{SHOUT}, SHE SAID")
    answer = send(
        world,
        step="try",
        hold_everything="off",
        newcomer__does="off",
        shouting__does="hold",
    )
    told = said(answer)
    assert "Of the last 3 comments it would have held 2 that pass today, 1 of which" in told
    assert "Found by “Shouting” then 1 of them approved 2 2" in told
    assert f'href="/queue/comments/{loud}"' in answer.text
    assert first not in answer.text


def test_the_preview_tells_what_was_refused_and_would_have_passed(world: World) -> None:
    bad = world.left(body="You are all of you wrong.")
    world.decide(bad, "rejected")
    world.left()
    off = {"first_time__does": "off", "newcomer__does": "off"}
    answer = send(world, step="try", hold_everything="off", **off)
    told = said(answer)
    assert "It would have let pass 2 that are held today, 1 of which moderators rejected" in told
    assert "Rejected or spam, and passing then" in told
    assert f'href="/queue/comments/{bad}"' in answer.text


def test_where_everything_waits_the_preview_tells_what_the_rule_finds(world: World) -> None:
    loud, calm = world.published(body=SHOUT), world.published(body="Plain words of a calm reader.")
    world.left(body=f"{SHOUT}, SHE SAID")
    answer = send(world, step="try", shouting__does="hold")
    told = said(answer)
    assert (
        "Of the last 3 comments, what you changed finds 2, 1 of which moderators approved." in told
    )
    assert "Approved, and found by what you changed" in told
    assert f'href="/queue/comments/{loud}"' in answer.text
    assert calm not in answer.text


def test_the_preview_tells_what_was_approved_and_would_lie_with_the_spam(world: World) -> None:
    loud = world.published(body=SHOUT)
    world.left(body=f"{SHOUT}, SHE SAID")
    answer = send(world, step="try", shouting__does="spam")
    told = said(answer)
    assert "It would have put 2 with the spam that wait today, 1 of which moderators" in told
    assert "Approved, and with the spam then" in told
    assert answer.text.count(f'href="/queue/comments/{loud}"') == 1


def test_the_limit_of_what_was_learned_is_tried_on_what_was_said_then(world: World) -> None:
    """Also of comments that no reason was told of, since they were below the limit."""
    for n in range(ENOUGH):
        world.decide(world.left(body=f"Free gifts at gifts{n}", email=f"a{n}@x.example"), "spam")
        world.published(body=f"The bridge opened in May, says page {n}", email=f"b{n}@x.example")
    unsure = world.published(body="Free bridge gifts, opened", email="c@x.example")
    with world.database.writing() as session:
        session.get_one(Comment, unsure).likeness = 0.7
        session.commit()
    answer = send(world, step="try", learned__does="hold", learned__percent="65")
    assert f'href="/queue/comments/{unsure}"' in answer.text
    answer = send(world, step="try", learned__does="hold", learned__percent="75")
    assert unsure not in answer.text


def test_back_keeps_all_that_was_typed_and_save_saves_it(world: World) -> None:
    world.left()
    fields = {"watched_words.words.from": "own", "watched_words.words": "a “quoted” <word>\nb"}
    answer = send(world, step="try", haste__seconds="7", **fields)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text))
    assert hidden["haste.seconds"] == "7"
    back = send(world, step="back", haste__seconds="7", **fields)
    assert back.status_code == 200
    assert 'value="7"' in back.text
    assert "a “quoted” &lt;word&gt;" in back.text
    assert send(world, step="save", haste__seconds="7", **fields).status_code == 303
    assert site(world).settings.rules.words("watched_words") == ("a “quoted” <word>", "b")


def test_a_change_of_the_defaults_is_tried_on_all_sites_that_follow_them(world: World) -> None:
    world.left()
    world.left(site="other", page="https://other.example/x")
    let(world, {"hold_everything": True})
    off = {"first_time__does": "off", "newcomer__does": "off"}
    answer = send(world, DEFAULTS, step="try", hold_everything="off", **off)
    assert "It would have let pass 1 that are held today" in said(answer)
    with world.database.reading() as session:
        assert session.get(SiteDefaults, SiteDefaults.ONLY) is None


def test_the_form_is_refused_without_its_token(world: World) -> None:
    olga = world.signed_in(OLGA)
    assert olga.client.post(POLICY, data={"step": "save"}).status_code == 400
    assert site(world).options == {}
