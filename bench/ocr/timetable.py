"""Counts the times of a timetable's picture that the reader of scans reads in their places.

usage: timetable.py READER MODELS PICTURE TRUTH.csv

TRUTH.csv has a line a stop: its name, then its times, one a column. A time counts if a word says it whose box meets the
row and the column that the other times of that stop and that column stand in.
"""

import csv
import re
import statistics
import subprocess
import sys

TIME = re.compile(r"^\d{1,2}:\d{2}$")


def middles(places, count):
    """The middles of so many rows or columns: places closer to each other than to the rest."""
    places = sorted(places)
    gaps = sorted(range(1, len(places)), key=lambda at: places[at] - places[at - 1])[-(count - 1) :]
    ends = [0, *sorted(gaps), len(places)]
    return [statistics.median(places[start:end]) for start, end in zip(ends, ends[1:])]


def main():
    reader, models, picture, truth = sys.argv[1:]
    with open(truth, newline="", encoding="utf-8") as file:
        rows = [[cell for cell in row[1:] if TIME.match(cell)] for row in csv.reader(file)]
    rows = [row for row in rows if row]
    printed = subprocess.run([reader, models, picture, "words"], check=True, capture_output=True, text=True).stdout
    times = []
    for line in printed.splitlines():
        x0, y0, x1, y1, _, text = line.split(" ", 5)
        if TIME.match(text):
            times.append((float(x0), float(y0), float(x1), float(y1), text))
    across = middles([(x0 + x1) / 2 for x0, _, x1, _, _ in times], len(rows[0]))
    down = middles([(y0 + y1) / 2 for _, y0, _, y1, _ in times], len(rows))
    right = 0
    for y, row in zip(down, rows):
        for x, wanted in zip(across, row):
            found = [text for x0, y0, x1, y1, text in times if x0 < x < x1 and y0 < y < y1]
            right += found == [wanted]
    print(f"{right} of {sum(map(len, rows))} times")


if __name__ == "__main__":
    main()
