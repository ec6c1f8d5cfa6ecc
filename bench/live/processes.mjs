// CPU time of a process and of those it started, by program. Linux only: elsewhere there is nothing to read.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

const TICKS_PER_SECOND = 100;

/** Seconds of CPU used so far below `pid`: `{emulator, push, ...}`; functions by their names. */
export function cpuSeconds(pid) {
  const processes = new Map();
  for (const entry of entries()) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      // The name in parentheses may have spaces.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const ticks = Number(fields[11]) + Number(fields[12]);
      processes.set(Number(entry), { parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND });
    } catch {
      // It ended meanwhile.
    }
  }
  const used = {};
  for (const [one, { seconds }] of processes) {
    if (!isBelow(one, pid, processes)) continue;
    const name = one === pid ? "emulator" : programOf(one);
    used[name] = (used[name] ?? 0) + seconds;
  }
  return used;
}

/** What was used between two readings. */
export function difference(before, after) {
  const names = Object.keys(after);
  return Object.fromEntries(names.map((name) => [name, Math.max(0, after[name] - (before[name] ?? 0))]));
}

function entries() {
  try {
    return readdirSync("/proc");
  } catch {
    return [];
  }
}

function isBelow(pid, top, processes) {
  for (let at = pid; at > 1; at = processes.get(at)?.parent ?? 0) if (at === top) return true;
  return false;
}

/** A function's process knows what it is. */
function programOf(pid) {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    const name = environment.find((line) => line.startsWith("AWS_LAMBDA_FUNCTION_NAME="));
    return name ? name.slice(name.indexOf("=") + 1) : basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return "?";
  }
}
