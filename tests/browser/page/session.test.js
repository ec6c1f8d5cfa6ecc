// Signing in and out, and what of it other tabs see.

import assert from "node:assert/strict";

import { go, signIn, toast } from "../harness/actions.js";
import { pageTest, useBrowser, userTest } from "../harness/browser.js";
import { ALL, look } from "../harness/look.js";
import { ADDRESS, demoUser, env, newUser } from "../harness/stack.js";

useBrowser();

pageTest("a wrong password is told, and the right one lets in", { allowed: [/status of 40/] }, async ({ page }) => {
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.title(), "Sign in · Docmill");
  await look(page, "sign-in", { keep: ALL });
  await page.getByLabel("E-mail").fill(env.DOCMILL_USER);
  await page.getByLabel("Password", { exact: true }).fill("not the password");
  await page.keyboard.press("Enter");
  const alert = page.getByRole("alert");
  await alert.waitFor();
  assert.match(await alert.innerText(), /password/i);
  await look(page, "sign-in-refused", { keep: [] });
  assert.equal(await page.getByLabel("E-mail").inputValue(), env.DOCMILL_USER, "what was typed stays");
  await signIn(page, demoUser);
});

pageTest("a form that is sent empty says what is missing and asks nobody", {}, async ({ page }) => {
  const asked = [];
  page.on("request", (request) => request.method() === "POST" && asked.push(request.url()));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  assert.match(await page.getByRole("alert").innerText(), /e-mail/i);
  assert.deepEqual(asked, []);
});

pageTest("a token is as good as a password", {}, async ({ page }) => {
  await page.getByRole("button", { name: "Use a token instead" }).click();
  await page.getByLabel("ID token").fill("nonsense");
  await page.getByRole("button", { name: "Use this token" }).click();
  await page.getByText(/JSON Web Token\. It has/).waitFor();
  await look(page, "sign-in-token", { keep: [] });
  const user = await newUser();
  await page.getByLabel("ID token").fill(await user.token());
  await page.getByRole("button", { name: "Use this token" }).click();
  await page.getByRole("heading", { name: "New job" }).waitFor();
  await page.getByRole("button", { name: `Account of ${user.email}` }).waitFor();
});

pageTest("whoever has a temporary password chooses their own", {}, async ({ page }) => {
  const user = await newUser("guest", { isTemporary: true });
  await page.getByLabel("E-mail").fill(user.email);
  await page.getByLabel("Password", { exact: true }).fill(user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  const own = page.getByLabel("New password", { exact: true });
  await own.waitFor();
  assert.equal(await own.evaluate((input) => input === document.activeElement), true);
  await look(page, "sign-in-new-password", { keep: [] });
  await own.fill(`Bb2-${user.password}`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "New job" }).waitFor();
});

pageTest("whoever has a second factor gives its code", {}, async ({ page }) => {
  const user = await newUser();
  const token = await user.token();
  // The local pool has no authenticators: its part is played here.
  await page.route(`${env.DOCMILL_ENDPOINT}/`, async (route) => {
    const request = JSON.parse(route.request().postData());
    if (request.AuthFlow === "USER_PASSWORD_AUTH") {
      return route.fulfill({ json: { ChallengeName: "SOFTWARE_TOKEN_MFA", Session: "s" } });
    }
    assert.equal(request.ChallengeName, "SOFTWARE_TOKEN_MFA");
    return request.ChallengeResponses.SOFTWARE_TOKEN_MFA_CODE === "123456" && request.Session === "s"
      ? route.fulfill({ json: { AuthenticationResult: { IdToken: token } } })
      : route.fulfill({ status: 400, json: { message: "Invalid code" } });
  });
  await page.getByLabel("E-mail").fill(user.email);
  await page.getByLabel("Password", { exact: true }).fill(user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Code").fill("123456");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "New job" }).waitFor();
});

pageTest("the password can be looked at", {}, async ({ page }) => {
  const password = page.getByLabel("Password", { exact: true });
  await password.fill("secret");
  assert.equal(await password.getAttribute("type"), "password");
  await page.getByRole("button", { name: "Show what is typed" }).click();
  assert.equal(await password.getAttribute("type"), "text");
});

userTest("a session survives a reload and reaches a second tab; signing out ends both", {}, async (view) => {
  const { page } = view;
  await page.reload();
  await page.getByRole("heading", { name: "New job" }).waitFor();
  const second = await view.newPage();
  await second.goto(ADDRESS);
  await second.getByRole("heading", { name: "New job" }).waitFor();

  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await second.getByRole("heading", { name: "Sign in" }).waitFor();
  // The colour scheme is nobody's secret; all else goes with the session.
  const kept = await page.evaluate(() =>
    Object.keys({ ...localStorage, ...sessionStorage }).filter((key) => !key.startsWith("mantine")),
  );
  assert.deepEqual(kept, []);
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

userTest(
  "a token that is refused is renewed once, without a word to the user",
  { allowed: [/status of 401/] },
  async ({ page }) => {
    let refusals = 0;
    await page.route(/\/v1\/credits/, (route) => {
      refusals += 1;
      return refusals === 1 ? route.fulfill({ status: 401, json: { message: "Unauthorized" } }) : route.fallback();
    });
    const renewed = page.waitForRequest((request) => /REFRESH_TOKEN/.test(request.postData() ?? ""));
    await go(page, "Credits");
    await page.getByText("Available").waitFor();
    await renewed;
    assert.equal(refusals, 2);
  },
);

userTest("a session that cannot be renewed ends with a sentence", { allowed: [/status of 40/] }, async ({ page }) => {
  await page.route(/\/v1\/credits/, (route) => route.fulfill({ status: 401, json: { message: "Unauthorized" } }));
  await page.route(`${env.DOCMILL_ENDPOINT}/`, (route) =>
    /REFRESH_TOKEN/.test(route.request().postData() ?? "")
      ? route.fulfill({
          status: 400,
          json: { __type: "NotAuthorizedException", message: "Refresh Token has been revoked" },
        })
      : route.fallback(),
  );
  await go(page, "Credits");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page
    .getByRole("alert")
    .filter({ hasText: /session has ended/i })
    .waitFor();
});

userTest("the colour scheme is chosen from the menu and kept", {}, async ({ page }) => {
  const scheme = () => page.evaluate(() => document.documentElement.dataset.mantineColorScheme);
  assert.equal(await scheme(), "light");
  await page.getByRole("button", { name: /^Account of/ }).click();
  await look(page, "account-menu", { keep: [] });
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  assert.equal(await scheme(), "dark");
  await page.reload();
  await page.getByRole("heading", { name: "New job" }).waitFor();
  assert.equal(await scheme(), "dark");
});

pageTest(
  "an installation that does not answer is told, and asked again",
  {
    allowed: [/ERR_FAILED/],
    prepare: async ({ context }) => {
      let tries = 0;
      await context.route(/\/v1\/config$/, (route) => (tries++ === 0 ? route.abort() : route.fallback()));
    },
  },
  async ({ page }) => {
    await page.getByText("The service cannot be reached").waitFor();
    await look(page, "no-service", { keep: [""] });
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  },
);

userTest("an address of no view says so, and the title of a view gets the keyboard", {}, async ({ page }) => {
  await page.goto(`${ADDRESS}#/nowhere`);
  await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
  await look(page, "nowhere", { keep: [] });
  await page.getByRole("link", { name: "look at your jobs" }).click();
  await page.locator("h1:focus", { hasText: /^Jobs$/ }).waitFor();
  assert.equal(await page.title(), "Jobs · Docmill");
  assert.equal(await toast(page).count(), 0);
});
