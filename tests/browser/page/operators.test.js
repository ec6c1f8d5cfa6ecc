// What operators see and do, and that nobody else does.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after } from "node:test";

import { go, signIn, until } from "../harness/actions.js";
import { pageTest, useBrowser, userTest } from "../harness/browser.js";
import { ALL, look } from "../harness/look.js";
import { ADDRESS, buryMessage, feedLow, newUser, operator, shortText, sweep } from "../harness/stack.js";

useBrowser();
// Whatever became of the test that stopped it.
after(() => feedLow(true));

const dialog = (page) => page.getByRole("dialog");
const told = (page, text) => page.getByRole("status").filter({ hasText: text }).first().waitFor();

/** A test with an operator signed in, who looks at the dashboard. */
const operatorTest = (name, body) =>
  pageTest(name, {}, async (view) => {
    await signIn(view.page, operator);
    await go(view.page, "Operators");
    await view.page.getByRole("heading", { name: "Operators", level: 1 }).waitFor();
    await body(view);
  });

userTest("whoever is no operator sees nothing of it", {}, async ({ page }) => {
  assert.equal(await page.getByRole("link", { name: "Operators" }).count(), 0);
  const asked = [];
  page.on("request", (request) => /\/v1\/operations/.test(request.url()) && asked.push(request.url()));
  await page.goto(`${ADDRESS}#/operators`);
  await page.getByText("This is for operators").waitFor();
  await look(page, "operators-refused", { keep: [] });
  assert.deepEqual(asked, []);
});

operatorTest("an operator sees the figures, each with its source", async ({ page }) => {
  const reader = await newUser();
  const { job_id: id } = await reader.submit(shortText("figures.txt"));
  await until(async () => (await reader.job(id)).status === "completed", "the job");
  for (const name of ["Open jobs", "Running now", "Dead letters", "Accounting check", "Cost today"]) {
    await page.getByRole("button", { name: `Source of ${name}`, exact: true }).waitFor();
  }
  await page.getByText("Balanced", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Source of Open jobs", exact: true }).click();
  await page.getByRole("note").waitFor();
  await look(page, "operators-source", { keep: [] });
  await page.keyboard.press("Escape");
  await page.getByRole("note").waitFor({ state: "detached" });
  await page
    .getByRole("table", { name: "Queues" })
    .getByRole("row", { name: /^Normal/ })
    .waitFor();
  await look(page, "operators", { keep: ALL });
});

operatorTest(
  "an operator cancels somebody's job, after a question and with a line in the audit trail",
  async ({ page }) => {
    const reader = await newUser();
    const { job_id: id } = await reader.announce("stuck.txt");
    await page.getByRole("tab", { name: "Jobs" }).click();
    const cancel = page.getByRole("button", { name: `Cancel job ${id}` });
    await cancel.waitFor();
    await look(page, "operators-jobs", { keep: ["", "-phone"] });
    await cancel.click();
    await dialog(page).getByText("Cancel this job?").waitFor();
    await look(page, "operators-cancel", { keep: [""] });
    await dialog(page).getByRole("button", { name: "Leave it" }).click();
    await dialog(page).waitFor({ state: "detached" });
    assert.equal((await reader.job(id)).status, "awaiting_upload");
    await cancel.click();
    await dialog(page).getByRole("button", { name: "Cancel the job" }).click();
    await told(page, "The job was cancelled.");
    assert.equal((await reader.job(id)).status, "cancelled");
    const { entries } = await reader.call("GET", "/v1/audit");
    const entry = entries.find(({ action, subject }) => action === "job_cancelled" && subject === id);
    assert.equal(entry?.as, "operator");
  },
);

operatorTest("an operator requeues a job that waits", async ({ page }) => {
  await feedLow(false);
  const reader = await newUser();
  const { job_id: id } = await reader.submit(shortText("waits.txt"), { priority: "low" });
  await page.getByRole("tab", { name: "Jobs" }).click();
  await page.getByRole("button", { name: `Requeue job ${id}` }).click();
  await dialog(page).getByRole("button", { name: "Requeue the job" }).click();
  await dialog(page).waitFor({ state: "detached" });
  const { entries } = await operator.call("GET", "/v1/audit");
  assert.ok(entries.some(({ action, subject }) => action === "job_requeued" && subject === id));
  await feedLow(true);
  await until(async () => (await reader.job(id)).status === "completed", "the job");
});

operatorTest("an operator discards a dead letter", async ({ page }) => {
  await buryMessage(`poison ${randomUUID()}`);
  const letters = async () => (await operator.call("GET", "/v1/operations/letters?state=open")).letters;
  const letter = await until(async () => {
    await sweep();
    return (await letters()).find(({ kind }) => kind === "undecodable");
  }, "the sweep to find the letter");
  await page.getByRole("tab", { name: /^Dead letters/ }).click();
  await page.getByRole("button", { name: `Discard letter ${letter.id}` }).waitFor();
  await look(page, "operators-letters", { keep: ["", "-dark"] });
  await page.getByRole("button", { name: `Discard letter ${letter.id}` }).click();
  await dialog(page).getByRole("button", { name: "Discard it" }).click();
  await told(page, "The dead letter was discarded.");
  await page.getByText("Dealt with", { exact: true }).click();
  await page.getByText("Discarded", { exact: true }).first().waitFor();
  assert.equal(
    (await letters()).some(({ id }) => id === letter.id),
    false,
  );
});
