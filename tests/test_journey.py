"""The main job, through the doors: a reply is left, judged and published, or not."""

from characters import PAGE, World


def test_a_reply_waits_and_nobody_else_sees_it(world: World) -> None:
    answer = world.leave()
    assert answer.status_code == 202
    assert answer.get_json()["status"] == "pending"
    assert world.shown() == []


def test_an_approved_reply_is_on_the_page_at_the_next_load(world: World) -> None:
    comment = world.left()
    world.thread()  # what was ready before must not be given again
    world.decide(comment, "approved")
    assert world.shown() == [comment]
    assert world.thread()["thread"]["count"] == 1


def test_a_rejected_reply_never_shows(world: World) -> None:
    comment = world.left()
    world.decide(comment, "rejected")
    assert world.shown() == []


def test_undo_makes_it_wait_again(world: World) -> None:
    comment = world.left()
    ann = world.signed_in()
    ann.post("/queue/decisions", comment=comment, version="1", status="approved", next="/queue")
    assert world.shown() == [comment]
    page = ann.get("/queue").text
    assert "Approved what Bob wrote." in page
    decision = page.split('name="decision" value="')[1].split('"')[0]
    answer = ann.post("/queue/undo", decision=decision, next="/queue")
    assert answer.status_code == 303
    assert world.shown() == []
    assert world.queue()["comments"][0]["status"] == "pending"


def test_a_wrong_sum_costs_the_sum_and_not_the_text(world: World) -> None:
    body = world.reply(answer="1")
    answer = world.client().post("/api/v1/sites/blog/comments", json=body)
    assert answer.status_code == 422
    problem = answer.get_json()
    assert problem["errors"]["answer"]
    assert problem["challenge"]["challenge"] != body["challenge"]
    assert world.queue()["count"] == 0


def test_a_sum_is_good_for_one_reply(world: World) -> None:
    body = world.reply()
    first = world.client().post("/api/v1/sites/blog/comments", json=body)
    again = {**body, "body": "Something else altogether."}
    second = world.client().post("/api/v1/sites/blog/comments", json=again)
    assert (first.status_code, second.status_code) == (202, 422)
    assert "answered before" in second.get_json()["errors"]["answer"][0]


def test_the_page_without_javascript_takes_a_reply(world: World) -> None:
    client = world.client()
    page = client.get("/sites/blog/thread", query_string={"page": PAGE})
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    body = world.reply()
    answer = client.post("/sites/blog/thread", data={k: v or "" for k, v in body.items()})
    assert answer.status_code == 303
    status = client.get(answer.headers["Location"])
    assert "waits for a moderator" in status.text
