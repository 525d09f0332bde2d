"""Numbers as people write them: figures of any script, words of every language there is here.

The words of all languages lie in one table. A reader whose page is in German may count in
Kazakh: a sum is there to keep programs out, not to examine anybody's language. It can be one
table since no spelling means two numbers; one that did would be left out.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

_LONGEST = 40


class Words(NamedTuple):
    """How a language names the numbers up to 99, the largest sum there is.

    Blanks part the numbers and "|" the spellings of one; "_" is a blank within a name. `small`
    are the numbers from 0 on. `tens` are 20, 30 and so on, and `patterns` say how a ten and a one
    make a number. `on_to_nineteen` are the tens after which French counts on: 60 + 11.
    """

    small: str
    tens: str
    patterns: tuple[str, ...] = ("{ten} {one}",)
    on_to_nineteen: tuple[int, ...] = ()


#: When they are read, every blank may be left out or be a hyphen, and so may accents, points and
#: the like be left out: see `_folded`.
WORDS = {
    "en": Words(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen",
        "twenty thirty forty|fourty fifty sixty seventy eighty ninety",
    ),
    "ar": Words(
        "صفر واحد|واحدة|أحد|إحدى اثنان|اثنين|اثنتان|اثنتين ثلاثة|ثلاث أربعة|أربع خمسة|خمس ستة|ست "
        "سبعة|سبع ثمانية|ثماني|ثمان تسعة|تسع عشرة|عشر أحد_عشر|إحدى_عشرة "
        "اثنا_عشر|اثني_عشر|اثنتا_عشرة|اثنتي_عشرة ثلاثة_عشر|ثلاث_عشرة أربعة_عشر|أربع_عشرة "
        "خمسة_عشر|خمس_عشرة ستة_عشر|ست_عشرة سبعة_عشر|سبع_عشرة ثمانية_عشر|ثماني_عشرة|ثمان_عشرة "
        "تسعة_عشر|تسع_عشرة",
        "عشرون|عشرين ثلاثون|ثلاثين أربعون|أربعين خمسون|خمسين ستون|ستين سبعون|سبعين ثمانون|ثمانين "
        "تسعون|تسعين",
        ("{one} و{ten}", "{one} و {ten}"),
    ),
    "de": Words(
        "null eins|ein|eine zwei|zwo drei vier fünf|fuenf sechs sieben acht neun zehn elf "
        "zwölf|zwoelf dreizehn vierzehn fünfzehn|fuenfzehn sechzehn siebzehn achtzehn neunzehn",
        "zwanzig dreißig vierzig fünfzig|fuenfzig sechzig siebzig achtzig neunzig",
        ("{one} und {ten}", "{one}und {ten}"),
    ),
    "es": Words(
        "cero uno|una|un dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce "
        "quince dieciséis|diez_y_seis diecisiete|diez_y_siete dieciocho|diez_y_ocho "
        "diecinueve|diez_y_nueve veinte veintiuno|veintiuna|veintiún veintidós veintitrés "
        "veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve",
        "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
        ("{ten} y {one}", "{ten} {one}", "{ten}i {one}"),
    ),
    "fr": Words(
        "zéro un|une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze "
        "quinze seize dix_sept dix_huit dix_neuf",
        "vingt trente quarante cinquante soixante septante "
        "quatre_vingt|quatre_vingts|huitante|octante nonante",
        ("{ten} {one}", "{ten} et {one}"),
        on_to_nineteen=(60, 80),
    ),
    "kk": Words(
        "нөл бір екі үш төрт бес алты жеті сегіз тоғыз он он_бір он_екі он_үш он_төрт он_бес "
        "он_алты он_жеті он_сегіз он_тоғыз",
        "жиырма отыз қырық елу алпыс жетпіс сексен тоқсан",
    ),
    "ru": Words(
        "ноль|нуль один|одна|одно два|две три четыре пять шесть семь восемь девять десять "
        "одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать семнадцать "
        "восемнадцать девятнадцать",
        "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
    ),
    "zh": Words(
        "零|〇 一 二|两 三 四 五 六 七 八 九 十|一十 十一|一十一 十二|一十二 十三|一十三 "
        "十四|一十四 十五|一十五 十六|一十六 十七|一十七 十八|一十八 十九|一十九",
        "二十|廿 三十|卅 四十 五十 六十 七十 八十 九十",
    ),
}

#: Digits of their own, where a language usually writes with them.
_DIGITS = {"ar": {ord(str(digit)): chr(0x660 + digit) for digit in range(10)}}

# Full-width forms of ASCII (U+FF01 to U+FF5E) as East Asian keyboards type them, a full stop
# from there, and the hyphens that word processors make. Not NFKC: it turns 3² into 32.
_PLAIN_FORMS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    ord("。"): ".",
    ord("\N{HYPHEN}"): "-",
    ord("\N{NON-BREAKING HYPHEN}"): "-",
    ord("\N{EN DASH}"): "-",
}

#: Kazakh letters as they are typed where the keyboard has none; the two letters of Arabic that
#: are written with and without their points; the stroke that only lengthens a word.
_ALIKE = str.maketrans("әғқңөұүһіةى", "агкноуухиهي", "ـ")


def number(text: str) -> int | None:
    """The whole number a person typed, or None when it is not one; never raises.

    Takes decimal digits of any script with blanks among them, the words for 0 to 99 of every
    language in WORDS, "=" or "+" before and "." or "!" after. More than 40 characters are None.
    """
    if len(text) > _LONGEST:
        return None
    bare = _without_marks(" ".join(text.translate(_PLAIN_FORMS).casefold().split()))
    named = _named().get(_folded(bare.replace(" - ", " ").replace("-", " ")))
    return _in_figures(bare) if named is None else named


def figures(value: int, language: str) -> str:
    """The number in the digits that the language usually writes: 13, or ١٣ in Arabic."""
    return str(value).translate(_DIGITS.get(language, {}))


def spellings(language: str) -> Iterator[tuple[int, str]]:
    """Every number from 0 to 99 with each of its names, as they are written with blanks."""
    words = WORDS[language]
    small = [_alternatives(names) for names in words.small.split()]
    for value, names in enumerate(small):
        yield from ((value, name) for name in names)
    for ten, names in enumerate(map(_alternatives, words.tens.split()), start=2):
        yield from ((10 * ten, name) for name in names)
        after = range(1, 20 if 10 * ten in words.on_to_nineteen else 10)
        for one in after:
            for pattern in words.patterns:
                for name in names:
                    for last in small[one]:
                        yield 10 * ten + one, pattern.format(ten=name, one=last)


def _alternatives(names: str) -> list[str]:
    return names.replace("_", " ").split("|")


@cache
def _named() -> dict[str, int]:
    meanings: dict[str, set[int]] = {}
    for language in WORDS:
        for value, name in spellings(language):
            spelled = _folded(name.casefold())
            for form in (spelled, spelled.replace(" ", "")):
                meanings.setdefault(form, set()).add(value)
    return {form: values.pop() for form, values in meanings.items() if len(values) == 1}


def _folded(text: str) -> str:
    """The letters without what people leave out when they type in a hurry."""
    letters = unicodedata.normalize("NFD", text.translate(_ALIKE))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _without_marks(text: str) -> str:
    unsigned = text.removeprefix("=").lstrip().removeprefix("+").lstrip()
    return unsigned[:-1].rstrip() if unsigned.endswith((".", "!")) else unsigned


def _in_figures(text: str) -> int | None:
    digits = [unicodedata.decimal(character, None) for character in text if character != " "]
    if not digits or None in digits:
        return None
    return int("".join(map(str, digits)))
