// The history of jobs, one job's page, and what else there is to see of jobs.

import assert from "node:assert/strict";

import { badge, dismissToasts, go, shownJob, toast, until, upload } from "../harness/actions.js";
import { useBrowser, userTest } from "../harness/browser.js";
import { ALL, look } from "../harness/look.js";
import { ADDRESS, newUser, shortText, STORY } from "../harness/stack.js";

useBrowser();

const list = (page) => page.getByRole("list", { name: "Jobs" });

userTest("the history is filtered, shown by pages, and live", {}, async ({ page, user }) => {
  await go(page, "Jobs");
  await page.getByText("No jobs yet").waitFor();
  await look(page, "jobs-empty", { keep: ["", "-phone"] });
  const made = [];
  for (let number = 1; number <= 28; number += 1) made.push(await user.announce(`chapter ${number}.txt`));
  await user.call("POST", `/v1/jobs/${made[2].job_id}/cancel`);
  // What others make appears by itself.
  await list(page).getByRole("link", { name: "chapter 28.txt" }).waitFor();
  await page.reload();
  await list(page).getByRole("link", { name: "chapter 28.txt" }).waitFor();
  await until(async () => (await list(page).getByRole("listitem").count()) === 25, "the first page");
  await look(page, "jobs", { keep: ALL });
  await page.getByRole("button", { name: "Show older jobs" }).click();
  await list(page).getByRole("link", { name: "chapter 1.txt" }).waitFor();
  assert.equal(await list(page).getByRole("listitem").count(), 28);
  assert.equal(await page.getByRole("button", { name: "Show older jobs" }).count(), 0);
  const names = await list(page).getByRole("link").allInnerTexts();
  assert.deepEqual(
    names,
    made.map((_, index) => `chapter ${28 - index}.txt`),
    "newest first",
  );

  await page.getByLabel("Status").selectOption("cancelled");
  await until(async () => (await list(page).getByRole("listitem").count()) === 1, "the cancelled one");
  await list(page).getByRole("link", { name: "chapter 3.txt" }).waitFor();
  await page.reload();
  assert.equal(await page.getByLabel("Status").inputValue(), "cancelled", "the filter stands in the address");
  await list(page).getByRole("link", { name: "chapter 3.txt" }).waitFor();
  await page.getByLabel("What was done").selectOption("timetable");
  await page.getByText("No job is like this").waitFor();
  await page.getByRole("link", { name: "Show all jobs" }).click();
  await until(async () => (await list(page).getByRole("listitem").count()) === 25, "all again");

  await page.getByRole("button", { name: "Cancel chapter 28.txt" }).click();
  await list(page).getByRole("listitem").filter({ hasText: "chapter 28.txt" }).getByText("Cancelled").waitFor();
});

userTest(
  "a job's page tells its course, its figures and its end",
  { allowed: [/status of 404/] },
  async ({ page, user }) => {
    const id = await upload(page, STORY);
    await badge(page, "Completed");
    const events = page.getByRole("list", { name: "Events" });
    await events.getByText("Queued").waitFor();
    await events.getByText("Completed").waitFor();
    const about = page.getByRole("region", { name: "About this job" });
    await about.getByText("la-maison-du-port.txt").waitFor();
    const { usage } = await user.job(id);
    await about.getByText(`$${usage.cost_usd}`).waitFor();
    await about.getByText(id).waitFor();

    await about.getByRole("button", { name: "Delete the job" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete this job?" });
    await dialog.waitFor();
    await look(page, "delete-job", { keep: [""] });
    await dialog.getByRole("button", { name: "Keep" }).click();
    await dialog.waitFor({ state: "detached" });
    await about.getByRole("button", { name: "Delete the job" }).click();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
    await until(
      async () => (await page.getByRole("main").getByRole("link", { name: "la-maison-du-port.txt" }).count()) === 0,
      "the job to go",
    );
    await page.goto(`${ADDRESS}#/jobs/${id}`);
    await page.getByRole("heading", { name: "There is no such job" }).waitFor();
    await look(page, "no-job", { keep: [""] });
  },
);

userTest("somebody else's job is nobody's business", { allowed: [/status of 404/] }, async ({ page }) => {
  const other = await newUser("other");
  const { job_id: id } = await other.announce("secret.txt");
  await page.goto(`${ADDRESS}#/jobs/${id}`);
  await page.getByRole("heading", { name: "There is no such job" }).waitFor();
  assert.equal(await page.getByText("secret").count(), 0);
});

userTest("credits are reserved, charged and listed", {}, async ({ page, user }) => {
  await go(page, "Credits");
  await page.getByText("Credits of", { exact: false }).or(page.getByText("No movements yet")).first().waitFor();
  await look(page, "credits-empty", { keep: [] });
  const { job_id: id } = await user.submit(shortText("credit.txt"));
  await until(async () => (await user.job(id)).status === "completed", "the job");
  await page.reload();
  const ledger = page.getByRole("table", { name: "Ledger" });
  await ledger.getByText("Charged for").waitFor();
  await ledger.getByText("Reserved for").waitFor();
  const credits = await user.call("GET", "/v1/credits");
  const figure = page.locator("dl", { hasText: "Available" }).locator("dd").first();
  assert.equal((await figure.innerText()).replaceAll(",", ""), String(credits.balance));
  await look(page, "credits", { keep: ["", "-phone"] });
  await ledger.getByRole("link", { name: "a job" }).first().click();
  assert.equal(await shownJob(page), id);
});

userTest("a job for which credits do not suffice is refused before it is sent", {}, async ({ page }) => {
  await page.route(/\/v1\/estimate$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), credits: 9, balance: 3, affordable: false } });
  });
  await page.locator("#file").setInputFiles(STORY);
  await page.getByText("Not enough credits").waitFor();
  await look(page, "no-credits", { keep: [""] });
});

userTest("the tour runs a sample of each pipeline", { limitMs: 180_000 }, async ({ page, user }) => {
  await go(page, "Tour");
  await page.getByRole("button", { name: "Run all samples" }).waitFor();
  await look(page, "tour", { keep: ["", "-phone"] });
  const { pipelines } = await user.call("GET", "/v1/pipelines");
  await page.getByRole("button", { name: "Run all samples" }).click();
  for (const { title } of pipelines) {
    const stop = page.getByRole("region", { name: title });
    await stop.locator(".docmill-badge", { hasText: "Completed" }).waitFor({ timeout: 90_000 });
    await stop.getByText("Look at the result").waitFor();
  }
  await toast(page).getByText("Document ready!").first().waitFor();
  await dismissToasts(page);
  await look(page, "tour-done", { keep: ["", "-dark"] });
  await page.getByRole("region", { name: pipelines[0].title }).getByText("Look at the result").click();
  await shownJob(page);
  await badge(page, "Completed");
});

userTest("the account shows who one is, the callback secret and the audit trail", {}, async ({ page, user }) => {
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Account" }).click();
  await page.getByRole("heading", { name: "Account", level: 1 }).waitFor();
  await page.getByRole("main").getByText(user.email).waitFor();
  const secret = page.getByRole("region", { name: "Callback secret" });
  await secret.getByRole("button", { name: "Show the secret" }).click();
  const shown = await secret.locator("code").innerText();
  assert.equal(shown, (await user.call("GET", "/v1/callback-secret")).secret);
  await secret.getByRole("button", { name: "Replace" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Replace" }).click();
  await until(async () => (await secret.locator("code").innerText()) !== shown, "the new secret");
  await secret.getByRole("button", { name: "Hide" }).click();
  const audit = page.getByRole("region", { name: "Audit trail" });
  await page.reload();
  await audit
    .getByText(/callback secret/i)
    .first()
    .waitFor();
  await look(page, "account", { keep: [""] });
});
