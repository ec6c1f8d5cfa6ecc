// Files on their way to a job: large ones, many, wrong ones.

import assert from "node:assert/strict";

import { badge, badgeOf, card, choose, shownJob, start, toast, upload, until } from "../harness/actions.js";
import { useBrowser, userTest } from "../harness/browser.js";
import { look } from "../harness/look.js";
import { BOOK, longText, shortText, STORY, TIMETABLE } from "../harness/stack.js";

useBrowser();

const STORE = /\/uploads\/.*Signature=/;

userTest("a large text goes straight to the store; its job is cancelled, and tried again", {}, async ({ page }) => {
  const puts = [];
  page.on("request", (request) => request.method() === "PUT" && puts.push(new URL(request.url()).pathname));
  await upload(page, longText(7_000_000));
  assert.equal(puts.length, 1);
  await card(page)
    .getByRole("button", { name: /^Cancel/ })
    .click();
  await badge(page, "Cancelled");
  assert.equal(
    await card(page)
      .getByRole("button", { name: /^Cancel/ })
      .count(),
    0,
  );
  await look(page, "cancelled", { keep: [""] });
  await card(page)
    .getByRole("button", { name: /^Retry/ })
    .click();
  await until(async () => /Queued|Processing/.test(await badgeOf(page)), "the next attempt");
  await card(page).getByText("Attempt 2").waitFor();
  await badge(page, "Completed");
  assert.equal(puts.length, 1, "what is there is not sent twice");
});

userTest(
  "an upload that lost its connection goes on with what is missing",
  { allowed: [/ERR_FAILED/] },
  async ({ page }) => {
    // Parts of 8 MB or more: whether it can be read is not what this is about.
    const pdf = Buffer.concat([Buffer.from("%PDF-1.7\n"), longText(18_000_000).buffer]);
    const sent = [];
    let isCut = true;
    await page.route(STORE, (route) => {
      const part = new URL(route.request().url()).searchParams.get("partNumber");
      if (isCut && part === "2") return route.abort();
      sent.push(part);
      return route.continue();
    });
    await choose(page, { name: "large.pdf", mimeType: "application/pdf", buffer: pdf });
    await start(page);
    const goOn = page.getByRole("button", { name: "Go on with the upload" });
    await goOn.waitFor();
    await look(page, "upload-interrupted", { keep: ["", "-phone"] });
    const before = [...sent];
    assert.ok(before.length > 0, "other parts had arrived");
    isCut = false;
    await goOn.click();
    await shownJob(page);
    assert.deepEqual(
      sent.slice(before.length).filter((part) => before.includes(part)),
      [],
      "no part was sent twice",
    );
    assert.ok(sent.includes("2"));
  },
);

userTest(
  "an upload that was left half-way goes on after a reload, with the same file",
  { allowed: [/ERR_FAILED/] },
  async ({ page }) => {
    const file = longText(3_200_000, "left.txt");
    await page.route(STORE, (route) => route.abort());
    await choose(page, file);
    await start(page);
    await page.getByRole("button", { name: "Go on with the upload" }).waitFor();
    await page.unroute(STORE);
    await page.reload();
    await page.getByRole("link", { name: "left.txt" }).first().click();
    await shownJob(page);
    const pick = async (chosen) => {
      const [chooser] = await Promise.all([
        page.waitForEvent("filechooser"),
        page.getByRole("button", { name: "Go on with the upload" }).click(),
      ]);
      await chooser.setFiles(chosen);
    };
    await pick(shortText("other.txt"));
    await page
      .getByRole("alert")
      .filter({ hasText: /not the files/ })
      .waitFor();
    await look(page, "upload-left", { keep: [""] });
    await pick(file);
    await badge(page, "Completed");
  },
);

userTest("several files become a job each, with what they are guessed to be for", {}, async ({ page, user }) => {
  await choose(page, TIMETABLE);
  const what = page.getByLabel("What to do");
  await until(async () => (await what.inputValue()) === "timetable", "the guess for a timetable");
  await page.getByRole("button", { name: /^Remove 05-/ }).click();
  await choose(page, [BOOK, STORY]);
  await until(async () => (await what.inputValue()) === "novel", "the guess for books");
  await page
    .getByRole("status")
    .filter({ hasText: /^2 jobs/ })
    .waitFor();
  await look(page, "several-files", { keep: ["", "-phone"] });
  await start(page);
  const jobs = page.getByRole("region", { name: "Your jobs" });
  for (const name of ["le-phare-de-kermor.pdf", "la-maison-du-port.txt"]) {
    await jobs.locator(".docmill-line", { hasText: name }).getByText("Completed").waitFor();
  }
  const made = await user.call("GET", "/v1/jobs");
  assert.equal(made.jobs.length, 2);
  assert.ok(made.jobs[0].batch_id);
  assert.equal(made.jobs[0].batch_id, made.jobs[1].batch_id);
});

userTest("what is wrong with settings is shown at the setting", { allowed: [/status of 422/] }, async ({ page }) => {
  await page.getByRole("button", { name: "Settings", exact: true }).click();
  await page.getByLabel("Sentence length limit").fill("4");
  await page.getByLabel("Min sentence length").fill("6");
  await choose(page, STORY);
  await start(page);
  const field = page.getByLabel("Min sentence length");
  await until(async () => (await field.getAttribute("aria-invalid")) === "true", "the setting that is refused");
  await until(() => field.evaluate((input) => input === document.activeElement), "the keyboard at the setting");
  await look(page, "settings", { keep: ["", "-dark", "-phone"] });
  await field.fill("2");
  await start(page);
  await shownJob(page);
  await badge(page, "Completed");
  await page.getByRole("table", { name: "Sentences" }).waitFor();
  const words = await page.locator("td[data-name=words]").allInnerTexts();
  assert.ok(words.length > 0);
  assert.ok(words.every((count) => Number(count) <= 4));
});

userTest("files that cannot be used are refused before anything is sent", {}, async ({ page }) => {
  const asked = [];
  page.on(
    "request",
    (request) => request.method() === "POST" && /\/v1\/jobs$/.test(request.url()) && asked.push(request.url()),
  );
  await start(page);
  const alert = page.getByRole("alert");
  await alert.filter({ hasText: "choose a file first" }).waitFor();
  await choose(page, { name: "song.mp3", mimeType: "audio/mpeg", buffer: Buffer.from("x") });
  await alert.filter({ hasText: /song\.mp3.*\.txt/s }).waitFor();
  await choose(page, { name: "empty.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) });
  await alert.filter({ hasText: /empty\.txt.*is empty/s }).waitFor();
  await look(page, "refused-files", { keep: [""] });
  // The button says that it cannot be used, and yet can be found by the keyboard.
  await page.getByRole("button", { name: "Start", exact: true }).press("Enter");
  await page.getByRole("button", { name: "Remove song.mp3" }).click();
  await page.getByRole("button", { name: "Remove empty.txt" }).click();
  assert.equal(await alert.count(), 0);
  assert.deepEqual(asked, []);
});

userTest("files can be dropped on the page", {}, async ({ page }) => {
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(["Le chat dort. La mer monte."], "dropped.txt", { type: "text/plain" }));
    return transfer;
  });
  await page.locator(".drop-zone").dispatchEvent("drop", { dataTransfer: data });
  await page.getByRole("list", { name: "Chosen files" }).getByText("dropped.txt").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("A dropped one");
  await start(page);
  await shownJob(page);
  await page.getByRole("heading", { name: "A dropped one" }).waitFor();
});

userTest("a document that cannot be read fails with a reason and a notification", {}, async ({ page }) => {
  const blank =
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
  await upload(page, { name: "blank.pdf", mimeType: "application/pdf", buffer: Buffer.from(blank) });
  await badge(page, "Failed");
  await card(page).locator(".docmill-problem code").waitFor();
  await toast(page).getByText("Document failed").waitFor();
  await look(page, "failed", { keep: ["", "-dark", "-phone"] });
});
