"use client";

import { ChevronDown, QrCode, Ticket, WifiOff } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";

import { useIsOffline } from "#app/_components/use-is-offline.ts";
import { type KeptCopy, type OfflineTicket, readOfflineCopy } from "#app/_pwa/offline-copy.ts";

const lookEveryMs = 5_000; // so that nothing stays on the screen for long that its session does not allow any more

export type OfflineLabels = Record<
  | "text"
  | "textNothing"
  | "again"
  | "back"
  | "latest"
  | "balance"
  /** With "{when}" in it. */
  | "asOf"
  | "card"
  | "cardNumber"
  | "cardQrCode"
  | "cardBarcode"
  | "tickets"
  | "code"
  | "qrCode"
  | "barcode"
  | "noCode"
  | "codeLater"
  | "over"
  | "hint",
  string
>;

/** What this device kept of its member, for as long as the session may last; nothing that would need a connection. */
export function OfflineContent({ locale, labels }: { locale: string; labels: OfflineLabels }) {
  const [copy, setCopy] = useState<KeptCopy | null>(null);
  const [wasOffline, setWasOffline] = useState(false);
  const isOffline = useIsOffline();
  if (isOffline && !wasOffline) setWasOffline(true);
  const isBack = wasOffline && !isOffline;

  useEffect(() => {
    const look = () => {
      readOfflineCopy().then(setCopy, () => setCopy(null));
    };
    look();
    const timer = setInterval(look, lookEveryMs);
    return () => clearInterval(timer);
  }, []);

  return (
    <>
      <p className="mt-3 text-pretty text-muted">{copy ? labels.text : labels.textNothing}</p>
      <div role="status">{isBack && <p className="mt-3 font-medium text-accent">{labels.back}</p>}</div>
      <button type="button" onClick={leave} className={`mt-5 ${isBack ? "button-primary" : "button-quiet"}`}>
        {isBack ? labels.latest : labels.again}
      </button>
      {copy && <Copy {...{ copy, locale, labels }} />}
    </>
  );
}

/** Not by itself when the network is back: the screen may be under a scanner. */
function leave(): void {
  if (location.pathname === "/offline") location.replace("/");
  else location.reload();
}

function Copy({ copy, locale, labels }: { copy: KeptCopy; locale: string; labels: OfflineLabels }) {
  const { points, card, tickets, keptAtMs } = copy;
  const when = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(keptAtMs);
  return (
    <>
      <section className="mt-6 overflow-hidden rounded-3xl shadow-card">
        <div className="hero-surface p-6">
          <p className="font-medium text-sm text-on-hero/90">{labels.balance}</p>
          <p className="mt-1 font-semibold text-4xl tabular-nums tracking-tight">{points}</p>
          <p className="mt-1 text-on-hero/90 text-sm">{labels.asOf.replace("{when}", when)}</p>
        </div>
        <Foldable
          title={labels.card}
          text={`${labels.cardNumber} ${card.number}`}
          icon={<QrCode className="size-5 shrink-0 text-accent" aria-hidden="true" />}
          isOpen
        >
          <Codes {...card} labels={{ qrCode: labels.cardQrCode, barcode: labels.cardBarcode }}>
            <p className="font-medium">{card.holder}</p>
          </Codes>
        </Foldable>
      </section>
      {tickets.length > 0 && (
        <section className="mt-8">
          <h2 className="mb-3 font-semibold text-lg tracking-tight">{labels.tickets}</h2>
          <ul className="grid gap-3">
            {tickets.map((ticket) => (
              <li key={ticket.id} className="panel overflow-hidden">
                <TicketRow {...{ ticket, labels }} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <p className="mt-4 text-balance text-center text-muted text-sm">{labels.hint}</p>
    </>
  );
}

function TicketRow({ ticket, labels }: { ticket: OfflineTicket; labels: OfflineLabels }) {
  const { reward, state, expiresAt, code, isRedeemed } = ticket;
  const isOver = expiresAt !== null && Date.parse(expiresAt) <= Date.now();
  const icon = <Ticket className="size-5 shrink-0 text-accent" aria-hidden="true" />;
  if (isOver) return <Line title={reward} text={labels.over} {...{ icon }} />;
  if (!isRedeemed) {
    return (
      <Line title={reward} text={state} {...{ icon }}>
        <span className="mt-1 flex items-start gap-1.5 text-muted text-sm">
          <WifiOff className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
          {labels.codeLater}
        </span>
      </Line>
    );
  }
  if (!code) return <Line title={reward} text={labels.noCode} {...{ icon }} />;
  return (
    <Foldable title={reward} text={state} {...{ icon }}>
      <Codes {...code} {...{ labels }}>
        <p className="text-center">
          <span className="block text-[#5a605c] text-sm">{labels.code}</span>
          <bdi className="select-all break-all font-mono font-semibold text-xl tracking-wider">
            {code.value}
          </bdi>
        </p>
      </Codes>
    </Foldable>
  );
}

type LineProps = { title: string; text: string; icon: ReactNode; children?: ReactNode };

function Line({ title, text, icon, children }: LineProps) {
  return (
    <span className="flex min-h-16 items-center gap-3 p-4">
      {icon}
      <span className="min-w-0 flex-1">
        <span dir="auto" className="block text-start font-semibold">
          {title}
        </span>
        <span className="block text-sm">{text}</span>
        {children}
      </span>
    </span>
  );
}

function Foldable({ isOpen = false, children, ...line }: LineProps & { isOpen?: boolean }) {
  return (
    <details open={isOpen} className="group bg-surface">
      <summary className="flex cursor-pointer list-none items-center pe-4 [&::-webkit-details-marker]:hidden">
        <span className="min-w-0 flex-1">
          <Line {...line} />
        </span>
        <ChevronDown
          className="size-5 shrink-0 text-muted group-open:rotate-180 motion-safe:transition-transform"
          aria-hidden="true"
        />
      </summary>
      {children}
    </details>
  );
}

/** White in the dark too: a scanner needs the contrast. */
function Codes({
  qrCode,
  barcode,
  labels,
  children,
}: {
  qrCode: string;
  barcode: string | null;
  labels: { qrCode: string; barcode: string };
  children: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-5 bg-white p-6 forced-color-adjust-none text-[#171a18]">
      <img
        src={qrCode}
        alt={labels.qrCode}
        className="aspect-square w-full max-w-60 object-contain"
        style={{ imageRendering: "pixelated" }}
      />
      {barcode && (
        <img
          src={barcode}
          alt={labels.barcode}
          className="h-20 w-full max-w-72 object-contain"
          style={{ imageRendering: "pixelated" }}
        />
      )}
      {children}
    </div>
  );
}
