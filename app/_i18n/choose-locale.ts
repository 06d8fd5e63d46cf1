import Negotiator from "negotiator";

import { type Locale, localeOf, locales } from "#lib/domain/locales.ts";

/**
 * The language of a page: what the member chose; else what a link asked for, which is how a host says it; else the
 * browser's, as far as we speak it; else the programme's own.
 */
export function chooseLocale(known: {
  member: Locale | null;
  asked: Locale | null;
  acceptLanguage: string | null;
  tenant: string | null;
}): Locale {
  return (
    known.member ??
    known.asked ??
    (known.acceptLanguage ? browserLocale(known.acceptLanguage) : null) ??
    localeOf(known.tenant) ??
    "en"
  );
}

function browserLocale(acceptLanguage: string): Locale | null {
  const negotiator = new Negotiator({ headers: { "accept-language": acceptLanguage } });
  return localeOf(negotiator.languages([...locales])[0]);
}
