// Requests to the API, and what went wrong with them in words for the user.

/** A refused or failed request. `status` is 0 when there was no answer. */
export class ApiError extends Error {
  constructor(status, message, { code = null, fields = [], retryAfterSeconds = null } = {}) {
    super(message);
    this.name = "ApiError";
    Object.assign(this, { status, code, fields, retryAfterSeconds });
  }
}

// The gateway in front of the service answers these itself, with a text for programmers.
const GATEWAY_WORDS = {
  401: "Your session has ended. Please sign in again.",
  403: "This is not allowed.",
  413: "The file is too large to be sent this way.",
  429: "There are too many requests right now. Please try again in a moment.",
  503: "The service is busy. Please try again in a moment.",
  504: "The service took too long to answer. Please try again.",
};

const NO_ANSWER = "The service cannot be reached. Check your connection and try again.";

/** Reads the error in an answer: problem+json, the gateway's `{"message"}`, or neither. */
export function errorOf(status, contentType, text, retryAfter) {
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: the status says enough.
  }
  const retryAfterSeconds = Number(retryAfter) > 0 ? Number(retryAfter) : null;
  if (contentType?.includes("problem+json") && body?.detail) {
    return new ApiError(status, body.detail, { code: body.code, fields: body.errors ?? [], retryAfterSeconds });
  }
  const message = GATEWAY_WORDS[status] ?? body?.message ?? `The service answered with an error (${status}).`;
  return new ApiError(status, message, { retryAfterSeconds });
}

/** Base URL of the service: where the page itself lies. */
export const baseUrl = () => new URL("./", location.href.split(/[?#]/)[0]);

export class Api {
  /**
   * @param {URL} base where the service lies
   * @param {{token: (fresh?: boolean) => Promise<string>, ended: () => void}} session gives tokens; told when they are refused
   */
  constructor(base, session) {
    this.base = base;
    this.session = session;
  }

  /** A path of the API (`/v1/…`) as a URL below the base. */
  url(path) {
    return new URL(path.replace(/^\//, ""), this.base);
  }

  /** Sends a request with the token; a refused token is renewed once. Throws ApiError. */
  async fetch(path, { method = "GET", headers = {}, body } = {}) {
    for (const fresh of [false, true]) {
      const token = await this.session.token(fresh);
      let response;
      try {
        response = await fetch(this.url(path), { method, body, headers: { ...headers, authorization: `Bearer ${token}` } });
      } catch {
        throw new ApiError(0, NO_ANSWER);
      }
      if (response.ok || response.status === 304) return response;
      const error = errorOf(
        response.status, response.headers.get("content-type"), await response.text(), response.headers.get("retry-after"));
      if (response.status !== 401) throw error;
      if (fresh) {
        this.session.ended();
        throw error;
      }
    }
    throw new ApiError(401, GATEWAY_WORDS[401]);
  }

  async json(path, options) {
    return (await this.fetch(path, options)).json();
  }

  post(path, value, headers = {}) {
    const body = value === undefined ? undefined : JSON.stringify(value);
    return this.json(path, { method: "POST", body, headers: { ...(body && { "content-type": "application/json" }), ...headers } });
  }

  /** The job, or null when it still has the version that is known. */
  async jobIfNewer(id, version) {
    const headers = version ? { "if-none-match": `"${version}"` } : {};
    const response = await this.fetch(`/v1/jobs/${id}`, { headers });
    return response.status === 304 ? null : response.json();
  }

  job(id) {
    return this.json(`/v1/jobs/${id}`);
  }

  jobs(cursor) {
    return this.json(`/v1/jobs?limit=20${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
  }

  cancel(id) {
    return this.post(`/v1/jobs/${id}/cancel`);
  }

  retry(id) {
    return this.post(`/v1/jobs/${id}/retry`);
  }

  /** A file of the result. The redirect leads to the store; browsers do not take the token along to another origin. */
  result(id, format, part = 1) {
    return this.fetch(`/v1/jobs/${id}/result?format=${encodeURIComponent(format)}${part > 1 ? `&part=${part}` : ""}`);
  }
}

/** Reads something that needs no token. */
export async function publicJson(url) {
  let response;
  try {
    response = await fetch(url);
  } catch {
    throw new ApiError(0, NO_ANSWER);
  }
  if (!response.ok) {
    throw errorOf(response.status, response.headers.get("content-type"), await response.text(), response.headers.get("retry-after"));
  }
  return response.json();
}
