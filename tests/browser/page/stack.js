// A browser at the running stack, and what must not happen in it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { chromium } from "playwright-core";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** `stack.env` of the running stack as an object. */
export function stackEnv() {
  const file = process.env.DOCMILL_STACK_ENV ?? path.join(ROOT, ".local/stack.env");
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Error(`${file} is not there: start the local stack (make up), or name its stack.env in DOCMILL_STACK_ENV`);
  }
  const lines = text.split("\n").map((line) => /^(?:export )?(\w+)=(.*)$/.exec(line.trim())).filter(Boolean);
  return Object.fromEntries(lines.map(([, name, value]) => [name, value.replace(/^"(.*)"$/, "$1")]));
}

export const sample = (name) => path.join(ROOT, "samples", name);

/** Starts Debian's Chromium, or the one in CHROMIUM. */
export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

/**
 * A page in a context of its own. `complaints` fills with console errors, exceptions and violations of the security
 * policy; `frames` with what came over the WebSocket.
 */
export async function open(browser, address, { width = 1280, height = 900 } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, acceptDownloads: true });
  const page = await context.newPage();
  const complaints = [];
  const frames = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push(JSON.parse(payload))));
  await context.exposeFunction("reportViolation", (text) => complaints.push(text));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      window.reportViolation(`${event.violatedDirective}: ${event.blockedURI}`));
  });
  await page.goto(address);
  return { page, complaints, frames, close: () => context.close() };
}

export async function signIn(page, env) {
  await page.getByLabel("E-mail").fill(env.DOCMILL_USER);
  await page.getByLabel("Password", { exact: true }).fill(env.DOCMILL_PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "New job" }).waitFor();
}

/** Chooses a file and starts a job; waits for its view and gives back its id. */
export async function upload(page, file) {
  const before = await page.evaluate(() => location.hash);
  await page.locator("#file").setInputFiles(file);
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.waitForFunction((hash) => location.hash !== hash && location.hash.startsWith("#/jobs/"), before);
  return (await page.evaluate(() => location.hash)).split("/").at(-1);
}

/** Waits until the job that is shown has that badge. */
export const badge = (page, text) =>
  page.locator("#detail .badge", { hasText: new RegExp(`^${text}$`) }).waitFor({ timeout: 60_000 });

/** What is wrong with the page's accessibility, and whether it is wider than the window. */
export async function assertAccessible(page, where) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    // Transitions would show colours on their way.
    await Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished));
    const found = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] });
    return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
  });
  assert.deepEqual(violations, [], where);
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(excess <= 0, `${where} is ${excess} px too wide`);
}

/** Saves a picture where SCREENSHOTS names a folder. */
export async function picture(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}.png`) });
}
