import { useEffect, useRef, useState } from "react";
import type { Labels } from "../labels.js";
import type { JobNotification } from "../notifications/book.js";
import type { UseNotifications } from "../use-notifications.js";
import { DismissButton, Message } from "./notification-parts.js";
import { Announcer } from "./parts.js";

// Long enough to be read and reached; the list keeps what was missed.
const TOAST_MS = 8_000;

interface ToastsProps {
  labels: Labels;
  notifications: UseNotifications;
}

/** New notifications for some seconds, in the tab that is to show them. */
export function Toasts({ labels, notifications }: ToastsProps) {
  const { toasts, hideToast, markRead } = notifications;
  const layer = useRef<HTMLDivElement>(null);
  const isEmpty = toasts.length === 0;
  // As a popover they lie over everything, wherever in the page the bell is. Browsers without it show them as they are.
  useEffect(() => {
    if (!isEmpty) layer.current?.showPopover?.();
  }, [isEmpty]);
  const last = toasts.at(-1);
  return (
    <>
      <Announcer>{last && `${labels.outcome[last.outcome]} ${last.name ?? labels.untitled}`}</Announcer>
      {!isEmpty && (
        <div ref={layer} className="docmill-toasts" popover="manual">
          {toasts.map((item) => (
            <Toast
              key={item.id}
              item={item}
              labels={labels}
              onEnd={() => hideToast(item.id)}
              onSeen={() => {
                markRead(item.id);
                hideToast(item.id);
              }}
            />
          ))}
        </div>
      )}
    </>
  );
}

interface ToastProps {
  item: JobNotification;
  labels: Labels;
  /** Time is up: the notification stays unread. */
  onEnd: () => void;
  /** The user followed it or put it away. */
  onSeen: () => void;
}

function Toast({ item, labels, onEnd, onSeen }: ToastProps) {
  const [isHeld, setHeld] = useState(false);
  // `onEnd` differs with every render of the list; a toast's time begins once.
  const end = useRef(onEnd);
  useEffect(() => {
    end.current = onEnd;
  });
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => end.current(), TOAST_MS);
    return () => clearTimeout(timer);
  }, [isHeld]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: pointing at it only keeps it from going.
    <div
      className="docmill-toast"
      data-outcome={item.outcome}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Message item={item} labels={labels} onFollow={onSeen} />
      <DismissButton item={item} labels={labels} onClick={onSeen} />
    </div>
  );
}
