"""Pictures of numbers, as SVG: no script, no colour of their own, a title and a description each.

A drawing fills whatever room it is given: it is stretched, its strokes are not, and what is to be
read (scale, days, table) stands beside it as HTML, in the page's own letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

#: The drawing's own units: as wide as high, before it is stretched.
_SIDE = 100

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What names a drawing on its page and tells it to those who do not see it."""

    name: str
    title: str
    means: str

    def around(self, shapes: Markup) -> Markup:
        """The drawing of these shapes."""
        return Markup(
            '<svg class="drawing" viewBox="0 0 {side} {side}" preserveAspectRatio="none" '
            'role="img" aria-labelledby="{name}-title {name}-means" focusable="false">'
            '<title id="{name}-title">{title}</title><desc id="{name}-means">{means}</desc>'
            "{shapes}</svg>"
        ).format(side=_SIDE, name=self.name, title=self.title, means=self.means, shapes=shapes)


def top(*several: Values) -> float:
    """The end of a scale on which all of them fit: 1, 2 or 5 times a power of ten."""
    most = max((value for values in several for value in values if value is not None), default=0)
    end = 1.0
    while end < most:
        end *= 2.5 if str(end).startswith("2") else 2
    return end


def lines(drawing: Drawing, *several: Values, end: float) -> Markup:
    """A line for each row of numbers, the second dashed; where a number is missing, so is it."""
    return drawing.around(
        Markup("").join(
            Markup('<path class="drawing__line drawing__line--{}" d="{}"/>').format(
                number, _path(values, end)
            )
            for number, values in enumerate(several, 1)
        )
    )


def area(drawing: Drawing, values: Values, end: float) -> Markup:
    """A line with what lies below it filled."""
    line = _path(values, end)
    filled = Markup('<path class="drawing__area" d="{}L{side} {side}L0 {side}Z"/>').format(
        line, side=_SIDE
    )
    return drawing.around(
        filled + Markup('<path class="drawing__line drawing__line--1" d="{}"/>').format(line)
    )


def columns(drawing: Drawing, values: Values, end: float) -> Markup:
    """A column for each number."""
    wide = _SIDE / max(1, len(values))
    return drawing.around(
        Markup("").join(
            Markup('<rect class="drawing__column" x="{}" y="{}" width="{}" height="{}"/>').format(
                _short(n * wide + wide * 0.15),
                _short(_SIDE - _height(value, end)),
                _short(wide * 0.7),
                _short(_height(value, end)),
            )
            for n, value in enumerate(values)
            if value
        )
    )


def bar(share: float) -> Markup:
    """A share of a whole, beside the number that says the same."""
    return Markup(
        '<svg class="drawing drawing--bar" viewBox="0 0 {side} 10" preserveAspectRatio="none" '
        'aria-hidden="true" focusable="false"><rect class="drawing__whole" width="{side}" '
        'height="10"/><rect class="drawing__column" width="{share}" height="10"/></svg>'
    ).format(side=_SIDE, share=_short(_SIDE * share))


def _path(values: Values, end: float) -> str:
    """From number to number; a lone one is a line of no length, which its round ends show."""
    step = _SIDE / max(1, len(values) - 1)
    parts, pen_is_down = [], False
    for n, value in enumerate(values):
        if value is not None:
            place = f"{_short(n * step)} {_short(_SIDE - _height(value, end))}"
            parts.append(f"L{place}" if pen_is_down else f"M{place}h0")
        pen_is_down = value is not None
    return "".join(parts)


def _height(value: float, end: float) -> float:
    return _SIDE * value / end


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
