import { ApiError } from "@docmill/client";

/** What is asked of who has given the right password, and the session that the answer belongs to. */
export interface Challenge {
  kind: "new_password" | "code";
  session: string;
}

/** Tokens of a user pool. */
export interface PoolTokens {
  id: string;
  /** Null where the pool gave no new one: the earlier one is still good. */
  refresh: string | null;
}

interface PoolAnswer {
  ChallengeName?: string;
  Session?: string;
  AuthenticationResult?: { IdToken?: string; RefreshToken?: string };
  message?: string;
}

const CHALLENGES: Record<string, Challenge["kind"]> = {
  NEW_PASSWORD_REQUIRED: "new_password",
  SOFTWARE_TOKEN_MFA: "code",
};

/** The sign-in service of a Cognito user pool, for one app client. */
export class Cognito {
  constructor(
    private readonly endpoint: string,
    private readonly clientId: string,
  ) {}

  signIn(email: string, password: string): Promise<PoolTokens | Challenge> {
    return this.tokens("InitiateAuth", {
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME: email, PASSWORD: password },
    });
  }

  /** Answers a challenge with the new password or the code. */
  answer(challenge: Challenge, email: string, value: string): Promise<PoolTokens | Challenge> {
    const isPassword = challenge.kind === "new_password";
    return this.tokens("RespondToAuthChallenge", {
      ChallengeName: isPassword ? "NEW_PASSWORD_REQUIRED" : "SOFTWARE_TOKEN_MFA",
      Session: challenge.session,
      ChallengeResponses: {
        USERNAME: email,
        [isPassword ? "NEW_PASSWORD" : "SOFTWARE_TOKEN_MFA_CODE"]: value,
      },
    });
  }

  /** New tokens for a refresh token. */
  async renew(refresh: string): Promise<PoolTokens> {
    const tokens = await this.tokens("InitiateAuth", {
      AuthFlow: "REFRESH_TOKEN_AUTH",
      AuthParameters: { REFRESH_TOKEN: refresh },
    });
    if ("kind" in tokens) throw new ApiError(400, "Please sign in again.");
    return tokens;
  }

  private async tokens(action: string, body: object): Promise<PoolTokens | Challenge> {
    const answer = await this.call(action, body);
    const kind = CHALLENGES[answer.ChallengeName ?? ""];
    if (kind) return { kind, session: answer.Session ?? "" };
    const { IdToken: id, RefreshToken: refresh } = answer.AuthenticationResult ?? {};
    if (!id) throw new ApiError(400, "This account needs a way of signing in that this page does not have.");
    return { id, refresh: refresh ?? null };
  }

  private async call(action: string, body: object): Promise<PoolAnswer> {
    let response: Response;
    try {
      response = await fetch(this.endpoint, {
        method: "POST",
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": `AWSCognitoIdentityProviderService.${action}`,
        },
        body: JSON.stringify({ ClientId: this.clientId, ...body }),
      });
    } catch {
      throw new ApiError(0, "The sign-in service cannot be reached. Check your connection and try again.");
    }
    const answer: PoolAnswer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    throw new ApiError(response.status, answer.message ?? "Signing in did not work. Please try again.");
  }
}
