/** The numbers to call, fetched before anything is wrong: without a connection they can't be. */

const TIMEOUT_MS = 10000;

/**
 * The lines [{name, number, kind}] of a country, null for that of the deployer, or [] where they can't be had. Never
 * throws.
 */
export async function fetchLines(language, country = null) {
  const query = new URLSearchParams({ language, ...(country === null ? {} : { country }) });
  try {
    const response = await fetch(`/v1/lines?${query}`, {
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body = response.ok ? await response.json() : {};
    return Array.isArray(body.lines) ? body.lines : [];
  } catch {
    return [];
  }
}
