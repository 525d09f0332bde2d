"""Saved views: filters under a moderator's own names."""

import re

from characters import ANN, OLGA, SignedIn, World


def saved(browser: SignedIn, name: str = "Green", query: str = "q=green&status=spam") -> str:
    """Save a view: its id."""
    answer = browser.post("/queue/views", name=name, query=query)
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].endswith(f"?{query}")
    found = re.findall(r"/queue/views/(\w+)/rename", browser.get("/queue?status=pending").text)
    return str(found[-1])


def test_a_view_is_a_link_above_the_list(world: World) -> None:
    ann = world.signed_in()
    saved(ann)
    page = ann.get("/queue", status="spam", q="green").text
    link = re.search(r'<a class="views__link" href="([^"]+)"([^>]*)>.*?Green', page)
    assert link
    assert link[1] == "/queue?q=green&amp;status=spam"
    assert "aria-current" in link[2]


def test_where_a_page_begins_is_no_part_of_a_view(world: World) -> None:
    ann = world.signed_in()
    ann.post("/queue/views", name="Spam", query="?status=spam&after=1~x&lang=de")
    assert 'href="/queue?status=spam"' in ann.get("/queue?status=pending").text


def test_a_view_is_renamed_and_deleted(world: World) -> None:
    ann = world.signed_in()
    view = saved(ann)
    ann.post(f"/queue/views/{view}/rename", name="Blue")
    page = ann.get("/queue?status=pending").text
    assert "Blue" in page
    assert "Green" not in page
    ann.post(f"/queue/views/{view}/delete")
    assert "Blue" not in ann.get("/queue?status=approved").text


def test_a_name_is_taken_once_and_not_left_empty(world: World) -> None:
    ann = world.signed_in()
    saved(ann)
    ann.post("/queue/views", name="Green", query="q=x")
    assert "a view of this name already" in ann.get("/queue?status=pending").text
    ann.post("/queue/views", name="  ", query="q=x")
    assert "a name of 1 to 60" in ann.get("/queue?status=pending").text
    assert ann.get("/queue?status=pending").text.count("views__link") == 1


def test_the_queue_opens_with_the_view_that_was_chosen_for_it(world: World) -> None:
    ann = world.signed_in()
    assert ann.get("/queue").status_code == 200
    view = saved(ann)
    ann.post(f"/queue/views/{view}/start", on="1")
    answer = ann.get("/queue")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/queue?q=green&status=spam")
    ann.post(f"/queue/views/{view}/start", on="0")
    assert ann.get("/queue").status_code == 200


def test_only_one_view_opens_first(world: World) -> None:
    ann = world.signed_in()
    first = saved(ann)
    second = saved(ann, "Blue", "status=pending&q=blue")
    for view in (first, second):
        ann.post(f"/queue/views/{view}/start", on="1")
    assert ann.get("/queue").headers["Location"] == "/queue?status=pending&q=blue"


def test_views_of_others_are_as_if_they_were_not_there(world: World) -> None:
    view = saved(world.signed_in(ANN))
    olga = world.signed_in(OLGA)
    assert "Green" not in olga.get("/queue").text
    for deed in ("rename", "start", "delete"):
        assert olga.post(f"/queue/views/{view}/{deed}", name="Mine", on="1").status_code == 404
    assert "Green" in world.signed_in(ANN).get("/queue").text
