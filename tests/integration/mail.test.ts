import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import PostalMime from "postal-mime";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";

import { type Mail, sendMail } from "#lib/clients/mail.ts";
import { addSeconds, now } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import { log } from "#lib/config/log.ts";
import { db } from "#lib/db/client.ts";
import {
  claimDueMail,
  countRequestedMails,
  dropMailsOfMember,
  giveUpMail,
  postponeMail,
} from "#lib/db/outbox.ts";
import { inTransaction } from "#lib/db/transaction.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { deliverMails, deliverSoon } from "#lib/domain/mail/deliver-mails.ts";
import { type Message, postMail, senderOf } from "#lib/domain/mail/post-mail.ts";
import { sweepMails } from "#lib/domain/mail/sweep-mails.ts";
import { createMember } from "#tests/support/engine.ts";
import { createTenant, type TestTenant } from "#tests/support/factories.ts";
import {
  type MailServer,
  type MailServerOptions,
  startMailServer,
  type Trouble,
  trustMailServers,
} from "#tests/support/mail-server.ts";
import { moveTo, start, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: a mail that was posted in a transaction that committed is sent once, whatever the mail server does and whichever
// process dies; and what it says is nowhere to be read but in the mail.
// Method: a real mail server on this computer that misbehaves on request, and a clock that the test holds.

const minutes = 60_000;
const hours = 60 * minutes;
const levels = ["debug", "info", "warn", "error"] as const;

beforeEach(async () => {
  stopTheClock();
  await db().outboxMail.deleteMany(); // what the test before left on its way
  env().LAUREL_DATA_DIR = newFolder();
});

afterEach(() => {
  vi.restoreAllMocks();
  delete env().SMTP_URL;
  delete env().MAIL_FROM;
});

test("a mail that was posted is delivered once, with all that it says, and then nothing of it is left", async () => {
  const server = await useMailServer();
  const { tenant, memberId } = await createPerson({ name: "Café Größe" });

  await post(tenant, memberId, { to: "jane@example.com", subject: "Grüße", text: "Schön.\n.\nBis bald." });
  moveTo(0, 3_000);
  await deliverMails();
  await deliverMails();

  const [mail] = server.received();
  expect(server.received()).toHaveLength(1);
  expect(mail).toMatchObject({ sender: `no-reply@${tenant.host}`, recipients: ["jane@example.com"] });
  expect(mail?.email).toMatchObject({
    from: { name: "Café Größe", address: `no-reply@${tenant.host}` },
    to: [{ address: "jane@example.com" }],
    subject: "Grüße",
    text: "Schön.\n.\nBis bald.\n",
    html: "<p>Hello.</p>\n",
    date: "2027-03-10T10:00:00.000Z",
  });
  const [row] = await rowsOf(memberId);
  expect(headersOf(mail?.raw)).toMatchObject({
    "message-id": [`<${row?.id}@${tenant.host}>`],
    "auto-submitted": ["auto-generated"],
  });
  expect(row).toMatchObject({ sealedMessage: null, nextTryAt: null, tries: 1, sentAt: addSeconds(start, 3) });
});

test("while a mail is on its way, nothing of it lies open in the database", async () => {
  const { tenant, memberId } = await createPerson();
  const message = { to: "zoe@example.com", subject: "Your-secret", text: "Open-sesame", html: "<i>Open</i>" };

  await post(tenant, memberId, message);

  const [row] = await rowsOf(memberId);
  const sealed = Buffer.from(row?.sealedMessage ?? "", "base64url").toString("latin1");
  for (const word of [...Object.values(message), tenant.name, tenant.host]) {
    expect(JSON.stringify(row)).not.toContain(word);
    expect(sealed).not.toContain(word);
  }
  expect(sealed.length).toBeGreaterThan(100); // there was something to look into
});

test("a mail of a transaction that does not commit is never sent", async () => {
  const server = await useMailServer();
  const { tenant, memberId } = await createPerson();

  const broken = inTransaction(async (tx) => {
    await postMail(tx, letter(tenant, memberId));
    throw new Error("after all not");
  });
  await expect(broken).rejects.toThrow("after all not");
  await deliverMails();

  expect(server.connections()).toBe(0);
  expect(await rowsOf(memberId)).toEqual([]);
});

test("mails come from MAIL_FROM where it is set, and else from the programme's own host", () => {
  const tenant = { name: "Café", publicUrl: "https://rewards.example.com:8443" };

  expect(senderOf(tenant)).toEqual({ fromName: "Café", fromAddress: "no-reply@rewards.example.com" });
  env().MAIL_FROM = "hello@example.com";
  expect(senderOf(tenant)).toEqual({ fromName: "Café", fromAddress: "hello@example.com" });
});

test("while the server is away a mail is tried after 1, 5 and 15 minutes and hourly, and goes when it is back", async () => {
  const away = await useMailServer();
  await away.stop();
  const warnings = vi.spyOn(log(), "warn");
  const { tenant, memberId } = await createPerson();
  await post(tenant, memberId);

  await deliverMails();
  let dueMs = 0;
  for (const pauseMs of [1 * minutes, 5 * minutes, 15 * minutes, 1 * hours, 1 * hours]) {
    dueMs += pauseMs;
    expect((await rowsOf(memberId))[0]?.nextTryAt).toEqual(new Date(start.getTime() + dueMs));
    moveTo(0, dueMs - 1);
    await deliverMails();
    moveTo(0, dueMs);
    await deliverMails();
  }
  const [{ id } = { id: "" }] = await rowsOf(memberId);
  const line = { tenantId: tenant.id, id, tries: 1, code: "ECONNREFUSED" };
  expect(warnings.mock.calls[0]).toEqual([line, "mail not sent, and tried again later"]);
  expect(warnings).toHaveBeenCalledTimes(6);

  const back = await useMailServer({ port: away.port });
  moveTo(0, dueMs + 1 * hours);
  await deliverMails();

  expect(back.received()).toHaveLength(1);
  expect((await rowsOf(memberId))[0]).toMatchObject({ tries: 7, sealedMessage: null });
});

test("after a day without success a mail is given up, and the log says so without saying what it was", async () => {
  const server = await useMailServer();
  server.trouble({ at: "recipient", how: 451 });
  const spies = levels.map((level) => vi.spyOn(log(), level));
  const { tenant, memberId } = await createPerson();
  await post(tenant, memberId, { to: "zoe@example.com", subject: "Your-secret" });

  let quarters = -1;
  do {
    quarters += 1;
    moveTo(0, quarters * 15 * minutes);
    await deliverMails();
  } while ((await rowsOf(memberId))[0]?.sealedMessage);

  const [row] = await rowsOf(memberId);
  expect(row).toMatchObject({ sealedMessage: null, nextTryAt: null, sentAt: null, tries: 28 });
  expect(quarters / 4).toBe(24.75); // when an hourly try fails that comes after the day
  const lines = spies.flatMap(({ mock }) => mock.calls);
  const facts = { tenantId: tenant.id, id: row?.id, tries: 28, code: "EENVELOPE", responseCode: 451 };
  expect(lines.at(-1)).toEqual([facts, "mail given up"]);
  expect(spies.at(-1)).toHaveBeenCalledTimes(1);
  expect(JSON.stringify(lines)).not.toMatch(/zoe|secret|Nothing here/);
});

test.each<Trouble>([
  { at: "sender", how: 550 },
  { at: "recipient", how: 550 },
  { at: "recipient", how: 553 },
  { at: "message", how: 554 },
])("what a server refuses for good ($at, $how) is given up at once", async (trouble) => {
  const server = await useMailServer();
  server.trouble(trouble);
  const errors = vi.spyOn(log(), "error");
  const { tenant, memberId } = await createPerson();
  await post(tenant, memberId);

  await deliverMails();

  const [row] = await rowsOf(memberId);
  expect(row).toMatchObject({ sealedMessage: null, nextTryAt: null, sentAt: null, tries: 1 });
  const code = trouble.at === "message" ? "EMESSAGE" : "EENVELOPE";
  const facts = { tenantId: tenant.id, id: row?.id, tries: 1, code, responseCode: trouble.how };
  expect(errors.mock.calls).toEqual([[facts, "mail given up"]]);
});

test.each<Trouble>([
  { at: "greeting", how: 421 },
  { at: "greeting", how: 554 }, // it serves nobody now
  { at: "greeting", how: "close" },
  { at: "sender", how: 451 },
  { at: "sender", how: 530 }, // it wants a password, which the operator is to set
  { at: "recipient", how: 452 },
  { at: "recipient", how: "close" },
  { at: "message", how: 451 },
  { at: "message", how: "close" },
])("after a trouble that may pass ($at, $how) a mail is sent at the next try", async (trouble) => {
  const server = await useMailServer();
  server.trouble(trouble);
  const { tenant, memberId } = await createPerson();
  await post(tenant, memberId);

  await deliverMails();
  expect(server.received()).toEqual([]);
  server.trouble();
  moveTo(0, 1 * minutes);
  await deliverMails();

  expect(server.received()).toHaveLength(1);
  expect((await rowsOf(memberId))[0]).toMatchObject({ tries: 2, sealedMessage: null });
});

test("a mail that is refused, or that no secret opens, keeps no other one from being sent", async () => {
  const server = await useMailServer();
  server.trouble({ at: "recipient", how: 550, to: "nobody@example.com" });
  const { tenant, memberId } = await createPerson();
  const people = ["a@example.com", "nobody@example.com", "sealed-elsewhere@example.com", "b@example.com"];
  for (const [place, to] of people.entries()) {
    moveTo(0, place);
    await post(tenant, memberId, { to });
  }
  const third = { tenantId_id: { tenantId: tenant.id, id: (await rowsOf(memberId))[2]?.id ?? "" } };
  const sealedElsewhere = randomBytes(200).toString("base64url");
  await db().outboxMail.update({ where: third, data: { sealedMessage: sealedElsewhere } });
  const warnings = vi.spyOn(log(), "warn");

  await deliverMails();

  expect(recipientsAt(server)).toEqual(["a@example.com", "b@example.com"]);
  expect(warnings.mock.calls).toEqual([
    [expect.objectContaining({ error: expect.objectContaining({ name: "Error" }) }), expect.any(String)],
  ]);
  const kept = await db().outboxMail.findUnique({ where: third }); // the secret may come back
  expect(kept).toMatchObject({ sealedMessage: expect.any(String), tries: 1 });
});

test("several deliverers at once share the mails, and send each of them once", async () => {
  const server = await useMailServer();
  const { tenant, memberId } = await createPerson();
  const people = Array.from({ length: 40 }, (_, number) => `person-${number}@example.com`);
  for (const to of people) await post(tenant, memberId, { to });

  await Promise.all([deliverMails(), deliverMails(), deliverMails(), deliverMails()]);

  expect(recipientsAt(server)).toEqual(people.toSorted());
  expect(server.mailsAtOnce()).toBeGreaterThan(1);
  const rows = await rowsOf(memberId);
  expect(rows.map(({ tries }) => tries)).toEqual(people.map(() => 1));
});

test("a mail whose deliverer is not heard of is sent by another one when its lease is over, and not before", async () => {
  const server = await useMailServer();
  const { tenant, memberId } = await createPerson();
  await post(tenant, memberId);
  server.trouble({ at: "recipient", how: "silence" });
  const lost = deliverMails();
  await vi.waitFor(() => expect(server.troubles()).toBe(1));

  server.trouble();
  moveTo(0, 2 * minutes - 1);
  await deliverMails();
  expect(server.received()).toEqual([]);
  moveTo(0, 2 * minutes);
  await deliverMails();
  expect(server.received()).toHaveLength(1);
  const sent = await rowsOf(memberId);
  expect(sent).toMatchObject([{ tries: 2, sealedMessage: null, nextTryAt: null }]);

  await server.stop();
  await lost; // it hears now that it failed
  expect(await rowsOf(memberId)).toEqual(sent);
});

test("a mail that the server took without saying so comes again under the same Message-ID", async () => {
  const server = await useMailServer();
  const { tenant, memberId } = await createPerson();
  await post(tenant, memberId);

  server.trouble({ at: "answer", how: "close" });
  await deliverMails();
  server.trouble();
  moveTo(0, 1 * minutes);
  await deliverMails();

  const [first, second] = server.received().map(({ email }) => email);
  expect(server.received()).toHaveLength(2);
  expect(second?.messageId).toBe(first?.messageId);
  expect(second?.date).toBe(first?.date);
});

test("a deliverer that is later than its lease cannot put off or give up what another one has or has sent", async () => {
  const server = await useMailServer();
  const { tenant, memberId } = await createPerson();
  await post(tenant, memberId);
  const late = await claimDueMail(now(), addSeconds(now(), 60));
  if (!late) throw new Error("There is nothing to be late with.");
  moveTo(0, 1 * minutes);
  await claimDueMail(now(), addSeconds(now(), 60));
  const taken = await rowsOf(memberId);

  await postponeMail(late, addSeconds(now(), 86_400));
  await giveUpMail(late);
  expect(await rowsOf(memberId)).toEqual(taken);

  moveTo(0, 2 * minutes);
  await deliverMails();
  const sent = await rowsOf(memberId);
  await postponeMail({ ...late, tries: 3 }, addSeconds(now(), 86_400));
  expect(await rowsOf(memberId)).toEqual(sent);
  expect(server.received()).toHaveLength(1);
});

test("deliverSoon sends in the background, in one run at a time", async () => {
  const server = await useMailServer();
  const { tenant, memberId } = await createPerson();
  await post(tenant, memberId, { to: "first@example.com" });

  deliverSoon();
  for (let number = 1; number <= 10; number++) {
    await post(tenant, memberId, { to: `later-${number}@example.com` });
    deliverSoon();
  }

  await vi.waitFor(() => expect(server.received()).toHaveLength(11), { timeout: 10_000 });
  expect(server.mailsAtOnce()).toBe(1);
});

test("a mail that is posted while a run looks for the last time is sent all the same", async () => {
  const server = await useMailServer();
  const { tenant, memberId } = await createPerson();
  const findNothing = async () => {
    await post(tenant, memberId);
    deliverSoon();
    return [];
  };
  vi.spyOn(db(), "$queryRaw").mockImplementationOnce(findNothing as never);

  deliverSoon();

  await vi.waitFor(() => expect(server.received()).toHaveLength(1));
});

test("deliverSoon never throws, and says in the log why it could not look", async () => {
  const server = await useMailServer();
  const { tenant, memberId } = await createPerson();
  await post(tenant, memberId);
  const warnings = vi.spyOn(log(), "warn");
  vi.spyOn(db(), "$queryRaw").mockRejectedValueOnce(new Error("the database is away"));

  deliverSoon();
  await vi.waitFor(() => expect(warnings).toHaveBeenCalledTimes(1));
  const [line, text] = warnings.mock.calls[0] ?? [];
  expect([line, text]).toEqual([
    { error: expect.objectContaining({ message: "the database is away" }) },
    "delivering mail failed",
  ]);
  deliverSoon();

  await vi.waitFor(() => expect(server.received()).toHaveLength(1));
});

test("without a mail server a mail becomes a file that only its owner can read", async () => {
  const { tenant, memberId } = await createPerson({ name: "Café" });
  const spies = levels.map((level) => vi.spyOn(log(), level));
  await post(tenant, memberId, { to: "zoe@example.com", subject: "Grüße", text: "Schön.\nBis bald." });

  moveTo(0, 1_234);
  await deliverMails();

  const [row] = await rowsOf(memberId);
  const outbox = join(env().LAUREL_DATA_DIR, "outbox");
  const name = `2027-03-10T10-00-01.234Z-${row?.id}.eml`;
  expect(readdirSync(outbox)).toEqual([name]);
  expect(modeOf(outbox)).toBe("700");
  expect(modeOf(join(outbox, name))).toBe("600");
  const bytes = readFileSync(join(outbox, name));
  expect(bytes.toString()).not.toMatch(/[^\r]\n/); // RFC 5322: lines end with CRLF
  expect(await PostalMime.parse(bytes)).toMatchObject({
    from: { name: "Café", address: `no-reply@${tenant.host}` },
    to: [{ address: "zoe@example.com" }],
    subject: "Grüße",
    text: "Schön.\nBis bald.\n",
    messageId: `<${row?.id}@${tenant.host}>`,
    date: "2027-03-10T10:00:00.000Z",
  });
  expect(row).toMatchObject({ sealedMessage: null, sentAt: new Date("2027-03-10T10:00:01.234Z") });
  const lines = spies.flatMap(({ mock }) => mock.calls);
  expect(lines).toEqual([[{ path: join(outbox, name) }, "mail written to a file, as there is no SMTP_URL"]]);
});

test("a file of the outbox has its name when it is whole", async () => {
  const outbox = join(env().LAUREL_DATA_DIR, "outbox");
  mkdirSync(outbox);
  let isWritten = false;
  const writing = sendMail({ ...mail, text: "0123456789".repeat(2_000_000) }).finally(() => {
    isWritten = true;
  });

  const sizes = new Set<number>();
  while (!isWritten) {
    for (const name of readdirSync(outbox)) {
      if (name.endsWith(".eml")) sizes.add(statSync(join(outbox, name)).size);
    }
    await new Promise(setImmediate);
  }
  await writing;

  const [name = ""] = readdirSync(outbox);
  sizes.add(statSync(join(outbox, name)).size);
  expect([...sizes]).toEqual([expect.any(Number)]);
  expect(Math.min(...sizes)).toBeGreaterThan(20_000_000);
});

test("a folder that cannot be written to is a trouble that may pass", async () => {
  const { tenant, memberId } = await createPerson();
  await post(tenant, memberId);
  const outbox = join(env().LAUREL_DATA_DIR, "outbox");
  writeFileSync(outbox, "in the way");
  const warnings = vi.spyOn(log(), "warn");

  await deliverMails();
  expect(warnings.mock.calls).toEqual([
    [expect.objectContaining({ error: expect.objectContaining({ code: "EEXIST" }) }), expect.any(String)],
  ]);
  rmSync(outbox);
  moveTo(0, 1 * minutes);
  await deliverMails();

  expect(readdirSync(outbox)).toHaveLength(1);
});

const injection = '\r\nBcc: victim@example.net\r\nX-Planted: yes\r\n\r\nHello <victim@example.net>, "x"';

test.each(["a line of its own", "a list", "a group", "brackets"])(
  "nothing in a subject, a name or an address becomes a header or another recipient: %s",
  async (what) => {
    const server = await useMailServer();
    const to = {
      "a line of its own": `jane@example.com${injection}`,
      "a list": "jane@example.com, victim@example.net",
      "a group": "all: jane@example.com, victim@example.net;",
      brackets: "jane@example.com> <victim@example.net",
    }[what];
    const { tenant, memberId } = await createPerson();
    const named = { ...tenant, name: `Café${injection}` };

    await post(named, memberId, { to: to ?? "", subject: `Grüße${injection}` });
    await post(named, memberId, { subject: `Plain${injection}` });
    await deliverMails();

    const honest = server.received().filter(({ recipients }) => recipients[0] === "jane@example.com");
    expect(honest).toHaveLength(1);
    for (const { recipients, raw } of server.received()) {
      expect(recipients).toHaveLength(1);
      expect(recipients).not.toContain("victim@example.net");
      expect(Object.keys(headersOf(raw)).toSorted()).toEqual([
        ...["auto-submitted", "content-type", "date", "from", "message-id", "mime-version", "subject", "to"],
      ]);
      expect(Object.values(headersOf(raw)).every((values) => values?.length === 1)).toBe(true);
    }
    const [{ email } = { email: null }] = honest;
    expect(email?.subject).toMatch(/^Plain\s+Bcc: victim@example.net/);
    expect(email?.from?.address).toBe(`no-reply@${tenant.host}`);
  },
);

test("a password is sent to this computer, and to another one under TLS alone", async () => {
  const account = { user: "laurel", password: "p@ss:wörd/100%" };
  const open = await useMailServer({ account });

  await sendMail(mail);
  expect(open.received()).toMatchObject([{ user: "laurel", isEncrypted: false }]);

  env().SMTP_URL = open.url.replace("127.0.0.1", "0.0.0.0"); // reaches this computer, and does not look like it
  await expect(sendMail(mail)).rejects.toMatchObject({ code: "ETLS", isFinal: false });
  expect(open.received()).toHaveLength(1);
});

test("a password that is not taken is the operator's to mend: the mail waits", async () => {
  const server = await useMailServer({ account: { user: "laurel", password: "right" } });
  const right = env().SMTP_URL ?? "";
  const { tenant, memberId } = await createPerson();
  await post(tenant, memberId);

  for (const [place, url] of [
    right.replace("right", "wrong"),
    right.replace("laurel:right@", ""),
  ].entries()) {
    moveTo(0, place * minutes);
    env().SMTP_URL = url;
    await deliverMails();
    expect((await rowsOf(memberId))[0]).toMatchObject({
      tries: place + 1,
      sealedMessage: expect.any(String),
    });
  }
  env().SMTP_URL = right;
  moveTo(0, 1 * hours);
  await deliverMails();

  expect(server.received()).toHaveLength(1);
});

test("smtps:// is TLS from the start, with a certificate that is trusted and good for the name", async () => {
  const server = await useMailServer({ tls: "from the start", account: { user: "laurel", password: "x" } });

  await expect(sendMail(mail)).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  onTestFinished(trustMailServers());
  env().SMTP_URL = server.url.replace("127.0.0.1", "0.0.0.0");
  await expect(sendMail(mail)).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  expect(server.received()).toEqual([]);

  env().SMTP_URL = server.url;
  await sendMail(mail);
  expect(server.received()).toMatchObject([{ isEncrypted: true, user: "laurel" }]);
});

test("TLS that a server on another computer offers is used, and has to be good", async () => {
  const server = await useMailServer({ tls: "offered" });

  await sendMail(mail); // here it is not needed, and a certificate is rarely good
  expect(server.received()).toMatchObject([{ isEncrypted: false }]);

  env().SMTP_URL = server.url.replace("127.0.0.1", "0.0.0.0");
  await expect(sendMail(mail)).rejects.toMatchObject({ isFinal: false });
  expect(server.received()).toHaveLength(1);
});

test("a server that falls silent is left after 10 seconds, or 20 in the middle", async () => {
  const secondsOf = async (sending: Promise<void>) => {
    const begunAtMs = performance.now();
    await expect(sending).rejects.toMatchObject({ code: "ETIMEDOUT", isFinal: false });
    return (performance.now() - begunAtMs) / 1000;
  };

  (await useMailServer()).trouble({ at: "message", how: "silence" });
  const inTheMiddle = secondsOf(sendMail(mail));
  (await useMailServer()).trouble({ at: "greeting", how: "silence" });
  const atTheGreeting = secondsOf(sendMail(mail));

  expect(Math.round(await atTheGreeting)).toBe(10);
  expect(Math.round(await inTheMiddle)).toBe(20);
}, 60_000);

test("a server that answers drop by drop is left after a minute", async () => {
  const server = await useMailServer();
  server.trouble({ at: "message", how: "drip" });
  const soon = AbortSignal.timeout(500);
  const deadline = vi.spyOn(AbortSignal, "timeout").mockReturnValue(soon);

  const begunAtMs = performance.now();
  await expect(sendMail(mail)).rejects.toMatchObject({ code: "EABORT", isFinal: false });

  expect(deadline.mock.calls).toEqual([[60_000]]);
  expect(performance.now() - begunAtMs).toBeLessThan(5_000);
});

test("a member's mails go with the member, and nobody else's", async () => {
  const server = await useMailServer();
  const { tenant, memberId } = await createPerson();
  const other = await createMember(tenant);
  await post(tenant, memberId, { to: "gone@example.com" });
  await post(tenant, other, { to: "here@example.com" });

  await inTransaction((tx) => dropMailsOfMember(tx, tenant.id, memberId));
  await deliverMails();

  expect(recipientsAt(server)).toEqual(["here@example.com"]);
  expect(await rowsOf(memberId)).toEqual([]);
});

test("a member may be erased while a mail to them is on the wire", async () => {
  const server = await useMailServer();
  server.trouble({ at: "recipient", how: "silence" });
  const { tenant, memberId } = await createPerson();
  await post(tenant, memberId);
  const delivered = deliverMails();
  await vi.waitFor(() => expect(server.troubles()).toBe(1));

  await inTransaction((tx) => dropMailsOfMember(tx, tenant.id, memberId));
  await server.stop();
  await delivered;

  expect(await rowsOf(memberId)).toEqual([]);
});

test("only mails that a stranger may have asked for are counted, of one member and purpose, from a moment on", async () => {
  const { tenant, memberId } = await createPerson();
  const other = await createMember(tenant);
  const asked = (of: MemberId, requestedFor: string | null = "reset_password") =>
    inTransaction((tx) => postMail(tx, { ...letter(tenant, of), requestedFor }));
  await asked(memberId);
  moveTo(0, 1 * hours);
  await asked(memberId);
  await asked(memberId, null);
  await asked(memberId, "confirm_email");
  await asked(other);
  moveTo(0, 2 * hours);
  await asked(memberId);

  const asking = { tenantId: tenant.id, memberId, requestedFor: "reset_password" };
  const count = (since: Date) => inTransaction((tx) => countRequestedMails(tx, { ...asking, since }));
  expect(await count(start)).toBe(3);
  expect(await count(addSeconds(start, 3_600))).toBe(2);
  expect(await count(addSeconds(start, 3_601))).toBe(1);
});

test("a mail that was written to a file is there for 30 days, whatever else lies beside it", async () => {
  const { tenant, memberId } = await createPerson();
  const outbox = join(env().LAUREL_DATA_DIR, "outbox");
  expect(await sweepMails()).toBe(0); // no mail, no folder
  await post(tenant, memberId);
  await deliverMails();
  moveTo(1);
  await post(tenant, memberId);
  await deliverMails();
  writeFileSync(join(outbox, "2020-notes.txt"), "");
  const [notes, first, second] = readdirSync(outbox).toSorted();

  moveTo(30);
  await sweepMails();
  expect(readdirSync(outbox).toSorted()).toEqual([notes, first, second]);
  moveTo(30, 1);
  await sweepMails();
  expect(readdirSync(outbox).toSorted()).toEqual([notes, second]);
});

test("what is left of a mail is deleted after 30 days", async () => {
  await useMailServer();
  const { tenant, memberId } = await createPerson();
  await post(tenant, memberId);
  moveTo(1);
  await post(tenant, memberId);
  await deliverMails();

  moveTo(30);
  expect(await sweepMails()).toBe(0);
  moveTo(30, 1);
  expect(await sweepMails()).toBe(1);

  expect(await rowsOf(memberId)).toMatchObject([{ createdAt: addSeconds(start, 86_400) }]);
});

const mail: Mail = {
  ...{ id: "0195-id", writtenAt: start, from: { name: "Test", address: "no-reply@example.com" } },
  ...{ to: "jane@example.com", subject: "Hello", text: "Hello.", html: "<p>Hello.</p>" },
};

async function createPerson(settings: Record<string, unknown> = {}) {
  const tenant = await createTenant(settings);
  return { tenant, memberId: await createMember(tenant) };
}

function letter(tenant: TestTenant, memberId: MemberId, message: Partial<Message> = {}) {
  const { to, subject, text, html } = mail;
  return {
    ...{ tenantId: tenant.id, memberId, requestedFor: null, at: now(), ...senderOf(tenant) },
    message: { to, subject, text, html, ...message },
  };
}

function post(tenant: TestTenant, memberId: MemberId, message: Partial<Message> = {}): Promise<void> {
  return inTransaction((tx) => postMail(tx, letter(tenant, memberId, message)));
}

/** From now on SMTP_URL names it, until the test is over. */
async function useMailServer(options?: MailServerOptions): Promise<MailServer> {
  const server = await startMailServer(options);
  onTestFinished(() => server.stop());
  env().SMTP_URL = server.url;
  return server;
}

function rowsOf(memberId: MemberId) {
  return db().outboxMail.findMany({ where: { memberId }, orderBy: { createdAt: "asc" } });
}

function recipientsAt(server: MailServer): string[] {
  return server
    .received()
    .flatMap(({ recipients }) => recipients)
    .toSorted();
}

/** The values of each header as it stands in the mail, folded lines made one. */
function headersOf(raw = ""): Record<string, string[] | undefined> {
  const [head = ""] = raw.split("\r\n\r\n");
  const lines = head.replaceAll(/\r\n[ \t]+/g, " ").split("\r\n");
  return lines.reduce<Record<string, string[]>>((headers, line) => {
    const [, name = line, value = ""] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    const values = [...(headers[name.toLowerCase()] ?? []), value];
    return Object.assign(headers, { [name.toLowerCase()]: values });
  }, {});
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "laurel-mail-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}
