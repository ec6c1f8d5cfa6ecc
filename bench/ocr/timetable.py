"""Counts the times of a timetable's picture that the reader of scans reads in their places.

usage: timetable.py READER MODELS PICTURE TRUTH.csv

TRUTH.csv has a line a stop: its name, then its times. A time counts if it is read as it stands there, in the row of its
stop and in the order of its columns.
"""

import csv
import re
import subprocess
import sys

TIME = re.compile(r"^\d{1,2}:\d{2}(:\d{2})?$")


def main():
    reader, models, picture, truth = sys.argv[1:]
    with open(truth, newline="", encoding="utf-8") as file:
        wanted = [[cell for cell in row if TIME.match(cell)] for row in csv.reader(file)]
    wanted = [row for row in wanted if row]
    printed = subprocess.run([reader, models, picture, "72", "words"], check=True, capture_output=True, text=True).stdout
    words = [line.split(" ", 5) for line in printed.splitlines()]
    times = [(float(y0) + float(y1), float(x0), text) for x0, y0, _, y1, _, text in words if TIME.match(text)]
    rows = []
    for y, x, text in sorted(times):
        if not rows or y - rows[-1][0] > 30:
            rows.append((y, []))
        rows[-1][1].append((x, text))
    read = [[text for _, text in sorted(row)] for _, row in rows]
    right = sum(a == b for row, found in zip(wanted, read) for a, b in zip(row, found))
    print(f"{right} of {sum(map(len, wanted))} times")


if __name__ == "__main__":
    main()
