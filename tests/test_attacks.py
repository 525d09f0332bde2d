"""Attacks that once worked, each tried again."""

from characters import PAGE, World


def test_an_unknown_site_is_not_found_from_whatever_origin(world: World) -> None:
    for door in ("challenge", "preview", "comments"):
        answer = world.client().get(
            f"/api/v1/sites/nope/{door}", query_string={"page": PAGE}, headers={"Origin": "null"}
        )
        assert answer.status_code in {404, 405}
