import {
  Alert,
  Anchor,
  Button,
  Group,
  Paper,
  PasswordInput,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from "@mantine/core";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";

import { Mark } from "../shell/Mark";
import { messageOf } from "../shell/parts";
import type { Challenge } from "./cognito";
import type { Session } from "./session";

interface SignInProps {
  session: Session;
  /** Who gives tokens, in words. */
  issuer: string;
  /** Why the last session ended. */
  message: string | null;
}

/** The two ways in: e-mail and password where the installation has a user pool, a token from elsewhere otherwise. */
export function SignIn({ session, issuer, message }: SignInProps) {
  const [withToken, setWithToken] = useState(!session.hasPool);
  useEffect(() => {
    document.title = "Sign in · Docmill";
  }, []);
  return (
    <div className="welcome ground">
      <div className="welcome-columns">
        <div>
          <Group gap="sm" mb="lg">
            <Mark size={40} />
            <Text fw={700} size="xl">
              Docmill
            </Text>
          </Group>
          <Title order={1} fz={{ base: 28, sm: 40 }} lh={1.15}>
            Documents in, structured results out.
          </Title>
          <Text mt="md" size="lg" c="dimmed">
            Upload a document and watch it become a result that you can read, correct and download: live, step
            by step.
          </Text>
        </div>
        <Paper withBorder p="xl" shadow="sm">
          {withToken ? (
            <TokenForm session={session} issuer={issuer} message={message} />
          ) : (
            <PasswordForm session={session} message={message} />
          )}
          {session.hasPool && (
            <Text ta="center" mt="md" size="sm">
              <Anchor component="button" type="button" size="sm" onClick={() => setWithToken(!withToken)}>
                {withToken ? "Sign in with a password instead" : "Use a token instead"}
              </Anchor>
            </Text>
          )}
        </Paper>
      </div>
    </div>
  );
}

/** What a form does, whether it is at it, and what went wrong. */
function useSubmit(action: () => Promise<void>, message: string | null) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState(message);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setProblem(null);
    setBusy(true);
    try {
      await action();
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, submit };
}

interface FormProps {
  title: string;
  action: string;
  form: ReturnType<typeof useSubmit>;
  children: ReactNode;
}

function SignInForm({ title, action, form, children }: FormProps) {
  return (
    <form onSubmit={form.submit} noValidate aria-label={title}>
      <Stack>
        <Title order={2}>{title}</Title>
        {children}
        {form.problem && (
          <Alert color="red" role="alert">
            {form.problem}
          </Alert>
        )}
        <Button type="submit" fullWidth loading={form.isBusy}>
          {action}
        </Button>
      </Stack>
    </form>
  );
}

function PasswordForm({ session, message }: { session: Session; message: string | null }) {
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const answer = useRef<HTMLInputElement>(null);
  // What is asked next gets the keyboard.
  useEffect(() => (challenge ? answer : email).current?.focus(), [challenge]);
  const form = useSubmit(async () => {
    const address = email.current?.value.trim() ?? "";
    const secret = password.current?.value ?? "";
    if (!address || !secret) throw new Error("Please enter your e-mail address and your password.");
    const next = challenge
      ? await session.answer(challenge, address, answer.current?.value.trim() ?? "")
      : await session.signIn(address, secret);
    setChallenge(next);
  }, message);
  return (
    <SignInForm title="Sign in" action="Sign in" form={form}>
      <TextInput ref={email} label="E-mail" type="email" name="email" autoComplete="username" />
      <PasswordInput
        ref={password}
        label="Password"
        name="password"
        autoComplete="current-password"
        visibilityToggleButtonProps={{ "aria-label": "Show what is typed" }}
      />
      {challenge?.kind === "new_password" && (
        <PasswordInput
          ref={answer}
          label="New password"
          description="Your password was a temporary one. Please choose your own."
          autoComplete="new-password"
          visibilityToggleButtonProps={{ "aria-label": "Show the new password" }}
        />
      )}
      {challenge?.kind === "code" && (
        <TextInput
          ref={answer}
          label="Code"
          description="Six digits from your authenticator."
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={6}
        />
      )}
    </SignInForm>
  );
}

function TokenForm({ session, issuer, message }: SignInProps) {
  const token = useRef<HTMLTextAreaElement>(null);
  useEffect(() => token.current?.focus(), []);
  const form = useSubmit(async () => session.adoptToken(token.current?.value.trim() ?? ""), message);
  return (
    <SignInForm title="Use a token" action="Use this token" form={form}>
      <Textarea
        ref={token}
        label="ID token"
        description={`A JSON Web Token of ${issuer || "this installation's issuer"}.`}
        rows={5}
        autoComplete="off"
        spellCheck={false}
      />
    </SignInForm>
  );
}
