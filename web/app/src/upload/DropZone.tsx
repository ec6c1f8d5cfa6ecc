import { Text, ThemeIcon } from "@mantine/core";
import { type DragEvent, type RefObject, useEffect, useRef, useState } from "react";

import { IconUpload } from "../shell/icons";

interface DropZoneProps {
  /** Extensions with their dots, for the file dialogue. */
  accept: readonly string[];
  hint: string;
  inputRef: RefObject<HTMLInputElement | null>;
  isDisabled?: boolean;
  onFiles: (files: readonly File[]) => void;
}

const hasFiles = (event: { dataTransfer: DataTransfer | null }): boolean =>
  event.dataTransfer?.types.includes("Files") ?? false;

/** A place to drop files on. For the keyboard and for screen readers it is a file input like any other. */
export function DropZone({ accept, hint, inputRef, isDisabled = false, onFiles }: DropZoneProps) {
  const [isOver, setOver] = useState(false);
  const isPressed = useRef(false);
  useStrayDrops();
  usePastedFiles(isDisabled ? null : onFiles);
  const drag = (event: DragEvent) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    setOver(!isDisabled);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (!isDisabled) onFiles([...event.dataTransfer.files]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way to do what the input does
    <div
      className="drop-zone"
      data-over={isOver || undefined}
      data-disabled={isDisabled || undefined}
      onDragEnter={drag}
      onDragOver={drag}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <input
        ref={inputRef}
        id="file"
        type="file"
        multiple
        className="drop-zone-input"
        accept={accept.join()}
        disabled={isDisabled}
        aria-describedby="file-hint"
        onKeyDown={(event) => {
          // Enter would send the form, which is not what the zone looks like.
          isPressed.current = event.key === "Enter";
          if (isPressed.current) event.preventDefault();
        }}
        onKeyUp={(event) => {
          // Not before: while the key goes down, browsers do not count it as the user's wish to be shown a dialogue.
          if (event.key === "Enter" && isPressed.current) event.currentTarget.click();
          isPressed.current = false;
        }}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          // The same file can be chosen again after it was taken off the list.
          currentTarget.value = "";
        }}
      />
      <label htmlFor="file" className="drop-zone-label">
        <ThemeIcon variant="light" size={44} radius="xl" aria-hidden="true">
          <IconUpload size={24} />
        </ThemeIcon>
        <Text component="span" fw={600}>
          Choose files or drop them here
        </Text>
        <Text component="span" size="sm" c="dimmed" id="file-hint">
          {hint}
        </Text>
      </label>
    </div>
  );
}

/** A file that misses the zone does not replace the page. */
function useStrayDrops(): void {
  useEffect(() => {
    const stop = (event: globalThis.DragEvent) => hasFiles(event) && event.preventDefault();
    addEventListener("dragover", stop);
    addEventListener("drop", stop);
    return () => {
      removeEventListener("dragover", stop);
      removeEventListener("drop", stop);
    };
  }, []);
}

function usePastedFiles(onFiles: ((files: readonly File[]) => void) | null): void {
  useEffect(() => {
    if (!onFiles) return;
    const paste = ({ clipboardData }: ClipboardEvent) => {
      const files = [...(clipboardData?.files ?? [])];
      if (files.length > 0) onFiles(files);
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  }, [onFiles]);
}
