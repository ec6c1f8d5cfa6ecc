// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { claims, userOf } from "../src/session/claims";
import { Session } from "../src/session/session";

const NOW_S = Math.floor(Date.now() / 1000);

function token(change: object = {}): string {
  const payload = btoa(JSON.stringify({ sub: "u1", email: "ada@example.com", exp: NOW_S + 3600, ...change }));
  return `e30.${payload.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}.c2ln`;
}

const POOL = { client_id: "c", auth_endpoint: "https://auth.example/" };
const KEY = "docmill:/";

/** Answers of the sign-in service, one after the other. */
function answers(...bodies: (object | "refused" | "down")[]) {
  const mock = vi.fn(async () => {
    const body = bodies.shift();
    if (body === "down") throw new TypeError("no network");
    if (body === "refused") return new Response(JSON.stringify({ message: "Refused." }), { status: 400 });
    return new Response(JSON.stringify(body ?? {}));
  });
  vi.stubGlobal("fetch", mock);
  return mock;
}

const granted = (id: string, refresh: string | null = "r1") => ({
  AuthenticationResult: { IdToken: id, ...(refresh && { RefreshToken: refresh }) },
});

beforeEach(() => localStorage.clear());
afterEach(() => vi.unstubAllGlobals());

describe("a token", () => {
  it("names its user", () => {
    expect(userOf(token())).toEqual({ id: "u1", name: "ada@example.com", isOperator: false });
    expect(userOf(token({ "cognito:groups": ["operators"] }))?.isOperator).toBe(true);
    expect(userOf(token({ groups: "staff, operators" }))?.isOperator).toBe(true);
    expect(userOf(token({ groups: "operators-not" }))?.isOperator).toBe(false);
    expect([claims("a.b"), claims("a.!.c"), claims("a.bnVsbA.c"), userOf(token({ sub: undefined }))]).toEqual(
      [null, null, null, null],
    );
  });
});

describe("signing in", () => {
  it("asks for what the pool asks for", async () => {
    answers({ ChallengeName: "NEW_PASSWORD_REQUIRED", Session: "s" }, granted(token()));
    const session = new Session(POOL, KEY);
    const challenge = await session.signIn("ada@example.com", "temporary");
    expect(challenge).toEqual({ kind: "new_password", session: "s" });
    expect(session.snapshot().user).toBeNull();
    if (challenge) expect(await session.answer(challenge, "ada@example.com", "better")).toBeNull();
    expect(session.snapshot().user?.id).toBe("u1");
  });

  it("survives a reload, and what storage has of others", async () => {
    answers(granted(token()));
    await new Session(POOL, KEY).signIn("a", "b");
    expect(new Session(POOL, KEY).snapshot().user?.id).toBe("u1");
    expect(new Session(POOL, "docmill:/other/").snapshot().user).toBeNull();
    localStorage.setItem("docmill:/:session", '{"id":7}');
    expect(new Session(POOL, KEY).snapshot().user).toBeNull();
  });

  it("takes a token from elsewhere while it is good", () => {
    const session = new Session({ ...POOL, auth_endpoint: null }, KEY);
    expect(() => session.adoptToken("nonsense")).toThrow(/JSON Web Token/);
    expect(() => session.adoptToken(token({ exp: NOW_S - 1 }))).toThrow(/expired/);
    session.adoptToken(token());
    expect(session.snapshot().user?.id).toBe("u1");
  });
});

describe("a session", () => {
  async function signedIn(id: string) {
    answers(granted(id));
    const session = new Session(POOL, KEY);
    await session.signIn("a", "b");
    return session;
  }

  it("renews a token that is about to end, once for all who ask", async () => {
    const session = await signedIn(token({ exp: NOW_S + 30 }));
    const fresh = token({ jti: 2 });
    const asked = answers(granted(fresh, null));
    const both = await Promise.all([session.token({ fresh: false }), session.token({ fresh: false })]);
    expect(both).toEqual([fresh, fresh]);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(JSON.parse(localStorage.getItem("docmill:/:session") ?? "")).toEqual({ id: fresh, refresh: "r1" });
  });

  it("renews a token that was refused, unless another tab has", async () => {
    const session = await signedIn(token());
    await session.token({ fresh: false });
    const other = token({ jti: "of another tab" });
    localStorage.setItem("docmill:/:session", JSON.stringify({ id: other, refresh: "r2" }));
    const asked = answers(granted(token({ jti: 3 })));
    expect(await session.token({ fresh: true })).toBe(other);
    expect(asked).not.toHaveBeenCalled();
    expect(await session.token({ fresh: true })).toBe(token({ jti: 3 }));
  });

  it("ends when renewing is refused, not when nobody answers", async () => {
    const session = await signedIn(token({ exp: NOW_S + 30 }));
    answers("down", "refused");
    await expect(session.token({ fresh: false })).rejects.toThrow(/cannot be reached/);
    expect(session.snapshot().user).not.toBeNull();
    await expect(session.token({ fresh: false })).rejects.toThrow();
    expect(session.snapshot()).toMatchObject({
      user: null,
      message: "Your session has ended. Please sign in again.",
    });
  });

  it("ends in every tab, and leaves nothing of the user behind", async () => {
    const session = await signedIn(token());
    const other = new Session(POOL, KEY);
    const told = vi.fn();
    other.subscribe(told);
    localStorage.setItem("docmill:notifications:docmill:/:u1", "{}");
    localStorage.setItem("mantine-color-scheme-value", "dark");
    session.signOut();
    expect(Object.keys(localStorage)).toEqual(["mantine-color-scheme-value"]);
    dispatchEvent(Object.assign(new Event("storage"), { key: "docmill:/:session" }));
    expect(told).toHaveBeenCalled();
    expect(other.snapshot()).toEqual({ user: null, message: null });
  });
});
