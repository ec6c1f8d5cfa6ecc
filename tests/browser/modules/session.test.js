import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Api } from "../../../functions/site/page/assets/api.js";
import { CodeNeeded, NewPasswordNeeded, Session } from "../../../functions/site/page/assets/auth.js";

const CONFIG = { auth_endpoint: "https://pool.example.com/", client_id: "client" };

const token = (lifeSeconds, name = "a") =>
  `h.${Buffer.from(JSON.stringify({ exp: Date.now() / 1000 + lifeSeconds, email: "zoe@example.com", name })).toString("base64url")}.s`;

let stored;
let requests;
let answer;

beforeEach(() => {
  stored = new Map();
  requests = [];
  globalThis.sessionStorage = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => stored.set(key, value),
    removeItem: (key) => stored.delete(key),
  };
  globalThis.fetch = async (url, options) => {
    requests.push({ url: String(url), ...options });
    const [status, body] = await answer(String(url), options);
    return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  };
});

const tokens = (id, refresh) => [200, { AuthenticationResult: { IdToken: id, RefreshToken: refresh } }];

function session(state) {
  if (state) stored.set("key", JSON.stringify(state));
  const ends = [];
  return { session: new Session(CONFIG, "key", (message) => ends.push(message)), ends };
}

test("signing in keeps the tokens for the tab", async () => {
  const { session: mine } = session();
  answer = async () => tokens(token(3600), "r");
  await mine.signIn("zoe@example.com", "secret");
  const [request] = requests;
  assert.equal(request.url, CONFIG.auth_endpoint);
  assert.equal(request.headers["x-amz-target"], "AWSCognitoIdentityProviderService.InitiateAuth");
  assert.deepEqual(JSON.parse(request.body), {
    AuthFlow: "USER_PASSWORD_AUTH", ClientId: "client", AuthParameters: { USERNAME: "zoe@example.com", PASSWORD: "secret" },
  });
  assert.equal(mine.name, "zoe@example.com");
  assert.equal(session().session.isSignedIn, true, "another page of the tab");
  mine.signOut();
  assert.equal(stored.size, 0);
});

test("a temporary password is changed", async () => {
  const { session: mine } = session();
  answer = async () => [200, { ChallengeName: "NEW_PASSWORD_REQUIRED", Session: "s" }];
  await assert.rejects(mine.signIn("a", "b"), (error) => error instanceof NewPasswordNeeded && error.session === "s");
  answer = async () => tokens(token(3600), "r");
  await mine.signInWithNewPassword("a", "c", "s");
  assert.equal(JSON.parse(requests[1].body).ChallengeResponses.NEW_PASSWORD, "c");
  assert.equal(mine.isSignedIn, true);
});

test("who has a second factor gives its code", async () => {
  const { session: mine } = session();
  answer = async () => [200, { ChallengeName: "SOFTWARE_TOKEN_MFA", Session: "s" }];
  await assert.rejects(mine.signIn("a", "b"), (error) => error instanceof CodeNeeded && error.session === "s");
  assert.equal(mine.isSignedIn, false);
  answer = async () => [400, { message: "Invalid code received for user" }];
  await assert.rejects(mine.signInWithCode("a", "000000", "s"), /Invalid code/);
  assert.equal(mine.isSignedIn, false);
  answer = async () => tokens(token(3600), "r");
  await mine.signInWithCode("a", "123456", "s");
  const { ChallengeName, ChallengeResponses } = JSON.parse(requests[2].body);
  assert.deepEqual([ChallengeName, ChallengeResponses.SOFTWARE_TOKEN_MFA_CODE], ["SOFTWARE_TOKEN_MFA", "123456"]);
  assert.equal(mine.isSignedIn, true);
});

test("an old token is renewed once, whoever asks", async () => {
  const { session: mine } = session({ id: token(30), refresh: "r" });
  const fresh = token(3600, "fresh");
  answer = async () => tokens(fresh);
  assert.deepEqual(await Promise.all([mine.token(), mine.token(), mine.token()]), [fresh, fresh, fresh]);
  assert.equal(requests.length, 1);
  assert.equal(JSON.parse(requests[0].body).AuthParameters.REFRESH_TOKEN, "r");
  assert.equal(JSON.parse(stored.get("key")).refresh, "r", "the pool does not send it again");
});

test("a session ends when its renewal is refused, not when there is no answer", async () => {
  const { session: mine, ends } = session({ id: token(30), refresh: "r" });
  answer = async () => {
    throw new TypeError("away");
  };
  await assert.rejects(mine.token());
  assert.deepEqual([mine.isSignedIn, ends], [true, []]);
  answer = async () => [400, { message: "Refresh Token has expired" }];
  await assert.rejects(mine.token());
  assert.equal(mine.isSignedIn, false);
  assert.match(ends[0], /sign in again/);
});

test("a token from elsewhere is used until it ends", async () => {
  const { session: mine, ends } = session();
  assert.throws(() => mine.useToken("nonsense"), /JSON Web Token/);
  assert.throws(() => mine.useToken(token(-1)), /expired/);
  const pasted = token(30);
  mine.useToken(pasted);
  assert.equal(await mine.token(), pasted);
  await assert.rejects(mine.token(true));
  assert.equal(ends.length, 1);
});

test("a request whose token is refused is sent once more with a fresh one", async () => {
  const { session: mine, ends } = session({ id: token(3600, "old"), refresh: "r" });
  const fresh = token(3600, "fresh");
  const api = new Api(new URL("https://host/base/"), mine);
  answer = async (url, { headers }) => {
    if (url === CONFIG.auth_endpoint) return tokens(fresh);
    return headers.authorization === `Bearer ${fresh}` ? [200, { ok: true }] : [401, { message: "Unauthorized" }];
  };
  assert.deepEqual(await api.json("/v1/jobs"), { ok: true });
  assert.deepEqual(requests.map(({ url }) => url), ["https://host/base/v1/jobs", CONFIG.auth_endpoint, "https://host/base/v1/jobs"]);

  answer = async (url) => (url === CONFIG.auth_endpoint ? tokens(token(3600)) : [401, { message: "Unauthorized" }]);
  await assert.rejects(api.json("/v1/jobs"), /sign in again/);
  assert.equal(ends.length, 1);
});
