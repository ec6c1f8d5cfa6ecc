/** What a token says of its user. Nothing is checked here: the API does that. */
export interface Claims {
  sub?: string;
  exp?: number;
  email?: string;
  name?: string;
  preferred_username?: string;
  "cognito:groups"?: unknown;
  groups?: unknown;
}

/** The claims of a JSON Web Token, or null when it is none. */
export function claims(token: string): Claims | null {
  const [, payload, , ...rest] = token.split(".");
  if (payload === undefined || token.split(".").length !== 3 || rest.length > 0) return null;
  try {
    const text = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return value !== null && typeof value === "object" ? (value as Claims) : null;
  } catch {
    return null;
  }
}

/** Milliseconds until the token ends; 0 or less when it has. */
export function millisecondsLeft(token: string, now = Date.now()): number {
  return (claims(token)?.exp ?? 0) * 1000 - now;
}

/** Who is signed in, as the page shows it. */
export interface User {
  /** `sub` of the token: what the API knows the user by. */
  id: string;
  /** What to call them. */
  name: string;
  /** In the group that runs the installation. Only what is shown depends on it; the API decides. */
  isOperator: boolean;
}

/** The user of a token, or null when it names none. */
export function userOf(token: string): User | null {
  const known = claims(token);
  if (!known?.sub) return null;
  return {
    id: known.sub,
    name: known.email ?? known.name ?? known.preferred_username ?? known.sub,
    isOperator: [known["cognito:groups"], known.groups].some(hasOperators),
  };
}

// Issuers write groups as a list, or as a text with spaces or commas between them.
function hasOperators(groups: unknown): boolean {
  if (Array.isArray(groups)) return groups.includes("operators");
  return typeof groups === "string" && groups.split(/[\s,[\]]+/).includes("operators");
}
