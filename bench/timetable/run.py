"""Gives every drawn sheet to a command and compares what it answers with what stands there.

    python3 bench/timetable/run.py [--kinds png pdf jpg] [--sheets 03 07] -- COMMAND...

In COMMAND, {} is the input's path; the settings of its sheet follow as `--set NAME=VALUE`. The command prints the result
as JSON. For the pipeline:

    python3 bench/timetable/run.py -- target/release/docmill run timetable {} --format json --output -

Results go to .local/bench/timetable/results, with the processor time of each command and of what it started. The command
runs once an input, one after the other. Exits 1 as compare.py does.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from compare import SHEETS, choices, chosen, load, report

WORK = pathlib.Path(__file__).resolve().parents[2] / ".local" / "bench" / "timetable"
OUT = WORK / "out"
RESULTS = WORK / "results"


def run(command):
    """What a command prints, how it ends, and its processor time in seconds with that of what it started."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        return output.read(), process.returncode, usage.ru_utime + usage.ru_stime


def command_for(words, file, settings):
    """COMMAND with an input and its settings."""
    words = [str(file) if word == "{}" else word for word in words]
    for name, value in settings.items():
        words += ["--set", f"{name}={json.dumps(value, ensure_ascii=False)}"]
    return words


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choices(parser)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if "{}" not in options.command:
        parser.error("COMMAND must have {} where the input's path stands")
    sheets = chosen(options.sheets)
    inputs = [OUT / f"{sheet}.{kind}" for kind in options.kinds for sheet in sheets]
    missing = [file.name for file in inputs if not file.exists()]
    if missing:
        sys.exit(f"run.py: run make.py first: {OUT} has no {', '.join(missing)}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    cpu_s = {}
    for file in inputs:
        settings = load(SHEETS / f"{file.stem}.json")["settings"]
        target = RESULTS / f"{file.name}.json"
        target.unlink(missing_ok=True)
        printed, code, cpu_s[file.name] = run(command_for(options.command, file, settings))
        if code == 0:
            target.write_bytes(printed)
        else:
            print(f"run.py: {file.name}: the command ended with {code}", file=sys.stderr)
    (RESULTS / "cpu.json").write_text(json.dumps(cpu_s, indent=1))
    below = report(RESULTS, options.kinds, sheets)
    if below:
        sys.exit(f"run.py: F1 below its goal: {'; '.join(below)}")


if __name__ == "__main__":
    main()
