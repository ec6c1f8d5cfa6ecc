// The running stack: where it is, files to send to it, and users of its pool.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

export const ROOT = path.resolve(import.meta.dirname, "../../..");

/** The local AWS may trip over calls of the same moment; an SDK would try again, too. */
const TRIES = 5;

/** `stack.env` of the running stack as an object. */
function readEnv() {
  const file = process.env.DOCMILL_STACK_ENV ?? path.join(ROOT, ".local/stack.env");
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Error(
      `${file} is not there: start the local stack (make up), or name its stack.env in DOCMILL_STACK_ENV`,
    );
  }
  const lines = text
    .split("\n")
    .map((line) => /^(?:export )?(\w+)=(.*)$/.exec(line.trim()))
    .filter(Boolean);
  return Object.fromEntries(lines.map(([, name, value]) => [name, value.replace(/^(["'])(.*)\1$/, "$2")]));
}

export const env = readEnv();

/** Where the page is. */
export const ADDRESS = `${env.DOCMILL_URL}/`;

/** A file of the repository's samples. */
export const sample = (name) => path.join(ROOT, "samples", name);

export const STORY = sample("la-maison-du-port.txt");
export const BOOK = sample("le-phare-de-kermor.pdf");
export const TIMETABLE = sample("timetable/05-vertical-letters.pdf");

/** A French text of about that size: enough of it keeps the workers busy for some seconds. */
export function longText(bytes, name = "long.txt") {
  const story = readFileSync(STORY);
  return { name, mimeType: "text/plain", buffer: Buffer.concat(Array(Math.ceil(bytes / story.length)).fill(story)) };
}

/** A short French text of its own. */
export const shortText = (name, text = "Le chat dort. La mer monte.") => ({
  name,
  mimeType: "text/plain",
  buffer: Buffer.from(text),
});

/** A call of the local AWS, which asks these tests for no signature. */
async function aws(version, target, request) {
  const headers = { "content-type": `application/x-amz-json-${version}`, "x-amz-target": target };
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(env.DOCMILL_ENDPOINT, { method: "POST", headers, body: JSON.stringify(request) });
    if (response.ok) return response.json();
    assert.ok(response.status === 500 && tries < TRIES, `${target}: ${response.status} ${await response.text()}`);
  }
}

const pool = (action, request) => aws("1.1", `AWSCognitoIdentityProviderService.${action}`, request);

/** Puts a message into the dead letters of jobs with low priority. */
export const buryMessage = (body) =>
  aws("1.0", "AmazonSQS.SendMessage", { QueueUrl: env.DOCMILL_DLQ_LOW_URL, MessageBody: body });

const lambda = async (method, route, body) => {
  const response = await fetch(`${env.DOCMILL_ENDPOINT}/2015-03-31/${route}`, {
    method,
    body: body && JSON.stringify(body),
  });
  assert.ok(response.ok, `${method} ${route}: ${response.status}`);
  return response.json();
};

/** Lets the sweep run now. */
export const sweep = () => lambda("POST", `functions/${env.DOCMILL_SWEEP_FUNCTION}/invocations`, {});

/** Whether workers are given jobs of low priority. */
export async function feedLow(isEnabled) {
  const { EventSourceMappings } = await lambda(
    "GET",
    `event-source-mappings/?FunctionName=${env.DOCMILL_WORKER_FUNCTION}`,
  );
  const queue = env.DOCMILL_QUEUE_LOW_URL.split("/").at(-1);
  const mapping = EventSourceMappings.find(({ EventSourceArn }) => EventSourceArn?.endsWith(`:${queue}`));
  assert.ok(mapping, `no event source for ${queue}`);
  await lambda("PUT", `event-source-mappings/${mapping.UUID}`, { Enabled: isEnabled });
}

/**
 * Makes a user of the local stack's pool, whom nobody else uses: with credits, without jobs. With a temporary password
 * they have to choose their own when they sign in.
 */
export async function newUser(name = "reader", { isTemporary = false } = {}) {
  const email = `${name}-${randomBytes(4).toString("hex")}@browser.test`;
  const password = `Aa1-${randomBytes(12).toString("base64url")}`;
  const who = { UserPoolId: env.DOCMILL_USER_POOL_ID, Username: email };
  const attributes = [
    { Name: "email", Value: email },
    { Name: "email_verified", Value: "true" },
  ];
  await pool("AdminCreateUser", { ...who, UserAttributes: attributes, MessageAction: "SUPPRESS" });
  await pool("AdminSetUserPassword", { ...who, Password: password, Permanent: !isTemporary });
  return new User(email, password);
}

/** A user, and the API as that user: for what a test needs to be there, or what somebody else does meanwhile. */
export class User {
  #token;

  constructor(email, password) {
    this.email = email;
    this.password = password;
  }

  /** An ID token. */
  token() {
    this.#token ??= pool("InitiateAuth", {
      ClientId: env.DOCMILL_CLIENT_ID,
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME: this.email, PASSWORD: this.password },
    }).then((answer) => answer.AuthenticationResult.IdToken);
    return this.#token;
  }

  /** A call that must succeed; its JSON, or null where there is none. */
  async call(method, route, { body, headers } = {}) {
    const isForm = body instanceof FormData;
    const response = await fetch(`${env.DOCMILL_URL}${route}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.token()}`,
        ...(body && !isForm && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body && { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${route}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  job(id) {
    return this.call("GET", `/v1/jobs/${id}`);
  }

  /** A job that waits for its file, and costs nobody any work. */
  announce(name, fields = {}) {
    const body = { pipeline: "novel", files: [{ name, size: 4_000_000, content_type: "text/plain" }], ...fields };
    return this.call("POST", "/v1/jobs", { body });
  }

  /** A job of one small file. */
  submit(file, fields = {}) {
    const body = new FormData();
    for (const [field, value] of Object.entries({ pipeline: "novel", ...fields })) body.append(field, value);
    body.append("file", new Blob([file.buffer], { type: file.mimeType }), file.name);
    return this.call("POST", "/v1/jobs", { body });
  }
}

/** The users whom the stack was made with. */
export const demoUser = new User(env.DOCMILL_USER, env.DOCMILL_PASSWORD);
export const operator = new User(env.DOCMILL_OPERATOR_USER, env.DOCMILL_OPERATOR_PASSWORD);
