#!/usr/bin/env python3
"""Measures the reader of PDF text against pdftotext and PyMuPDF and prints a Markdown table.

    quality.py READER FOLDER [NAME...]

READER is the example `pdf-text`, built with --release. Every PDF of FOLDER is read, or the named ones (without
".pdf"). Words are compared without line-end hyphens, as sets (F1) and in their order. Order is scored page by page
against whichever of the two others is nearer: they often disagree on what comes first, and either may be right.
CPU is user and system time of the process, the best of three runs.
"""

import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from pathlib import Path

import pymupdf
from rapidfuzz.distance import Indel

RUNS = 3
HYPHEN_AT_LINE_END = re.compile(r"[-\u00ad\u2010\ufffe\u0002]\s*\r?\n\s*")
SHAPELESS = dict.fromkeys(map(ord, "\u00ad\u200b\ufeff\ufffe\u0002"))


def cpu_and_output(command: list[str]) -> tuple[float, str, int]:
    """CPU seconds, standard output and exit status of one run."""
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return usage.ru_utime + usage.ru_stime, text, child.returncode


def best_of(runs: int, command: list[str]) -> tuple[float, list[str]]:
    """Least CPU seconds of several runs, and the pages read."""
    results = [cpu_and_output(command) for _ in range(runs)]
    failed = [status for _, _, status in results if status]
    if failed:
        raise RuntimeError(f"{command[0]} answered {failed[0]}")
    pages = results[0][1].split("\f")
    return min(cpu for cpu, _, _ in results), pages[:-1] if pages[-1].strip() == "" else pages


def words(page: str) -> list[str]:
    """The words of a page, hyphenated ones joined."""
    joined = HYPHEN_AT_LINE_END.sub("", page).translate(SHAPELESS)
    return unicodedata.normalize("NFKC", joined).split()


def f1(ours: list[str], theirs: list[str]) -> float:
    """Share of words that both have, whatever their order."""
    if not ours and not theirs:
        return 1.0
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * common / (len(ours) + len(theirs))


def order(ours: list[str], theirs: list[str]) -> float:
    """1 less the words to remove and insert, as a share."""
    numbers: dict[str, int] = {}
    a = [numbers.setdefault(word, len(numbers)) for word in ours]
    b = [numbers.setdefault(word, len(numbers)) for word in theirs]
    return Indel.normalized_similarity(a, b)


def scores(ours: list[str], pdftotext: list[str], mupdf: list[str]) -> tuple[float, float, float]:
    """F1 and order against pdftotext, and order against the nearer one, weighted by pdftotext's words."""
    total = word_score = own_order = best_order = 0.0
    for index in range(max(len(ours), len(pdftotext))):
        a, b, c = (words(pages[index]) if index < len(pages) else [] for pages in (ours, pdftotext, mupdf))
        if not a and not b:
            continue
        weight = max(len(b), 1)
        against = order(a, b)
        total += weight
        word_score += weight * f1(a, b)
        own_order += weight * against
        best_order += weight * max(against, order(a, c))
    if not total:
        return 1.0, 1.0, 1.0
    return word_score / total, own_order / total, best_order / total


def main() -> None:
    reader, folder, *names = sys.argv[1:]
    files = sorted(Path(folder).glob("*.pdf"))
    rows = []
    for file in files:
        if names and file.stem not in names:
            continue
        try:
            cpu, ours = best_of(RUNS, [reader, str(file)])
            their_cpu, pdftotext = best_of(RUNS, ["pdftotext", str(file), "-"])
        except RuntimeError as error:
            print(f"{file.name}: {error}", file=sys.stderr)
            continue
        with pymupdf.open(file) as document:
            mupdf = [page.get_text() for page in document]
        rows.append((file.stem, len(ours), *scores(ours, pdftotext, mupdf), cpu, their_cpu))
    print("| file | pages | word F1 | order, pdftotext | order, nearer | CPU s | pdftotext CPU s |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, pages, *numbers in rows:
        print(f"| {name} | {pages} | {' | '.join(f'{number:.3f}' for number in numbers)} |")
    pages = sum(row[1] for row in rows)
    means = [sum(row[column] for row in rows) / len(rows) for column in (2, 3, 4)]
    cpu, their_cpu = (sum(row[column] for row in rows) for column in (5, 6))
    print(
        f"| mean, total ({cpu / their_cpu:.2f} × pdftotext) | {pages} | "
        f"{' | '.join(f'{mean:.3f}' for mean in means)} | {cpu:.3f} | {their_cpu:.3f} |"
    )


if __name__ == "__main__":
    main()
