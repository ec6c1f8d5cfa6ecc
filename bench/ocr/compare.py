"""Reads pages as pictures, with this project's reader of scans and with tesseract, and prints what each found and cost.

usage: compare.py READER MODELS FILE.pdf#PAGE... [--dpi 300] [--language fra]

READER is the example `ocr-text`, built with --release. Every page is drawn once by pdftoppm and given to both programs,
one after the other, so that a noisy machine is noisy for both. The truth is what pdftotext finds on the page: words by
words, each as often as it stands there; characters in their order, spaces left out. Time is processor time, memory the
largest resident set, both of the whole process.
"""

import argparse
import collections
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata


SHAPES = {0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-", 0x2212: "-", 0xAD: ""}


def run(*command):
    """What a program prints, its processor time in seconds, its largest resident set in MB."""
    with tempfile.TemporaryFile() as output:
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"compare.py: {command[0]} ended with status {status}")
        output.seek(0)
        return output.read().decode(), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def normal(text):
    # Quotes and dashes have many shapes, and a reader of pictures cannot tell them apart.
    text = unicodedata.normalize("NFKC", text).translate(SHAPES)
    # pdftotext joins words that a line's end divides.
    return re.sub(r"(?<=\w)-\n(?=\w)", "", text)


def recall(truth, found):
    wanted, had = collections.Counter(normal(truth).split()), collections.Counter(normal(found).split())
    return sum((wanted & had).values()) / max(1, sum(wanted.values()))


def character_error(truth, found):
    truth, found = ("".join(normal(text).split()) for text in (truth, found))
    matcher = difflib.SequenceMatcher(None, truth, found, autojunk=False)
    wrong = sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in matcher.get_opcodes() if tag != "equal")
    return wrong / max(1, len(truth))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("reader")
    parser.add_argument("models")
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--dpi", default="300")
    parser.add_argument("--language", default="fra")
    options = parser.parse_args()
    print("| page | words | recall | tesseract | error | tesseract | CPU s | tesseract | ratio | MB | tesseract |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for page in options.pages:
            path, _, number = page.rpartition("#")
            picture = pathlib.Path(folder, "page")
            one = ["-f", number, "-l", number, path]
            subprocess.run(["pdftoppm", "-r", options.dpi, "-png", "-singlefile", *one, picture], check=True)
            truth, _, _ = run("pdftotext", *one, "-")
            own, own_s, own_mb = run(options.reader, options.models, f"{picture}.png")
            other, other_s, other_mb = run("tesseract", f"{picture}.png", "-", "-l", options.language)
            print(
                f"| {pathlib.Path(path).stem} {number} | {len(truth.split())}"
                f" | {recall(truth, own):.3f} | {recall(truth, other):.3f}"
                f" | {character_error(truth, own):.2%} | {character_error(truth, other):.2%}"
                f" | {own_s:.1f} | {other_s:.1f} | {own_s / other_s:.1f} | {own_mb:.0f} | {other_mb:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
