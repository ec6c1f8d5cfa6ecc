// A timetable: read as a week, corrected, saved as an edition, exported.

import assert from "node:assert/strict";

import { badge, dismissToasts, download, downloadAs, until, upload } from "../harness/actions.js";
import { PHONE, useBrowser, userTest } from "../harness/browser.js";
import { ALL, look } from "../harness/look.js";
import { TIMETABLE } from "../harness/stack.js";

useBrowser();

const week = (page) => page.locator(".week");
const block = (page, day, name) =>
  page.getByRole("region", { name: day, exact: true }).getByRole("button", { name }).first();
const saveBar = (page) => page.getByRole("region", { name: "Unsaved changes" });
const save = (page) => saveBar(page).getByRole("button", { name: "Save" }).click();

/** Renames a block of Monday in the dialogue. */
async function rename(page, from, to) {
  await block(page, "Monday", from).click();
  const dialog = page.getByRole("dialog", { name: "Edit the block" });
  await dialog.getByLabel("Name").fill(to);
  await dialog.getByRole("button", { name: "Apply" }).click();
}

userTest("a timetable becomes a week, which is corrected, saved and exported", {}, async ({ page, user }) => {
  const id = await upload(page, TIMETABLE);
  await badge(page, "Completed");
  await week(page).waitFor();
  for (const day of ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]) {
    assert.ok((await page.getByRole("region", { name: day, exact: true }).getByRole("listitem").count()) >= 8, day);
  }
  await dismissToasts(page);
  await look(page, "timetable", { keep: ALL });

  await block(page, "Monday", "Numeracy").click();
  const dialog = page.getByRole("dialog", { name: "Edit the block" });
  await dialog.waitFor();
  assert.equal(await dialog.getByLabel("Start").inputValue(), "11:00");
  await dialog.getByLabel("Name").fill("Algebra");
  await dialog.getByLabel("Day").selectOption("tuesday");
  await dialog.getByLabel("Start").fill("16:00");
  await dialog.getByLabel("End").fill("15:30");
  await dialog.getByRole("button", { name: "Apply" }).click();
  await until(() => dialog.locator("[aria-invalid=true]").count(), "the field that is wrong");
  await look(page, "timetable-block", { keep: ["", "-dark", "-phone"] });
  await dialog.getByLabel("End").fill("16:45");
  await dialog.getByLabel("Room").fill("Room 9");
  await dialog.getByRole("button", { name: "Apply" }).click();
  await block(page, "Tuesday", "Algebra").waitFor();
  assert.equal(await block(page, "Monday", "Numeracy").count(), 0);
  await saveBar(page).getByText("1 unsaved change").waitFor();
  await look(page, "timetable-unsaved", { keep: [""] });

  await page.getByRole("button", { name: "Add a block" }).click();
  const adding = page.getByRole("dialog", { name: "Add a block" });
  await adding.getByLabel("Name").fill("Choir");
  await adding.getByLabel("Day").selectOption("friday");
  await adding.getByLabel("Start").fill("15:30");
  await adding.getByLabel("End").fill("16:15");
  await adding.getByRole("button", { name: "Apply" }).click();
  await block(page, "Monday", "PE").click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await saveBar(page).getByText("3 unsaved changes").waitFor();
  let letRead;
  const mayRead = new Promise((resolve) => {
    letRead = resolve;
  });
  await page.route(/\/result\?(.*&)?edition=1/, (route) => mayRead.then(() => route.continue()));
  await save(page);
  await saveBar(page).waitFor({ state: "detached" });
  await page.getByLabel("Edition").waitFor();
  const chosen = page.getByLabel("Edition").locator("option:checked");
  assert.match(await chosen.innerText(), /^1: by you.*newest/);
  // What was saved stays while the new edition is still read, and is not changed meanwhile.
  await page.getByRole("region", { name: "Tuesday", exact: true }).getByText("Algebra").waitFor();
  assert.equal(await page.getByRole("button", { name: "Add a block" }).count(), 0);
  letRead();
  await page.getByRole("button", { name: "Add a block" }).waitFor();
  await block(page, "Tuesday", "Algebra").waitFor();

  const csv = (await downloadAs(page, "CSV")).content.toString();
  const line = csv.split("\n").find((text) => text.includes("Algebra"));
  assert.match(line, /tuesday/i);
  assert.match(line, /16:00.*16:45/);
  assert.match(line, /Room 9/);
  assert.ok(csv.includes("Choir"));
  const calendar = await downloadAs(page, "Calendar");
  assert.match(calendar.name, /\.ics$/);
  assert.match(calendar.content.toString(), /SUMMARY:Algebra/);
  await page.getByRole("button", { name: "Download FullCalendar" }).click();
  const full = await download(page, () => page.getByRole("menuitem", { name: "Recurring" }).click());
  assert.ok(full.content.toString().includes("Algebra"));
  const excel = await downloadAs(page, "Excel");
  assert.equal(excel.content.subarray(0, 2).toString(), "PK");

  await page.getByLabel("Edition").selectOption("0");
  await page.getByText("This is an earlier edition").waitFor();
  await page.getByRole("region", { name: "Monday", exact: true }).getByText("Numeracy").waitFor();
  await look(page, "timetable-edition", { keep: [""] });
  const old = (await downloadAs(page, "CSV")).content.toString();
  assert.ok(old.includes("Numeracy") && !old.includes("Algebra"));
  await page.getByRole("button", { name: "Show the newest" }).click();
  await block(page, "Tuesday", "Algebra").waitFor();
  assert.equal((await user.job(id)).edition, 1);
});

userTest("whoever saves second is told, and loses nothing", { allowed: [/status of 412/] }, async ({ page, user }) => {
  const id = await upload(page, TIMETABLE);
  await week(page).waitFor();
  const theySave = async (name) => {
    const result = await user.call("GET", `/v1/jobs/${id}/result?format=json`);
    for (const one of result.timetables[0].blocks) if (one.event_name === "Literacy") one.event_name = name;
    const { attempt } = await user.job(id);
    await user.call("PATCH", `/v1/jobs/${id}/result`, {
      body: { timetables: result.timetables },
      headers: { "if-match": `"${attempt}.${result.edition.number}"` },
    });
  };
  // Theirs arrives in the moment in which this one is sent.
  await page.route(/\/v1\/jobs\/[^/]+\/result/, async (route) => {
    if (route.request().method() === "PATCH") await theySave("Theirs");
    await route.fallback();
  });
  await rename(page, "Literacy", "Mine");
  const answer = page.waitForResponse((response) => response.request().method() === "PATCH");
  await save(page);
  assert.equal((await answer).status(), 412);
  await page.getByText("Somebody else has saved an edition meanwhile").waitFor();
  await look(page, "timetable-overtaken", { keep: [""] });
  await block(page, "Monday", "Mine").waitFor();
  await page.getByRole("button", { name: "Load the newest edition" }).click();
  await page.getByRole("region", { name: "Monday", exact: true }).getByText("Theirs").waitFor();
  await page.unroute(/\/v1\/jobs\/[^/]+\/result/);
  await rename(page, "Theirs", "Mine");
  await save(page);
  await saveBar(page).waitFor({ state: "detached" });
  assert.equal((await user.job(id)).edition, 2);
});

userTest("the blocks stand in a list, too, and are edited by the keyboard", {}, async ({ page }) => {
  await upload(page, TIMETABLE);
  await week(page).waitFor();
  await page.getByText("List", { exact: true }).click();
  const table = page.getByRole("table", { name: "Blocks" });
  await table.waitFor();
  await look(page, "timetable-list", { keep: [""] });
  const edit = table.getByRole("button", { name: /^Edit Literacy, Monday/ });
  await edit.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Edit the block" }).waitFor();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("Reading aloud");
  await page.keyboard.press("Enter");
  await table.getByText("Reading aloud").waitFor();
  await saveBar(page).getByRole("button", { name: "Discard" }).click();
  await table.getByText("Literacy").first().waitFor();
  assert.equal(await table.getByText("Reading aloud").count(), 0);
});

userTest("a phone shows a day at a time", { size: PHONE, isMobile: true, hasTouch: true }, async ({ page }) => {
  await upload(page, TIMETABLE);
  await week(page).waitFor();
  assert.equal(await page.locator(".week-day").count(), 1);
  await page.getByText("Wed", { exact: true }).tap();
  await page.getByRole("region", { name: "Wednesday", exact: true }).getByText("French").waitFor();
});
