// What people do on the page, by the names that they see.

import assert from "node:assert/strict";

/** Signs in with the form. */
export async function signIn(page, { email, password }) {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "New job" }).waitFor();
}

/** Chooses files for a new job. */
export const choose = (page, files) => page.locator("#file").setInputFiles(files);

export const start = (page) => page.getByRole("button", { name: "Start", exact: true }).click();

/** Chooses a file and starts a job; waits for its view and gives back its id. */
export async function upload(page, file) {
  await choose(page, file);
  await start(page);
  return shownJob(page);
}

/** Waits for the view of a job; its id. */
export async function shownJob(page) {
  await page.waitForURL(/#\/jobs\/[^/?]+$/);
  return new URL(page.url()).hash.split("/").at(-1);
}

/** Goes to a view by the navigation of a wide screen. */
export const go = (page, name) => page.getByRole("navigation", { name: "Main" }).getByRole("link", { name }).click();

/** The card of the job that is shown. */
export const card = (page) => page.getByRole("main").locator(".docmill-card").first();

/** Waits until the job that is shown has that badge. */
export const badge = (page, text) =>
  card(page).locator(".docmill-badge", { hasText: text }).waitFor({ timeout: 60_000 });

export const badgeOf = async (page) => (await card(page).locator(".docmill-badge").innerText()).trim();

/** Waits until the dot of the connection stands for one of the modes. */
export const waitForMode = (page, ...modes) =>
  page.locator(modes.map((mode) => `.docmill-connection[data-mode="${mode}"]`).join(", ")).waitFor();

/** The colour of the dot, as people call it. */
export async function dotColour(page) {
  const colour = await page.locator(".docmill-dot").evaluate((dot) => getComputedStyle(dot).backgroundColor);
  const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
  if (green > red && green > blue) return "green";
  if (red > green && green > 1.5 * blue && green > 0.4 * red) return "amber";
  return red > 1.5 * green ? "red" : colour;
}

export const bell = (page) => page.getByRole("button", { name: /^Notifications/ });

export const toast = (page) => page.locator(".docmill-toast");

/** Puts away what is shown of news; it would be gone on its own in a moment. */
export async function dismissToasts(page) {
  while ((await toast(page).count()) > 0) {
    const button = toast(page)
      .getByRole("button", { name: /^Dismiss/ })
      .first();
    await button.click({ timeout: 2_000 }).catch(() => {});
  }
}

/** Starts a download by that; its name and content. */
export async function download(page, action) {
  const [download] = await Promise.all([page.waitForEvent("download"), action()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return { name: download.suggestedFilename(), content: Buffer.concat(chunks) };
}

export const downloadAs = (page, word) =>
  download(page, () => page.getByRole("button", { name: `Download ${word}`, exact: true }).click());

/** Waits until a condition holds that no locator can wait for. */
export async function until(condition, what, limitMs = 30_000) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    assert.ok(Date.now() < deadline, `waited ${limitMs / 1000} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The texts that progress bars of the page have had since this was called, in their order. */
export async function watchProgress(page) {
  await page.evaluate(() => {
    window.progressTexts = [];
    const note = () => {
      for (const bar of document.querySelectorAll("[role=progressbar][aria-valuetext]")) {
        const text = bar.getAttribute("aria-valuetext");
        if (window.progressTexts.at(-1) !== text) window.progressTexts.push(text);
      }
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true });
    note();
  });
  return () => page.evaluate(() => window.progressTexts);
}
