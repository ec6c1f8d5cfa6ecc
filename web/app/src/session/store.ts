/** Tokens as they are kept. */
export interface Tokens {
  /** ID token: what the API takes. */
  id: string;
  /** Null for a token that was pasted: it cannot be renewed. */
  refresh: string | null;
}

/**
 * Keeps the tokens in `localStorage`, so that a reload and a second tab find them, and signing out in one tab signs out
 * in all.
 *
 * The price: what is kept there outlives the window, and any script of this origin can read it. `sessionStorage` can be
 * read by the same scripts while the page is open, so what it would add is protection of a computer that others use
 * after a user has closed the window without signing out; what it would cost is a password for every tab. What stands
 * against foreign scripts is the policy of the site: it runs none but its own files, none inline, and sends nothing to
 * other origins than the service's. ID tokens live an hour.
 */
export class TokenStore {
  private readonly listeners = new Set<() => void>();
  /** Where the browser refuses storage, the tokens live as long as the page. */
  private inMemory: string | null = null;

  /** @param key under which the tokens are kept; one for each installation of an origin */
  constructor(private readonly key: string) {
    addEventListener("storage", (event) => {
      // A null key stands for a storage that was cleared whole.
      if (event.key === key || event.key === null) for (const listener of this.listeners) listener();
    });
  }

  /** Calls back when another tab has changed the tokens. */
  onElsewhere(listener: () => void): void {
    this.listeners.add(listener);
  }

  read(): Tokens | null {
    let text = this.inMemory;
    try {
      text = localStorage.getItem(this.key) ?? text;
      const value: unknown = JSON.parse(text ?? "null");
      return isTokens(value) ? value : null;
    } catch {
      return null;
    }
  }

  write(tokens: Tokens | null): void {
    const text = tokens && JSON.stringify(tokens);
    try {
      if (text) localStorage.setItem(this.key, text);
      else localStorage.removeItem(this.key);
      this.inMemory = null;
    } catch {
      this.inMemory = text;
    }
  }
}

function isTokens(value: unknown): value is Tokens {
  if (value === null || typeof value !== "object" || !("id" in value) || !("refresh" in value)) return false;
  return typeof value.id === "string" && (value.refresh === null || typeof value.refresh === "string");
}
