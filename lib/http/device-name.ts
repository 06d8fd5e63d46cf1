import { BROWSER_MAP, getParser } from "bowser";

// Longer ones are made up, and would only cost time.
const userAgentLengthMax = 512;

// Of what a caller writes only names from lists come through: anything else, bowser hands back as it was sent.
const browserNames = new Set(Object.values(BROWSER_MAP));

/** As people say it, where bowser says it otherwise. */
const sayings: Readonly<Record<string, string>> = {
  "Microsoft Edge": "Edge",
  "NAVER Whale Browser": "Whale",
  "Samsung Internet for Android": "Samsung Internet",
};

/** The browser and system that a request says it comes from ("Firefox, Linux"); null where it says nothing one knows. */
export function deviceNameOf(headers: Headers): string | null {
  const userAgent = headers.get("user-agent")?.slice(0, userAgentLengthMax);
  if (!userAgent) return null;

  const parser = getParser(userAgent);
  const browser = parser.getBrowserName();
  const { model } = parser.getPlatform();
  const system = model === "iPhone" || model === "iPad" ? model : parser.getOSName();
  const known = browserNames.has(browser) ? [sayings[browser] ?? browser, system] : [system];
  return known.filter(Boolean).join(", ") || null;
}
