// Small pieces that views share.

import {
  Alert,
  Button,
  Center,
  EmptyState,
  Group,
  Loader,
  Paper,
  type PaperProps,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { type ReactNode, useEffect, useRef, useState } from "react";

import { Dialog } from "./Dialog";
import { ago, dateTime } from "./format";
import { IconAlert } from "./icons";

/** The view's title: in the window, and as the heading that the keyboard is moved to. */
export function ViewTitle({ children }: { children: string }) {
  useWindowTitle(children);
  return (
    <Title order={1} tabIndex={-1} style={{ overflowWrap: "anywhere" }}>
      {children}
    </Title>
  );
}

export function useWindowTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Docmill`;
  }, [title]);
}

/** A card. */
export function Panel({
  children,
  ...props
}: PaperProps & { children: ReactNode; "aria-labelledby"?: string; component?: "section" }) {
  return (
    <Paper p={{ base: "md", sm: "lg" }} withBorder {...props}>
      {children}
    </Paper>
  );
}

export function Loading({ what = "Loading…" }: { what?: string }) {
  return (
    <Center py="xl" role="status">
      <Group gap="sm">
        <Loader size="sm" aria-hidden="true" />
        <Text c="dimmed">{what}</Text>
      </Group>
    </Center>
  );
}

interface FailureProps {
  error: unknown;
  /** What could not be done. */
  title?: string | undefined;
  onRetry?: (() => void) | undefined;
}

/** What went wrong, and the way to try again. */
export function Failure({ error, title, onRetry }: FailureProps) {
  return (
    <Alert role="alert" color="red" variant="light" icon={<IconAlert />} {...(title && { title })}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{messageOf(error)}</Text>
        {onRetry && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

export const messageOf = (error: unknown): string =>
  error instanceof Error && error.message ? error.message : "This did not work. Please try again.";

interface NothingProps {
  title: string;
  icon?: ReactNode;
  children?: ReactNode;
}

/** An empty state: what would be here, and how to get it. */
export function Nothing({ title, icon, children }: NothingProps) {
  return <EmptyState py="lg" size="sm" title={title} icon={icon} description={children} />;
}

/** A time in words, with the exact one beside it. It goes on by itself. */
export function Ago({ time }: { time: string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((ticks) => ticks + 1), 15_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={time} title={dateTime(time)}>
      {ago(time)}
    </time>
  );
}

interface ConfirmProps {
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** What the button says. */
  action: string;
  /** What the button says that leaves all as it is. */
  keep?: string;
  isOpen: boolean;
  isDangerous?: boolean;
  /** Nothing can be confirmed yet. */
  isDisabled?: boolean;
  onClose: () => void;
  /** The dialog stays open until it is done, and shows why it was not. */
  onConfirm: () => Promise<unknown>;
}

/** Asks before something that cannot be undone. */
export function Confirm(props: ConfirmProps) {
  const {
    title,
    children,
    action,
    keep = "Keep",
    isOpen,
    isDangerous = true,
    isDisabled = false,
    onClose,
    onConfirm,
  } = props;
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isShown = useRef(isOpen);
  isShown.current = isOpen;
  useEffect(() => {
    if (isOpen) setError(null);
  }, [isOpen]);
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      if (isShown.current) onClose();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose}>
      <Stack>
        <div>{children}</div>
        {error !== null && <Failure error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {keep}
          </Button>
          <Button
            color={isDangerous ? "red.9" : "brand"}
            loading={isBusy}
            disabled={isDisabled}
            onClick={confirm}
          >
            {action}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
