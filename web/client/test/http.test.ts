import { expect, test, vi } from "vitest";
import { ApiError, Docmill, type DocmillOptions } from "../src/index.js";
import { type Answer, EagerTimers, jobOf, ManualTimers, serve } from "./support.js";

const client = (url: string, options: Partial<DocmillOptions> = {}) =>
  new Docmill({ baseUrl: url, token: "t", timers: new EagerTimers(), random: () => 1, ...options });

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error as ApiError,
  );

test("paths go below the base, with the token and nothing that was left out", async () => {
  const { asked, url } = await serve(() => ({ json: { jobs: [], next_cursor: null } }));
  await client(url).jobs({ status: "failed", batchId: "b 1", cursor: null });
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ method: "GET", path: "/base/v1/jobs" });
  expect(asked[0]?.query.toString()).toBe("status=failed&batch_id=b+1");
  expect(asked[0]?.headers.authorization).toBe("Bearer t");
});

test("the token goes nowhere but below the base", async () => {
  const docmill = client("https://docmill.test/base/");
  for (const path of ["https://elsewhere.test/v1/jobs", "../secrets", "/../secrets", "javascript:alert(1)"]) {
    expect(() => docmill.url(path), path).toThrow(TypeError);
    await expect(docmill.request(path)).rejects.toBeInstanceOf(Error);
  }
  expect(docmill.url("//elsewhere.test/x").href).toBe("https://docmill.test/base/elsewhere.test/x");
  expect(docmill.url("/v1/jobs/1").href).toBe("https://docmill.test/base/v1/jobs/1");
  expect(client("https://docmill.test/base?a#b").url("/v1").href).toBe("https://docmill.test/base/v1");
});

test("what needs no token is asked without one", async () => {
  const { asked, url } = await serve(() => ({ json: {} }));
  const token = vi.fn(() => "t");
  await client(url, { token }).config();
  expect(asked[0]?.headers.authorization).toBeUndefined();
  expect(token).not.toHaveBeenCalled();
});

test("requests that are refused at the same time share one renewal of the token", async () => {
  const { asked, url } = await serve(({ headers }) =>
    headers.authorization === "Bearer new"
      ? { json: {} }
      : { status: 401, json: { message: "Unauthorized" } },
  );
  let current = "old";
  const token = vi.fn(async ({ fresh }: { fresh: boolean }) => {
    if (fresh) current = "new";
    return current;
  });
  const onUnauthorized = vi.fn();
  const docmill = client(url, { token, onUnauthorized });
  await Promise.all([docmill.credits(), docmill.stats(), docmill.companies()]);
  expect(token.mock.calls.filter(([{ fresh }]) => fresh)).toHaveLength(1);
  expect(asked.filter(({ headers }) => headers.authorization === "Bearer old")).toHaveLength(3);
  expect(onUnauthorized).not.toHaveBeenCalled();
});

test.each([
  ["a text", "t" as const, 1],
  ["a function that has no other", () => "t", 1],
  ["a function whose next one is refused, too", ({ fresh }: { fresh: boolean }) => (fresh ? "u" : "t"), 2],
])("a token that is %s ends the session when it is refused", async (_name, token, requests) => {
  const { asked, url } = await serve(() => ({ status: 401, json: { message: "Unauthorized" } }));
  const onUnauthorized = vi.fn();
  const error = await failure(client(url, { token, onUnauthorized }).credits());
  expect(error).toMatchObject({
    name: "ApiError",
    status: 401,
    message: "Your session has ended. Please sign in again.",
  });
  expect(onUnauthorized).toHaveBeenCalledTimes(1);
  expect(asked).toHaveLength(requests);
});

test("problem details are told as they are", async () => {
  const errors = [{ field: "settings.a", code: "OUT_OF_RANGE", detail: "a is too large." }];
  const { url } = await serve(() => ({
    status: 422,
    problem: { code: "INVALID_REQUEST", detail: "a is too large.", errors },
  }));
  const error = await failure(client(url).credits());
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    status: 422,
    code: "INVALID_REQUEST",
    message: "a is too large.",
    fields: errors,
    requestId: "r-1",
  });
});

test.each<[string, Answer, RegExp]>([
  [
    "the gateway's time-out",
    { status: 504, json: { message: "Endpoint request timed out" } },
    /took too long/,
  ],
  [
    "a gateway's page",
    { status: 502, text: "<html>Bad Gateway</html>", headers: { "content-type": "text/html" } },
    /could not answer/,
  ],
  ["a message of its own", { status: 418, json: { message: "I am a teapot." } }, /^I am a teapot\.$/],
  ["nothing", { status: 500, text: "" }, /error \(500\)/],
  ["a success that is no JSON", { status: 200, text: "<html>" }, /cannot be read/],
  [
    "problem details that are none",
    { status: 400, text: "null", headers: { "content-type": "application/problem+json" } },
    /error \(400\)/,
  ],
  ["no answer", { drop: true }, /cannot be reached/],
])("%s becomes a sentence for people", async (_name, answer, sentence) => {
  const { url } = await serve(() => answer);
  const error = await failure(client(url).credits());
  expect(error).toBeInstanceOf(ApiError);
  expect(error?.message).toMatch(sentence);
});

test("what may pass is tried again, with growing pauses and at most four times", async () => {
  const timers = new EagerTimers();
  const { asked, url } = await serve(() => ({ status: 503, json: { message: "Service Unavailable" } }));
  expect(await failure(client(url, { timers }).credits())).toMatchObject({ status: 503 });
  expect(asked).toHaveLength(4);
  expect(timers.delaysMs).toEqual([500, 1000, 2000]);
});

test("Retry-After is kept to", async () => {
  const timers = new EagerTimers();
  const answers: Answer[] = [
    { status: 429, headers: { "retry-after": "7" }, json: { message: "Too Many Requests" } },
    { json: { balance: 3 } },
  ];
  const { url } = await serve(() => answers.shift() ?? {});
  expect(await client(url, { timers }).credits()).toEqual({ balance: 3 });
  expect(timers.delaysMs).toEqual([7000]);
});

test("a Retry-After that nobody would wait for is told instead", async () => {
  const { asked, url } = await serve(() => ({
    status: 429,
    headers: { "retry-after": "1800" },
    problem: { code: "JOBS_PER_HOUR", detail: "Please come back later." },
  }));
  const error = await failure(client(url).credits());
  expect(error).toMatchObject({ code: "JOBS_PER_HOUR", retryAfterSeconds: 1800 });
  expect(asked).toHaveLength(1);
});

test("what must not happen twice is only tried again when it cannot have happened", async () => {
  const answers: Answer[] = [
    { status: 429, json: {} },
    { status: 503, json: {} },
  ];
  const { asked, url } = await serve(() => answers.shift() ?? { json: jobOf("j", 1) });
  expect(await failure(client(url).retry("j"))).toMatchObject({ status: 503 });
  expect(asked).toHaveLength(2);
});

test("a request that is aborted rejects with an AbortError, and leaves no timer", async () => {
  const timers = new ManualTimers();
  const { asked, url } = await serve(() => ({ hang: true }));
  const abort = new AbortController();
  const outcome = failure(client(url, { timers }).credits({ signal: abort.signal }));
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  abort.abort();
  expect(await outcome).toMatchObject({ name: "AbortError" });
  expect(timers.waiting).toBe(0);
  expect(await failure(client(url).credits({ signal: abort.signal }))).toMatchObject({ name: "AbortError" });
  expect(asked).toHaveLength(1);
});

test("the pause before another try ends with the signal", async () => {
  const timers = new ManualTimers();
  const { url } = await serve(() => ({ status: 503, json: {} }));
  const abort = new AbortController();
  const outcome = failure(client(url, { timers }).credits({ signal: abort.signal }));
  await vi.waitFor(() => expect(timers.delaysMs).toContain(500));
  abort.abort(new Error("enough"));
  expect(await outcome).toMatchObject({ message: "enough" });
  expect(timers.waiting).toBe(0);
});

test("waiting for a token ends with the signal", async () => {
  const abort = new AbortController();
  const outcome = failure(
    client("http://127.0.0.1:9/", { token: () => new Promise(() => {}) }).credits({ signal: abort.signal }),
  );
  abort.abort();
  expect(await outcome).toMatchObject({ name: "AbortError" });
});

test("a request without an answer is given up", async () => {
  const timers = new ManualTimers();
  const { asked, url } = await serve(() => ({ hang: true }));
  const outcome = failure(client(url, { timers }).request("/v1/credits", { tries: 1 }));
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  await timers.pass(35_000);
  expect(await outcome).toMatchObject({ status: 0, message: expect.stringContaining("took too long") });
});

test("a job of the version that is known is null", async () => {
  const { asked, url } = await serve(({ headers }) =>
    headers["if-none-match"] === '"7"' ? { status: 304 } : { json: jobOf("j", 8) },
  );
  const docmill = client(url);
  expect(await docmill.job("j", { ifNewerThan: 7 })).toBeNull();
  expect((await docmill.job("j", { ifNewerThan: 6 }))?.version).toBe(8);
  expect((await docmill.job("j")).version).toBe(8);
  expect(asked[2]?.headers["if-none-match"]).toBeUndefined();
});

test("every route has its method, path and body", async () => {
  const { asked, url } = await serve(({ method }) =>
    method === "DELETE" ? { status: 204 } : { json: { pipelines: [] } },
  );
  const docmill = client(url);
  await docmill.events("j", { after: 3, waitSeconds: 20 });
  await docmill.cancel("j");
  await docmill.retry("j");
  await docmill.delete("j");
  await docmill.result("j", { format: "csv", part: 2, full: true, startIndex: 0, edition: 0 });
  await docmill.editResult("j", [{ op: "add" }], { ifMatch: '"1.3"' });
  await docmill.pipelines();
  await docmill.health();
  await docmill.credits({ cursor: "c" });
  await docmill.stats({ companyId: "c" });
  await docmill.audit();
  await docmill.audit({ companyId: "c" });
  await docmill.company("c");
  await docmill.createCompany("Acme");
  await docmill.deleteCompany("c");
  await docmill.exportCompany("c");
  await docmill.companyExport("c");
  await docmill.invite("c", "a@b.test", { role: "admin" });
  await docmill.withdrawInvitation("c", "a+b@c.test");
  await docmill.join("c");
  await docmill.setRole("c", "u/1", "member");
  await docmill.removeMember("c", "u/1");
  await docmill.callbackSecret();
  await docmill.rotateCallbackSecret({ companyId: "c" });
  const lines = asked.map(({ method, path, query, body }) =>
    `${method} ${path.slice(5)} ${query} ${body}`.trim().replace("  ", " "),
  );
  expect(lines).toEqual([
    "GET /v1/jobs/j/events after=3&wait=20",
    "POST /v1/jobs/j/cancel",
    "POST /v1/jobs/j/retry",
    "DELETE /v1/jobs/j",
    "GET /v1/jobs/j/result format=csv&part=2&full=true&edition=0&start_index=0",
    'PATCH /v1/jobs/j/result [{"op":"add"}]',
    "GET /v1/pipelines",
    "GET /v1/health",
    "GET /v1/credits cursor=c",
    "GET /v1/stats company_id=c",
    "GET /v1/audit",
    "GET /v1/companies/c/audit",
    "GET /v1/companies/c",
    'POST /v1/companies {"name":"Acme"}',
    "DELETE /v1/companies/c",
    "POST /v1/companies/c/export",
    "GET /v1/companies/c/export",
    'POST /v1/companies/c/invitations {"email":"a@b.test","role":"admin"}',
    "DELETE /v1/companies/c/invitations/a%2Bb%40c.test",
    "POST /v1/companies/c/join",
    'PATCH /v1/companies/c/members/u%2F1 {"role":"member"}',
    "DELETE /v1/companies/c/members/u%2F1",
    "GET /v1/callback-secret",
    "POST /v1/callback-secret company_id=c",
  ]);
  expect(asked[5]?.headers["if-match"]).toBe('"1.3"');
});

test("the token does not go along when the result is elsewhere", async () => {
  const store = await serve(() => ({ text: "a,b", headers: { "content-type": "text/csv" } }));
  const { url } = await serve(() => ({ status: 303, headers: { location: `${store.url}result.csv` } }));
  const response = await client(url).result("j");
  expect(await response.text()).toBe("a,b");
  expect(store.asked[0]?.headers.authorization).toBeUndefined();
});

test("a result's body ends with the signal", async () => {
  const { url } = await serve(() => ({ text: "x".repeat(100), headers: { "content-length": "200" } }));
  const abort = new AbortController();
  const response = await client(url).result("j", { signal: abort.signal });
  const body = failure(response.text());
  abort.abort();
  expect(await body).toMatchObject({ name: "AbortError" });
});
