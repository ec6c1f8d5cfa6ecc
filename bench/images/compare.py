"""Compresses pictures with our reader and with sharp, in turns, and prints a Markdown table of ratios.

    python3 bench/images/compare.py target/release/examples/compress-picture [PICTURE...]

Without pictures it makes some of its own. sharp comes from npm into .local/bench/images.
"""

import os
import pathlib
import resource
import statistics
import subprocess
import sys

import numpy
from PIL import Image, ImageDraw, ImageFilter

HERE = pathlib.Path(__file__).parent
WORK = pathlib.Path(".local/bench/images")
ROUNDS = 5
SIDE = 2048


def generated():
    """Pictures like photographs: soft shapes, hard edges, grain."""
    random = numpy.random.default_rng(7)
    pictures = []
    for name, width, height, save in [
        ("photo-12mp.jpg", 4000, 3000, {"quality": 90}),
        ("photo-progressive.jpg", 4000, 3000, {"quality": 85, "progressive": True}),
        ("photo-small.jpg", 1500, 900, {"quality": 92}),
        ("page.png", 2480, 3508, {}),
    ]:
        path = WORK / name
        pictures.append(path)
        if path.exists():
            continue
        small = random.integers(0, 256, (height // 100, width // 100, 3), dtype=numpy.uint8)
        picture = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
        if name == "page.png":
            picture = Image.new("RGB", (width, height), "white")
        draw = ImageDraw.Draw(picture)
        for _ in range(400):
            x, y = int(random.integers(0, width)), int(random.integers(0, height))
            length = int(random.integers(10, 300))
            colour = tuple(int(value) for value in random.integers(0, 200, 3))
            draw.line((x, y, x + length, y), fill=colour, width=3)
            draw.text((x, y + 5), "Docmill reads 4711", fill=(0, 0, 0))
        if name != "page.png":
            picture = picture.filter(ImageFilter.GaussianBlur(0.7))
            grain = random.normal(0, 4, (height, width, 1))
            grained = numpy.clip(numpy.asarray(picture) + grain, 0, 255)
            picture = Image.fromarray(grained.astype(numpy.uint8))
        picture.save(path, **save)
    return pictures


def install_sharp():
    if not (WORK / "node_modules" / "sharp").exists():
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(WORK), "sharp"], check=True)


def cpu_s(command):
    """User and system time of a command and what it started, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def memory_mb(command):
    """Peak resident memory of a command, by a process that starts nothing else."""
    script = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    out = subprocess.run([sys.executable, "-c", script, *command], check=True, capture_output=True, text=True)
    return int(out.stdout) / 1024


def psnr_db(path, original):
    """Against the original, resized by Pillow's Lanczos filter: neither side's own resizing."""
    picture = Image.open(path).convert("RGB")
    reference = Image.open(original).convert("RGB").resize(picture.size, Image.Resampling.LANCZOS)
    difference = numpy.asarray(picture, dtype=float) - numpy.asarray(reference, dtype=float)
    return 10 * numpy.log10(255**2 / max((difference**2).mean(), 1e-9))


def main():
    ours, *pictures = sys.argv[1:]
    WORK.mkdir(parents=True, exist_ok=True)
    install_sharp()
    pictures = [pathlib.Path(picture) for picture in pictures] or generated()
    print("| picture | CPU s | sharp's | ratio | MB | sharp's | bytes | of sharp's | PSNR dB | sharp's |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    ratios = []
    for picture in pictures:
        copies = [WORK / "ours.webp", WORK / "sharp.webp"]
        commands = [
            [ours, str(picture), str(copies[0])],
            ["node", str(HERE / "sharp.mjs"), str(picture), str(copies[1]), str(SIDE)],
            # What starting node and loading sharp costs, which is no work on the picture.
            ["node", str(HERE / "sharp.mjs")],
        ]
        rounds = [[cpu_s(command) for command in commands] for _ in range(ROUNDS)]
        own, other = (statistics.median(values) for values in zip(*[(a, b - c) for a, b, c in rounds]))
        own_mb, other_mb = (memory_mb(command) for command in commands[:2])
        sizes = [copy.stat().st_size for copy in copies]
        quality = [psnr_db(copy, picture) for copy in copies]
        ratios.append(own / other)
        print(
            f"| {picture.name} | {own:.3f} | {other:.3f} | {own / other:.2f} | {own_mb:.0f} | {other_mb:.0f} "
            f"| {sizes[0]} | {sizes[0] / sizes[1]:.3f} | {quality[0]:.2f} | {quality[1]:.2f} |"
        )
    print(f"\nMedian ratio of CPU: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    os.environ.setdefault("VIPS_CONCURRENCY", "1")
    main()
