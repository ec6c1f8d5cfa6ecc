/**
 * Calls back when the network is back, or the page is looked at again: phones and laptops kill connections in their sleep
 * without telling. Returns what ends it. Does nothing where there is no page.
 */
export function onWakeUp(callback: () => void): () => void {
  if (typeof globalThis.addEventListener !== "function") return () => {};
  const visible = () => {
    if (document.visibilityState === "visible") callback();
  };
  const page = typeof document === "undefined" ? null : document;
  globalThis.addEventListener("online", callback);
  // The connection says whether it lives: what the platform thinks of its network is often wrong.
  globalThis.addEventListener("offline", callback);
  globalThis.addEventListener("pageshow", callback);
  page?.addEventListener("visibilitychange", visible);
  return () => {
    globalThis.removeEventListener("online", callback);
    globalThis.removeEventListener("offline", callback);
    globalThis.removeEventListener("pageshow", callback);
    page?.removeEventListener("visibilitychange", visible);
  };
}
