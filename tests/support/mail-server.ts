/** A mail server on this computer, under the test's control: what it was sent, and how it misbehaves. */
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";

type ReceivedMail = {
  /** The envelope, by which a mail is delivered whatever its headers say. */
  sender: string;
  recipients: string[];
  /** Who signed in to send it. */
  user: string | null;
  isEncrypted: boolean;
  /** As it came over the wire, and as a mail program reads it. */
  raw: string;
  email: Email;
};

/**
 * What happens at a stage, for one recipient or for all: a refusal with that code, silence, a closed connection, or an
 * answer without an end. At "answer" the server has taken the mail when it happens.
 */
export type Trouble = {
  at: "greeting" | "sender" | "recipient" | "message" | "answer";
  how: number | "silence" | "close" | "drip";
  to?: string;
};

export type MailServer = {
  url: string;
  port: number;
  received(): ReceivedMail[];
  /** How many connections have come. */
  connections(): number;
  /** How many mails it had in hand at one time, at most. */
  mailsAtOnce(): number;
  /** From now on; all is well again with nothing. */
  trouble(trouble?: Trouble): void;
  /** How many times it has misbehaved. */
  troubles(): number;
  stop(): Promise<void>;
};

export type MailServerOptions = {
  /** Of one that was stopped. */
  port?: number;
  tls?: "none" | "offered" | "from the start";
  /** Nobody else may send, where it is given. */
  account?: { user: string; password: string };
};

type Answer = (error?: Error | null) => void;

export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { port: wantedPort = 0, tls = "none", account } = options;
  const received: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  const inHand = new Set<string>(); // ids of sessions
  const counts = { connections: 0, mailsAtOnce: 0, troubles: 0 };
  let trouble: Trouble | undefined;

  function answerAt(at: Trouble["at"], session: SMTPServerSession, answer: Answer, to?: string): void {
    const isTroubled = trouble?.at === at && (trouble.to === undefined || trouble.to === to);
    if (!trouble || !isTroubled) {
      answer();
      return;
    }
    counts.troubles += 1;
    const { how } = trouble;
    const socket = [...sockets].find(({ remotePort }) => remotePort === session.remotePort);
    if (typeof how === "number") answer(refusal(how, to));
    if (how === "close") socket?.destroy();
    if (how === "drip") dripInto(socket);
  }

  const server = new SMTPServer({
    ...{ key, cert: certificate, secure: tls === "from the start", closeTimeout: 1, logger: false },
    ...{ authOptional: account === undefined, allowInsecureAuth: true, disableReverseLookup: true },
    disabledCommands: [...(tls === "offered" ? [] : ["STARTTLS"]), ...(account ? [] : ["AUTH"])],
    onAuth({ username = "", password }, _session, answer) {
      const isKnown = username === account?.user && password === account.password;
      if (isKnown) answer(null, { user: username });
      else answer(refusal(535));
    },
    onConnect: (session, answer) => answerAt("greeting", session, answer),
    onMailFrom(_address, session, answer) {
      inHand.add(session.id);
      counts.mailsAtOnce = Math.max(counts.mailsAtOnce, inHand.size);
      answerAt("sender", session, answer);
    },
    onRcptTo: ({ address }, session, answer) => answerAt("recipient", session, answer, address),
    onData(stream, session, answer) {
      const [to] = session.envelope.rcptTo.map(({ address }) => address);
      const take = (mail: ReceivedMail) => {
        inHand.delete(session.id);
        received.push(mail);
        answerAt("answer", session, answer, to);
      };
      void readMail(stream, session).then((mail) => {
        answerAt("message", session, (error) => (error ? answer(error) : take(mail)), to);
      });
    },
    onClose: ({ id }) => void inHand.delete(id),
  });
  server.on("error", () => undefined); // a client that goes away is what some tests are about
  server.server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    counts.connections += 1;
  });
  server.listen(wantedPort, "127.0.0.1");
  await once(server.server, "listening");

  const { port } = server.server.address() as AddressInfo;
  const userInfo = account
    ? `${encodeURIComponent(account.user)}:${encodeURIComponent(account.password)}@`
    : "";
  return {
    url: `${tls === "from the start" ? "smtps" : "smtp"}://${userInfo}127.0.0.1:${port}`,
    port,
    received: () => received,
    connections: () => counts.connections,
    mailsAtOnce: () => counts.mailsAtOnce,
    trouble(next) {
      trouble = next;
    },
    troubles: () => counts.troubles,
    async stop() {
      const isClosed = new Promise<void>((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await isClosed;
    },
  };
}

/** Has this process trust the server's certificate, which is good for 127.0.0.1 and localhost; undone by what it answers. */
export function trustMailServers(): () => void {
  const trusted = getCACertificates("default");
  setDefaultCACertificates([...trusted, certificate]);
  return () => setDefaultCACertificates(trusted);
}

async function readMail(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<ReceivedMail> {
  const bytes = Buffer.concat(await stream.toArray());
  const { mailFrom, rcptTo } = session.envelope;
  return {
    sender: mailFrom ? mailFrom.address : "",
    recipients: rcptTo.map(({ address }) => address),
    user: session.user ?? null,
    isEncrypted: session.secure,
    raw: bytes.toString("utf8"),
    email: await PostalMime.parse(bytes),
  };
}

/** Servers like to quote the address: what is logged of a refusal must not. */
function refusal(responseCode: number, to = "you"): Error {
  return Object.assign(new Error(`Nothing here for <${to}>`), { responseCode });
}

function dripInto(socket: Socket | undefined): void {
  const dripping = setInterval(() => socket?.write("250-one moment\r\n"), 50);
  socket?.once("close", () => clearInterval(dripping));
}

// Until 2120; nothing else trusts it.
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgXAfP8a2R/bWdbEDb
6meelcseIT586KMoFYUgsKmFE/ihRANCAASnj9UHlKvk8JU/PXgruBTt+za9hR1a
X3It8nWdpyFvUWbU8pZ3OCGTdESFgGAr25sscDReuOiyZky/CLgocmLt
-----END PRIVATE KEY-----`;
const certificate = `-----BEGIN CERTIFICATE-----
MIIBZzCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKeP1QeUq+TwlT89
eCu4FO37Nr2FHVpfci3ydZ2nIW9RZtTylnc4IZN0RIWAYCvbmyxwNF646LJmTL8I
uChyYu2jTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBTaLVmGs91z1ae5E038ckYcTx3quzAKBggqhkjOPQQD
AgNIADBFAiEAgdyUrHmjyxykdKI8tNFewkJ6Z0ZmNu1gr3ZjsxGrTfUCIHQvdMDg
3RbKuZVG0b2XFuKXIiImof68Z0UURwc8eDUj
-----END CERTIFICATE-----`;
