/** Events, as they are reported and answered with. */
import { z } from "zod";

import type { EventReport, MemberEvent } from "#lib/domain/events/event.ts";
import { identifier, text } from "#lib/domain/texts.ts";
import { balance, id, moment, points, someObject } from "#lib/http/schemas/shapes.ts";

const eventsPerBatchMax = 500;

const payload = someObject({
  description: "By the JSON Schema of the event's type.",
  example: { total: 12.5, currency: "EUR" },
});

export const occurredAt = z.iso
  .datetime({ offset: true, error: "Enter a time such as 2026-11-21T09:30:00.000Z." })
  .refine((text) => !Number.isNaN(Date.parse(text)), "Enter a time that there is.")
  .meta({ description: "Now, where it is left out; at most 5 minutes ahead and 400 days back." });

/** POST /v1/events. */
export const eventInput = z
  .strictObject({
    type: text(1, 64).meta({ example: "PURCHASE" }),
    payload: payload.optional(),
    occurredAt: occurredAt.optional(),
    subject: identifier(512).optional().meta({
      description:
        "A member's id, account number or authIdentifier. Left out with a user's token: that member.",
      example: "user-42",
    }),
    externalId: identifier(256).optional().meta({
      description:
        "Unique in the programme: reporting it again answers with the first event and gives no more.",
      example: "order-2026-0042",
    }),
  })
  .meta({ id: "EventReport" });

export type EventInput = z.output<typeof eventInput>;

/** POST /v1/events/batch: each event is looked at by itself. */
export const eventBatchInput = z.strictObject({
  events: z
    .array(z.unknown())
    .min(1, "Send at least 1 event.")
    .max(eventsPerBatchMax, `Send at most ${eventsPerBatchMax} events.`)
    .meta({ override: { items: { $ref: "#/components/schemas/EventReport" } } }),
});

export const eventSchema = z
  .strictObject({
    id,
    type: z.string(),
    subject: id.meta({ description: "The member's id." }),
    payload: z.record(z.string(), z.unknown()),
    occurredAt: moment,
    createdAt: moment,
  })
  .meta({ id: "Event" });

const reactionSchema = z
  .strictObject({
    type: z.enum(["POINTS", "REWARD"]),
    ruleId: id,
    ruleName: z.string(),
    points: points.optional(),
    benefitId: id.optional(),
  })
  .meta({ id: "Reaction" });

export const eventReportSchema = z
  .strictObject({
    event: eventSchema,
    reactions: z.array(reactionSchema),
    wallet: balance,
    replayed: z.literal(true).optional().meta({ description: "Its externalId had been reported before." }),
  })
  .meta({ id: "ReportedEvent" });

export const eventBatchSchema = z
  .strictObject({
    results: z.array(
      z.union([
        z.strictObject({ index: z.int(), eventId: id }),
        z.strictObject({ index: z.int(), code: z.string(), message: z.string() }),
      ]),
    ),
  })
  .meta({ id: "ReportedEvents" });

/** POST /v1/commands/reverse_event. */
export const reversalInput = z.strictObject({
  eventId: text(1, 64),
  comment: text(1, 280).meta({ description: "Why, for the member and for whoever asks later." }),
});

export const reversalSchema = z
  .strictObject({
    eventId: id,
    takenPoints: points,
    shortfallPoints: points.meta({ description: "What was spent already and cannot be taken." }),
    wallet: balance,
  })
  .meta({ id: "Reversal" });

export function eventJson(event: MemberEvent): z.infer<typeof eventSchema> {
  return {
    id: event.id,
    type: event.type,
    subject: event.memberId,
    payload: event.payload,
    occurredAt: event.occurredAt.toISOString(),
    createdAt: event.createdAt.toISOString(),
  };
}

export function eventReportJson(report: EventReport): z.infer<typeof eventReportSchema> {
  const { event, reactions, balancePoints, isKnown } = report;
  return {
    event: eventJson(event),
    reactions,
    wallet: { points: balancePoints },
    ...(isKnown ? { replayed: true as const } : {}),
  };
}
