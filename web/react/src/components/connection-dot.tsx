import type { LabelChanges } from "../labels.js";
import { useLabels } from "../provider.js";
import { useConnection } from "../use-connection.js";
import { Announcer, classes } from "./parts.js";

export interface ConnectionDotProps {
  /** Shows the dot alone; the word is then a tooltip, and read by screen readers. */
  isCompact?: boolean;
  labels?: LabelChanges;
  className?: string;
}

/** How live the page is: green by WebSocket, amber by a slower way, red without connection; and the word for it. */
export function ConnectionDot({ isCompact = false, labels: changes, className }: ConnectionDotProps) {
  const labels = useLabels(changes);
  const mode = useConnection();
  return (
    <span
      className={classes("docmill-connection", className)}
      data-mode={mode}
      title={labels.connectionHint[mode]}
    >
      <span className="docmill-dot" aria-hidden="true" />
      <span className={isCompact ? "docmill-hidden" : undefined}>{labels.connection[mode]}</span>
      {/* Of the ways of being connected nobody needs to be told; of being cut off, at once. */}
      <Announcer>{mode === "offline" ? labels.connectionHint.offline : ""}</Announcer>
    </span>
  );
}
