import { createContext, use } from "react";

import type { User } from "./claims";
import type { Session } from "./session";

export const SessionContext = createContext<{ session: Session; user: User } | null>(null);

/** Who is signed in. */
export function useSession(): { session: Session; user: User } {
  const context = use(SessionContext);
  if (!context) throw new Error("Nobody is signed in here.");
  return context;
}
