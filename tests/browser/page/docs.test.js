// The descriptions of the API, as the stack serves them: read, tried with a token, light and dark, on a phone.

import assert from "node:assert/strict";

import { pageTest, useBrowser } from "../harness/browser.js";
import { fit, look } from "../harness/look.js";
import { env } from "../harness/stack.js";

useBrowser();

const DOCS = `${env.DOCMILL_URL}/docs`;

pageTest("the HTTP API can be read", { address: DOCS }, async ({ page }) => {
  const operation = page.locator("#operations-jobs-getJob");
  await operation.locator(".opblock-summary-control").click();
  await operation.getByText("Nothing changed.").first().waitFor();
  await page.getByText("401 for a missing or expired token").first().waitFor();
  await fit(page, "docs", { keep: ["", "-dark", "-phone"] });
});

pageTest("a pasted token is enough to try a call", { address: DOCS }, async ({ page }) => {
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
});

pageTest("the WebSocket protocol can be read", { address: `${DOCS}/live` }, async ({ page }) => {
  await page.getByRole("heading", { name: "Docmill live" }).waitFor();
  await page.getByRole("link", { name: "jobSnapshot" }).first().click();
  assert.equal(new URL(page.url()).hash, "#message-jobSnapshot");
  await look(page, "docs-live", { keep: ["", "-dark", "-phone"] });
});

pageTest("the descriptions lead to each other and to the page", { address: DOCS }, async ({ page }) => {
  await page.getByRole("link", { name: "Live", exact: true }).click();
  await page.getByRole("heading", { name: "Docmill live" }).waitFor();
  await page.getByRole("link", { name: "HTTP API" }).click();
  await page.locator("#operations-jobs-getJob").waitFor();
  await page.getByRole("link", { name: "Docmill", exact: true }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
});
