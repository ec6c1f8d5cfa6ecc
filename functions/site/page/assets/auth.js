// Who is signed in: tokens from the user pool, or one that was pasted. Kept for the tab, not longer.

import { ApiError } from "./api.js";

// A token is renewed when less than this is left of it, so that it does not end on its way.
const RENEW_BEFORE_MS = 60_000;

/** A new user's first password is temporary: another one must be chosen. */
export class NewPasswordNeeded extends Error {
  constructor(session) {
    super("Please choose a new password.");
    this.session = session;
  }
}

/** The user has set up a second factor: a code of their authenticator program. */
export class CodeNeeded extends Error {
  constructor(session) {
    super("Please enter the code of your authenticator.");
    this.session = session;
  }
}

/** The claims of a JSON Web Token, or null when it is none. Nothing is checked here: the API does that. */
export function claims(token) {
  const parts = token.split(".");
  if (parts.length !== 3) return null;
  try {
    const text = atob(parts[1].replaceAll("-", "+").replaceAll("_", "/"));
    const value = JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    return value && typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

export class Session {
  /**
   * @param {{auth_endpoint: string, client_id: string}} config of the installation
   * @param {string} key under which the tab's storage keeps the tokens
   * @param {(message: string | null) => void} onEnd the session is over: by the user (null), or because of this
   */
  constructor(config, key, onEnd) {
    Object.assign(this, { config, key, onEnd, renewal: null });
    try {
      this.tokens = JSON.parse(sessionStorage.getItem(key));
    } catch {
      this.tokens = null;
    }
  }

  get isSignedIn() {
    return Boolean(this.tokens?.id);
  }

  /** What to call the user. */
  get name() {
    const known = claims(this.tokens?.id ?? "") ?? {};
    return known.email ?? known.name ?? known.preferred_username ?? known.sub ?? "";
  }

  async signIn(email, password) {
    this.#keep(await this.#cognito("InitiateAuth", {
      AuthFlow: "USER_PASSWORD_AUTH",
      ClientId: this.config.client_id,
      AuthParameters: { USERNAME: email, PASSWORD: password },
    }));
  }

  async signInWithNewPassword(email, password, session) {
    this.#keep(await this.#cognito("RespondToAuthChallenge", {
      ChallengeName: "NEW_PASSWORD_REQUIRED",
      ClientId: this.config.client_id,
      Session: session,
      ChallengeResponses: { USERNAME: email, NEW_PASSWORD: password },
    }));
  }

  async signInWithCode(email, code, session) {
    this.#keep(await this.#cognito("RespondToAuthChallenge", {
      ChallengeName: "SOFTWARE_TOKEN_MFA",
      ClientId: this.config.client_id,
      Session: session,
      ChallengeResponses: { USERNAME: email, SOFTWARE_TOKEN_MFA_CODE: code },
    }));
  }

  /** Uses a token from elsewhere. */
  useToken(token) {
    const known = claims(token);
    if (!known) throw new ApiError(0, "This is not a JSON Web Token. It has three parts with dots between them.");
    if (known.exp * 1000 <= Date.now()) throw new ApiError(0, "This token has expired. Please get a new one.");
    this.#store({ id: token, refresh: null });
  }

  signOut() {
    this.#store(null);
    this.onEnd(null);
  }

  /** The tokens were refused: the user must sign in again. */
  ended() {
    if (!this.tokens) return;
    this.#store(null);
    this.onEnd("Your session has ended. Please sign in again.");
  }

  /** A good ID token; a new one where the old one is about to end or `fresh` asks for it. */
  async token(fresh = false) {
    if (!this.tokens) throw new ApiError(401, "Please sign in.");
    const left = (claims(this.tokens.id)?.exp ?? 0) * 1000 - Date.now();
    if (!fresh && left > RENEW_BEFORE_MS) return this.tokens.id;
    if (!this.tokens.refresh) {
      if (!fresh && left > 0) return this.tokens.id;
      this.ended();
      throw new ApiError(401, "Your session has ended. Please sign in again.");
    }
    // Many requests may find the token old at once: one renewal serves them all.
    this.renewal ??= this.#renew().finally(() => {
      this.renewal = null;
    });
    await this.renewal;
    return this.tokens.id;
  }

  async #renew() {
    try {
      this.#keep(await this.#cognito("InitiateAuth", {
        AuthFlow: "REFRESH_TOKEN_AUTH",
        ClientId: this.config.client_id,
        AuthParameters: { REFRESH_TOKEN: this.tokens.refresh },
      }));
    } catch (error) {
      // No answer is no refusal: the refresh token may still be good.
      if (error.status !== 0) this.ended();
      throw error;
    }
  }

  #keep(answer) {
    if (answer.ChallengeName === "NEW_PASSWORD_REQUIRED") throw new NewPasswordNeeded(answer.Session);
    if (answer.ChallengeName === "SOFTWARE_TOKEN_MFA") throw new CodeNeeded(answer.Session);
    const result = answer.AuthenticationResult;
    if (!result?.IdToken) throw new ApiError(400, "This account needs a way of signing in that this page does not have.");
    this.#store({ id: result.IdToken, refresh: result.RefreshToken ?? this.tokens?.refresh ?? null });
  }

  #store(tokens) {
    this.tokens = tokens;
    if (tokens) sessionStorage.setItem(this.key, JSON.stringify(tokens));
    else sessionStorage.removeItem(this.key);
  }

  async #cognito(action, body) {
    let response;
    try {
      response = await fetch(this.config.auth_endpoint, {
        method: "POST",
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": `AWSCognitoIdentityProviderService.${action}`,
        },
        body: JSON.stringify(body),
      });
    } catch {
      throw new ApiError(0, "The sign-in service cannot be reached. Check your connection and try again.");
    }
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    throw new ApiError(response.status, answer.message ?? "Signing in did not work. Please try again.");
  }
}
