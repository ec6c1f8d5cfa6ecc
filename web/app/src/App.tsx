import { type Config, Docmill } from "@docmill/client";
import { DocmillProvider } from "@docmill/react";
import { Container, Stack } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { Router } from "wouter";

import { readConfig } from "./session/config";
import { SessionContext } from "./session/context";
import { SignIn } from "./session/SignIn";
import { Session } from "./session/session";
import { jobHref, usePath, useQueryText } from "./shell/location";
import { Mark } from "./shell/Mark";
import { Failure, Loading, ViewTitle } from "./shell/parts";
import { Shell } from "./shell/Shell";
import { Uploads, UploadsContext } from "./upload/uploads";

/** Where the service lies: where the page itself does. */
const base = new URL("./", document.baseURI.split(/[?#]/)[0]);

/** Reads what the installation is, then shows it. */
export function App() {
  const [config, setConfig] = useState<Config | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = useCallback(() => {
    setError(null);
    readConfig(base).then(setConfig, setError);
  }, []);
  useEffect(load, [load]);
  if (config) return <Installation config={config} />;
  return (
    <div className="welcome ground">
      <Container size="xs" p="xl" w="100%" component="main">
        {error ? (
          <Stack>
            <Mark size={40} />
            <ViewTitle>Docmill cannot be reached</ViewTitle>
            <Failure error={error} onRetry={load} />
          </Stack>
        ) : (
          <Loading />
        )}
      </Container>
    </div>
  );
}

function Installation({ config }: { config: Config }) {
  const session = useMemo(() => new Session(config, `docmill:${base.pathname}`), [config]);
  const { user, message } = useSyncExternalStore(session.subscribe, session.snapshot);
  if (!user) {
    return (
      <main>
        <SignIn session={session} issuer={config.issuer} message={message} />
      </main>
    );
  }
  // Another user gets another everything: nothing that was read for one is shown to the next.
  return <Workspace key={user.id} session={session} />;
}

function Workspace({ session }: { session: Session }) {
  const [{ client, uploads, queries }] = useState(() => {
    const client = new Docmill({
      baseUrl: base,
      token: (options) => session.token(options),
      onUnauthorized: () => session.ended(),
    });
    const queries = new QueryClient({
      defaultOptions: { queries: { staleTime: 10_000, retry: 1, refetchOnWindowFocus: "always" } },
    });
    return { client, uploads: new Uploads(client), queries };
  });
  const { user } = useSyncExternalStore(session.subscribe, session.snapshot);
  useEffect(uploads.attend, []);
  useEffect(() => {
    const hurry = () => document.visibilityState === "visible" && client.live.hurry();
    addEventListener("online", hurry);
    document.addEventListener("visibilitychange", hurry);
    return () => {
      removeEventListener("online", hurry);
      document.removeEventListener("visibilitychange", hurry);
    };
  }, [client]);
  const context = useMemo(() => user && { session, user }, [session, user]);
  if (!context) return null;
  return (
    <SessionContext value={context}>
      <QueryClientProvider client={queries}>
        <DocmillProvider
          client={client}
          userKey={session.userKey(context.user)}
          href={jobHref}
          navigate={follow}
        >
          <UploadsContext value={uploads}>
            <Router hook={usePath} searchHook={useQueryText}>
              <Shell />
            </Router>
          </UploadsContext>
        </DocmillProvider>
      </QueryClientProvider>
    </SessionContext>
  );
}

// A browser notification leads to a place within the page.
const follow = (href: string): void => {
  location.hash = href.slice(href.indexOf("#"));
};
