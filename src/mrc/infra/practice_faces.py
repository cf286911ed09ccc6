"""Drawn portraits for practice registrants: a face that nobody has and nobody takes for a photo."""

import io
import random

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 480, 600
DRAWN = b"drawing for practice, no photograph"
"""The JPEG comment of every drawing: a matcher refuses to compare it."""
_SCALE = 2  # drawn larger and reduced, for smooth edges
_QUALITY = 85

_SKINS = ("#f6d7b8", "#eac29a", "#d9a374", "#b97f52", "#8d5a38", "#5f3a25", "#fbe3d0")
_HAIRS = ("#15110f", "#2b1d14", "#4a2f1d", "#7a4a25", "#b98a4b", "#8b8b8b", "#d8d4cc")
_CLOTHES = ("#27374d", "#5b2333", "#2f5233", "#46494c", "#7b4b94", "#1d5c63", "#a44a3f")
_BACKGROUNDS = ("#e9eef3", "#f2efe9", "#e6f0ec", "#eeeaf3")
_STYLES = ("cap", "cap", "fringe", "fringe", "parted", "parted", "scarf", "bald")
_EYES = ("#2b1a10", "#4b2e19", "#3d5a6c", "#4f6f52")

Box = tuple[float, float, float, float]


class _Sheet:
    """Shapes in a coordinate system of 480 × 600, whatever the size of the drawing."""

    def __init__(self, background: str) -> None:
        self.image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), background)
        self._draw = ImageDraw.Draw(self.image)

    def oval(self, box: Box, fill: str) -> None:
        self._draw.ellipse(_scaled(box), fill=fill)

    def ring(self, box: Box, colour: str, width: int) -> None:
        self._draw.ellipse(_scaled(box), outline=colour, width=width * _SCALE)

    def block(self, box: Box, fill: str, radius: int = 0) -> None:
        self._draw.rounded_rectangle(_scaled(box), radius * _SCALE, fill=fill)

    def arc(self, box: Box, start: int, end: int, colour: str, width: int) -> None:
        self._draw.arc(_scaled(box), start, end, fill=colour, width=width * _SCALE)

    def slice(self, box: Box, start: int, end: int, fill: str) -> None:
        self._draw.chord(_scaled(box), start, end, fill=fill)

    def line(self, points: Box, colour: str, width: int) -> None:
        self._draw.line(_scaled(points), fill=colour, width=width * _SCALE)


def _scaled(box: Box) -> Box:
    left, top, right, bottom = box
    return left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE


def draw_face(seed: int) -> bytes:
    """A JPEG of 480 × 600 pixels; the same seed draws the same face."""
    chance = random.Random(seed)  # noqa: S311 - a drawing, no secret
    sheet = _Sheet(chance.choice(_BACKGROUNDS))
    skin, hair = chance.choice(_SKINS), chance.choice(_HAIRS)
    half, top, chin = chance.randint(95, 120), chance.randint(120, 150), chance.randint(405, 440)
    head = (240 - half, top, 240 + half, chin)
    style = chance.choice(_STYLES)
    if style in ("fringe", "parted") and chance.random() < 0.6:
        sheet.block((240 - half - 34, top + 60, 240 + half + 34, chin + 70), hair, 70)
    _body(sheet, chance, skin, chin)
    _head(sheet, skin, head)
    _features(sheet, chance, hair, head)
    _hair(sheet, style, hair if style != "scarf" else chance.choice(_CLOTHES), head)
    if chance.random() < 0.25:
        _glasses(sheet, head)
    reduced = sheet.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    reduced.save(file, "JPEG", quality=_QUALITY, comment=DRAWN)
    return file.getvalue()


def _body(sheet: _Sheet, chance: random.Random, skin: str, chin: float) -> None:
    clothes = chance.choice(_CLOTHES)
    sheet.oval((40, chin + 45, 440, chin + 420), clothes)
    sheet.block((195, chin - 60, 285, chin + 85), skin, 40)
    sheet.slice((165, chin + 20, 315, chin + 130), 0, 180, skin)


def _head(sheet: _Sheet, skin: str, head: Box) -> None:
    left, top, right, chin = head
    middle = (top + chin) / 2
    for ear in (left - 16, right - 20):
        sheet.oval((ear, middle - 30, ear + 36, middle + 40), skin)
    sheet.oval(head, skin)


def _features(sheet: _Sheet, chance: random.Random, hair: str, head: Box) -> None:
    left, top, right, chin = head
    eyes_at = top + (chin - top) * chance.uniform(0.46, 0.5)
    apart = (right - left) * chance.uniform(0.21, 0.25)
    iris, wide = chance.choice(_EYES), chance.randint(15, 20)
    for x in (240 - apart, 240 + apart):
        sheet.oval((x - wide, eyes_at - 10, x + wide, eyes_at + 10), "#ffffff")
        sheet.oval((x - 8, eyes_at - 8, x + 8, eyes_at + 8), iris)
        sheet.arc((x - 24, eyes_at - 34, x + 24, eyes_at - 2), 200, 340, hair, 6)
    nose = eyes_at + (chin - eyes_at) * 0.42
    sheet.arc((222, nose - 26, 258, nose + 6), 20, 160, "#7a4b3a", 4)
    mouth, half = eyes_at + (chin - eyes_at) * 0.68, chance.randint(26, 40)
    sheet.arc((240 - half, mouth - 20, 240 + half, mouth + 14), 20, 160, "#9a3b3b", 6)


def _hair(sheet: _Sheet, style: str, colour: str, head: Box) -> None:
    left, top, right, chin = head
    depth = (chin - top) * 0.6
    match style:
        case "cap":
            sheet.slice((left - 8, top - 26, right + 8, top + depth), 180, 360, colour)
        case "fringe":
            sheet.slice((left - 10, top - 30, right + 10, top + depth + 40), 190, 350, colour)
        case "parted":
            sheet.slice((left - 10, top - 28, 262, top + depth), 180, 350, colour)
            sheet.slice((222, top - 28, right + 10, top + depth), 190, 360, colour)
        case "scarf":
            sheet.ring((left - 34, top - 40, right + 34, chin + 40), colour, 52)
            sheet.block((185, chin + 10, 295, chin + 110), colour, 30)


def _glasses(sheet: _Sheet, head: Box) -> None:
    _left, top, _right, chin = head
    at = top + (chin - top) * 0.48
    for x in (240 - 50, 240 + 50):
        sheet.ring((x - 36, at - 28, x + 36, at + 30), "#222222", 5)
    sheet.line((226, at, 254, at), "#222222", 5)
