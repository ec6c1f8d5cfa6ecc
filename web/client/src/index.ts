export { Docmill, type DocmillOptions } from "./docmill.js";
export { ApiError, type FieldError, UploadInterrupted } from "./errors.js";
export type { RequestOptions, TokenSource } from "./http.js";
export { type ConnectionMode, type JobListener, Live } from "./live.js";
export type { Timers } from "./timers.js";
export * from "./types.js";
export type { WatchOptions } from "./watch.js";
