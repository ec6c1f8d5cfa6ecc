import { noAnswer } from "./errors.js";

/** Sends a request like `fetch`; `onSent` is told how many bytes of the body are on their way. */
export type Transfer = (
  url: URL | string,
  init: RequestInit,
  onSent?: (bytes: number) => void,
) => Promise<Response>;

const PIECE_BYTES = 256 * 1024;

/**
 * The platform's way of sending. `fetch` does not tell how much of a body is sent: with `onSent`, browsers use
 * XMLHttpRequest, and Node counts what is taken of the body. An injected `fetch` is used for everything.
 */
export function transferBy(injected: typeof globalThis.fetch | undefined): Transfer {
  return (url, init, onSent) => {
    const send = injected ?? globalThis.fetch;
    if (!onSent) return send(url, init);
    if (!injected && typeof XMLHttpRequest !== "undefined") return byXhr(url, init, onSent);
    const { body } = init;
    return body instanceof Blob && body.size > 0 ? send(url, counted(init, body, onSent)) : send(url, init);
  };
}

/** The request with a body that is counted as it is taken. Stores want its length, which a stream does not have. */
function counted(init: RequestInit, body: Blob, onSent: (bytes: number) => void): RequestInit {
  const headers = new Headers(init.headers);
  headers.set("content-length", String(body.size));
  if (body.type !== "" && !headers.has("content-type")) headers.set("content-type", body.type);
  let sent = 0;
  // Not `body.stream()`, which may give all of it in one piece.
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const bytes = await body.slice(sent, sent + PIECE_BYTES).arrayBuffer();
        controller.enqueue(new Uint8Array(bytes));
        sent += bytes.byteLength;
        onSent(sent);
        if (sent >= body.size) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  // `duplex` is missing in the types of some platforms, and wanted by all that stream.
  return { ...init, headers, body: stream, duplex: "half" } as RequestInit;
}

function byXhr(url: URL | string, init: RequestInit, onSent: (bytes: number) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { signal } = init;
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open(init.method ?? "GET", String(url));
    request.responseType = "arraybuffer";
    new Headers(init.headers).forEach((value, name) => {
      request.setRequestHeader(name, value);
    });
    request.upload.addEventListener("progress", ({ loaded }) => onSent(loaded));
    request.addEventListener("load", () => resolve(responseOf(request)));
    request.addEventListener("error", () => reject(noAnswer()));
    request.addEventListener("abort", () => reject(signal?.reason ?? noAnswer()));
    request.addEventListener("loadend", () => signal?.removeEventListener("abort", abort));
    signal?.addEventListener("abort", abort, { once: true });
    request.send(init.body as XMLHttpRequestBodyInit | null | undefined);
  });
}

function responseOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  const hasBody = ![204, 205, 304].includes(request.status);
  const body = hasBody ? (request.response as ArrayBuffer | null) : null;
  return new Response(body, { status: request.status, statusText: request.statusText, headers });
}
