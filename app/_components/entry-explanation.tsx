import { Fragment } from "react";

import { getFormatter, getTranslations } from "#app/_i18n/texts.ts";
import type { ExplainedEntry } from "#lib/domain/ledger/ledger-entry.ts";

const intrinsicNames = [
  "REGISTERED_ACCOUNT",
  "PROFILE_UPDATED",
  "PURCHASED_REWARD",
  "REDEEMED_VOUCHER",
  "BURNED_VOUCHER",
  "POINTS_ADJUSTED",
  "POINTS_EXPIRED",
] as const;
type IntrinsicName = (typeof intrinsicNames)[number];

const payloadFieldsMax = 4;

/** Parts that may be of different languages, and so of different directions. */
type Line = readonly string[];

/** Where a movement came from and what became of it: its event, its rule, the points it brought or those that paid it. */
export async function EntryExplanation({ entry }: { entry: ExplainedEntry }) {
  const t = await getTranslations();
  const format = await getFormatter();
  const { event, ruleName, rewardName, description, lots, paidBy, paidByCount } = entry;
  const day = (moment: Date) => format.dateTime(moment, { dateStyle: "medium" });
  const points = (count: number) => t("points.amount", { points: count });

  const facts: [string, Line[]][] = [];
  if (event) {
    const isOurs = intrinsicNames.some((name) => name === event.type);
    const name = isOurs ? t(`event.${event.type as IntrinsicName}`) : (event.typeName ?? event.type);
    const when = format.dateTime(event.occurredAt, { dateStyle: "medium", timeStyle: "short" });
    const told = isOurs ? [] : payloadLine(event.payload);
    facts.push([t("explain.event"), [[name, when], ...(told.length > 0 ? [told] : [])]]);
  }
  if (ruleName) facts.push([t("explain.rule"), [[ruleName]]]);
  if (rewardName) facts.push([t("explain.reward"), [[rewardName]]]);
  if (description) facts.push([t("explain.comment"), [[description]]]);
  if (lots.length > 0) {
    facts.push([
      t("explain.lots"),
      lots.map(({ earnedPoints, remainingPoints, expiresAt }) => {
        const left = t("explain.left", { left: remainingPoints, earned: earnedPoints });
        return expiresAt ? [left, t("explain.expires", { date: day(expiresAt) })] : [left];
      }),
    ]);
  }
  if (paidBy.length > 0) {
    const lines = paidBy.map(({ points: paid, earnedAt, description: source }) =>
      [points(paid), source, t("explain.collected", { date: day(earnedAt) })].filter((part) => part !== null),
    );
    const more = paidByCount - paidBy.length;
    facts.push([t("explain.paidBy"), more > 0 ? [...lines, [t("explain.more", { count: more })]] : lines]);
  }

  return (
    <dl className="grid gap-x-6 gap-y-3 bg-page px-4 py-4 text-sm sm:grid-cols-[auto_1fr]">
      {facts.map(([term, lines]) => (
        <div key={term} className="contents">
          <dt className="text-muted">{term}</dt>
          <dd className="-mt-2 sm:mt-0">
            {lines.map((parts) => (
              <p key={parts.join()}>
                {parts.map((part, place) => (
                  <Fragment key={part}>
                    {place > 0 && " · "}
                    <bdi>{part}</bdi>
                  </Fragment>
                ))}
              </p>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What a reporter told of the event, as far as it is short: `total: 42.5`. */
function payloadLine(payload: Readonly<Record<string, unknown>>): Line {
  return Object.entries(payload)
    .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
    .slice(0, payloadFieldsMax)
    .map(([name, value]) => `${name}: ${String(value).slice(0, 80)}`);
}
