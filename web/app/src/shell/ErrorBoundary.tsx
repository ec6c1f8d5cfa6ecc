import { Button, Code, Container, Stack, Text, Title } from "@mantine/core";
import { Component, type ErrorInfo, type ReactNode } from "react";

interface Props {
  children: ReactNode;
  /** The part is shown anew when this changes: another view may well work. */
  resetKey?: string;
}

interface State {
  error: Error | null;
  resetKey: string | undefined;
}

/** Shows what can be done about a fault of the page, in place of what has failed. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, resetKey: this.props.resetKey };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.resetKey === state.resetKey ? null : { error: null, resetKey: props.resetKey };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error(error, info.componentStack);
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    // Without a connection, and after a release: it has other files than the page knows.
    const isMissing = /dynamically imported module|module script failed/i.test(error.message);
    return (
      <Container size="sm" py="xl" role="alert">
        <Stack align="flex-start">
          <Title order={1}>
            {isMissing ? "This part of the page could not be loaded" : "Something went wrong on this page"}
          </Title>
          <Text>
            {isMissing
              ? "The connection may be lost, or a newer version has come out. Please load the page again."
              : "Your jobs are not affected: they go on. Loading the page again mostly helps."}
          </Text>
          {!isMissing && <Code>{error.message}</Code>}
          <Button onClick={() => location.reload()}>Load the page again</Button>
        </Stack>
      </Container>
    );
  }
}
