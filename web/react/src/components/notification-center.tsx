import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import type { LabelChanges, Labels } from "../labels.js";
import { useDocmillContext, useLabels } from "../provider.js";
import { type UseNotifications, useNotifications } from "../use-notifications.js";
import { DismissButton, Message } from "./notification-parts.js";
import { Ago, classes } from "./parts.js";
import { Toasts } from "./toasts.js";

export interface NotificationCenterProps {
  /** Whether new notifications are shown for some seconds at the edge of the page, too. True by default. */
  toasts?: boolean;
  labels?: LabelChanges;
  className?: string;
}

/** A bell with the number of unread notifications, which opens the list of them. */
export function NotificationCenter({ toasts = true, labels: changes, className }: NotificationCenterProps) {
  const labels = useLabels(changes);
  const { formats } = useDocmillContext();
  const notifications = useNotifications();
  const { unread } = notifications;
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const bell = useRef<HTMLButtonElement>(null);
  const panelId = useId();

  const close = (returnFocus: boolean) => {
    setOpen(false);
    if (returnFocus) bell.current?.focus();
  };
  useOutside(root, isOpen, () => close(false));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !isOpen) return;
    event.stopPropagation();
    close(true);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape in any of the controls within.
    <div ref={root} className={classes("docmill-center", className)} onKeyDown={onKeyDown}>
      <button
        ref={bell}
        type="button"
        className="docmill-bell"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        aria-controls={isOpen ? panelId : undefined}
        aria-label={
          unread > 0 ? `${labels.notifications}, ${labels.unread(unread, formats)}` : labels.notifications
        }
        onClick={() => (isOpen ? close(true) : setOpen(true))}
      >
        <BellIcon />
        {unread > 0 && (
          <span className="docmill-count" aria-hidden="true">
            {unread > 99 ? "99+" : formats.integer(unread)}
          </span>
        )}
      </button>
      {isOpen && (
        <Panel id={panelId} labels={labels} notifications={notifications} onLeave={() => close(false)} />
      )}
      {toasts && <Toasts labels={labels} notifications={notifications} />}
    </div>
  );
}

interface PanelProps {
  id: string;
  labels: Labels;
  notifications: UseNotifications;
  onLeave: () => void;
}

function Panel({ id, labels, notifications, onLeave }: PanelProps) {
  const { items, markRead, dismiss, clear } = notifications;
  const panel = useRef<HTMLDivElement>(null);
  // What was unread when the list was opened is marked as new until it is closed; the bell forgets it at once.
  const [newIds] = useState(() => new Set(items.filter((item) => !item.isRead).map((item) => item.id)));
  useEffect(() => panel.current?.focus(), []);
  useEffect(() => {
    if (items.some((item) => !item.isRead)) markRead();
  }, [items, markRead]);

  const remove = (itemId: string) => {
    dismiss(itemId);
    // The button that had the keyboard goes with its notification.
    panel.current?.focus();
  };
  return (
    <div
      ref={panel}
      id={id}
      className="docmill-panel"
      role="dialog"
      aria-label={labels.notifications}
      tabIndex={-1}
    >
      <div className="docmill-panel-head">
        <h2 className="docmill-panel-title">{labels.notifications}</h2>
        {items.length > 0 && (
          <button type="button" className="docmill-button docmill-quiet" onClick={clear}>
            {labels.clearAll}
          </button>
        )}
      </div>
      {items.length === 0 ? (
        <div className="docmill-empty">
          <p>{labels.noNotifications}</p>
          <p>{labels.noNotificationsHint}</p>
        </div>
      ) : (
        <ul className="docmill-items">
          {items.map((item) => (
            <li key={item.id} className="docmill-item" data-outcome={item.outcome}>
              <Message item={item} labels={labels} onFollow={onLeave}>
                <span className="docmill-item-time">
                  {newIds.has(item.id) && <span className="docmill-new">{labels.isNew}</span>}
                  <Ago at={item.at} />
                </span>
              </Message>
              <DismissButton item={item} labels={labels} onClick={() => remove(item.id)} />
            </li>
          ))}
        </ul>
      )}
      <PermissionRequest labels={labels} notifications={notifications} />
    </div>
  );
}

function PermissionRequest({ labels, notifications }: { labels: Labels; notifications: UseNotifications }) {
  const { permission, askPermission } = notifications;
  if (permission === "denied") return <p className="docmill-permission">{labels.notificationsDenied}</p>;
  if (permission !== "default") return null;
  return (
    <div className="docmill-permission">
      <button type="button" className="docmill-button" onClick={() => void askPermission()}>
        {labels.allowNotifications}
      </button>
      <p>{labels.allowNotificationsHint}</p>
    </div>
  );
}

/** Tells of a press or of the keyboard going elsewhere. */
function useOutside(root: { current: HTMLElement | null }, isActive: boolean, onOutside: () => void) {
  const latest = useRef(onOutside);
  useEffect(() => {
    latest.current = onOutside;
  });
  useEffect(() => {
    if (!isActive) return;
    const check = (event: Event) => {
      // A control that a press removed is no longer within, and was no press outside.
      if (event.target instanceof Node && event.target.isConnected && !root.current?.contains(event.target)) {
        latest.current();
      }
    };
    document.addEventListener("pointerdown", check);
    document.addEventListener("focusin", check);
    return () => {
      document.removeEventListener("pointerdown", check);
      document.removeEventListener("focusin", check);
    };
  }, [isActive, root]);
}

const BellIcon = () => (
  <svg viewBox="0 0 24 24" aria-hidden="true">
    <path d="M6 17V11a6 6 0 1 1 12 0v6l1.5 2h-15zM10 21.5h4" />
  </svg>
);
