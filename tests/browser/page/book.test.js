// From a book to sentences: what most people come for.

import assert from "node:assert/strict";

import {
  badge,
  bell,
  card,
  choose,
  dismissToasts,
  downloadAs,
  shownJob,
  start,
  toast,
  until,
  upload,
  waitForMode,
  watchProgress,
} from "../harness/actions.js";
import { PHONE, useBrowser, userTest } from "../harness/browser.js";
import { ALL, look } from "../harness/look.js";
import { BOOK, longText, shortText, STORY } from "../harness/stack.js";

useBrowser();

userTest("a book is uploaded, watched, told of, read and downloaded", {}, async ({ page, frames, user }) => {
  await waitForMode(page, "live");
  const texts = await watchProgress(page);
  await choose(page, BOOK);
  await page
    .getByRole("status")
    .filter({ hasText: /1 credit of your/ })
    .waitFor();
  await look(page, "new-job", { keep: ALL });
  await start(page);
  const id = await shownJob(page);
  await badge(page, "Completed");

  const stages = new Set((await texts()).map((text) => text.replace(/^\d+ %, /, "")));
  assert.ok(stages.size >= 3, `steps that were seen: ${[...stages].join("; ")}`);
  const statuses = new Set(frames.filter((frame) => frame.job_id === id).map(({ status }) => status));
  for (const status of ["queued", "processing", "completed"]) assert.ok(statuses.has(status), `${status} came live`);

  await toast(page).getByText("Document ready!").waitFor();
  const link = toast(page).getByRole("link", { name: "le-phare-de-kermor.pdf" });
  assert.equal(await link.getAttribute("href"), `#/jobs/${id}`);

  const table = page.getByRole("table", { name: "Sentences" });
  await table.waitFor();
  assert.ok((await table.getByRole("row").count()) > 20);
  const first = table.locator("tbody tr").first();
  assert.equal(await first.locator("[lang]").first().getAttribute("lang"), "fr");
  const last = table.locator("tbody tr").last();
  assert.match(await last.getByRole("cell").nth(1).innerText(), /[.!?…»]$/);
  const sources = await table.locator("td.source [lang=fr]").allInnerTexts();
  assert.ok(
    sources.some((text) => text.length > 40),
    "the original stands beside the rewritten",
  );
  await dismissToasts(page);
  await look(page, "book", { keep: ALL });

  const csv = await downloadAs(page, "CSV");
  assert.equal(csv.name, "le-phare-de-kermor.csv");
  const lines = csv.content.toString().trimEnd().split("\r\n");
  assert.equal(lines[0], "\uFEFFIndex,Sentence");
  const total = Number((await page.locator(".totals strong").first().innerText()).replaceAll(",", ""));
  assert.equal(lines.length, total + 1);
  assert.equal(lines[1].replace(/^1,"?|"$/g, ""), await first.getByRole("cell").nth(1).innerText());

  const json = JSON.parse((await downloadAs(page, "JSON")).content);
  assert.equal(json.sentences.length, total);
  const text = await downloadAs(page, "Text");
  assert.equal(text.name, "le-phare-de-kermor.txt");
  assert.ok(text.content.toString().includes(json.sentences[0].text));
  const excel = await downloadAs(page, "Excel");
  assert.equal(excel.name, "le-phare-de-kermor.xlsx");
  assert.equal(excel.content.subarray(0, 2).toString(), "PK");

  const job = await user.job(id);
  const about = page.getByRole("region", { name: "About this job" });
  await about.getByText(`${job.credits.charged} charged`).waitFor();
  await page.reload();
  await table.waitFor();
});

userTest("the notification leads to the job, also from elsewhere, and is read once", {}, async ({ page }) => {
  await page.getByRole("link", { name: "Credits" }).click();
  await page.getByRole("heading", { name: "Credits" }).waitFor();
  await bell(page).click();
  await page.getByRole("dialog", { name: "Notifications" }).getByText("No notifications yet").waitFor();
  await look(page, "notifications-empty", { keep: [] });
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "New job" }).click();
  const id = await upload(page, shortText("chat.txt"));
  await page.getByRole("link", { name: "Credits" }).click();
  await page.getByRole("button", { name: "Notifications, 1 unread" }).waitFor();
  await bell(page).click();
  const panel = page.getByRole("dialog", { name: "Notifications" });
  await panel.getByText("Document ready!").waitFor();
  await panel.getByText("New").waitFor();
  await look(page, "notifications", { keep: ["", "-dark", "-phone"] });
  await panel.getByRole("link", { name: "chat.txt" }).click();
  assert.equal(await shownJob(page), id);
  await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Notifications", exact: true }).click();
  await panel.getByText("Document ready!").waitFor();
  assert.equal(await panel.getByText("New").count(), 0);
  await panel.getByRole("button", { name: "Dismiss chat.txt" }).click();
  await panel.getByText("No notifications yet").waitFor();
});

const away = { permissions: ["notifications"] };
userTest("the browser itself tells of a job that ended while nobody looked", away, async ({ page, user }) => {
  await page.addInitScript(() => {
    globalThis.told = [];
    globalThis.Notification = class extends Notification {
      constructor(...given) {
        super(...given);
        globalThis.told.push(this);
      }
    };
    // Headless pages are never in the background.
    Object.defineProperty(document, "visibilityState", { get: () => (globalThis.isAway ? "hidden" : "visible") });
  });
  await page.reload();
  await page.getByText("Live", { exact: true }).waitFor();
  const setAway = (value) =>
    page.evaluate((isAway) => {
      globalThis.isAway = isAway;
      document.dispatchEvent(new Event("visibilitychange"));
    }, value);
  await setAway(true);
  const { job_id: id } = await user.submit(shortText("elsewhere.txt"));
  const told = () => page.evaluate(() => globalThis.told.map(({ title, body }) => `${title} ${body}`));
  await until(async () => (await told()).length, "the browser's notification");
  await setAway(false);
  await page.getByRole("button", { name: "Notifications, 1 unread" }).waitFor();
  assert.deepEqual(await told(), ["Document ready! elsewhere.txt"]);
  assert.equal(await page.locator(".docmill-toast").count(), 0);
  await page.evaluate(() => globalThis.told[0].dispatchEvent(new Event("click")));
  await until(async () => page.url().endsWith(id), "the job that it leads to");
  await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
});

userTest("sentences are filtered by their flags, searched, and shown by pages", {}, async ({ page }) => {
  await upload(page, STORY);
  const table = page.getByRole("table", { name: "Sentences" });
  await table.waitFor();
  const chip = page.locator(".chip[data-flag]:not([data-flag=all])").first();
  const wanted = Number((await chip.locator(".count").innerText()).replaceAll(",", ""));
  const flag = await chip.getAttribute("data-flag");
  await chip.click();
  assert.equal(await chip.getAttribute("aria-pressed"), "true");
  const rows = table.locator("tbody tr");
  const shown = Math.min(wanted, 50);
  assert.equal(await rows.count(), shown);
  assert.equal(await table.locator(`[data-flag="${flag}"]`).count(), shown);
  assert.equal(await chip.evaluate((one) => one === document.activeElement), true, "the keyboard stays where it was");

  await page.locator(".chip[data-flag=all]").click();
  await page.getByRole("button", { name: "Next" }).click();
  assert.equal(await rows.first().getByRole("cell").first().innerText(), "51");
  const range = page.getByRole("navigation", { name: "Pages of sentences" }).getByRole("status");
  const all = (await range.innerText()).split(" of ")[1];
  await page.getByLabel("Find in the sentences").fill("PORT");
  await until(async () => !(await range.innerText()).endsWith(` of ${all}`), "the sentences that were found");
  assert.match(await rows.first().innerText(), /port/i);
  await page.getByLabel("Find in the sentences").fill("no such words");
  await page.getByText("No sentence is like this").waitFor();
});

userTest("a job that is on its way survives a reload", {}, async ({ page }) => {
  const id = await upload(page, longText(6_000_000));
  await badge(page, "Processing");
  await page.reload();
  assert.equal(await shownJob(page), id);
  const texts = await watchProgress(page);
  await badge(page, "Completed");
  assert.ok((await texts()).length > 0, "it was still on its way after the reload");
  await toast(page).getByText("Document ready!").waitFor();
});

userTest("a job on its way shows how far it is", {}, async ({ page }) => {
  await upload(page, longText(9_000_000));
  await badge(page, "Processing");
  await look(page, "processing", { keep: ALL });
  await card(page)
    .getByRole("button", { name: /^Cancel/ })
    .click();
  await badge(page, "Cancelled");
});

userTest("a phone has it all", { size: PHONE, isMobile: true, hasTouch: true }, async ({ page }) => {
  await page.getByRole("button", { name: "Menu" }).tap();
  const menu = page.getByRole("navigation", { name: "Main" });
  await menu.getByRole("link", { name: "Jobs" }).tap();
  await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
  await page.getByText("No jobs yet").waitFor();
  await page.getByRole("button", { name: "Menu" }).tap();
  await menu.getByRole("link", { name: "New job" }).tap();
  await upload(page, STORY);
  await badge(page, "Completed");
  const table = page.getByRole("table", { name: "Sentences" });
  await table.waitFor();
  assert.ok((await table.locator("p[lang=fr]").count()) > 0, "originals stand below");
  await page.locator("a", { hasText: "All jobs" }).tap();
  await page.getByRole("list", { name: "Jobs" }).getByRole("link", { name: "la-maison-du-port.txt" }).waitFor();
});

/** Presses Tab until that has the keyboard. */
async function tabTo(page, locator, what) {
  for (let presses = 0; presses < 80; presses += 1) {
    if (await locator.evaluateAll((found) => found.includes(document.activeElement))) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`the keyboard does not get to ${what}`);
}

userTest("the keyboard is enough", {}, async ({ page, user }) => {
  // Out, to come in again without a mouse.
  await tabTo(page, page.getByRole("button", { name: /^Account of/ }), "the account");
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.getByLabel("E-mail").waitFor();
  await tabTo(page, page.getByLabel("E-mail"), "the e-mail");
  await page.keyboard.type(user.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(user.password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "New job" }).waitFor();

  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  await tabTo(page, page.locator("#file"), "the files");
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Enter")]);
  await chooser.setFiles(STORY);
  await page.getByRole("list", { name: "Chosen files" }).waitFor();
  await tabTo(page, page.getByRole("button", { name: "Start", exact: true }), "Start");
  await page.keyboard.press("Enter");
  await shownJob(page);
  await badge(page, "Completed");
  await page.getByRole("table", { name: "Sentences" }).waitFor();
  const save = page.getByRole("button", { name: "Download CSV" });
  await tabTo(page, save, "the download");
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Space")]);
  assert.equal(download.suggestedFilename(), "la-maison-du-port.csv");
  await tabTo(page, page.locator(".chip").nth(1), "a filter");
  await page.keyboard.press("Space");
  assert.equal(await page.locator(".chip").nth(1).getAttribute("aria-pressed"), "true");
});
