/** WebCrypto digests only what is wholly in memory. A phone can spare this much. */
export const DIGEST_MOST_BYTES = 64 * 1024 * 1024;

/**
 * SHA-256 of a file in hexadecimal; null where it is larger than {@link DIGEST_MOST_BYTES}, or where the platform has no
 * WebCrypto, as on pages that did not come by HTTPS.
 */
export async function sha256Hex(data: Blob): Promise<string | null> {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle || data.size > DIGEST_MOST_BYTES) return null;
  const digest = await subtle.digest("SHA-256", await data.arrayBuffer());
  return hex(new Uint8Array(digest));
}

/** A key that nobody else has. `crypto.randomUUID` is missing on pages that did not come by HTTPS. */
export function randomKey(): string {
  return hex(globalThis.crypto.getRandomValues(new Uint8Array(16)));
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
