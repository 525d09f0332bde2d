"""Why a reply is rejected, site by site: what moderators choose, what authors read."""

import html
import re
from typing import Any

from characters import ANN, OLGA, World
from sqlalchemy import select

from moderation.models import Change, Site, SiteReason
from moderation.models.site_reason import BUILT_IN
from moderation.reasons import MOST
from moderation.web import reasons
from moderation.web.words import CHOICE_LABELS, CHOICES

PAGE = "/queue/sites/blog/reasons"
RUDE = {"label": "Rude", "sentence": "It is rude to others who read here."}


def of(world: World, key: str = "blog") -> list[reasons.Choice]:
    with world.database.reading() as session, world.app.test_request_context():
        site = session.scalars(select(Site).where(Site.key == key)).one()
        return reasons.of(session, site)


def code_of(world: World, label: str) -> str:
    return next(one.code for one in of(world) if one.label == label)


def do(world: World, deed: str = "", **fields: str) -> Any:
    path = f"{PAGE}/{deed}" if deed else PAGE
    return world.signed_in(OLGA).post(path, **fields)


def rejected(world: World, reason: str) -> str:
    """A reply that Ann rejected for this reason: the path of its author's page."""
    left = world.leave().get_json()
    world.decide(left["id"], "rejected", reason=reason)
    return re.sub("^https?://[^/]+", "", left["status_url"])


def test_the_built_in_reasons_have_their_words() -> None:
    assert tuple(CHOICES) == tuple(CHOICE_LABELS) == BUILT_IN


def test_every_site_has_the_built_in_reasons_until_they_are_changed(world: World) -> None:
    assert [one.code for one in of(world)] == list(BUILT_IN)
    do(world, **RUDE)
    assert [one.code for one in of(world)][:-1] == list(BUILT_IN)
    assert [one.code for one in of(world, "other")] == list(BUILT_IN)


def test_a_reason_is_added_chosen_and_read_by_the_author(world: World) -> None:
    assert do(world, **RUDE).status_code == 303
    rude = of(world)[-1]
    assert (rude.label, rude.sentence) == (RUDE["label"], RUDE["sentence"])
    left = world.leave().get_json()
    ann = world.signed_in(ANN)
    card = ann.get(f"/queue/comments/{left['id']}").text
    assert "Rude: It is rude to others who read here." in card
    fields = {"comment": left["id"], "version": "1", "status": "rejected", "reason": rude.code}
    assert ann.post("/queue/decisions", **fields).status_code == 303
    assert RUDE["sentence"] in ann.get(f"/queue/comments/{left['id']}").text
    page = world.client().get(re.sub("^https?://[^/]+", "", left["status_url"])).text
    assert RUDE["sentence"] in page
    assert rude.code not in page


def test_the_reason_of_the_api_means_what_it_meant(world: World) -> None:
    for given in (
        "off_topic",
        "",
        "In words of a program's own",
    ):
        page = html.unescape(world.client().get(rejected(world, given)).text)
        assert (str(CHOICES.get(given, given)) or "Your reply") in page


def test_a_reason_of_another_site_is_none_here(world: World) -> None:
    world.signed_in(OLGA).post("/queue/sites/other/reasons", **RUDE)
    (foreign,) = [one.code for one in of(world, "other") if one.label == "Rude"]
    comment = world.left()
    fields = {"comment": comment, "version": "1", "status": "rejected", "reason": foreign}
    assert world.signed_in(ANN).post("/queue/decisions", **fields).status_code == 400
    world.decide(comment, "rejected", reason=foreign)
    assert RUDE["sentence"] not in world.signed_in(ANN).get(f"/queue/comments/{comment}").text


def test_a_new_sentence_is_for_decisions_to_come(world: World) -> None:
    told = rejected(world, "off_topic")
    new = {"label": "Off topic", "sentence": "Please stay with the subject."}
    assert do(world, "change", code="off_topic", **new).status_code == 303
    first = of(world)[0]
    assert (first.label, first.sentence) == ("Off topic", new["sentence"])
    assert first.code != "off_topic"
    assert "It is not about the article." in world.client().get(told).text
    assert new["sentence"] in world.client().get(rejected(world, first.code)).text


def test_a_new_label_keeps_code_and_sentence(world: World) -> None:
    sentence = str(CHOICES["off_topic"])
    do(world, "change", code="off_topic", label="Elsewhere", sentence=sentence)
    assert of(world)[0] == ("off_topic", "Elsewhere", sentence)
    with world.database.reading() as session:
        stored = session.scalars(select(SiteReason).where(SiteReason.code == "off_topic")).one()
    # Empty, so that it is still translated.
    assert stored.sentence == ""


def test_a_reason_goes_up_and_down(world: World) -> None:
    do(world, "move", code="insulting", step="up")
    assert [one.code for one in of(world)][:2] == ["insulting", "off_topic"]
    do(world, "move", code="insulting", step="up")
    do(world, "move", code="insulting", step="down")
    assert [one.code for one in of(world)] == list(BUILT_IN)
    assert do(world, "move", code="insulting", step="sideways").status_code == 400


def test_a_retired_reason_is_offered_no_more_and_decisions_keep_it(world: World) -> None:
    do(world, **RUDE)
    code = code_of(world, "Rude")
    told = rejected(world, code)
    assert do(world, "retire", code=code).status_code == 303
    assert code not in [one.code for one in of(world)]
    assert RUDE["sentence"] in world.client().get(told).text
    do(world, "again", code=code)
    assert of(world)[-1].code == code
    with world.database.reading() as session:
        found = list(session.scalars(select(Change.what).order_by(Change.at)))
    assert found == ["reason_added", "reason_retired", "reason_added"]


def test_there_are_no_more_than_anybody_can_choose_among(world: World) -> None:
    for number in range(MOST - len(BUILT_IN)):
        assert do(world, **{**RUDE, "label": f"Rude {number}"}).status_code == 303
    answer = do(world, **RUDE)
    assert (answer.status_code, "Retire one first." in answer.text) == (422, True)
    do(world, "retire", code="fraud")
    assert do(world, **RUDE).status_code == 303
    assert do(world, "again", code="fraud").status_code == 422


def test_what_is_wrong_is_refused_with_what_was_typed(world: World) -> None:
    for wrong in (
        {"label": ""},
        {"sentence": " "},
        {"label": "x" * 61},
        {"sentence": "x" * 301},
    ):
        for deed in (
            "",
            "change",
        ):
            typed = {"label": "Kept label", "sentence": "Kept sentence.", "code": "fraud", **wrong}
            answer = do(world, deed, **typed)
            assert answer.status_code == 422
            assert ("Kept label" in answer.text) or ("Kept sentence." in answer.text)
            assert answer.text.count('aria-invalid="true"') == 1


def test_a_reason_that_there_is_not_is_no_error_of_ours(world: World) -> None:
    for deed in (
        "change",
        "move",
        "retire",
        "again",
    ):
        assert do(world, deed, code="nothing", step="up", **RUDE).status_code == 303


def test_the_cards_of_a_page_take_one_query_for_all_their_reasons(world: World) -> None:
    comments = [world.left() for _ in range(3)]
    do(world, **RUDE)
    page = world.signed_in(ANN).get("/queue").text
    assert page.count("Rude: It is rude") == len(comments)


def test_a_reason_that_was_reworded_is_not_reworded_again(world: World) -> None:
    for sentence in ("It leads away from the article.", "It is about something else."):
        do(world, "change", code="off_topic", label="Off topic", sentence=sentence)
    offered = of(world)
    assert len(offered) == len(BUILT_IN)
    assert [one.sentence for one in offered].count("It leads away from the article.") == 1


def test_the_log_and_decisions_in_bulk_know_the_reasons_of_a_site(world: World) -> None:
    do(world, **RUDE)
    rejected(world, code_of(world, RUDE["label"]))
    ann = world.signed_in(ANN)
    assert RUDE["sentence"] in ann.get("/queue/log").text
    assert RUDE["sentence"] in ann.get("/queue/log/decisions.csv").text
    assert RUDE["sentence"] in ann.get("/queue/batches/new?query=status%3Dpending").text
    # Who may see sites that offer different reasons chooses among those that all of them offer.
    olga = world.signed_in(OLGA)
    assert RUDE["sentence"] not in olga.get("/queue/batches/new?query=status%3Dpending").text
