import { ApiError } from "@docmill/client";

import { claims, millisecondsLeft, type User, userOf } from "./claims";
import { type Challenge, Cognito, type PoolTokens } from "./cognito";
import { TokenStore, type Tokens } from "./store";

// A token is renewed when less than this is left of it, so that it does not end on its way.
const RENEW_BEFORE_MS = 60_000;

const ENDED = "Your session has ended. Please sign in again.";

/** Who is signed in, and why nobody is. */
export interface SessionState {
  user: User | null;
  /** Why the last session ended; null where the user ended it. */
  message: string | null;
}

/** The installation, as far as signing in needs it. */
export interface Issuer {
  client_id: string;
  auth_endpoint: string | null;
}

/** The session of this browser: all tabs share it. */
export class Session {
  private readonly pool: Cognito | null;
  private readonly listeners = new Set<() => void>();
  private renewal: Promise<void> | null = null;
  private state: SessionState;
  /** The token that was handed out last: the one that is meant when one is refused. */
  private handedOut: string | null = null;

  /**
   * @param issuer who gives tokens
   * @param key of this installation in the browser's storage
   */
  constructor(
    issuer: Issuer,
    private readonly key: string,
    private readonly store = new TokenStore(`${key}:session`),
  ) {
    this.pool = issuer.auth_endpoint ? new Cognito(issuer.auth_endpoint, issuer.client_id) : null;
    this.state = { user: this.userNow(), message: null };
    store.onElsewhere(() => this.changed(null));
  }

  /** Whether users can sign in with a password. */
  get hasPool(): boolean {
    return this.pool !== null;
  }

  readonly snapshot = (): SessionState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Signs in; gives back what else is asked, or null when that was all. */
  async signIn(email: string, password: string): Promise<Challenge | null> {
    if (!this.pool) throw new ApiError(400, "This installation has no passwords.");
    return this.keep(await this.pool.signIn(email, password));
  }

  async answer(challenge: Challenge, email: string, value: string): Promise<Challenge | null> {
    if (!this.pool) throw new ApiError(400, "This installation has no passwords.");
    return this.keep(await this.pool.answer(challenge, email, value));
  }

  /** Uses a token from elsewhere. */
  adoptToken(token: string): void {
    if (!claims(token)) {
      throw new ApiError(0, "This is not a JSON Web Token. It has three parts with dots between them.");
    }
    if (!userOf(token)) throw new ApiError(0, "This token names no user.");
    if (millisecondsLeft(token) <= 0) throw new ApiError(0, "This token has expired. Please get a new one.");
    this.put({ id: token, refresh: null });
  }

  /** Under what the page keeps things of this user in the browser. */
  userKey(user: User): string {
    return `${this.key}:${user.id}`;
  }

  /** Ends the session in every tab and removes what the page has kept of the user. */
  signOut(): void {
    this.store.write(null);
    forget(this.key);
    this.changed(null);
  }

  /** The tokens were refused: the user has to sign in again. */
  ended(): void {
    if (!this.store.read()) return;
    this.store.write(null);
    this.changed(ENDED);
  }

  /** A good ID token; a new one where the old one is about to end, or was refused (`fresh`). */
  async token({ fresh }: { fresh: boolean }): Promise<string> {
    const tokens = this.store.read();
    if (!tokens) throw new ApiError(401, "Please sign in.");
    // Another tab may have renewed what was refused.
    const refused = fresh && tokens.id === this.handedOut;
    const left = millisecondsLeft(tokens.id);
    if (!refused && left > RENEW_BEFORE_MS) return this.handOut(tokens.id);
    if (!tokens.refresh) {
      if (!refused && left > 0) return this.handOut(tokens.id);
      this.ended();
      throw new ApiError(401, ENDED);
    }
    // Many requests may find the token old at once: one renewal serves them all.
    this.renewal ??= this.renew(tokens).finally(() => {
      this.renewal = null;
    });
    await this.renewal;
    const renewed = this.store.read();
    if (!renewed) throw new ApiError(401, ENDED);
    return this.handOut(renewed.id);
  }

  private handOut(token: string): string {
    this.handedOut = token;
    return token;
  }

  // A pool may give each refresh token out once only: tabs take turns, and who waited finds the work done.
  private async renew(old: Tokens): Promise<void> {
    const name = `${this.key}:renewal`;
    if (navigator.locks) await navigator.locks.request(name, () => this.renewAlone(old));
    else await this.renewAlone(old);
  }

  private async renewAlone(old: Tokens): Promise<void> {
    const now = this.store.read();
    if (!now?.refresh || !this.pool) return;
    if (now.id !== old.id && millisecondsLeft(now.id) > RENEW_BEFORE_MS) return;
    try {
      this.keep(await this.pool.renew(now.refresh));
    } catch (error) {
      // No answer, or too many requests, is no refusal: the refresh token may still be good.
      const isRefused =
        error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (isRefused) this.ended();
      throw error;
    }
  }

  private keep(answer: PoolTokens | Challenge): Challenge | null {
    if ("kind" in answer) return answer;
    this.put({ id: answer.id, refresh: answer.refresh ?? this.store.read()?.refresh ?? null });
    return null;
  }

  private put(tokens: Tokens): void {
    this.store.write(tokens);
    this.changed(null);
  }

  private userNow(): User | null {
    const tokens = this.store.read();
    return tokens && userOf(tokens.id);
  }

  private changed(message: string | null): void {
    const user = this.userNow();
    const isSame = user?.id === this.state.user?.id && user?.name === this.state.user?.name;
    if (isSame && message === this.state.message) return;
    this.state = { user, message };
    for (const listener of this.listeners) listener();
  }
}

/** Removes everything that was kept for the installation's users: notifications have names of documents in them. */
function forget(key: string): void {
  try {
    const names = Object.keys(localStorage).filter((name) => name.includes(`${key}:`));
    for (const name of names) localStorage.removeItem(name);
  } catch {
    // Where there is no storage there is nothing to remove.
  }
}
