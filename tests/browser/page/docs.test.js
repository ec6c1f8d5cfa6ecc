// The descriptions of the API, as the stack serves them: read, tried with a token, light and dark, on a phone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { assertAccessible, launch, open, picture, stackEnv } from "./stack.js";

const env = stackEnv();
const address = `${env.DOCMILL_URL}/docs`;
let browser;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Widens nothing: the page scrolls down only. */
async function assertFits(page, where) {
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(excess <= 0, `${where} is ${excess} px too wide`);
}

test("the HTTP API can be read, and breaks no policy", async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 390]) {
      const { page, complaints, close } = await open(browser, address, { width });
      await page.emulateMedia({ colorScheme });
      const operation = page.locator("#operations-jobs-getJob");
      await operation.locator(".opblock-summary-control").click();
      await operation.getByText("Nothing changed.").first().waitFor();
      await page.getByText("401 for a missing or expired token").first().waitFor();
      await assertFits(page, `${colorScheme} ${width}`);
      await picture(page, `docs-${colorScheme}-${width}`);
      assert.deepEqual(complaints, []);
      await close();
    }
  }
});

test("a pasted token is enough to try a call", async () => {
  const { page, complaints, close } = await open(browser, address);
  await page.getByRole("button", { name: "Authorize", exact: true }).click();
  const dialog = page.locator(".dialog-ux");
  await dialog.locator("input").fill(env.DOCMILL_TOKEN);
  await dialog.getByRole("button", { name: /apply credentials/i }).click();
  await dialog.getByRole("button", { name: "Close" }).click();
  const operation = page.locator("#operations-service-listPipelines");
  await operation.locator(".opblock-summary-control").click();
  await operation.getByRole("button", { name: "Try it out" }).click();
  const answered = page.waitForResponse((response) => response.url() === `${env.DOCMILL_URL}/v1/pipelines`);
  await operation.getByRole("button", { name: "Execute" }).click();
  const response = await answered;
  assert.equal(response.status(), 200);
  assert.equal(response.request().headers().authorization, `Bearer ${env.DOCMILL_TOKEN}`);
  await operation.locator(".live-responses-table", { hasText: "novel" }).waitFor();
  assert.deepEqual(complaints, []);
  await close();
});

test("the WebSocket protocol can be read", async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 390]) {
      const { page, complaints, close } = await open(browser, `${address}/live`, { width });
      await page.emulateMedia({ colorScheme });
      await page.getByRole("heading", { name: "Docmill live" }).waitFor();
      await page.getByRole("link", { name: "jobSnapshot" }).first().click();
      assert.equal(new URL(page.url()).hash, "#message-jobSnapshot");
      await assertAccessible(page, `${colorScheme} ${width}`);
      await picture(page, `docs-live-${colorScheme}-${width}`);
      assert.deepEqual(complaints, []);
      await close();
    }
  }
});

test("the descriptions lead to each other and to the page", async () => {
  const { page, close } = await open(browser, address);
  await page.getByRole("link", { name: "Live", exact: true }).click();
  await page.getByRole("heading", { name: "Docmill live" }).waitFor();
  await page.getByRole("link", { name: "HTTP API" }).click();
  await page.locator("#operations-jobs-getJob").waitFor();
  await page.getByRole("link", { name: "Docmill", exact: true }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await close();
});
