"""Numbers are understood as people of eight languages type them, and no word means two of them."""

import time
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import numerals
from moderation.languages import LANGUAGES

THIRTY_TWO = [
    *("32", "  32 ", "3 2", "\t3 \n 2\u3000", "=32", "= 32", "+32", "= + 32", "32.", "32!", "32 !"),
    *("032", "0" * 38 + "32", "３２", "＝＋３２！", "３２。", "٣٢", "۳۲", "३२", "๓๒", "𝟛𝟚"),
    *("thirty-two", "Thirty two", "thirtytwo", "THIRTY - TWO.", "= thirty two !", "+ thirty  two "),
    *("thirty\u2010two", "thirty\u2011two", "thirty\u2013two", "ｔｈｉｒｔｙ　ｔｗｏ"),
]
NOT_NUMBERS = [
    *("", " ", ".", "!", "+", "=", "-", "=+.", "x", "32x", "x32", "3x2"),
    *("-32", "\u221232", "--32", "++32", "==32", "+=32", "32..", "32?", ".32", "!32", "32+", "32="),
    *("32.0", "3.2", "3,2", "3_2", "3-2", "0x20", "1e1", "32\0", "½", "Ⅻ", "②", "3²"),
    *("twenty zero", "two twenty", "thirty  -- two", "ten one", "-thirty", "thirty-", "hundred"),
    *("thirty-ten", "t hirty", "thirtytwotwo", "nan", "inf", "None", "\ud800", "13 + 19 = 32"),
    *("0" * 39 + "32", " " * 39 + "32", "9" * 41),
]
SPELLED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty sixty seventy eighty ninety"
)
WORDS = SPELLED.split()
ONES = ["", *WORDS[1:10]]


class TestNumber:
    @pytest.mark.parametrize("text", THIRTY_TWO)
    def test_what_people_type_is_understood(self, text: str) -> None:
        assert numerals.number(text) == 32

    @pytest.mark.parametrize("text", NOT_NUMBERS)
    def test_anything_else_is_no_number(self, text: str) -> None:
        assert numerals.number(text) is None

    @given(st.text(st.characters(categories=["Nd"]), min_size=1, max_size=40))
    def test_digits_of_any_script_are_digits(self, text: str) -> None:
        assert numerals.number(text) == int(text)

    @given(st.text(st.characters(codec=None), max_size=50))
    def test_no_text_makes_it_fail(self, text: str) -> None:
        value = numerals.number(text)
        assert value is None or (value >= 0 and len(text) <= 40)

    @pytest.mark.parametrize("joint", ["", " ", "-", " - ", "  "])
    def test_all_words_up_to_ninety_nine_are_known(self, joint: str) -> None:
        tens = WORDS[20:]
        compound = [f"{ten}{joint}{one}" if one else ten for ten in tens for one in ONES]
        assert [numerals.number(word) for word in WORDS[:20] + compound] == list(range(100))

    def test_no_text_takes_long(self) -> None:
        started = time.perf_counter()
        for sign in " -+=.!9tß":
            for length in (40, 41, 2**20):
                assert numerals.number(sign * length + "x") is None
        assert time.perf_counter() - started < 1


#: As people of that language type them: with and without marks, joined and parted.
TYPED = {
    "ar": {
        0: "صفر",
        7: "سبع",
        11: "أحد عشر|احد عشر|إحدى عشرة|احدى عشره",
        12: "اثنا عشر|إثنا عشر|اثنتا عشرة",
        18: "ثمانية عشر|ثماني عشرة",
        20: "عشرون|عشرين",
        32: "اثنان وثلاثون|اثنين وثلاثين|اثنان و ثلاثون|اِثْنَانِ وَثَلَاثُونَ|اثنـان وثلاثـون|٣٢",
        45: "خمسة وأربعون|خمسة واربعون|خمس وأربعون",
        99: "تسعة وتسعون|تسع وتسعون",
    },
    "de": {
        1: "eins",
        12: "zwölf|zwoelf|zwolf",
        16: "sechzehn",
        21: "einundzwanzig|ein und zwanzig",
        32: "zweiunddreißig|zweiunddreissig|Zweiunddreißig.|zwei und dreißig|ZWEIUNDDREISSIG",
        55: "fünfundfünfzig|fuenfundfuenfzig",
        77: "siebenundsiebzig",
    },
    "es": {
        0: "cero",
        16: "dieciséis|dieciseis|diez y seis",
        21: "veintiuno|veintiún|veintiuna|veinte y uno",
        22: "veintidós|veintidos",
        32: "treinta y dos|Treinta y dos|treintaidós|treintaidos|treinta dos",
        99: "noventa y nueve",
    },
    "fr": {
        17: "dix-sept|dix sept",
        21: "vingt et un|vingt-et-un|vingt-et-une",
        32: "trente-deux|trente deux|Trente-deux !",
        70: "soixante-dix|septante",
        71: "soixante et onze|soixante-et-onze|soixante-onze|septante et un|septante-et-un",
        80: "quatre-vingts|quatre-vingt|quatre vingts|huitante|octante",
        81: "quatre-vingt-un|huitante et un|octante et un",
        96: "quatre-vingt-seize|nonante-six|nonante six",
    },
    "kk": {
        0: "нөл",
        10: "он",
        11: "он бір|онбір|он бир",
        32: "отыз екі|Отыз екі|отыз еки|отызекі",
        43: "қырық үш|кырык уш",
        54: "елу төрт|елу торт",
        79: "жетпіс тоғыз|жетпис тогыз",
        88: "сексен сегіз",
        96: "тоқсан алты|токсан алты",
    },
    "ru": {
        0: "ноль|нуль",
        11: "одиннадцать",
        21: "двадцать один|двадцать одна",
        32: "тридцать два|Тридцать два|тридцать две|тридцать-два",
        40: "сорок",
        99: "девяносто девять",
    },
    "zh": {
        0: "零|〇",
        10: "十|一十",
        12: "十二|一十二",
        32: "三十二|三十二。|卅二|３２",
        40: "四十",
        99: "九十九",
    },
}
CASES = [
    (language, value, one)
    for language, table in TYPED.items()
    for value, several in table.items()
    for one in several.split("|")
]


class TestWords:
    @pytest.mark.parametrize(("language", "value", "typed"), CASES)
    def test_natives_are_understood(self, language: str, value: int, typed: str) -> None:
        assert numerals.number(typed) == value

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_number_has_a_name_and_every_name_is_understood(self, language: str) -> None:
        named = list(numerals.spellings(language))
        assert {value for value, _name in named} == set(range(100))
        assert [pair for pair in named if numerals.number(pair[1]) != pair[0]] == []

    def test_no_spelling_means_another_number_in_another_language(self) -> None:
        assert numerals._named.__wrapped__() == _all_meanings()
        assert len(_all_meanings()) > 2000

    def test_control_a_spelling_of_two_meanings_is_left_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        twisted = numerals.WORDS["de"]._replace(small="sechs " + numerals.WORDS["de"].small)
        monkeypatch.setitem(numerals.WORDS, "de", twisted)
        named = numerals._named.__wrapped__()
        assert "sechs" not in named
        assert named["six"] == 6

    @pytest.mark.parametrize(
        "typed",
        [
            *(
                "zweiunddreißigzwei",
                "und",
                "dreißigundzwei",
                "hundert",
                "elfundzwanzig",
                "zwei drei",
            ),
            *("trente et", "vingt-dix", "cent", "quatre-vingt-vingt", "soixante-vingt", "dos mil"),
            *("treinta y", "diez y diez", "y dos", "тридцать десять", "два тридцать", "сто"),
            *("екі отыз", "жүз", "二三", "十十", "百", "三十二二", "وثلاثون", "مئة", "عشرون عشرة"),
        ],
    )
    def test_what_is_no_number_stays_wrong(self, typed: str) -> None:
        assert numerals.number(typed) is None

    def test_arabic_is_asked_in_its_own_digits_and_the_others_in_theirs(self) -> None:
        assert numerals.figures(13, "ar") == "١٣"
        assert {numerals.figures(13, one) for one in LANGUAGES if one != "ar"} == {"13"}


def _all_meanings() -> dict[str, int]:
    """Every form with its only number; an assertion fails where there are two."""
    meanings: dict[str, set[int]] = defaultdict(set)
    for language in LANGUAGES:
        for value, name in numerals.spellings(language):
            spelled = numerals._folded(name.casefold())
            meanings[spelled].add(value)
            meanings[spelled.replace(" ", "")].add(value)
    twofold = {form: values for form, values in meanings.items() if len(values) > 1}
    assert twofold == {}
    return {form: values.pop() for form, values in meanings.items()}
