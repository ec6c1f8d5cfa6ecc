"""Holds results against what stands on the sheets, and prints a table and every block missed or invented.

    python3 bench/timetable/compare.py RESULTS [--kinds png pdf jpg] [--sheets 03 07]

RESULTS has a JSON file an input: 03-times-in-cells.png.json. Where it has a `cpu.json` of run.py, the seconds are
printed too. Exits 1 where the F1 of a kind is below its goal.

A block is right if its day, start and end are those of the sheet, and its name is, whatever its case and its spaces. Each
block is right at most once. An input without a result has no right block.
"""

import argparse
import collections
import json
import pathlib
import sys

SHEETS = pathlib.Path(__file__).resolve().parent / "sheets"
KINDS = {"png": "PNG", "pdf": "PDF", "jpg": "photograph"}
GOALS = {"png": 0.95, "pdf": 0.95, "jpg": 0.85}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "unspecified")


def block_of(block):
    """What is compared of a block."""
    name = " ".join(str(block.get("event_name", "")).casefold().split())
    return str(block.get("day")), str(block.get("start")), str(block.get("end")), name


def blocks_of(document):
    timetables = document.get("timetables", [])
    return collections.Counter(block_of(block) for timetable in timetables for block in timetable.get("blocks", []))


def lines_of(blocks):
    """Blocks as lines for a person: one for each time and name, with its days."""
    days = collections.defaultdict(list)
    for (day, start, end, name), count in blocks.items():
        days[start, end, name] += [day] * count
    for (start, end, name), found in sorted(days.items()):
        found.sort(key=lambda day: (DAYS.index(day) if day in DAYS else len(DAYS), day))
        yield f"{start}–{end} {name} ({', '.join(found)})"


def metadata_of(truth, result):
    """How what the timetables say of themselves differs, one line each. It counts for nothing."""
    stated, found = (document.get("timetables", []) for document in (truth, result))
    if len(stated) != len(found):
        yield f"timetables: {len(found)}, not {len(stated)}"
    for wanted, had in zip(stated, found):
        for name, value in wanted["metadata"].items():
            other = (had.get("metadata") or {}).get(name)
            if other != value:
                yield f"{name}: {json.dumps(other, ensure_ascii=False)}, not {json.dumps(value, ensure_ascii=False)}"


class Score:
    """Blocks stated, found, and right."""

    def __init__(self, stated=0, found=0, right=0):
        self.stated, self.found, self.right = stated, found, right

    def add(self, other):
        self.stated += other.stated
        self.found += other.found
        self.right += other.right

    def f1(self):
        return 2 * self.right / max(1, self.stated + self.found)

    def __str__(self):
        precision, recall = self.right / max(1, self.found), self.right / max(1, self.stated)
        return f"{self.stated} | {self.found} | {precision:.3f} | {recall:.3f} | {self.f1():.3f}"


def load(path):
    """A result; None where there is none, or it is no JSON object."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def compared(truth, result):
    """The score of a result, and what is to be said of it."""
    stated = blocks_of(truth)
    if result is None:
        return Score(stated=stated.total()), ["no result"]
    found = blocks_of(result)
    remarks = [f"missed: {line}" for line in lines_of(stated - found)]
    remarks += [f"extra: {line}" for line in lines_of(found - stated)]
    remarks += metadata_of(truth, result)
    return Score(stated.total(), found.total(), (stated & found).total()), remarks


def chosen(beginnings):
    """The names of the sheets that begin so; of all, where nothing is asked for."""
    names = sorted(path.stem for path in SHEETS.glob("*.json"))
    return [name for name in names if not beginnings or name.startswith(tuple(beginnings))]


def report(results, kinds, sheets):
    """Prints the table and the remarks; the kinds that are below their goal."""
    cpu_s = load(results / "cpu.json") or {}
    remarks, below = {}, []
    print("| sheet | as | blocks | found | precision | recall | F1 | CPU s a page |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for kind in kinds:
        whole, seconds = Score(), []
        for sheet in sheets:
            name = f"{sheet}.{kind}"
            score, remarks[name] = compared(load(SHEETS / f"{sheet}.json"), load(results / f"{name}.json"))
            whole.add(score)
            # Every sheet is one page.
            seconds += [cpu_s[name]] if name in cpu_s else []
            print(f"| {sheet} | {KINDS[kind]} | {score} | {f'{cpu_s[name]:.2f}' if name in cpu_s else ''} |")
        mean = f"{sum(seconds) / len(seconds):.2f}" if seconds else ""
        print(f"| **all** | {KINDS[kind]} | {whole} | {mean} |")
        if whole.f1() < GOALS[kind]:
            below.append(f"{KINDS[kind]} {whole.f1():.3f}, not {GOALS[kind]}")
    for name, lines in remarks.items():
        if lines:
            print(f"\n{name}")
            print("\n".join(f"- {line}" for line in lines))
    return below


def choices(parser):
    """Which inputs: the same words here and in run.py."""
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--sheets", nargs="+", default=[], metavar="SHEET", help="beginnings of their names")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path)
    choices(parser)
    options = parser.parse_args()
    below = report(options.results, options.kinds, chosen(options.sheets))
    if below:
        sys.exit(f"compare.py: F1 below its goal: {'; '.join(below)}")


if __name__ == "__main__":
    main()
