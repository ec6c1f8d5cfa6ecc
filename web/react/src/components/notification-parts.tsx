import type { ReactNode } from "react";
import type { Labels } from "../labels.js";
import type { JobNotification } from "../notifications/book.js";
import { useDocmillContext } from "../provider.js";
import { CrossIcon } from "./parts.js";

interface MessageProps {
  item: JobNotification;
  labels: Labels;
  onFollow: () => void;
  children?: ReactNode;
}

/** What happened, to which document, why. */
export function Message({ item, labels, onFollow, children }: MessageProps) {
  const { href } = useDocmillContext();
  const name = item.name ?? labels.untitled;
  return (
    <div className="docmill-message">
      <p className="docmill-message-title">
        <OutcomeIcon outcome={item.outcome} /> {labels.outcome[item.outcome]}
      </p>
      <p className="docmill-message-name">
        {href ? (
          <a href={href(item.jobId)} onClick={onFollow}>
            {name}
          </a>
        ) : (
          name
        )}
      </p>
      {item.message && <p className="docmill-message-why">{item.message}</p>}
      {children}
    </div>
  );
}

interface DismissButtonProps {
  item: JobNotification;
  labels: Labels;
  onClick: () => void;
}

export function DismissButton({ item, labels, onClick }: DismissButtonProps) {
  return (
    <button
      type="button"
      className="docmill-icon-button"
      aria-label={`${labels.dismiss} ${item.name ?? labels.untitled}`}
      title={labels.dismiss}
      onClick={onClick}
    >
      <CrossIcon />
    </button>
  );
}

// Shape and colour differ: the colour alone does not tell.
const ICONS: Record<JobNotification["outcome"], string> = {
  ready: "m4 8.5 2.5 2.5L12 5.5",
  partial: "M8 4v5m0 2.5v.01",
  failed: "m5 5 6 6m0-6-6 6",
  expired: "M8 4.5V8l2.5 1.5",
  cancelled: "M4.5 8h7",
};

const OutcomeIcon = ({ outcome }: { outcome: JobNotification["outcome"] }) => (
  <svg className="docmill-outcome" data-outcome={outcome} viewBox="0 0 16 16" aria-hidden="true">
    <circle cx="8" cy="8" r="7" />
    <path d={ICONS[outcome]} />
  </svg>
);
