/** Whatever was thrown, as an error. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));

/** Whether it is the end of an `AbortSignal`, which nobody needs to be told of. */
export const isAbort = (thrown: unknown): boolean => thrown instanceof Error && thrown.name === "AbortError";
