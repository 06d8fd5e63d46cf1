/**
 * What pages and mails are written with: next-intl's translators and formatters, one of each for a language and all requests.
 * next-intl itself makes them anew for each request, and reads every message again. They hold a language's texts and nothing
 * of who reads them.
 */
import { createFormatter, createTranslator } from "next-intl";
import type * as nextIntl from "next-intl/server";
import { getLocale } from "next-intl/server";

import { messagesIn, timeZone } from "#app/_i18n/messages.ts";
import { type Locale, localeOf } from "#lib/domain/locales.ts";

type Texts = {
  format: ReturnType<typeof createFormatter>;
  /** By their namespace, of which the code has a few dozen. */
  translators: Map<string, ReturnType<typeof createTranslator>>;
  newTranslator(namespace: string | undefined): ReturnType<typeof createTranslator>;
};

const textsByLocale = new Map<Locale, Promise<Texts>>();

/** In the language of whoever reads the page, or in `locale` where it is given. */
export const getTranslations = (async (asked?: string | { locale: string; namespace?: string }) => {
  const { locale = null, namespace } = typeof asked === "object" ? asked : { namespace: asked };
  const { translators, newTranslator } = await textsIn(locale);
  const known = translators.get(namespace ?? "");
  if (known) return known;
  const translator = newTranslator(namespace);
  translators.set(namespace ?? "", translator);
  return translator;
}) as typeof nextIntl.getTranslations;

/** The same. */
export async function getFormatter({ locale = null }: { locale?: string | null } = {}) {
  return (await textsIn(locale)).format;
}

async function textsIn(given: string | null): Promise<Texts> {
  const locale = localeOf(given ?? (await getLocale())) ?? "en";
  const texts = textsByLocale.get(locale) ?? readTexts(locale);
  textsByLocale.set(locale, texts);
  texts.catch(() => textsByLocale.delete(locale)); // the next request reads them again
  return texts;
}

async function readTexts(locale: Locale): Promise<Texts> {
  const messages = await messagesIn(locale);
  const newTranslator = (namespace: string | undefined) =>
    createTranslator({
      locale,
      messages,
      timeZone,
      ...(namespace === undefined ? {} : { namespace }),
    } as never);
  return { format: createFormatter({ locale, timeZone }), translators: new Map(), newTranslator };
}
