// Companies: making one, inviting, joining, roles, leaving, its jobs and its data.

import assert from "node:assert/strict";

import { badge, choose, go, shownJob, signIn, start, until } from "../harness/actions.js";
import { useBrowser, userTest, View } from "../harness/browser.js";
import { look } from "../harness/look.js";
import { ADDRESS, newUser, shortText, sweep } from "../harness/stack.js";

useBrowser();

// A company whose data nobody has exported yet has no export.
const NO_EXPORT = [/status of 404/];

userTest(
  "a company is made, joined by invitation, and shares its jobs",
  { limitMs: 180_000, allowed: NO_EXPORT },
  async ({ page }) => {
    await go(page, "Companies");
    await page.getByText("You are in no company").waitFor();
    await look(page, "companies-empty", { keep: [""] });
    await page.getByRole("button", { name: "Make", exact: true }).click();
    await page.getByText("Please enter a name.").waitFor();
    await page.getByLabel("Name", { exact: true }).fill("Harbour Press");
    await page.getByRole("button", { name: "Make", exact: true }).click();
    await page.getByRole("heading", { name: "Harbour Press", level: 1 }).waitFor();
    const companyId = new URL(page.url()).hash.split("/").at(-1);

    const colleague = await newUser("colleague");
    await page.getByLabel("E-mail to invite").fill(colleague.email);
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByRole("list", { name: "Open invitations" }).getByText(colleague.email).waitFor();
    await look(page, "company", { keep: ["", "-phone"] });

    const theirs = await View.open();
    try {
      await theirs.page.goto(ADDRESS);
      await signIn(theirs.page, colleague);
      await go(theirs.page, "Companies");
      await theirs.page.getByText("You are invited to Harbour Press").waitFor();
      await look(theirs.page, "companies-invited", { keep: [""] });
      await theirs.page.getByRole("button", { name: "Join Harbour Press" }).click();
      await theirs.page.getByRole("heading", { name: "Harbour Press", level: 1 }).waitFor();
      assert.equal(await theirs.page.getByLabel("E-mail to invite").count(), 0, "members invite nobody");

      // A job of the company is seen by both.
      await go(theirs.page, "New job");
      await choose(theirs.page, shortText("ours.txt"));
      await theirs.page.getByLabel("For", { exact: true }).selectOption({ label: "Harbour Press" });
      await start(theirs.page);
      const id = await shownJob(theirs.page);
      await badge(theirs.page, "Completed");
      await page.reload();
      await page.getByRole("link", { name: "Jobs of the company" }).click();
      await page.getByRole("main").getByRole("link", { name: "ours.txt" }).click();
      assert.equal(await shownJob(page), id);
      await badge(page, "Completed");

      // Made an admin, they may invite; then they leave.
      await page.goto(`${ADDRESS}#/companies/${companyId}`);
      await page.getByLabel(`Role of ${colleague.email}`).selectOption("admin");
      await page.getByRole("region", { name: "Audit trail" }).getByText(/role/i).first().waitFor();
      await go(theirs.page, "Companies");
      await theirs.page.getByRole("link", { name: "Harbour Press" }).click();
      await until(async () => {
        if (await theirs.page.getByLabel("E-mail to invite").count()) return true;
        await theirs.page.reload();
        await theirs.page.getByRole("heading", { name: "Harbour Press", level: 1 }).waitFor();
        return (await theirs.page.getByLabel("E-mail to invite").count()) > 0;
      }, "the rights of an admin");
      await theirs.page.getByRole("button", { name: "Leave the company" }).click();
      await theirs.page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
      await theirs.page.getByText("You are in no company").waitFor();
      theirs.assertQuiet(NO_EXPORT);
    } finally {
      await theirs.close();
    }

    // The last admin cannot leave the company to nobody; it is exported, then deleted.
    await page.reload();
    const data = page.getByRole("region", { name: "Data" });
    await data.getByRole("button", { name: "Export the data" }).click();
    await data.getByText("An export is being made.").or(data.getByText("The export is ready.")).waitFor();
    await sweep();
    await data.getByText("The export is ready.").waitFor();
    await data.getByRole("link", { name: "Part 1" }).waitFor();
    await data.getByRole("button", { name: "Delete the company" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete Harbour Press?" });
    const all = dialog.getByRole("button", { name: "Delete everything" });
    assert.equal(await all.isDisabled(), true);
    await dialog.getByLabel(/^Type/).fill("Harbour Press");
    await look(page, "company-delete", { keep: [] });
    await all.click();
    await page.getByText("You are in no company").waitFor();
  },
);

userTest("an invitation is taken back", { allowed: NO_EXPORT }, async ({ page }) => {
  await go(page, "Companies");
  await page.getByLabel("Name", { exact: true }).fill("Short lived");
  await page.getByRole("button", { name: "Make", exact: true }).click();
  await page.getByRole("heading", { name: "Short lived", level: 1 }).waitFor();
  await page.getByLabel("E-mail to invite").fill("nobody@browser.test");
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByRole("button", { name: "Take back the invitation of nobody@browser.test" }).click();
  await page.getByRole("list", { name: "Open invitations" }).waitFor({ state: "detached" });
});
