"""The picture that iiif-validator judges by, with a karekod in one of its squares, so that the service takes it as a scan.

iiif-image.py CODE FILE: ten by ten squares of one colour each, a hundred pixels wide. The code's light modules have the colour
of their square, which so stays the one that most of the square's pixels have."""

import sys

import qrcode
from iiif_validator.validator import ValidationInfo
from PIL import Image, ImageDraw

SQUARE, MODULE = 100, 3
code, path = sys.argv[1:]
colours = ValidationInfo().colorInfo
picture = Image.new("RGB", (10 * SQUARE, 10 * SQUARE))
draw = ImageDraw.Draw(picture)
for x, column in enumerate(colours):
    for y, colour in enumerate(column):
        draw.rectangle((x * SQUARE, y * SQUARE, (x + 1) * SQUARE - 1, (y + 1) * SQUARE - 1), fill=colour)
_, x, y = max((sum(colour), x, y) for x, column in enumerate(colours) for y, colour in enumerate(column))
qr = qrcode.QRCode(version=1, error_correction=qrcode.constants.ERROR_CORRECT_L, border=0)
qr.add_data(code)
qr.make(fit=False)
left, top = x * SQUARE + (SQUARE - 21 * MODULE) // 2, y * SQUARE + (SQUARE - 21 * MODULE) // 2
for row, modules in enumerate(qr.modules):
    for column, dark in enumerate(modules):
        if dark:
            at = (left + column * MODULE, top + row * MODULE)
            draw.rectangle((*at, at[0] + MODULE - 1, at[1] + MODULE - 1), fill=(0, 0, 0))
picture.save(path)
