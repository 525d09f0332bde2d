"""Readers and moderators are answered in their language, from page to page, without JavaScript."""

import re
from html import unescape

import pytest
from characters import ANN, PAGE, World, solve
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation import numerals
from moderation.languages import LANGUAGES
from moderation.models import Moderator, Site

THREAD = "/sites/blog/thread"
#: What a reader meets, by language: the form's heading, an error, the sum, the status, the queue.
MET = {
    "en": ("Leave a Reply", "Write your name.", "What is", "waits for a moderator", "Queue"),
    "ar": ("اترك تعليقًا", "اكتب اسمك.", "كم حاصل", "تعليقك في انتظار مشرف", "قائمة الانتظار"),
    "de": (
        "Kommentar schreiben",
        "Geben Sie Ihren Namen ein.",
        "Wie viel ist",
        "Ihr Kommentar wartet",
        "Warteschlange",
    ),
    "es": (
        "Deje un comentario",
        "Escriba su nombre.",
        "¿Cuánto es",
        "espera la moderación",
        "Cola",
    ),
    "fr": (
        "Laisser un commentaire",
        "Écrivez votre nom.",
        "Combien font",
        "attend la modération",
        "File d’attente",
    ),
    "kk": ("Пікір қалдыру", "Атыңызды жазыңыз.", "нешеге тең", "модераторды күтіп тұр", "Кезек"),
    "ru": (
        "Оставить комментарий",
        "Напишите ваше имя.",
        "Сколько будет",
        "ждёт модератора",
        "Очередь",
    ),
    "zh": ("发表评论", "请填写您的姓名。", "等于多少", "正在等待版主审核", "审核队列"),
}
every_language = pytest.mark.parametrize("tag", LANGUAGES)


def text(answer: TestResponse) -> str:
    return unescape(answer.text)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return unescape(found[1])


def action(page: str) -> str:
    found = re.search(r'<form class="form" method="post" action="([^"]+)"', page)
    assert found, page
    return unescape(found[1])


def asked(page: str) -> int:
    question = re.search(r'aria-hidden="true">([^<]+=)</span>', page)
    assert question, page
    return solve(question[1])


def in_words(value: int, tag: str) -> str:
    return next(name for number, name in numerals.spellings(tag) if number == value)


def is_in(answer: TestResponse, tag: str) -> bool:
    direction = "rtl" if tag == "ar" else "ltr"
    return (
        f'<html lang="{tag}" dir="{direction}">' in answer.text
        and answer.headers["Content-Language"] == tag
        and "Accept-Language" in answer.headers["Vary"]
    )


def opened(reader: FlaskClient, tag: str) -> TestResponse:
    return reader.get(THREAD, query_string={"page": PAGE, "lang": tag})


@every_language
def test_a_whole_reply_in_a_readers_language(world: World, tag: str) -> None:
    heading, error, label, status, _queue = MET[tag]
    reader = world.client()
    page = opened(reader, tag)
    assert is_in(page, tag)
    assert heading in text(page)
    assert label in text(page)

    reply = {
        "page": PAGE,
        "title": "Post one",
        "challenge": hidden(page.text, "challenge"),
        "name": "",
        "email": "bob@example.org",
        "body": "Kept: Grüße, привет, 你好, مرحبا.",
        "answer": in_words(asked(page.text), tag),
    }
    wrong = reader.post(action(page.text), data=reply)
    assert wrong.status_code == 422
    assert is_in(wrong, tag)
    assert error in text(wrong)
    assert reply["body"] in text(wrong)

    taken = reader.post(action(wrong.text), data={**reply, "name": "Bob"})
    assert taken.status_code == 303, text(taken)
    last = reader.get(taken.headers["Location"])
    assert is_in(last, tag)
    assert status in text(last)


@every_language
def test_a_wrong_sum_is_told_in_the_readers_language(world: World, tag: str) -> None:
    asked_first = world.client().get(
        "/api/v1/sites/blog/challenge", query_string={"page": PAGE, "lang": tag}
    )
    assert MET[tag][2] in asked_first.get_json()["label"]
    body = {**world.reply(), "answer": in_words(0, tag)}
    answer = world.client().post(f"/api/v1/sites/blog/comments?lang={tag}", json=body)
    assert answer.status_code == 422
    assert answer.headers["Content-Language"] == tag
    assert MET[tag][2] in answer.get_json()["challenge"]["label"]
    told = answer.get_json()["errors"]["answer"]
    assert (told == ["That is not the sum. Your text is kept: solve this new one."]) is (
        tag == "en"
    )


def test_arabic_sums_are_asked_in_arabic_digits(world: World) -> None:
    query = {"page": PAGE, "lang": "ar"}
    sum_ = world.client().get("/api/v1/sites/blog/challenge", query_string=query).get_json()
    assert re.fullmatch("[٠-٩]{1,2} \\+ [٠-٩]{1,2} =", sum_["question"])
    for answer in (str(solve(sum_["question"])), numerals.figures(solve(sum_["question"]), "ar")):
        assert numerals.number(answer) == solve(sum_["question"])


@every_language
def test_a_moderator_meets_the_queue_in_the_language_they_chose(world: World, tag: str) -> None:
    speak(world, tag)
    world.left()
    ann = world.signed_in()
    page = ann.client.get("/queue", headers={"Accept-Language": "es"})
    assert is_in(page, tag)
    assert MET[tag][4] in text(page)
    card = re.search(r'href="(/queue/comments/[^"]+)"', page.text)
    assert card
    assert is_in(ann.get(card[1]), tag)
    assert is_in(ann.get("/queue/account"), tag)
    assert is_in(ann.get("/queue/comments/nothing"), tag)
    queue = world.client().get("/api/v1/queue", headers=world.bearer())
    assert queue.headers["Content-Language"] == tag
    sentence = queue.get_json()["comments"][0]["reasons"][-1]["sentence"]
    assert (sentence == "On this site every reply waits for a moderator.") is (tag == "en")


def speak(world: World, tag: str, who: str = "Ann") -> None:
    with world.database.writing() as session:
        session.scalars(select(Moderator).where(Moderator.name == who)).one().locale = tag
        session.commit()


def test_what_is_done_is_told_in_the_moderators_language(world: World) -> None:
    speak(world, "ru")
    comment = world.left()
    ann = world.signed_in()
    ann.post("/queue/decisions", comment=comment, status="approved", version="1")
    assert "Одобрен комментарий автора Bob." in text(ann.get("/queue"))


def test_the_address_goes_before_the_moderator_and_the_browser(world: World) -> None:
    speak(world, "ru")
    ann = world.signed_in()
    assert is_in(ann.client.get("/queue?lang=kk", headers={"Accept-Language": "es"}), "kk")


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("de-CH, fr;q=0.5", "de"),
        ("fr;q=0.5, kk-KZ", "kk"),
        ("zh-Hans-CN", "zh"),
        ("de;q=0, ru;q=0.1", "ru"),
        ("tlh, *", "en"),
        ("", "en"),
        ("de" * 4000, "en"),
    ],
)
def test_without_a_wish_the_browser_decides(world: World, accepted: str, tag: str) -> None:
    answer = world.client().get(
        THREAD, query_string={"page": PAGE}, headers={"Accept-Language": accepted}
    )
    assert is_in(answer, tag)


@pytest.mark.parametrize("lang", ["", "xx", "en-GB", "\ud7ff", "de" * 40, "../../de", "EN"])
def test_what_is_no_language_of_ours_is_passed_over(world: World, lang: str) -> None:
    assert is_in(world.client().get(THREAD, query_string={"page": PAGE, "lang": lang}), "en")


def test_the_site_decides_where_nobody_does(world: World) -> None:
    with world.database.writing() as session:
        blog = session.scalars(select(Site).where(Site.key == "blog")).one()
        blog.options = {"language": "kk"}
        session.commit()
    assert is_in(world.client().get(THREAD, query_string={"page": PAGE}), "kk")


def test_errors_are_told_in_the_readers_language(world: World) -> None:
    reader = world.client()
    page = reader.get("/nothing?lang=de")
    assert page.status_code == 404
    assert is_in(page, "de")
    assert "Hier ist nichts" in page.text
    told = reader.get("/api/v1/sites/nope/challenge?lang=de").get_json()
    assert told["detail"] == "Diese Website gibt es hier nicht."


def test_every_link_and_form_of_a_page_carries_the_language(world: World) -> None:
    first = world.published(name="Иван", body="Один.")
    world.published(parent=first, body="Two.")
    page = world.client().get(THREAD, query_string={"page": PAGE, "lang": "ru"})
    ours = [
        unescape(one)
        for one in re.findall(r'(?:href|action)="(/[^"]*)"', page.text)
        if "/static/" not in one and "hreflang" not in one
    ]
    within = [one for one in ours if not re.search(r"lang=(?!ru)", one)]
    assert len(within) > 4
    assert [one for one in within if "lang=ru" not in one] == []


def test_signing_in_keeps_the_language(world: World) -> None:
    visitor = world.client()
    answer = visitor.get("/queue?lang=ar")
    assert answer.status_code == 302
    assert "lang=ar" in answer.headers["Location"]
    assert is_in(visitor.get(answer.headers["Location"]), "ar")


def test_a_page_offers_itself_in_every_language(world: World) -> None:
    page = world.client().get(THREAD, query_string={"page": PAGE, "sort": "newest", "lang": "de"})
    links = re.findall(r'<a href="([^"]+)" lang="(\w+)" hreflang', page.text)
    assert [tag for _href, tag in links] == list(LANGUAGES)
    for href, tag in links:
        there = world.client().get(unescape(href))
        assert is_in(there, tag)
        assert 'name="page" value="https://blog.example/post-1"' in there.text
    assert re.search(r'lang="de" hreflang="de" dir="ltr" aria-current="true"', page.text)


def test_a_page_that_a_form_made_offers_no_other_language(world: World) -> None:
    page = world.client().post(THREAD, data={"page": PAGE, "body": "Kept."})
    assert page.status_code == 422
    assert "hreflang" not in page.text


@pytest.mark.parametrize("query", ["endpoint=x&_external=1", "page=%3Cb%3E&site=x", "a=%ED%A0%80"])
def test_no_parameter_breaks_the_chooser(world: World, query: str) -> None:
    page = world.client().get(f"/?{query}")
    assert page.status_code == 200
    assert page.text.count("hreflang") == len(LANGUAGES)
    assert "<b>" not in page.text


def test_what_caches_keep_does_not_depend_on_the_readers_language(world: World) -> None:
    world.published()
    asked_for = {
        "/api/v1/sites/blog/thread": {"page": PAGE},
        "/api/v1/sites/blog/counts": {"page": PAGE},
        "/embed.js": {},
    }
    for address, query in asked_for.items():
        answers = [
            world.client().get(address, query_string=query, headers={"Accept-Language": tag})
            for tag in ("de", "ar", "")
        ]
        assert len({answer.data for answer in answers}) == 1
        assert not any("Accept-Language" in answer.headers.get("Vary", "") for answer in answers)
        assert not any("Content-Language" in answer.headers for answer in answers)


def test_names_of_another_direction_keep_it_to_themselves(world: World) -> None:
    world.published(name="ليلى", body="مرحبا")
    in_english = world.client().get(THREAD, query_string={"page": PAGE})
    in_arabic = world.client().get(THREAD, query_string={"page": PAGE, "lang": "ar"})
    assert 'aria-label="Reply to \u2068ليلى\u2069"' in in_english.text
    assert 'aria-label="الرد على ليلى"' in in_arabic.text
    assert '<div class="body" dir="auto">' in in_arabic.text


def test_times_and_numbers_are_written_as_the_language_does(world: World) -> None:
    from moderation.web import drawing

    moment = "2026-03-04T15:05:00+00:00"
    written = {
        "en": ("4 March 2026, 15:05 UTC", "12,345"),
        "de": ("4. März 2026, 15:05 UTC", "12.345"),
        "kk": ("2026\u202fж. 4 наурыз, 15:05 UTC", "12\u00a0345"),
        "zh": ("2026年3月4日 15:05 UTC", "12,345"),
    }
    for tag, (time, number) in written.items():
        with world.app.test_request_context(f"/?lang={tag}"):
            at = drawing.datetime.fromisoformat(moment)
            assert drawing.exact_time(at) == time
            assert drawing.number(12345) == number
            replies = drawing.ngettext("%(num)s reply", "%(num)s replies", 12345)
            assert number in replies


@pytest.mark.parametrize(
    ("tag", "counted"),
    [
        ("ru", {1: "1 комментарий", 2: "2 комментария", 5: "5 комментариев", 21: "21 комментарий"}),
        ("ar", {1: "تعليق واحد", 2: "تعليقان", 3: "3 تعليقات", 11: "11 تعليقًا", 100: "100 تعليق"}),
        ("kk", {1: "1 пікір", 5: "5 пікір"}),
        ("zh", {1: "1 条评论", 5: "5 条评论"}),
        ("fr", {0: "0 commentaire", 1: "1 commentaire", 2: "2 commentaires"}),
    ],
)
def test_counted_things_have_the_form_of_their_number(
    world: World, tag: str, counted: dict[int, str]
) -> None:
    from moderation.web import drawing

    with world.app.test_request_context(f"/?lang={tag}"):
        for number, words in counted.items():
            assert drawing.ngettext("%(num)s reply", "%(num)s replies", number) == words


def test_markup_in_a_sentence_stays_and_everything_else_is_escaped(world: World) -> None:
    from markupsafe import Markup

    from moderation.web import drawing

    with world.app.test_request_context("/"):
        filled = drawing.gettext("Signed in %(when)s", when=Markup("<time>now</time>"))
        assert filled == "Signed in <time>now</time>"
        escaped = drawing.ngettext("%(who)s, %(num)s reply", "", 1, who="<b>")
        assert escaped == "&lt;b&gt;, 1 reply"


def test_the_moderators_language_does_not_leak_to_readers(world: World) -> None:
    speak(world, "ar")
    assert ANN in world.tokens
    assert is_in(world.client().get(THREAD, query_string={"page": PAGE}), "en")
