import { History, Ticket } from "lucide-react";
import { getLocale } from "next-intl/server";
import type { ReactNode } from "react";

import { AccountForm } from "#app/_components/account-form.tsx";
import { AccountSection } from "#app/_components/account-section.tsx";
import { ActionButton } from "#app/_components/action-button.tsx";
import { AppShell } from "#app/_components/app-shell.tsx";
import { BackLink } from "#app/_components/back-link.tsx";
import { BalanceHero } from "#app/_components/balance-hero.tsx";
import { BrandMark } from "#app/_components/brand-mark.tsx";
import { ChipRow, ChoiceChip, LinkChip } from "#app/_components/choice-chip.tsx";
import { ConfirmOnce } from "#app/_components/confirm-once.tsx";
import { EmptyState } from "#app/_components/empty-state.tsx";
import { EntryList, ExplainedEntryDays } from "#app/_components/entry-list.tsx";
import { ExpiryChart } from "#app/_components/expiry-chart.tsx";
import { Facts } from "#app/_components/facts.tsx";
import { LanguageLinks } from "#app/_components/language-links.tsx";
import { LeaveProgramme } from "#app/_components/leave-programme.tsx";
import { NextSteps } from "#app/_components/next-steps.tsx";
import { Notice } from "#app/_components/notice-page.tsx";
import { Preferences } from "#app/_components/preferences.tsx";
import { ProfileForm } from "#app/_components/profile-form.tsx";
import { ProgrammeLogo } from "#app/_components/programme-logo.tsx";
import { RewardCard } from "#app/_components/reward-card.tsx";
import { RewardPicture } from "#app/_components/reward-picture.tsx";
import { SectionHeading } from "#app/_components/section-heading.tsx";
import { SelectField } from "#app/_components/select-field.tsx";
import { ShareBar } from "#app/_components/share-bar.tsx";
import { ShelfSearchForm } from "#app/_components/shelf-search-form.tsx";
import { SignInForm } from "#app/_components/sign-in-form.tsx";
import { accountFormTexts, MailSent } from "#app/_components/sign-in-page.tsx";
import { SignInPlaces } from "#app/_components/sign-in-places.tsx";
import { SignOutButton } from "#app/_components/sign-out-button.tsx";
import { Tagline } from "#app/_components/tagline.tsx";
import { TextField } from "#app/_components/text-field.tsx";
import { TicketCard } from "#app/_components/ticket-card.tsx";
import { TierRing } from "#app/_components/tier-ring.tsx";
import { TillCode } from "#app/_components/till-code.tsx";
import { getTranslations } from "#app/_i18n/texts.ts";
import { ChangingNews, OpenedDialog, SessionWarnings, ShownOffline } from "#app/design/opened.tsx";
import * as samples from "#app/design/samples.ts";
import { groupByDay } from "#lib/domain/ledger/group-by-day.ts";
import { shelfSorts } from "#lib/domain/rewards/search-shelf.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

const colors = [
  "page",
  "surface",
  "raised",
  "line",
  "line-strong",
  "ink",
  "muted",
  "danger",
  "danger-soft",
].concat([
  "accent",
  "accent-fill",
  "on-accent",
  "accent-soft",
  "hero-from",
  "hero-to",
  "on-hero",
  "hero-scrim",
]);
const corners = ["field", "panel", "button", "2xl", "3xl"];
const { words, sampleBalancePoints: balancePoints } = samples;

/** All parts, each under the name of its file. */
export async function Parts({ tenant }: { tenant: Tenant }) {
  const t = await getTranslations();
  const { labelsFor } = await accountFormTexts();
  const field = { name: "givenName", label: words.field.label, autoComplete: "off", isOptional: true };
  const saving = { save: t("profile.save"), saving: t("profile.saving"), saved: t("profile.saved") };
  const failing = { failed: t("profile.failed"), signedOut: t("profile.signedOut") };
  const problems = { other: t("profile.problems.other") };
  const signOut = {
    signOut: t("profile.signOut"),
    signingOut: t("profile.signingOut"),
    failed: t("profile.failed"),
  };
  const goal = samples.shelfRewards["points to go"] ?? null;

  return (
    <div className="space-y-12">
      <Part name="globals.css">
        <State name="colors">
          <ul className="grid grid-cols-3 gap-2 text-xs sm:grid-cols-5">
            {colors.map((name) => (
              <li key={name}>
                <span
                  className="block h-12 rounded-lg border border-line"
                  style={{ background: `var(--${name})` }}
                />
                <code className="break-words">{name}</code>
              </li>
            ))}
          </ul>
        </State>
        <State name="corners">
          <ul className="flex flex-wrap gap-3 text-xs">
            {corners.map((name) => (
              <li key={name}>
                <span
                  className="block h-12 w-20 bg-accent-soft"
                  style={{ borderRadius: `var(--radius-${name})` }}
                />
                <code>{name}</code>
              </li>
            ))}
          </ul>
        </State>
        <State name="type">
          <div className="space-y-1">
            {["text-5xl", "text-2xl", "text-lg", "text-base", "text-sm"].map((size) => (
              <p key={size} className={`${size} tabular-nums`}>
                {tenant.name} 1,234
              </p>
            ))}
          </div>
        </State>
        {(["button-primary", "button-quiet", "button-danger"] as const).map((button) => (
          <State key={button} name={button}>
            <div className="flex flex-wrap gap-3">
              <Button className={button} name="plain" />
              <Button className={button} name="hover" data-shown="hover" />
              <Button className={button} name="focus" data-shown="focus" />
              <Button className={button} name="busy" disabled aria-busy />
              <Button className={button} name="waits for its script" disabled />
              <Button className={button} name="cannot now" aria-disabled />
            </div>
          </State>
        ))}
      </Part>

      <Part name="text-field">
        <TextField {...field} defaultValue="Ada" />
        <TextField {...field} hint={words.field.hint} />
        <TextField {...field} defaultValue="…" problem={words.field.problem} />
        <TextField {...field} type="password" label={t("login.password")} showLabel={t("login.show")} />
        <input className="field" data-shown="focus" aria-label={words.field.label} defaultValue="Ada" />
      </Part>
      <Part name="select-field">
        {[undefined, words.field.problem].map((problem) => (
          <SelectField
            key={String(problem)}
            {...{ name: "font", label: words.font, none: t("profile.none"), defaultValue: "", problem }}
            {...{ autoComplete: "off", options: [{ value: "serif", label: "serif" }] }}
          />
        ))}
      </Part>
      <Part name="choice-chip">
        <form>
          <ChipRow>
            {["Drinks", "Food", "A category with a rather long name"].map((name, index) => (
              <ChoiceChip key={name} type="radio" name="category" value={name} isChosen={index === 0}>
                {name}
              </ChoiceChip>
            ))}
          </ChipRow>
        </form>
        <ChipRow>
          {["All", "Earned"].map((name, index) => (
            <LinkChip key={name} href="/design" isChosen={index === 0}>
              {name}
            </LinkChip>
          ))}
        </ChipRow>
      </Part>
      <Part name="shelf-search-form">
        <ShelfSearchForm
          search={{ text: "", category: null, isReachOnly: false, sort: "nearest" }}
          categories={["Drinks", "Food"]}
          sorts={shelfSorts}
        />
      </Part>

      <Part name="balance-hero">
        {Object.entries(samples.tierStates).map(([name, progress]) => (
          <State key={name} name={name}>
            <BalanceHero {...{ balancePoints, progress, pictureUrl: null }} />
          </State>
        ))}
        <State name="with a picture">
          <BalanceHero
            balancePoints={1_234_567}
            progress={samples.tierStates.between ?? { tier: null, nextTier: null, share: 1 }}
            pictureUrl={samples.samplePicture}
          />
        </State>
      </Part>
      <Part name="tier-ring">
        <div className="flex gap-4 text-accent">
          {[0, 0.36, 1].map((share) => (
            <TierRing key={share} share={share} label={String(share)}>
              {share}
            </TierRing>
          ))}
        </div>
      </Part>
      <Part name="share-bar">
        {[0, 0.4, 1].map((share) => (
          <ShareBar key={share} share={share} />
        ))}
      </Part>
      <Part name="next-steps">
        <NextSteps
          {...{ goal, balancePoints }}
          expiresSoon={{ points: 120, expiresAt: new Date(Date.UTC(2026, 11, 24)), isThisYear: true }}
        />
        <NextSteps {...{ goal, balancePoints, expiresSoon: null }} />
      </Part>
      <Part name="reward-card">
        <ul className="grid grid-cols-2 gap-3 sm:grid-cols-3">
          {Object.entries(samples.shelfRewards).map(([name, reward]) => (
            <li key={name} className="flex flex-col">
              <StateName>{name}</StateName>
              <RewardCard {...{ reward, balancePoints }} />
            </li>
          ))}
        </ul>
      </Part>
      <Part name="reward-picture">
        <div className="panel max-w-sm overflow-hidden">
          <RewardPicture pictureUrl={null} isLarge />
        </div>
      </Part>
      <Part name="ticket-card">
        <ul className="grid gap-3">
          {samples.tickets.map((ticket, index) => (
            <li key={`${ticket.state}-${index}`}>
              <StateName>{ticket.state}</StateName>
              <TicketCard {...ticket} />
            </li>
          ))}
        </ul>
      </Part>
      <Part name="till-code">
        {[samples.sampleCode, samples.sampleMember.accountNumber].map((code) => (
          <div key={code} className="overflow-hidden rounded-panel">
            <TillCode
              {...{ code, name: tenant.name }}
              labels={{ caption: t("ticket.code"), qr: t("ticket.qr"), barcode: t("ticket.barcode") }}
            />
          </div>
        ))}
      </Part>
      <Part name="entry-list">
        <EntryList entries={samples.entries} />
        <ExplainedEntryDays days={groupByDay(samples.entries.slice(0, 3))} />
      </Part>
      <Part name="expiry-chart">
        <ExpiryChart {...samples.expiryMonths} />
      </Part>
      <Part name="facts">
        <Facts facts={[[t("reward.price"), t("points.amount", { points: 150 })]]} />
      </Part>

      <Part name="dialog">
        <OpenedDialog
          title={t("buy.title", { name: goal?.name ?? "" })}
          actions={
            <>
              <Button className="button-quiet" name={t("buy.cancel")} />
              <Button className="button-primary" name={t("buy.confirm", { points: 150 })} />
            </>
          }
        >
          <p className="mt-3 text-muted text-sm">{t("buy.hint")}</p>
        </OpenedDialog>
      </Part>
      <Part name="confirm-once">
        <ConfirmOnce
          path="/api/session/purchases"
          body={{}}
          labels={{
            ...{
              open: t("buy.buy"),
              title: t("buy.title", { name: goal?.name ?? "" }),
              busy: t("buy.buying"),
            },
            ...{ confirm: t("buy.confirm", { points: 150 }), cancel: t("buy.cancel"), lost: t("buy.lost") },
            refusals: { session_invalid: t("buy.signedOut") },
          }}
        >
          <p className="mt-3 text-muted text-sm">{t("buy.hint")}</p>
        </ConfirmOnce>
      </Part>
      <Part name="session-warning">
        <SessionWarnings
          show={words.show}
          warning={{
            wayIn: { hostUrl: tenant.hostUrl ?? "" },
            texts: {
              ...{ locale: await getLocale(), countdown: t("sessionWarning.countdown", { when: "{when}" }) },
              ...{ idleTitle: t("sessionWarning.idleTitle"), idleText: t("sessionWarning.idleText") },
              ...{ stay: t("sessionWarning.stay"), signOut: signOut.signOut, failed: signOut.failed },
              ...{ endTitle: t("sessionWarning.endTitle"), endText: t("sessionWarning.endText") },
              ...{ signInAgain: t("signedOut.signIn"), later: t("buy.cancel") },
            },
          }}
        />
      </Part>
      <Part name="offline-notice">
        <ShownOffline notice={t("offline.notice")} reason={t("offline.reason")}>
          <ActionButton className="button-primary">{t("buy.buy")}</ActionButton>
        </ShownOffline>
      </Part>
      <Part name="pending-bar">
        <div className="relative h-6 contain-layout">
          <div className="pending-bar" />
        </div>
      </Part>
      <Part name="news">
        <ChangingNews show={words.show} text={words.toast} />
      </Part>

      <Part name="empty-state">
        <EmptyState Icon={Ticket} title={t("wallet.noTickets")} hint={t("wallet.noTicketsHint")}>
          <Button className="button-primary" name={t("wallet.seeRewards")} />
        </EmptyState>
        <EmptyState Icon={History} title={t("activity.empty")} hint={t("activity.emptyHint")} />
      </Part>
      <Part name="notice-page">
        <Notice title={t("error.title")} text={t("error.text")}>
          <Button className="button-primary" name={t("error.again")} />
        </Notice>
      </Part>
      <Part name="programme-logo">
        {[tenant, samples.withLogo(tenant), samples.withBrokenLogo(tenant)].map((each) => (
          <p key={each.brand.logoUrl} className="flex items-center gap-2.5 font-semibold">
            <ProgrammeLogo tenant={each} ground="page" />
          </p>
        ))}
      </Part>
      <Part name="brand-mark">
        <BrandMark className="h-14 w-12 text-accent" />
      </Part>
      <Part name="tagline">
        <Tagline
          tenant={{ ...tenant, brand: { ...tenant.brand, texts: { en: { tagline: "Every demo counts." } } } }}
        />
      </Part>
      <Part name="section-heading">
        <SectionHeading title={t("home.latest")} more={{ href: "/design", label: t("home.allActivity") }} />
      </Part>
      <Part name="back-link">
        <BackLink href="/design">{t("reward.back")}</BackLink>
      </Part>
      <Part name="app-shell">
        <div className="h-128 overflow-hidden rounded-panel border border-line bg-page contain-layout [&>div]:min-h-full">
          <AppShell tenant={tenant} member={samples.sampleMember}>
            {t("home.greeting", { name: samples.sampleMember.profile.givenName })}
          </AppShell>
        </div>
      </Part>

      <Part name="sign-in-form">
        <div className="panel p-6">
          <SignInForm
            callbackUrl="/design"
            labels={{
              ...{ email: t("login.email"), password: t("login.password"), show: t("login.show") },
              ...{ submit: t("login.submit"), sending: t("login.sending"), resend: t("login.resend") },
              ...{ resent: t("login.resent"), errors: { unknown: t("login.errors.unknown") } },
            }}
          />
        </div>
      </Part>
      <Part name="account-form">
        <div className="panel p-6">
          <AccountForm
            path="/none"
            fields={[{ ...field, hint: words.field.hint }]}
            labels={labelsFor(t("account.signUp"))}
            done={<MailSent text={t("account.signedUp")} />}
          />
        </div>
        <div className="panel p-6">
          <MailSent text={t("account.signedUp")} />
        </div>
      </Part>
      <Part name="account-section">
        <AccountSection emailAddress={samples.sampleMember.profile.emailAddress} />
      </Part>
      <Part name="profile-form">
        <ProfileForm
          fields={[{ ...field, value: "Ada" }]}
          attributes={[
            { name: "newsletter", value: true },
            { name: "shoeSize", value: 38 },
          ]}
          labels={{ ...saving, ...failing, problems, none: t("profile.none"), more: t("profile.more") }}
        />
      </Part>
      <Part name="preferences">
        <Preferences member={samples.sampleMember} />
      </Part>
      <Part name="sign-in-places">
        <div className="panel">
          <SignInPlaces
            shownCount={2}
            places={["Demo Browser", "Demo Phone", "Demo Tablet"].map((device, index) => ({
              ...{
                id: device,
                device,
                isHere: index === 0,
                when: t("profile.placeNow", { since: "1 Nov 2026" }),
              },
            }))}
            labels={{
              ...{ here: t("profile.here"), ...signOut, everywhere: t("profile.everywhere") },
              signOutOf: t("profile.signOutOf", { device: "{device}" }),
              signedOutOf: t("profile.signedOutOf", { device: "{device}" }),
              more: t("profile.morePlaces", { count: 1 }),
            }}
          />
        </div>
      </Part>
      <Part name="sign-out-button">
        <SignOutButton labels={signOut} />
      </Part>
      <Part name="leave-programme">
        <LeaveProgramme
          password={null}
          labels={{
            ...{ leave: t("profile.leave"), hint: t("profile.leaveHint", { points: balancePoints }) },
            ...{ confirm: t("profile.leaveConfirm"), leaving: t("profile.leaving") },
            ...{ cancel: t("profile.cancel"), failed: t("profile.failed") },
          }}
        />
      </Part>
      <Part name="language-links">
        <LanguageLinks />
      </Part>
    </div>
  );
}

function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="mb-4 border-line border-b pb-2 font-mono text-muted text-sm">{name}</h2>
      <div className="space-y-4">{children}</div>
    </section>
  );
}

function State({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <StateName>{name}</StateName>
      {children}
    </div>
  );
}

function StateName({ children }: { children: string }) {
  return <p className="mb-1 text-muted text-xs">{children}</p>;
}

function Button({ name, ...attributes }: { name: string; className: string } & Record<string, unknown>) {
  return (
    <button type="button" {...attributes}>
      {name}
    </button>
  );
}
