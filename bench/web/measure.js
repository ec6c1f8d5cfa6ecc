// How the upload page loads for somebody who has nothing of it stored: bytes as they were transferred, requests, and what
// the browser says of paint, shifts and blocked time. Prints a Markdown table; fails above the limit on scripts.
//
// usage: node measure.js      with the variables of a running stack's stack.env; RUNS=5, CHROMIUM=/usr/bin/chromium

import { createRequire } from "node:module";

// That of the browser tests.
const { chromium } = createRequire(new URL("../../tests/browser/package.json", import.meta.url))("playwright-core");

const RUNS = Number(process.env.RUNS ?? 5);
/** Compressed JavaScript of the upload page, in bytes. */
const SCRIPT_LIMIT = 250_000;
/** A task above this many milliseconds keeps a user waiting; what is above it counts as blocked. */
const LONG_TASK_MS = 50;
/** No request and no long task for so long: the page is there. */
const QUIET_MS = 2000;

const PROFILES = {
  "this machine": null,
  // Those of Lighthouse's mobile run.
  "slow 4G, processor four times slower": { latency: 150, bytesPerSecond: 1_638_400 / 8, slowdown: 4 },
};

/** Notes what the browser tells as it happens; runs in the page before anything of it. */
function observe() {
  const seen = { paint: 0, largest: 0, shifts: 0, tasks: [] };
  globalThis.measured = seen;
  const on = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  on("paint", (entry) => {
    if (entry.name === "first-contentful-paint") seen.paint = entry.startTime;
  });
  on("largest-contentful-paint", (entry) => {
    seen.largest = entry.startTime;
  });
  on("layout-shift", (entry) => {
    if (!entry.hadRecentInput) seen.shifts += entry.value;
  });
  on("longtask", (entry) => seen.tasks.push([entry.startTime, entry.duration]));
}

async function slow(devtools, profile) {
  if (!profile) return;
  await devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: profile.latency,
    downloadThroughput: profile.bytesPerSecond,
    uploadThroughput: profile.bytesPerSecond,
  });
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: profile.slowdown });
}

/** What came over the wire, by kind; the page's own requests to the API are counted apart. */
async function count(devtools) {
  const requests = new Map();
  await devtools.send("Network.enable");
  devtools.on("Network.responseReceived", ({ requestId, type, response }) => {
    requests.set(requestId, { type, encoding: response.headers["content-encoding"], url: response.url, bytes: 0 });
  });
  devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const request = requests.get(requestId);
    if (request) request.bytes = encodedDataLength;
  });
  return () => [...requests.values()];
}

async function signIn(page, env) {
  await page.getByLabel("E-mail").fill(env.DOCMILL_USER);
  await page.getByLabel("Password", { exact: true }).fill(env.DOCMILL_PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "New job" }).waitFor();
}

/** One load of the upload page in a browser that has the session and nothing else. */
async function load(browser, env, profile) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${env.DOCMILL_URL}/`);
  await signIn(page, env);
  // What the view before the reload still asks for is not of this load.
  await page.waitForLoadState("networkidle");
  const devtools = await context.newCDPSession(page);
  const requests = await count(devtools);
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
  await slow(devtools, profile);
  await page.addInitScript(observe);
  await page.reload();
  await page.getByRole("heading", { name: "New job" }).waitFor({ timeout: 120_000 });
  const usable = await page.evaluate(() => performance.now());
  await page.waitForTimeout(QUIET_MS);
  const { paint, largest, shifts, tasks } = await page.evaluate(() => globalThis.measured);
  const blocked = tasks
    .filter(([start]) => start >= paint)
    .reduce((sum, [, duration]) => sum + Math.max(0, duration - LONG_TASK_MS), 0);
  const all = requests();
  await context.close();
  const of = (...types) => all.filter(({ type }) => types.includes(type));
  const sum = (list) => list.reduce((bytes, one) => bytes + one.bytes, 0);
  const plain = of("Script", "Stylesheet").filter(({ encoding }) => encoding !== "br");
  if (plain.length) throw new Error(`not compressed: ${plain.map(({ url }) => url).join(", ")}`);
  return {
    scripts: sum(of("Script")),
    styles: sum(of("Stylesheet")),
    files: of("Document", "Script", "Stylesheet", "Image", "Font").length,
    calls: of("Fetch", "XHR").length,
    paint,
    largest,
    usable,
    blocked,
    shifts,
  };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
const milliseconds = (time) => `${Math.round(time)} ms`;

const ROWS = [
  ["JavaScript, compressed", "scripts", kilobytes],
  ["style sheets, compressed", "styles", kilobytes],
  ["files asked for", "files", String],
  ["calls of the API", "calls", String],
  ["first contentful paint", "paint", milliseconds],
  ["largest contentful paint", "largest", milliseconds],
  ["form can be used", "usable", milliseconds],
  ["total blocking time", "blocked", milliseconds],
  ["cumulative layout shift", "shifts", (shift) => shift.toFixed(3)],
];

const { env } = process;
if (!env.DOCMILL_URL) throw new Error("DOCMILL_URL is not set: run bench/web/run.sh");
const browser = await chromium.launch({
  executablePath: env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"],
});
const medians = {};
try {
  for (const [name, profile] of Object.entries(PROFILES)) {
    const loads = [];
    for (let run = 0; run < RUNS; run += 1) loads.push(await load(browser, env, profile));
    medians[name] = Object.fromEntries(ROWS.map(([, field]) => [field, median(loads.map((one) => one[field]))]));
  }
} finally {
  await browser.close();
}

const names = Object.keys(PROFILES);
console.log(`| upload page, median of ${RUNS} | ${names.join(" | ")} |`);
console.log(`|---|${names.map(() => "---").join("|")}|`);
for (const [title, field, shown] of ROWS) {
  console.log(`| ${title} | ${names.map((name) => shown(medians[name][field])).join(" | ")} |`);
}
const most = Math.max(...names.map((name) => medians[name].scripts));
if (!(most > 0 && most <= SCRIPT_LIMIT)) {
  console.error(`bench: ${kilobytes(most)} of JavaScript, and the limit is ${kilobytes(SCRIPT_LIMIT)}`);
  process.exit(1);
}
