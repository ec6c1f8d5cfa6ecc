// How a view looks: for people who cannot see it, on a phone, in the dark; and pictures of it for docs/page.md.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { DESKTOP, PHONE } from "./browser.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Where pictures are written; they are only when this names a folder. */
const SCREENS = process.env.SCREENS;
// As little as shows no traces around letters.
const PICTURE_QUALITY = 82;

const LOOKS = [
  { suffix: "", size: DESKTOP, colorScheme: "light" },
  { suffix: "-dark", size: DESKTOP, colorScheme: "dark" },
  { suffix: "-phone", size: PHONE, colorScheme: "light" },
  { suffix: "-phone-dark", size: PHONE, colorScheme: "dark" },
];

// What is wrong with one of the others is mostly wrong with one of these, too.
const ALWAYS = ["", "-phone-dark"];

/**
 * Looks at what is shown on a wide screen and on a phone, light and dark: axe finds nothing, and nothing stands out of the
 * window. `keep` names further looks by their suffixes; pictures are kept of those that it names.
 */
export const look = (page, name, options) => lookAt(page, name, { ...options, check: assertAccessible });

/** The same without axe: for what others have made, and axe finds fault with. */
export const fit = (page, name, options) => lookAt(page, name, { ...options, check: () => {} });

async function lookAt(page, name, { keep = ["", "-phone"], check }) {
  const before = page.viewportSize();
  for (const { suffix, size, colorScheme } of LOOKS) {
    if (![...ALWAYS, ...keep].includes(suffix)) continue;
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    await settle(page);
    await assertFits(page, `${name}${suffix}`);
    await check(page, `${name}${suffix}`);
    if (SCREENS && keep.includes(suffix)) await picture(page, `${name}${suffix}`);
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: null });
}

/** All looks of a main view are kept. */
export const ALL = LOOKS.map(({ suffix }) => suffix);

/** Transitions would show colours on their way; what is loading has its place before it is there. */
async function settle(page) {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve()));
    await frame();
    await frame();
    const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
}

/** Nothing may make the page wider than the window. */
async function assertFits(page, where) {
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(excess <= 0, `${where} is ${excess} px too wide`);
}

/** What is wrong with the page for assistive technology: nothing. */
async function assertAccessible(page, where) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async (rules) => {
    const found = await globalThis.axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
    return found.violations.map(({ id, impact, nodes }) => {
      const places = nodes.map(({ target, failureSummary }) => `${target.join(" ")} (${failureSummary})`);
      return `${id}, ${impact}: ${places.join("; ")}`;
    });
  }, RULES);
  assert.deepEqual(violations, [], where);
}

/** A picture as WebP, a third of what PNG takes. */
async function picture(page, name) {
  const session = await page.context().newCDPSession(page);
  await page.evaluate(() => document.activeElement?.blur?.());
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: PICTURE_QUALITY });
  await session.detach();
  writeFileSync(path.join(SCREENS, `${name}.webp`), Buffer.from(data, "base64"));
}
