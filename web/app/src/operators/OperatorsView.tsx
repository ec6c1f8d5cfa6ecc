import "./operators.css";

import { Alert, Badge, SimpleGrid, Stack, Tabs, Text } from "@mantine/core";
import type { ReactNode } from "react";

import { useSession } from "../session/context";
import { clock, integer } from "../shell/format";
import { navigate, useQueryText } from "../shell/location";
import { Failure, Loading, messageOf, Nothing, ViewTitle } from "../shell/parts";
import { AccountsPanel } from "./AccountsPanel";
import { useAsk } from "./ask";
import { CurvesPanel } from "./CurvesPanel";
import { FailuresPanel } from "./FailuresPanel";
import { JobsTab } from "./JobsTab";
import { LettersTab } from "./LettersTab";
import { OpenJobsPanel } from "./OpenJobsPanel";
import { QueuesPanel } from "./QueuesPanel";
import { isNoOperator, useOperations } from "./queries";
import { RunningPanel } from "./RunningPanel";
import { Tiles } from "./Tiles";
import type { Operations } from "./types";

const TABS = ["overview", "jobs", "letters"] as const;
type Tab = (typeof TABS)[number];

/** What those see who run the installation, and what they can do about it. */
export function OperatorsView() {
  const { user } = useSession();
  return (
    <Stack>
      <ViewTitle>Operators</ViewTitle>
      {user.isOperator ? <Dashboard /> : <NoOperator />}
    </Stack>
  );
}

function NoOperator() {
  return (
    <Nothing title="This is for operators">
      The figures of the whole installation are for the group that runs it. Ask whoever manages its users to
      add you to the group “operators”, then sign in again.
    </Nothing>
  );
}

function Dashboard() {
  const { data, error, refetch } = useOperations();
  const { ask, dialog, done, forget } = useAsk();
  const asked = new URLSearchParams(useQueryText()).get("tab");
  const tab: Tab = TABS.find((name) => name === asked) ?? "overview";
  if (isNoOperator(error)) return <NoOperator />;
  const open = data?.letters.open ?? 0;
  return (
    <>
      <div>
        <Freshness at={data?.at ?? null} error={error} isOld={Boolean(data) && Boolean(error)} />
        <div role="status">
          {done && (
            <Alert
              color="brand"
              variant="light"
              mt="sm"
              withCloseButton
              closeButtonLabel="Dismiss"
              onClose={forget}
            >
              {done}
            </Alert>
          )}
        </div>
      </div>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(name) => {
          forget();
          navigate(name === "overview" ? "/operators" : `/operators?tab=${name}`);
        }}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="overview">Overview</Tabs.Tab>
          <Tabs.Tab value="jobs">Jobs</Tabs.Tab>
          <Tabs.Tab
            value="letters"
            rightSection={
              open > 0 && (
                <Badge size="sm" color="red" variant="light" aria-label={`${integer(open)} open`}>
                  {integer(open)}
                </Badge>
              )
            }
          >
            Dead letters
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="overview">
          {data && <Overview figures={data} />}
          {!data && error && (
            <Failure error={error} title="The figures could not be read" onRetry={() => void refetch()} />
          )}
          {!data && !error && <Loading what="Reading the figures…" />}
        </Tabs.Panel>
        <Tabs.Panel value="jobs">
          <JobsTab source={data?.sources.open} ask={ask} />
        </Tabs.Panel>
        <Tabs.Panel value="letters">
          <LettersTab source={data?.sources.letters} ask={ask} />
        </Tabs.Panel>
      </Tabs>
      {dialog}
    </>
  );
}

interface FreshnessProps {
  at: string | null;
  error: unknown;
  /** The last reading failed; what is shown is from before. */
  isOld: boolean;
}

/** How old the figures are. Old ones stay, and are said to be old. */
function Freshness({ at, error, isOld }: FreshnessProps): ReactNode {
  if (!at) return null;
  if (isOld) {
    return (
      <Alert color="yellow" variant="light" role="status">
        These figures are from {clock(at)}. {messageOf(error)} It is tried again every five seconds.
      </Alert>
    );
  }
  return (
    <Text size="sm" c="dimmed">
      Read at {clock(at)}; again every five seconds while you look.
    </Text>
  );
}

function Overview({ figures }: { figures: Operations }) {
  return (
    <Stack>
      <Tiles figures={figures} />
      <CurvesPanel figures={figures} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <QueuesPanel figures={figures} />
        <OpenJobsPanel figures={figures} />
      </SimpleGrid>
      <RunningPanel figures={figures} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <FailuresPanel figures={figures} />
        <AccountsPanel figures={figures} />
      </SimpleGrid>
    </Stack>
  );
}
