import { Anchor, Stack, Text } from "@mantine/core";
import { type ComponentType, lazy, Suspense, useEffect } from "react";
import { Link, Route, Switch } from "wouter";

import { NewJob } from "../upload/NewJob";
import { Loading, ViewTitle } from "./parts";

const loadJob = () => import("../jobs/JobView");

const Job = view(loadJob, "JobView");
const History = view(() => import("../jobs/History"), "History");
const Credits = view(() => import("../credits/CreditsView"), "CreditsView");
const Companies = view(() => import("../company/CompaniesView"), "CompaniesView");
const Company = view(() => import("../company/CompanyView"), "CompanyView");
const Account = view(() => import("../account/AccountView"), "AccountView");
const Tour = view(() => import("../tour/TourView"), "TourView");
const Operators = view(() => import("../operators/OperatorsView"), "OperatorsView");

function view<Name extends string, Props>(
  load: () => Promise<Record<Name, ComponentType<Props>>>,
  name: Name,
) {
  return lazy(async () => ({ default: (await load())[name] }));
}

/** The view that the address names. Signing in, uploading and progress are here; the others come when they are wanted. */
export function Views() {
  // Whoever starts a job looks at it next.
  useEffect(() => {
    const timer = setTimeout(() => void loadJob().catch(() => {}), 2_000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Suspense fallback={<Loading />}>
      <Switch>
        <Route path="/">
          <NewJob />
        </Route>
        <Route path="/jobs">
          <History />
        </Route>
        <Route path="/jobs/:id">{({ id }) => <Job key={id} id={id} />}</Route>
        <Route path="/credits">
          <Credits />
        </Route>
        <Route path="/companies">
          <Companies />
        </Route>
        <Route path="/companies/:id">{({ id }) => <Company key={id} id={id} />}</Route>
        <Route path="/account">
          <Account />
        </Route>
        <Route path="/tour">
          <Tour />
        </Route>
        <Route path="/operators">
          <Operators />
        </Route>
        <Route>
          <Nowhere />
        </Route>
      </Switch>
    </Suspense>
  );
}

function Nowhere() {
  return (
    <Stack>
      <ViewTitle>There is nothing here</ViewTitle>
      <Text>
        The address may be mistyped.{" "}
        <Anchor component={Link} href="/">
          Start a new job
        </Anchor>{" "}
        or{" "}
        <Anchor component={Link} href="/jobs">
          look at your jobs
        </Anchor>
        .
      </Text>
    </Stack>
  );
}
