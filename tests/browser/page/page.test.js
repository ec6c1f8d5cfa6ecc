import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { assertAccessible, badge, launch, open, picture, sample, signIn, stackEnv, upload } from "./stack.js";

const env = stackEnv();
const STORY = sample("la-maison-du-port.txt");
let browser;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** A test in a page of its own, signed in; nothing may be complained of but what `allowed` matches. */
function signedIn(name, { allowed = [], size, prepare = () => {} }, body) {
  test(name, { timeout: 120_000 }, async () => {
    const view = await open(browser, "about:blank", size);
    try {
      await prepare(view.page);
      await view.page.goto(`${env.DOCMILL_URL}/`);
      await signIn(view.page, env);
      await body(view);
      const complaints = view.complaints.filter((text) => !allowed.some((pattern) => pattern.test(text)));
      assert.deepEqual(complaints, []);
    } catch (error) {
      await picture(view.page, `failed-${name.replaceAll(/\W+/g, "-")}`);
      throw error;
    } finally {
      await view.close();
    }
  });
}

const waitForMode = (page, mode) => page.locator(`#connection[data-mode="${mode}"]`).waitFor({ timeout: 20_000 });

/** A French text of about that size, too long to be done at once. */
function longText(bytes) {
  const story = readFileSync(STORY);
  return { name: "long.txt", mimeType: "text/plain", buffer: Buffer.concat(Array(Math.ceil(bytes / story.length)).fill(story)) };
}

signedIn("a book becomes sentences", {}, async ({ page }) => {
  await upload(page, sample("le-phare-de-kermor.pdf"));
  await badge(page, "Completed");
  const table = page.getByRole("table", { name: "Sentences" });
  await table.waitFor();
  assert.ok((await table.getByRole("row").count()) > 20);
  await picture(page, "book");
});

signedIn("a text becomes sentences, live", {}, async ({ page, frames }) => {
  await waitForMode(page, "live");
  const asked = [];
  const id = await upload(page, STORY);
  page.on("request", (request) => {
    if (request.url().endsWith(`/v1/jobs/${id}`)) asked.push(request.url());
  });
  await badge(page, "Completed");
  const events = frames.filter((frame) => frame.job_id === id);
  const statuses = new Set(events.map((event) => event.status));
  for (const status of ["queued", "processing", "completed"]) assert.ok(statuses.has(status), `${status} came live`);
  assert.ok(asked.length <= 3, `the job was asked for ${asked.length} times`);

  const table = page.getByRole("table", { name: "Sentences" });
  await table.waitFor();
  const first = table.getByRole("row").nth(1).getByRole("cell").nth(1);
  assert.equal(await first.locator("span").first().getAttribute("lang"), "fr");
  assert.match(await first.innerText(), /^\p{Lu}.*[.!?…»]$/su);
  const total = Number((await page.locator(".totals strong").first().innerText()).replaceAll(",", ""));
  assert.ok(total > 10);
  await picture(page, "result");
  await assertAccessible(page, "the result");

  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download CSV" }).click()]);
  assert.equal(download.suggestedFilename(), "la-maison-du-port.csv");
  const csv = readFileSync(await download.path(), "utf8");
  assert.ok(csv.startsWith("\uFEFFIndex,Sentence\r\n"));
  assert.equal(csv.trimEnd().split("\r\n").length, total + 1);

  await page.reload();
  await page.getByRole("table", { name: "Sentences" }).waitFor();
  assert.ok((await page.locator(".job.selected").innerText()).includes("la-maison-du-port.txt"));
});

signedIn("sentences are filtered by their flags and shown by pages", {}, async ({ page }) => {
  await upload(page, STORY);
  const table = page.getByRole("table", { name: "Sentences" });
  await table.waitFor({ timeout: 60_000 });
  const chip = page.locator(".chip[data-flag]:not([data-flag=all])").first();
  const wanted = Number((await chip.locator(".count").innerText()).replaceAll(",", ""));
  const flag = await chip.getAttribute("data-flag");
  await chip.click();
  assert.equal(await page.locator(`.chip[data-flag="${flag}"]`).getAttribute("aria-pressed"), "true");
  const rows = await table.locator("tbody tr").count();
  assert.equal(rows, Math.min(wanted, 50));
  assert.equal(await table.locator(`.flag[data-flag="${flag}"]`).count(), rows);
  const focused = await page.evaluate(() => document.activeElement.dataset.flag);
  assert.equal(focused, flag, "the keyboard stays where it was");

  await page.locator(".chip[data-flag=all]").click();
  const next = page.getByRole("button", { name: "Next" });
  await next.click();
  assert.equal(await table.locator("tbody tr").first().getByRole("cell").first().innerText(), "51");
});

signedIn("a large text goes straight to the store, and a cancel ends its job", {}, async ({ page }) => {
  await waitForMode(page, "live");
  const puts = [];
  page.on("request", (request) => {
    if (request.method() === "PUT") puts.push(new URL(request.url()).pathname);
  });
  await upload(page, longText(4_500_000));
  await page.locator("#detail .badge", { hasText: /Queued|Processing/ }).waitFor({ timeout: 30_000 });
  assert.equal(puts.length, 1);
  await page.locator("#detail").getByRole("button", { name: /^Cancel/ }).click();
  await badge(page, "Cancelled");
  await picture(page, "cancelled");
  assert.equal(await page.locator("#detail").getByRole("button", { name: /^Cancel/ }).count(), 0);

  await page.locator("#detail").getByRole("button", { name: /^Retry/ }).click();
  await page.locator("#detail .badge", { hasText: /Queued|Processing/ }).waitFor();
  await picture(page, "processing");
  await assertAccessible(page, "a job on its way");
  await badge(page, "Completed");
});

signedIn("an upload that was interrupted goes on", { allowed: [/ERR_FAILED/] }, async ({ page }) => {
  let away = true;
  await page.route(/\/uploads\/.*Signature=/, (route) => (away ? route.abort() : route.continue()));
  await page.locator("#file").setInputFiles(longText(3_200_000));
  await page.getByRole("button", { name: "Start", exact: true }).click();
  const goOn = page.getByRole("button", { name: "Go on with the upload" });
  await goOn.waitFor({ timeout: 20_000 });
  assert.match(await page.locator("#new-job [role=alert]").innerText(), /interrupted/);
  await page.locator(".job .badge", { hasText: "Waiting for file" }).first().waitFor();
  away = false;
  await goOn.click();
  await badge(page, "Completed");
});

signedIn("what is wrong with settings is shown at the setting", { allowed: [/status of 422/] }, async ({ page }) => {
  await page.getByText("Settings", { exact: true }).click();
  await page.getByLabel("Sentence length limit").fill("4");
  await page.getByLabel("Min sentence length").fill("6");
  await page.locator("#file").setInputFiles(STORY);
  await page.getByRole("button", { name: "Start", exact: true }).click();
  const field = page.getByLabel("Min sentence length");
  await page.locator("[aria-invalid=true]").waitFor();
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  assert.equal(await field.evaluate((input) => input === document.activeElement), true);
  await picture(page, "settings");
  await assertAccessible(page, "a refused setting");
  await field.fill("2");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await badge(page, "Completed");
  await page.getByRole("table", { name: "Sentences" }).waitFor();
  const words = await page.locator("td[data-name=words]").allInnerTexts();
  assert.ok(words.every((count) => Number(count) <= 4));
});

signedIn("files that cannot be used are refused before anything is sent", {}, async ({ page }) => {
  const asked = [];
  page.on("request", (request) => request.method() === "POST" && request.url().endsWith("/v1/jobs") && asked.push(request.url()));
  const alert = page.locator("#new-job [role=alert]");
  await page.locator("#file").setInputFiles({ name: "photo.png", mimeType: "image/png", buffer: Buffer.from("x") });
  assert.match(await alert.innerText(), /photo\.png.*\.txt/s);
  await page.locator("#file").setInputFiles({ name: "empty.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) });
  assert.match(await alert.innerText(), /empty/);
  await page.getByRole("button", { name: "Start", exact: true }).click();
  assert.deepEqual(asked, []);
});

signedIn("without a WebSocket a job is followed by its event stream", {
  prepare: (page) => page.routeWebSocket(/\/live/, (socket) => socket.close()),
}, async ({ page }) => {
  await page.locator("#connection:is([data-mode=polling], [data-mode=stream])").waitFor({ timeout: 20_000 });
  const streams = [];
  page.on("request", (request) => request.resourceType() === "eventsource" && streams.push(request.url()));
  await upload(page, STORY);
  await badge(page, "Completed");
  assert.ok(streams.length > 0);
});

signedIn("without WebSocket and streams a job is polled", {
  prepare: async (page) => {
    await page.routeWebSocket(/\/live/, (socket) => socket.close());
    await page.route(/\/stream\?/, (route) => route.fulfill({ status: 204 }));
  },
}, async ({ page }) => {
  await waitForMode(page, "polling");
  await upload(page, STORY);
  await badge(page, "Completed");
  await waitForMode(page, "polling");
});

signedIn("a phone shows the list or the job", { size: { width: 390, height: 844 } }, async ({ page }) => {
  await picture(page, "phone-list");
  await assertAccessible(page, "the list on a phone");
  await upload(page, STORY);
  await badge(page, "Completed");
  await page.getByRole("table", { name: "Sentences" }).waitFor();
  assert.equal(await page.getByRole("heading", { name: "New job" }).isVisible(), false);
  await picture(page, "phone-result");
  await assertAccessible(page, "the result on a phone");
  await page.getByRole("link", { name: "All jobs", exact: false }).last().click();
  assert.equal(await page.getByRole("heading", { name: "New job" }).isVisible(), true);
});

signedIn("signing out leaves nothing behind", {}, async ({ page }) => {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.locator("#workspace").isVisible(), false);
});

test("a wrong password is told", async () => {
  const { page, complaints, close } = await open(browser, `${env.DOCMILL_URL}/`);
  await page.getByLabel("E-mail").waitFor();
  await picture(page, "sign-in");
  await assertAccessible(page, "signing in");
  await page.getByLabel("E-mail").fill(env.DOCMILL_USER);
  await page.getByLabel("Password", { exact: true }).fill("not the password");
  await page.keyboard.press("Enter");
  await page.locator("#password-form [role=alert]:not([hidden])").waitFor();
  assert.match(await page.locator("#password-form [role=alert]").innerText(), /password/i);
  assert.deepEqual(complaints.filter((text) => !/status of 40/.test(text)), []);
  await close();
});

test("a token is as good as a password", async () => {
  const { page, complaints, close } = await open(browser, `${env.DOCMILL_URL}/`);
  await page.getByRole("button", { name: "Use a token instead" }).click();
  await page.getByLabel("ID token").fill("nonsense");
  await page.getByRole("button", { name: "Use this token" }).click();
  assert.match(await page.locator("#token-form [role=alert]").innerText(), /JSON Web Token/);
  await page.getByLabel("ID token").fill(env.DOCMILL_TOKEN);
  await page.getByRole("button", { name: "Use this token" }).click();
  await page.getByRole("heading", { name: "New job" }).waitFor();
  assert.equal(await page.locator("#user").innerText(), env.DOCMILL_USER);
  assert.deepEqual(complaints, []);
  await close();
});

test("the description of the API can be read", async () => {
  const { page, complaints, close } = await open(browser, `${env.DOCMILL_URL}/docs`);
  await page.getByRole("heading", { name: "Docmill API" }).waitFor();
  await page.getByRole("link", { name: "POST /v1/jobs", exact: true }).click();
  await picture(page, "docs");
  await assertAccessible(page, "the description");
  assert.deepEqual(complaints, []);
  await close();
});
