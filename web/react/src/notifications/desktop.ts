/** Notifications of the browser, outside of the page. */

export type Permission = NotificationPermission | "unsupported";

export const permission = (): Permission =>
  typeof Notification === "undefined" ? "unsupported" : Notification.permission;

/** Asks the user. Browsers want this to come from a click or a key. */
export async function askPermission(): Promise<Permission> {
  if (typeof Notification === "undefined") return "unsupported";
  try {
    return await Notification.requestPermission();
  } catch {
    return permission();
  }
}

export interface DesktopNotification {
  title: string;
  body: string;
  /** Of several with one tag the browser shows the last: so two tabs do not show it twice. */
  tag: string;
  onClick: () => void;
}

export function showOnDesktop({ title, body, tag, onClick }: DesktopNotification): void {
  if (permission() !== "granted") return;
  try {
    const shown = new Notification(title, { body, tag });
    shown.onclick = () => {
      window.focus();
      shown.close();
      onClick();
    };
  } catch {
    // Chrome on Android has them in service workers only. The list in the page has it all the same.
  }
}
