"""A site's colour, made readable: what stands on it, and what of it can be text on our surfaces (WCAG: 4.5 to 1). Pure."""

from __future__ import annotations

import re

DEFAULT = "#3b5bdb"
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
WHITE, BLACK, NIGHT, DARK_SURFACE = "#ffffff", "#000000", "#14171f", "#1b1e26"
TEXT = 4.5
SHAPE = 3.0  # what a button must stand out by from the page behind it


def known(colour: object) -> str:
    """The colour in small letters, or ours when it is none."""
    return colour.lower() if isinstance(colour, str) and COLOUR.fullmatch(colour) else DEFAULT


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (part / 255 for part in _parts(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_on(colour: str, dark: str = NIGHT) -> str:
    """White or near-black, whichever reads better."""
    return WHITE if contrast(colour, WHITE) >= contrast(colour, dark) else dark


def readable_on(colour: str, surface: str) -> str:
    """The colour moved towards black or white until it reads on the surface."""
    towards = BLACK if luminance(surface) > 0.4 else WHITE
    tries = (mix(colour, towards, share / 20) for share in range(21))
    return next((tried for tried in tries if contrast(tried, surface) >= TEXT), towards)


def fill_of(colour: str) -> str:
    """The fill of bubbles and header: the colour itself where its ink reads, else a shade of it that does."""
    towards = BLACK if ink_on(colour) == WHITE else WHITE
    tries = (mix(colour, towards, share / 20) for share in range(21))
    return next((tried for tried in tries if contrast(tried, ink_on(tried)) >= TEXT), towards)


def palette(colour: str) -> dict[str, str]:
    """The widget's own colours by the names its stylesheet has for them."""
    fill = fill_of(colour)
    return {
        "--brand": fill,
        "--brand-deep": mix(fill, BLACK, 0.28 if ink_on(fill) == WHITE else 0.08),
        "--on-brand": ink_on(fill),
        "--brand-ink-light": readable_on(colour, WHITE),
        "--brand-ink-dark": readable_on(colour, DARK_SURFACE),
    }


def mix(colour: str, other: str, share: float) -> str:
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{int(one + (two - one) * share + 0.5):02x}" for one, two in pairs)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
