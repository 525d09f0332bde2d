"""Whatever is sent to the owners' pages is answered, and never by an error of ours."""

import re

from characters import OLGA, World

from moderation.models import ListEntry
from moderation.web.policy_words import TERM_OF

BLUEPRINTS = {"sites", "people", "reasons", "threads", "lists", "policy"}
FIELDS = (
    *("key", "name", "origins", "other_way", "edit_minutes", *TERM_OF, "blocked_words.from"),
    *("language", "email", "role", "sites"),
    *("invitation", "standing", "kind", "text", "lasting", "note", "entry", "label", "sentence"),
    *("code", "step", "thread", "url", "q", "open", "sure", "next"),
)
VALUES = ("\0", "a\0b", "\ud800".encode("utf-8", "surrogatepass"), "x" * 20_000, "٣\u202e<b>", "")


def test_hostile_words_are_refused_or_taken_and_break_nothing(world: World) -> None:
    comment = world.left()
    olga = world.signed_in(OLGA)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', olga.get("/queue/account").text)
    assert token
    asked = 0
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] not in BLUEPRINTS or "POST" not in (rule.methods or ()):
            continue
        path = rule.rule.replace("<site>", "blog").replace("<comment>", comment)
        for value in VALUES:
            fields = {"csrf_token": token[1], **dict.fromkeys(FIELDS, value)}
            answer = olga.client.post(path.replace("<person>", "x"), data=fields)
            assert answer.status_code < 500, (path, value)
            asked += 1
    assert asked >= 100


def test_hostile_addresses_of_pages_break_nothing(world: World) -> None:
    olga = world.signed_in(OLGA)
    for page in ("lists", "threads", "reasons"):
        for value in ("%00", "%ED%A0%80", "x" * 5_000, "%", "~", "1e999~x"):
            for name in ("after", "q", "show"):
                answer = olga.client.get(f"/queue/sites/blog/{page}?{name}={value}")
                assert answer.status_code in {200, 400}
    with world.database.reading() as session:
        assert session.query(ListEntry).count() == 0
