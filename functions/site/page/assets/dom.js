// Elements without markup strings: what users upload never becomes HTML.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/**
 * Makes an element. `on…` properties are listeners; `null`, `undefined` and `false` leave an attribute out, `true` sets it
 * empty. Children may be nested lists; `null`, `undefined` and `false` among them are left out.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...present(children));
  return element;
}

const present = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

/**
 * Replaces what is in `element` and keeps the keyboard's place: whatever had the focus is found again by its
 * `data-key`; where it is gone, the focus goes to `element`'s first heading or to `element` itself.
 */
export function replaceKeepingFocus(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.closest("[data-key]")?.dataset.key;
  element.replaceChildren(...present(children));
  if (!focused) return;
  const again = key && element.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (again && !again.disabled) {
    again.focus({ preventScroll: true });
    return;
  }
  const fallback = element.querySelector("h1, h2, h3") ?? element;
  if (!fallback.hasAttribute("tabindex")) fallback.setAttribute("tabindex", "-1");
  fallback.focus({ preventScroll: true });
}

/** Shows `text` in an alert, or hides it when there is none. */
export function showNotice(element, text) {
  element.textContent = text ?? "";
  element.hidden = !text;
}
