// A browser at the running stack, and what must not happen in it.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { signIn } from "./actions.js";
import { launch } from "./launch.js";
import { ADDRESS, newUser, ROOT } from "./stack.js";

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

const TEST_LIMIT_MS = 120_000;
// Two cores may have compilers to serve beside the stack and the browser.
const WAIT_LIMIT_MS = 45_000;

let browser;

/** The browser of a file with tests; to be called once in each. */
export function useBrowser() {
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());
}

/** A browser profile of its own with one page, which shows nothing yet. */
export class View {
  /** Errors and warnings of the console, exceptions, and violations of the security policy. */
  complaints = [];
  /** What came over WebSockets. */
  frames = [];

  static async open({ size = DESKTOP, ...options } = {}) {
    const view = new View();
    view.context = await browser.newContext({
      viewport: size,
      locale: "en-US",
      timezoneId: "Europe/Paris",
      reducedMotion: "reduce",
      acceptDownloads: true,
      ...options,
    });
    view.context.setDefaultTimeout(WAIT_LIMIT_MS);
    await view.#listen();
    view.page = await view.newPage();
    return view;
  }

  async #listen() {
    const { context, complaints } = this;
    context.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    context.on("weberror", (error) => complaints.push(String(error.error())));
    await context.exposeFunction("reportViolation", (text) => complaints.push(text));
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) =>
        window.reportViolation(`${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile ?? ""}`),
      );
    });
  }

  /** Another tab of the same profile. */
  async newPage() {
    const page = await this.context.newPage();
    page.on("websocket", (socket) =>
      socket.on("framereceived", ({ payload }) => this.frames.push(JSON.parse(payload))),
    );
    return page;
  }

  /** Fails where something was complained of that no pattern allows. */
  assertQuiet(allowed = []) {
    const complaints = this.complaints.filter((text) => !allowed.some((pattern) => pattern.test(text)));
    assert.deepEqual(complaints, []);
  }

  close() {
    return this.context.close();
  }
}

/**
 * A test in a profile of its own. Nothing may be complained of but what `allowed` matches; `prepare` is told of the view
 * before `address` is loaded. What the page looked like when a test failed stands in `.local/browser`.
 */
export function pageTest(
  name,
  { allowed = [], prepare = () => {}, limitMs = TEST_LIMIT_MS, address = ADDRESS, ...options },
  body,
) {
  test(name, { timeout: limitMs }, async () => {
    const view = await View.open(options);
    try {
      await prepare(view);
      await view.page.goto(address);
      await body(view);
      view.assertQuiet(allowed);
    } catch (error) {
      await keepPictures(view, name);
      if (view.complaints.length > 0) console.error(`${name}: the page complained:\n${view.complaints.join("\n")}`);
      throw error;
    } finally {
      await view.close();
    }
  });
}

/** The same with somebody signed in who is new to the stack: `view.user`. */
export function userTest(name, options, body) {
  pageTest(name, options, async (view) => {
    view.user = await newUser();
    await signIn(view.page, view.user);
    await body(view);
  });
}

async function keepPictures(view, name) {
  const folder = path.join(ROOT, ".local/browser");
  mkdirSync(folder, { recursive: true });
  for (const [index, page] of view.context.pages().entries()) {
    const file = path.join(folder, `${name.replaceAll(/\W+/g, "-")}-${index + 1}.png`);
    await page.screenshot({ path: file }).catch(() => {});
  }
}
