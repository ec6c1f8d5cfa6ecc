"""Draws the sheets as PNG, PDF and photographs, and with --samples renews the two that the tests use.

    .local/bench/timetable/venv/bin/python bench/timetable/make.py [--samples] [SHEET...]

SHEET is the beginning of a name, such as 03; without any, all are drawn. Needs npm and Chromium (CHROMIUM names another
than Debian's). Everything goes to .local/bench/timetable/out. The same seeds give the same photographs, the same
Chromium the same PNG and PDF.
"""

import argparse
import math
import pathlib
import re
import shutil
import subprocess

import numpy
from PIL import Image, ImageFilter

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / ".local" / "bench" / "timetable"
OUT = WORK / "out"
PRINTS = WORK / "prints"
SAMPLES = ROOT / "samples" / "timetable"
SAMPLED = ("04-merged-cells.png", "05-vertical-letters.pdf")
FONTS = ("@fontsource/carlito@5.3.0", "@fontsource/comic-neue@5.3.0")

# What the main camera of most phones takes: 12 megapixels, four to three, as JPEG of quality 92 to 95 (Pillow's scale) with
# halved colours.
FRAME = (4032, 3024)
JPEG_QUALITY = 93
TILT_DEGREES = 3
# The far edge of the sheet is as much shorter than the near one.
KEYSTONE = 0.015
DESK = (112, 88, 66)
# Lamps are yellow.
LAMP = (1.0, 0.98, 0.93)
# The darkest corner has so much of the light of the brightest.
DARKEST = 0.62
# What a phone's noise reduction leaves indoors, of 255, and what lens, hand and sensor's colour filter blur.
GRAIN = 3.0
BLUR_PX = 1.2


def install():
    """The browser's driver as the tests of the page have it, and the fonts."""
    browser = ROOT / "tests" / "browser"
    quiet = ["--no-audit", "--no-fund", "--silent"]
    if not (browser / "node_modules").exists():
        subprocess.run(["npm", "--prefix", browser, "ci", *quiet], check=True)
    if not (WORK / "node_modules" / "@fontsource").exists():
        subprocess.run(["npm", "install", *quiet, "--prefix", WORK, *FONTS], check=True)


def undated(path):
    """Replaces the dates in a PDF of Chromium, so that its bytes repeat; they stand in the open, and stay as long."""
    dates = re.compile(rb"(?<=Date \(D:)\d{14}")
    path.write_bytes(dates.sub(b"20260901080000", path.read_bytes()))


def homography(sources, targets):
    """Coefficients as Pillow wants them: where in the source each point of the target comes from."""
    rows, values = [], []
    for (x, y), (u, v) in zip(targets, sources):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        values += [u, v]
    return numpy.linalg.solve(numpy.array(rows, dtype=float), numpy.array(values, dtype=float))


def tilted(page, degrees, whole):
    """The sheet askew in the camera's frame and seen from slightly below: whole, or with its corners cut off."""
    width, height = page.size
    across, down = FRAME if width > height else FRAME[::-1]
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    if whole:
        scale = min(across / (width * cosine + height * abs(sine)), down / (height * cosine + width * abs(sine)))
    else:
        scale = max(across, down) / max(width, height)
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    seen = []
    for x, y in corners:
        x, y = (x - width / 2) * scale, (y - height / 2) * scale
        x *= 1 - KEYSTONE * (0.5 - y / (height * scale))
        seen.append((across / 2 + x * cosine - y * sine, down / 2 + x * sine + y * cosine))
    return page.transform(
        (across, down),
        Image.Transform.PERSPECTIVE,
        homography(corners, seen),
        Image.Resampling.BICUBIC,
        fillcolor=DESK,
    )


def light(width, height, random):
    """Share of light at each pixel: a lamp at one side, and the soft shadow of whoever holds the camera."""
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float32)
    x, y = x / width - 0.5, y / height - 0.5
    angle = random.uniform(0, 2 * math.pi)
    slope = x * math.cos(angle) + y * math.sin(angle)
    shadow = numpy.exp(-((x + 0.4 * math.cos(angle)) ** 2 + (y + 0.4 * math.sin(angle)) ** 2) / 0.08)
    field = slope - 0.25 * shadow
    return DARKEST + (1 - DARKEST) * (field - field.min()) / (field.max() - field.min())


def photograph(print_, target):
    """A print of a sheet as the camera of a phone takes it."""
    number = int(target.name[:2])
    random = numpy.random.default_rng(number)
    with Image.open(print_) as file:
        page = file.convert("RGB")
    # Half lean to the left; half are seen whole, and half as near as they fit into the frame.
    degrees = TILT_DEGREES if number % 2 else -TILT_DEGREES
    seen = tilted(page, degrees, whole=number % 4 in (0, 1)).filter(ImageFilter.GaussianBlur(BLUR_PX))
    width, height = seen.size
    pixels = numpy.asarray(seen, dtype=numpy.float32) * light(width, height, random)[..., None] * numpy.float32(LAMP)
    pixels += random.normal(0, GRAIN, (height, width, 1)) + random.normal(0, GRAIN / 2, (height, width, 3))
    Image.fromarray(numpy.clip(pixels, 0, 255).astype(numpy.uint8)).save(target, quality=JPEG_QUALITY)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", action="store_true", help="renew samples/timetable too")
    parser.add_argument("sheets", nargs="*", metavar="SHEET")
    options = parser.parse_args()
    sheets = sorted((HERE / "sheets").glob("*.html"))
    if options.sheets:
        sheets = [sheet for sheet in sheets if sheet.name.startswith(tuple(options.sheets))]
    for folder in (OUT, PRINTS):
        folder.mkdir(parents=True, exist_ok=True)
    install()
    fonts = WORK / "node_modules" / "@fontsource"
    subprocess.run(["node", HERE / "render.mjs", fonts, OUT, PRINTS, *sheets], check=True)
    for sheet in sheets:
        undated(OUT / f"{sheet.stem}.pdf")
        photograph(PRINTS / f"{sheet.stem}.png", OUT / f"{sheet.stem}.jpg")
        print(OUT.relative_to(ROOT) / sheet.stem)
    if options.samples:
        for name in SAMPLED:
            truth = pathlib.Path(name).with_suffix(".json")
            shutil.copyfile(OUT / name, SAMPLES / name)
            shutil.copyfile(HERE / "sheets" / truth, SAMPLES / truth)


if __name__ == "__main__":
    main()
