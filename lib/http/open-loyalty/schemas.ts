/** What Open Loyalty's clients send. Forms take no other fields; the two that get tokens pass them over. */
import { z } from "zod";

import { emailAddress, identifier, text } from "#lib/domain/texts.ts";
import { customerFields } from "#lib/http/open-loyalty/profile.ts";
import { occurredAt } from "#lib/http/schemas/event.ts";
import { someObject } from "#lib/http/schemas/shapes.ts";

const bounded = text(1, 1_024);

/** As version 3 names them: `_username` and `_password`. */
export const loginInput = z.strictObject({
  username: z
    .string()
    .min(1)
    .meta({ description: "An e-mail address; a member's may be the number of the card." }),
  password: z.string().min(1),
});

export const refreshInput = z.strictObject({ refresh_token: z.string().min(1) });

export const registrationInput = z.strictObject({
  customer: z.strictObject({
    ...customerFields,
    ...{ email: bounded, plainPassword: bounded },
    agreement1: z.literal(true, "This value should be true."),
  }),
});

export const passwordInput = z.strictObject({ currentPassword: bounded, plainPassword: bounded });

export const resetRequestInput = z.strictObject({ username: bounded });

export const resetInput = z.strictObject({
  token: bounded.meta({ description: "Out of the mail." }),
  reset: z.strictObject({ plainPassword: bounded }),
});

export const memberInput = z.strictObject({
  customer: z.strictObject({ ...customerFields, email: emailAddress }),
});

export const memberChangeInput = z.strictObject({
  customer: z.strictObject({
    ...customerFields,
    email: z.string("Enter a text.").optional(),
    loyaltyCardNumber: z.string("Enter a text.").nullable().optional(),
  }),
});

export const purchaseInput = z.strictObject({
  quantity: z.literal(1, "Buy one at a time: this value should be 1."),
});

export const couponInput = z.strictObject({ couponCode: identifier(256) });

/** What a body may name a member by. */
const customerData = z
  .strictObject({
    ...{ customerId: z.string().optional(), email: z.string().optional() },
    ...{ phone: z.string().optional(), loyaltyCardNumber: z.string().optional() },
  })
  .meta({ description: "One name or several of one member." });
export type CustomerData = z.output<typeof customerData>;

export const transferInput = z.strictObject({
  transfer: z.strictObject({
    customer: text(1, 64).meta({ description: "The member's id." }),
    points: z.int("Enter whole points.").positive("Enter points over 0."),
    comment: text(0, 280).nullable().optional(),
  }),
});

const label = z.strictObject({ key: text(1, 255), value: text(0, 255) });
const itemsMax = 100;

export const transactionInput = z.strictObject({
  transaction: z.strictObject({
    header: z.strictObject({
      documentNumber: identifier(256),
      documentType: z.literal("sell", "Only sales can be reported: this value should be sell.").optional(),
      purchasedAt: occurredAt,
    }),
    items: z
      .array(
        z.strictObject({
          ...{ sku: text(1, 255), name: text(1, 255), category: text(1, 255) },
          grossValue: z.number("Enter a number.").nonnegative("Enter 0 or more."),
          quantity: z.number("Enter a number.").nonnegative("Enter 0 or more.").optional(),
          maker: text(0, 255).optional(),
          labels: z.array(label).optional(),
        }),
      )
      .min(1, "Send at least 1 item.")
      .max(itemsMax, `Send at most ${itemsMax} items.`),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, "Enter a currency as three capital letters.")
      .optional(),
    customerData,
  }),
});

export const customEventInput = z.strictObject({
  event: z.strictObject({
    type: text(1, 64),
    eventDate: occurredAt,
    customerData,
    body: someObject({ description: "By the JSON Schema of the event's type." }).optional(),
    eventId: identifier(256).optional(),
  }),
});
