/**
 * The OpenID provider of the demo: authorization code with PKCE for clients that keep a secret, ID tokens in RS256, claims
 * from userinfo, sign-out from both sides.
 */
import Provider, {
  type ClientMetadata,
  type Grant,
  interactionPolicy,
  type KoaContextWithOIDC,
  type Session,
} from "oidc-provider";

import { type Client, findClient } from "./client.ts";
import { fetchHere } from "./fetch-here.ts";
import type { Keys } from "./keys.ts";
import { createMemory } from "./memory.ts";
import { failurePage, signedOutPage, signOutPage } from "./pages.ts";
import { findPerson } from "./people.ts";

const hourSeconds = 3_600;
const fortnightSeconds = 14 * 24 * hourSeconds;

export function createProvider(issuer: string, keys: Keys, clients: readonly Client[]): Provider {
  const provider = new Provider(issuer, {
    adapter: createMemory(),
    jwks: { keys: keys.signing },
    cookies: {
      keys: keys.cookies,
      names: { session: "demo_id", interaction: "demo_id_sign_in", resume: "demo_id_resume" },
    },
    clients: clients.map(metadataOf),
    clientAuthMethods: ["client_secret_basic"],
    clientBasedCORS: () => false,
    pkce: { required: () => true },
    responseTypes: ["code"],
    enabledJWA: { idTokenSigningAlgValues: ["RS256"] },
    ttl: {
      AccessToken: hourSeconds,
      AuthorizationCode: 60,
      IdToken: hourSeconds,
      Interaction: hourSeconds,
      Grant: fortnightSeconds,
      Session: fortnightSeconds,
    },
    scopes: ["openid", "profile", "email", "address", "phone"],
    claims: {
      openid: ["sub"],
      profile: ["given_name", "family_name", "birthdate", "gender", "locale"],
      email: ["email", "email_verified"],
      address: ["address"],
      phone: ["phone_number", "phone_number_verified"],
    },
    findAccount(_context, sub) {
      const person = findPerson(sub);
      return person ? { accountId: sub, claims: () => ({ ...person }) } : undefined;
    },
    loadExistingGrant: grantWhatIsAsked,
    fetch: fetchHere,
    interactions: { policy: askWhoAndNoMore(), url: (_context, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(context, form) {
          const { session } = context.oidc;
          const left = clientsOf(context, clients);
          const others = listSignedIn(clients, session).filter((client) => !left.includes(client));
          sendAsBody(context, signOutPage({ person: findPerson(session?.accountId), left, others, form }));
        },
        postLogoutSuccessSource: (context) => sendAsBody(context, signedOutPage(clientsOf(context, clients))),
      },
    },
    renderError(context, { error, error_description }) {
      sendAsBody(context, failurePage(clientsOf(context, clients), `${error}: ${error_description ?? ""}`));
    },
  });

  provider.on("server_error", (_context, error) => console.error("Demo ID failed.", error));
  provider.on("backchannel.error", (_context, error, client, sub) => {
    console.error(`${client.clientId} did not take the sign-out of ${sub}: ${error.message}`);
  });
  return provider;
}

function metadataOf({ name, url, clientId, clientSecret }: Client): ClientMetadata {
  return {
    client_id: clientId,
    client_secret: clientSecret,
    client_name: name,
    redirect_uris: [`${url}/api/auth/callback/idp`],
    post_logout_redirect_uris: [`${url}/signed-out`],
    backchannel_logout_uri: `${url}/api/auth/backchannel-logout`,
    backchannel_logout_session_required: true,
  };
}

/** The one that the call is about; all, where it does not say. */
function clientsOf({ oidc }: KoaContextWithOIDC, clients: readonly Client[]): readonly Client[] {
  const client = findClient(clients, oidc.client?.clientId);
  return client ? [client] : clients;
}

/** Where the person of the session is signed in. */
export function listSignedIn(clients: readonly Client[], session?: Session): Client[] {
  return clients.filter(({ clientId }) => session?.authorizations?.[clientId] !== undefined);
}

/** Without a page for consent; a client that insists on one (`prompt=consent`) is refused. */
function askWhoAndNoMore(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.remove("consent");
  return policy;
}

/** The clients are Demo ID's own house, as it were: whoever signs in agrees, and is not asked on a page. */
async function grantWhatIsAsked({ oidc }: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { provider, client, session, params } = oidc;
  if (!client || !session?.accountId) return undefined;
  const known = await provider.Grant.find(session.grantIdFor(client.clientId) ?? "");
  const grant = known ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(String(params?.scope ?? ""));
  await grant.save();
  return grant;
}

function sendAsBody(context: KoaContextWithOIDC, html: string): void {
  context.type = "html";
  context.body = html;
}
