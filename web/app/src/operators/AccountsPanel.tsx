import { Alert, Code, List, Text } from "@mantine/core";

import { count, integer } from "../shell/format";
import { Ago, Panel } from "../shell/parts";
import { dollars } from "./figures";
import { SectionHead, Source } from "./Source";
import type { Operations } from "./types";

/** Whether the books are right, and what the installation costs. */
export function AccountsPanel({ figures: { accounting, cost, sources } }: { figures: Operations }) {
  return (
    <Panel component="section" aria-labelledby="operators-accounts">
      <SectionHead
        id="operators-accounts"
        title="Credits and cost"
        of="the accounting check"
        text={sources.accounting}
      />
      {accounting.balanced ? (
        <Text size="sm" mb="sm">
          Every balance is what its ledger says.
        </Text>
      ) : (
        <Alert
          color="red"
          variant="light"
          title={`${count(accounting.wrong.length, "balance")} not what the ledger says`}
          mb="sm"
        >
          <List size="sm">
            {accounting.wrong.map((user) => (
              <List.Item key={user}>
                <Code>{user}</Code>
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      <dl className="facts operators-facts">
        <dt>Accounts</dt>
        <dd>{integer(accounting.users)}</dd>
        <dt>Granted</dt>
        <dd>{count(accounting.granted, "credit")}</dd>
        <dt>Charged</dt>
        <dd>{count(accounting.charged, "credit")}</dd>
        <dt>Refunded</dt>
        <dd>{count(accounting.refunded, "credit")}</dd>
        <dt>Reserved</dt>
        <dd>{count(accounting.reserved, "credit")}</dd>
        <dt>Checked since</dt>
        <dd>{accounting.checked_since ? <Ago time={accounting.checked_since} /> : "Not yet"}</dd>
        <dt>
          Cost today (UTC) <Source of="cost" text={sources.cost} />
        </dt>
        <dd>
          {dollars(cost.today_usd)}, {count(cost.today_tokens, "token")}
        </dd>
        <dt>Cost this month (UTC)</dt>
        <dd>
          {dollars(cost.month_usd)}, {count(cost.month_tokens, "token")}
        </dd>
      </dl>
    </Panel>
  );
}
