"""Compresses pictures with our reader and with sharp, in turns, and prints a Markdown table of ratios.

    python3 bench/images/compare.py target/release/examples/compress-picture [PICTURE...]

Without pictures it makes some of its own, SEEDS of each kind. sharp comes from npm into .local/bench/images.
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
ROUNDS = 3
SIDE = 2048
# A level more or less in all pixels moves libwebp's choices so far that a copy is up to 8 % larger or 0.3 dB worse: one
# picture says nothing.
SEEDS = 5
KINDS = {
    "photo-12mp.jpg": (4000, 3000, {"quality": 90}),
    "photo-progressive.jpg": (4000, 3000, {"quality": 85, "progressive": True}),
    "photo-small.jpg": (1500, 900, {"quality": 92}),
    "page.png": (2480, 3508, {}),
}


def reference(picture):
    """Resized by Pillow's Lanczos filter, which is neither side's."""
    small = picture.copy()
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=None)
    return small


def generated(kind, seed):
    """A picture like a photograph, with soft shapes, hard edges and grain, or a page; its file and its reference.

    The reference is from before the picture became a JPEG, so that no decoder is the measure of the others.
    """
    width, height, save = KINDS[kind]
    stem, suffix = kind.split(".")
    path, truth = WORK / f"{stem}-{seed}.{suffix}", WORK / f"{stem}-{seed}-reference.png"
    if path.exists() and truth.exists():
        return path, truth
    random = numpy.random.default_rng([seed, *kind.encode()])
    small = random.integers(0, 256, (height // 100, width // 100, 3), dtype=numpy.uint8)
    picture = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    if suffix == "png":
        picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    for _ in range(400):
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        length = int(random.integers(10, 300))
        colour = tuple(int(value) for value in random.integers(0, 200, 3))
        draw.line((x, y, x + length, y), fill=colour, width=3)
        draw.text((x, y + 5), "Docmill reads 4711", fill=(0, 0, 0))
    if suffix != "png":
        picture = picture.filter(ImageFilter.GaussianBlur(0.7))
        grain = random.normal(0, 4, (height, width, 1))
        grained = numpy.clip(numpy.asarray(picture) + grain, 0, 255)
        picture = Image.fromarray(grained.astype(numpy.uint8))
    picture.save(path, **save)
    reference(picture).save(truth)
    return path, truth


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


def psnr_db(path, truth):
    with Image.open(path) as file:
        copy = numpy.asarray(file.convert("RGB"), dtype=float)
    mean = ((copy - numpy.asarray(truth, dtype=float)) ** 2).mean()
    return 10 * numpy.log10(255**2 / max(mean, 1e-9))


def measured(ours, picture, truth):
    """What both sides make of a picture."""
    copies = [WORK / "ours.webp", WORK / "sharp.webp"]
    commands = [
        [ours, str(picture), str(copies[0])],
        ["node", str(HERE / "sharp.mjs"), str(picture), str(copies[1]), str(SIDE)],
        # What starting node and loading sharp costs, which is no work on the picture.
        ["node", str(HERE / "sharp.mjs")],
    ]
    rounds = [[cpu_s(command) for command in commands] for _ in range(ROUNDS)]
    own, other = (statistics.median(values) for values in zip(*[(a, b - c) for a, b, c in rounds]))
    sizes = [copy.stat().st_size for copy in copies]
    quality = [psnr_db(copy, truth) for copy in copies]
    return {
        "cpu": own, "sharp cpu": other, "ratio": own / other,
        "mb": memory_mb(commands[0]), "sharp mb": memory_mb(commands[1]),
        "bytes": sizes[0] / sizes[1], "psnr": quality[0], "gain": quality[0] - quality[1],
    }


def spread(values, form):
    """The median, with the least and the greatest of several."""
    middle = form.format(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({form.format(min(values))} to {form.format(max(values))})"


def main():
    ours, *given = sys.argv[1:]
    WORK.mkdir(parents=True, exist_ok=True)
    install_sharp()
    print("| pictures | CPU s | sharp's | ratio | MB | sharp's | bytes, of sharp's | PSNR dB | above sharp's |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    ratios = []
    for name in given or KINDS:
        results = []
        for seed in range(1 if given else SEEDS):
            picture, truth = (pathlib.Path(name), None) if given else generated(name, seed)
            with Image.open(truth or picture) as file:
                wanted = file.convert("RGB") if truth else reference(file.convert("RGB"))
            results.append(measured(ours, picture, wanted))
        of = {key: [result[key] for result in results] for key in results[0]}
        middle = {key: statistics.median(values) for key, values in of.items()}
        ratios += of["ratio"]
        print(
            f"| {pathlib.Path(name).name} | {middle['cpu']:.3f} | {middle['sharp cpu']:.3f} | {middle['ratio']:.2f} "
            f"| {middle['mb']:.0f} | {middle['sharp mb']:.0f} | {spread(of['bytes'], '{:.3f}')} "
            f"| {middle['psnr']:.2f} | {spread(of['gain'], '{:+.2f}')} |",
            flush=True,
        )
    print(f"\nMedian ratio of CPU: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    os.environ.setdefault("VIPS_CONCURRENCY", "1")
    main()
