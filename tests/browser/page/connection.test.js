// News of jobs by whatever way works, and the dot that tells which.

import assert from "node:assert/strict";

import {
  badge,
  badgeOf,
  bell,
  dotColour,
  shownJob,
  toast,
  until,
  upload,
  waitForMode,
  watchProgress,
} from "../harness/actions.js";
import { useBrowser, userTest } from "../harness/browser.js";
import { look } from "../harness/look.js";
import { ADDRESS, longText, shortText } from "../harness/stack.js";

useBrowser();

const SOCKETS = /\/live(\?|$)/;
// A connection that is refused or cut is complained of by the browser itself.
const CUT = [/WebSocket connection to/];
const OFFLINE = [...CUT, /ERR_INTERNET_DISCONNECTED/, /ERR_FAILED/];

/** Lets sockets through until `cut`, and again after `mend`. */
async function cutter(page) {
  const open = new Set();
  let isCut = false;
  await page.routeWebSocket(SOCKETS, (socket) => {
    if (isCut) {
      void socket.close();
      return;
    }
    const server = socket.connectToServer();
    open.add(server);
    open.add(socket);
  });
  return {
    cut: async () => {
      isCut = true;
      for (const socket of open) await socket.close();
      open.clear();
    },
    mend: () => {
      isCut = false;
    },
  };
}

userTest("a WebSocket that dies in the middle is replaced, and comes back", { allowed: CUT }, async ({ page }) => {
  const sockets = await cutter(page);
  await page.reload();
  await waitForMode(page, "live");
  assert.equal(await dotColour(page), "green");
  await upload(page, longText(9_000_000));
  await badge(page, "Processing");
  await sockets.cut();
  await waitForMode(page, "stream", "polling");
  assert.equal(await dotColour(page), "amber");
  assert.equal(await badgeOf(page), "Processing", "the job was still on its way when the connection was lost");
  const texts = await watchProgress(page);
  await until(async () => (await texts()).length >= 2, "progress without a WebSocket");
  await look(page, "fallback", { keep: [""] });
  sockets.mend();
  await waitForMode(page, "live");
  assert.equal(await dotColour(page), "green");
  await badge(page, "Completed");
});

userTest("without a WebSocket a job is followed by its event stream", { allowed: CUT }, async ({ page }) => {
  await page.routeWebSocket(SOCKETS, (socket) => void socket.close());
  await page.reload();
  await waitForMode(page, "stream", "polling");
  const streams = [];
  page.on("request", (request) => /\/stream\?/.test(request.url()) && streams.push(request.url()));
  await upload(page, longText(2_500_000, "stream.txt"));
  await badge(page, "Completed");
  assert.ok(streams.length > 0);
  assert.equal(await dotColour(page), "amber");
});

userTest("without WebSocket and streams a job is polled", { allowed: CUT }, async ({ page }) => {
  await page.routeWebSocket(SOCKETS, (socket) => void socket.close());
  await page.route(/\/stream\?/, (route) => route.fulfill({ status: 204 }));
  await page.reload();
  await waitForMode(page, "polling");
  await upload(page, shortText("poll.txt"));
  await badge(page, "Completed");
  await waitForMode(page, "polling");
  await toast(page).getByText("Document ready!").waitFor();
});

userTest("being cut off is red and told, and ends by itself", { allowed: OFFLINE }, async ({ page, context }) => {
  const sockets = await cutter(page);
  await page.reload();
  await waitForMode(page, "live");
  await sockets.cut();
  await context.setOffline(true);
  await waitForMode(page, "offline");
  assert.equal(await dotColour(page), "red");
  await page.getByRole("status").filter({ hasText: "What you see may be out of date" }).waitFor({ state: "attached" });
  sockets.mend();
  await context.setOffline(false);
  await waitForMode(page, "live");
  assert.equal(await dotColour(page), "green");
  await upload(page, shortText("back.txt"));
  await badge(page, "Completed");
});

userTest("two tabs see the same, tell it once, and agree on what is read", {}, async (view) => {
  const { page } = view;
  const second = await view.newPage();
  await second.goto(ADDRESS);
  await waitForMode(second, "live");
  await waitForMode(page, "live");
  const id = await upload(page, longText(2_500_000, "two-tabs.txt"));
  await second.getByRole("main").getByRole("link", { name: "two-tabs.txt" }).waitFor();
  const texts = await watchProgress(second);
  const toasts = [await watchToasts(page), await watchToasts(second)];
  await badge(page, "Completed");
  await second.getByRole("main").locator(".docmill-line", { hasText: "two-tabs.txt" }).getByText("Completed").waitFor();
  assert.ok((await texts()).length > 0, "the second tab saw progress");

  for (const tab of [page, second]) await tab.getByRole("button", { name: "Notifications, 1 unread" }).waitFor();
  await until(async () => (await Promise.all(toasts.map((seen) => seen()))).some((shown) => shown > 0), "a toast");
  const shown = await Promise.all(toasts.map((seen) => seen()));
  assert.equal(shown[0] + shown[1], 1, `toasts in the two tabs: ${shown}`);

  await bell(second).click();
  await second.getByRole("dialog", { name: "Notifications" }).getByRole("link", { name: "two-tabs.txt" }).click();
  assert.equal(await shownJob(second), id);
  for (const tab of [page, second]) await tab.getByRole("button", { name: "Notifications", exact: true }).waitFor();
});

/** Counts the toasts that a tab shows from now on. */
async function watchToasts(page) {
  await page.evaluate(() => {
    const seen = new Set();
    window.toastsSeen = () => seen.size;
    const note = () => {
      for (const toast of document.querySelectorAll(".docmill-toast")) seen.add(toast);
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true });
    note();
  });
  return () => page.evaluate(() => window.toastsSeen());
}
