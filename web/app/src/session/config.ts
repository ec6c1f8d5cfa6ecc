import { ApiError, type Config } from "@docmill/client";

/** What the installation is. It needs no token, and there is none yet. */
export async function readConfig(base: URL): Promise<Config> {
  let response: Response;
  try {
    response = await fetch(new URL("v1/config", base));
  } catch {
    throw new ApiError(0, "The service cannot be reached. Check your connection and try again.");
  }
  if (!response.ok)
    throw new ApiError(response.status, `The service answered with an error (${response.status}).`);
  return response.json();
}
