import type { Job } from "@docmill/client";

import { useSession } from "../session/context";
import { useCompanies } from "../upload/queries";

/**
 * Whether the user may edit the job's result and delete the job: as its owner, or as an admin of its company. The service
 * decides; here it is only about what is offered.
 */
export function useMayChange(job: Job): boolean {
  const { user } = useSession();
  const companies = useCompanies().data?.companies ?? [];
  const membership = companies.find(({ company_id }) => company_id === job.company_id);
  if (job.company_id !== null && !membership) return false;
  return job.owner === user.id || membership?.role === "admin";
}
