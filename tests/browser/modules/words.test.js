import assert from "node:assert/strict";
import { test } from "node:test";

import { errorOf } from "../../../functions/site/page/assets/api.js";
import { claims } from "../../../functions/site/page/assets/auth.js";
import { ago, bytes, count, duration, stem, words } from "../../../functions/site/page/assets/format.js";

test("problems are told in their own words, the gateway's errors in ours", () => {
  const problem = errorOf(422, "application/problem+json", JSON.stringify({ code: "X", detail: "Do this.", errors: [{ field: "a" }] }), null);
  assert.equal(problem.message, "Do this.");
  assert.deepEqual([problem.status, problem.code, problem.fields], [422, "X", [{ field: "a" }]]);
  assert.match(errorOf(401, "application/json", "{\"message\":\"Unauthorized\"}", null).message, /sign in again/);
  assert.match(errorOf(413, "application/json", "{\"message\":\"Request Too Long\"}", null).message, /too large/);
  assert.equal(errorOf(418, "application/json", "{\"message\":\"Short and stout\"}", null).message, "Short and stout");
  assert.match(errorOf(502, "text/html", "<html>", null).message, /502/);
  assert.equal(errorOf(429, null, "", "7").retryAfterSeconds, 7);
});

test("claims are read from a token and from nothing else", () => {
  const token = (value) => `x.${Buffer.from(JSON.stringify(value)).toString("base64url")}.y`;
  assert.deepEqual(claims(token({ email: "zoé@example.com", exp: 1 })), { email: "zoé@example.com", exp: 1 });
  for (const odd of ["", "a.b", "a.b.c", "a.!.c", "..", token(null), token(7)]) assert.equal(claims(odd), null, odd);
});

test("sizes, times and names are readable", () => {
  assert.deepEqual([0, 1, 1023, 1024, 18_204, 52_428_800].map(bytes), ["0 bytes", "1 byte", "1,023 bytes", "1.0 kB", "18 kB", "50 MB"]);
  assert.deepEqual([0.4213, 12.4, 185].map(duration), ["0.42 s", "12 s", "3 min 5 s"]);
  const now = Date.parse("2026-11-21T12:00:00Z");
  assert.equal(ago("2026-11-21T11:59:58Z", now), "just now");
  assert.equal(ago("2026-11-21T11:57:00Z", now), "3 minutes ago");
  assert.equal(ago("2026-11-20T12:00:00Z", now), "yesterday");
  assert.equal(count(1, "warning"), "1 warning");
  assert.equal(count(2, "warning"), "2 warnings");
  assert.equal(words("sentence_length_limit"), "Sentence length limit");
  assert.deepEqual(["roman.txt", "a.b.txt", ".txt", "roman"].map(stem), ["roman", "a.b", ".txt", "roman"]);
});
