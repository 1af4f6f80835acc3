"""How far apart colours look, to people who see them all and to those who do not. Pure.

A colour is three numbers from 0 to 255, as sRGB has them. Sources: IEC 61966-2-1 (sRGB); G. M. Machado,
M. M. Oliveira and L. A. F. Fernandes, "A Physiologically-based Model for Simulation of Color Vision
Deficiency", IEEE Transactions on Visualization and Computer Graphics 15 (2009), severity 1.0; G. Sharma, W.
Wu and E. N. Dalal, "The CIEDE2000 Color-Difference Formula", Color Research and Application 30 (2005).
"""

import re
from functools import cache
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt
from typing import TypeAlias

Colour: TypeAlias = tuple[float, float, float]

#: What each eye makes of linear red, green and blue.
VISIONS: dict[str, tuple[Colour, Colour, Colour]] = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_WHITE = (0.95047, 1.0, 1.08883)  # D65


def parse(text: str) -> Colour:
    """Return the colour of ``rgb(1, 2, 3)``, as a browser computes it."""
    red, green, blue, *_ = map(float, re.findall(r"[\d.]+", text))
    return red, green, blue


@cache
def lightness(colour: Colour) -> float:
    """Return L*, 0 to 100: what is left of a colour in grey."""
    y = _times(_XYZ, _linear(colour))[1]
    return 116 * _root(y) - 16


def difference(one: Colour, other: Colour, vision: str = "normal") -> float:
    """Return how different two colours look (CIEDE2000); 1 is just seen, side by side."""
    return ciede2000(_lab(one, vision), _lab(other, vision))


def _linear(colour: Colour) -> Colour:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (each / 255 for each in colour)
    )
    return red, green, blue


def _times(matrix: tuple[Colour, Colour, Colour], given: Colour) -> Colour:
    one, two, three = (sum(a * b for a, b in zip(row, given, strict=True)) for row in matrix)
    return one, two, three


def _root(share: float) -> float:
    return share ** (1 / 3) if share > (6 / 29) ** 3 else share / (3 * (6 / 29) ** 2) + 4 / 29


def _lab(colour: Colour, vision: str) -> Colour:
    red, green, blue = (min(1.0, max(0.0, part)) for part in _times(VISIONS[vision], _linear(colour)))
    parts = zip(_times(_XYZ, (red, green, blue)), _WHITE, strict=True)
    x, y, z = (_root(part / white) for part, white in parts)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(one: Colour, other: Colour) -> float:
    """Return the difference of two colours in CIELAB; the names are those of the paper."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    c_bar = (hypot(a1, b1) + hypot(a2, b2)) / 2
    g = 0.5 * (1 - sqrt(c_bar**7 / (c_bar**7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = hypot(a1, b1), hypot(a2, b2)
    h1, h2 = degrees(atan2(b1, a1)) % 360, degrees(atan2(b2, a2)) % 360
    dl, dc = l2 - l1, c2 - c1
    dh = h2 - h1 if c1 * c2 else 0.0
    dh -= 360 * round(dh / 360)
    big_dh = 2 * sqrt(c1 * c2) * sin(radians(dh / 2))
    l_bar, c_bar = (l1 + l2) / 2, (c1 + c2) / 2
    h_bar = h1 + h2 if not c1 * c2 else (h1 + dh / 2) % 360
    t = (
        1
        - 0.17 * cos(radians(h_bar - 30))
        + 0.24 * cos(radians(2 * h_bar))
        + 0.32 * cos(radians(3 * h_bar + 6))
        - 0.20 * cos(radians(4 * h_bar - 63))
    )
    sl = 1 + 0.015 * (l_bar - 50) ** 2 / sqrt(20 + (l_bar - 50) ** 2)
    sc, sh = 1 + 0.045 * c_bar, 1 + 0.015 * c_bar * t
    theta = 30 * exp(-(((h_bar - 275) / 25) ** 2))
    rt = -2 * sqrt(c_bar**7 / (c_bar**7 + 25**7)) * sin(radians(2 * theta))
    return sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (big_dh / sh) ** 2 + rt * (dc / sc) * (big_dh / sh))
