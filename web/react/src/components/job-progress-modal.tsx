import { isTerminal } from "@docmill/client";
import { type MouseEvent, type ReactNode, type SyntheticEvent, useEffect, useId, useRef } from "react";
import type { LabelChanges } from "../labels.js";
import { useLabels } from "../provider.js";
import { JobCard } from "./job-progress.js";
import { CrossIcon, classes } from "./parts.js";
import { type JobSource, type JobView, WithJob } from "./with-job.js";

export type JobProgressModalProps = JobSource & {
  isOpen: boolean;
  /** Asked for by Escape, a click beside the dialog, or its button. The job goes on. */
  onClose: () => void;
  /** What the dialog is called; the job's card is its content. */
  title?: string;
  href?: string | null;
  actions?: ReactNode | ((view: JobView) => ReactNode);
  children?: ReactNode | ((view: JobView) => ReactNode);
  labels?: LabelChanges;
  className?: string;
};

/**
 * A dialog that shows one job. It is the browser's own modal dialog: what is behind it cannot be reached, Escape closes
 * it, and the keyboard goes back to where it was.
 */
export function JobProgressModal(props: JobProgressModalProps) {
  const { isOpen, onClose, title, className } = props;
  const labels = useLabels(props.labels);
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (isOpen && !element.open) element.showModal();
    if (!isOpen && element.open) element.close();
  }, [isOpen]);

  const closeBeside = (event: MouseEvent) => {
    // The dialog has no padding: its own area is the backdrop's.
    if (event.target === dialog.current) onClose();
  };
  // The page decides when the dialog closes. Browsers close it all the same on a second Escape.
  const onCancel = (event: SyntheticEvent) => {
    if (event.target !== dialog.current) return;
    event.preventDefault();
    onClose();
  };
  const onClosed = (event: SyntheticEvent) => {
    if (event.target === dialog.current && isOpen) onClose();
  };

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the key; the click is for the area beside the dialog.
    <dialog
      ref={dialog}
      className={classes("docmill-modal", className)}
      aria-labelledby={titleId}
      onClick={closeBeside}
      onCancel={onCancel}
      onClose={onClosed}
    >
      {isOpen && (
        <div className="docmill-modal-content">
          <div className="docmill-modal-head">
            <h2 id={titleId} className="docmill-modal-title">
              {title ?? labels.jobDialog}
            </h2>
            <button
              type="button"
              className="docmill-icon-button"
              aria-label={labels.closeDialog}
              onClick={onClose}
            >
              <CrossIcon />
            </button>
          </div>
          <WithJob {...props}>
            {(view, words) => (
              <>
                <JobCard view={view} labels={words} href={props.href} actions={props.actions}>
                  {props.children}
                </JobCard>
                <div className="docmill-modal-foot">
                  <button type="button" className="docmill-button" onClick={onClose}>
                    {isTerminal(view.job.status) ? words.close : words.runInBackground}
                  </button>
                </div>
              </>
            )}
          </WithJob>
        </div>
      )}
    </dialog>
  );
}
