// Paths of the API, with what callers give escaped.

export function jobPath(jobId: string, what = ""): string {
  return `/v1/jobs/${encodeURIComponent(jobId)}${what && `/${what}`}`;
}

export function companyPath(companyId: string, what = ""): string {
  return `/v1/companies/${encodeURIComponent(companyId)}${what && `/${what}`}`;
}

export function withQuery(
  path: string,
  fields: Record<string, string | number | boolean | null | undefined>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null) query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
