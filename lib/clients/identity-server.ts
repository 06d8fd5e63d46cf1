/**
 * A tenant's identity server: where its endpoints are, and what it says of somebody who comes back from it with a code
 * (RFC 6749 section 4.1, OpenID Connect Core section 3.1). oauth4webapi speaks the protocol; every request goes out the
 * guarded way, and the discovery document is remembered like key sets are.
 *
 * What an ID token is worth is judged elsewhere: `lib/domain/tokens/id-token.ts`.
 */
import * as oauth from "oauth4webapi";

import { problemWithOutsideUrl } from "#lib/clients/outside-addresses.ts";
import { OutsideFailure } from "#lib/clients/outside-failure.ts";
import { requestOutside } from "#lib/clients/outside-request.ts";
import { DocumentUnavailable, rememberDocuments } from "#lib/clients/remembered-documents.ts";
import { now } from "#lib/config/clock.ts";

const discoveryPath = "/.well-known/openid-configuration";
const thisComputer = /^(?:.+\.)?localhost$|^127(?:\.\d+){3}$|^\[::1\]$/;
const answerLimits = { bytesMax: 256 * 1024, timeoutMs: 5_000 };

/** What is set of an identity server: null is to be found by discovery. */
export type IdentityServerSettings = {
  issuer: string | null;
  authorizationUrl: string | null;
  tokenUrl: string | null;
  userinfoUrl: string | null;
  jwksUrl: string | null;
  signOutUrl: string | null;
  scope: string;
};

export type IdentityServer = {
  issuer: string | null;
  authorizationUrl: string;
  tokenUrl: string;
  userinfoUrl: string | null;
  /** Null where it speaks plain OAuth2: then there is no ID token, and userinfo says who came. */
  jwksUrl: string | null;
  signOutUrl: string | null;
  /** Whether its answers have to name it (RFC 9207). */
  isNamedInAnswers: boolean;
  takesBasicAuthentication: boolean;
};

export type IdentityServerFailureReason =
  /** It did not answer, or not in time. */
  | "unavailable"
  /** What is set does not fit what it says of itself. */
  | "misconfigured"
  /** The person said no there. */
  | "denied"
  /** It answered with an error. */
  | "refused"
  /** The answer belongs to no sign-in that was begun in this browser. */
  | "state"
  /** It answered what no answer may be. */
  | "answer";

/** Why nobody is signed in. The message is for the operator: it holds no token, code or secret. */
export class IdentityServerFailure extends Error {
  override readonly name = "IdentityServerFailure";
  readonly reason: IdentityServerFailureReason;

  constructor(reason: IdentityServerFailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

type Discovered = Omit<IdentityServer, "issuer"> & { issuer: string };

const discoveries = rememberDocuments<Discovered>("OpenID discovery", readDiscovery);

/** The endpoints of a tenant's identity server. Throws an IdentityServerFailure. */
export async function findIdentityServer(
  tenantId: string,
  settings: IdentityServerSettings,
): Promise<IdentityServer> {
  const { issuer, authorizationUrl, tokenUrl } = settings;
  const isWhole = authorizationUrl !== null && tokenUrl !== null;
  const found = isWhole || issuer === null ? null : await discover(tenantId, issuer);
  const server = {
    issuer,
    authorizationUrl: authorizationUrl ?? found?.authorizationUrl,
    tokenUrl: tokenUrl ?? found?.tokenUrl,
    userinfoUrl: settings.userinfoUrl ?? found?.userinfoUrl ?? null,
    jwksUrl: settings.jwksUrl ?? found?.jwksUrl ?? null,
    signOutUrl: settings.signOutUrl ?? found?.signOutUrl ?? null,
    isNamedInAnswers: found?.isNamedInAnswers ?? false,
    takesBasicAuthentication: found?.takesBasicAuthentication ?? true,
  };
  if (server.authorizationUrl === undefined || server.tokenUrl === undefined) {
    throw new IdentityServerFailure("misconfigured", "Neither an issuer nor the single addresses are set.");
  }
  const hasIdTokens = issuer !== null && settings.scope.split(" ").includes("openid");
  const { authorizationUrl: authorize, tokenUrl: token } = server;
  return {
    ...server,
    authorizationUrl: authorize,
    tokenUrl: token,
    jwksUrl: hasIdTokens ? server.jwksUrl : null,
  };
}

async function discover(tenantId: string, issuer: string): Promise<Discovered> {
  const url = `${issuer.replace(/\/$/, "")}${discoveryPath}`;
  const found = await saying(() =>
    discoveries.get({ tenantId, url }, (document) => document.issuer === issuer),
  );
  // OpenID Connect Discovery 4.3: who says to be somebody else is not asked any further.
  if (found.issuer === issuer) return found;
  throw new IdentityServerFailure(
    "misconfigured",
    `The discovery document names another issuer (${JSON.stringify(found.issuer).slice(0, 200)}).`,
  );
}

function readDiscovery(document: unknown): Discovered {
  const fields = (typeof document === "object" && document !== null ? document : {}) as Record<
    string,
    unknown
  >;
  const { issuer, authorization_response_iss_parameter_supported: isNamed } = fields;
  const methods = fields.token_endpoint_auth_methods_supported;
  if (typeof issuer !== "string") throw new Error("The document has no issuer.");
  return {
    issuer,
    authorizationUrl: endpointIn(fields, "authorization_endpoint"),
    tokenUrl: endpointIn(fields, "token_endpoint"),
    jwksUrl: endpointIn(fields, "jwks_uri"),
    userinfoUrl: fields.userinfo_endpoint === undefined ? null : endpointIn(fields, "userinfo_endpoint"),
    signOutUrl: fields.end_session_endpoint === undefined ? null : endpointIn(fields, "end_session_endpoint"),
    isNamedInAnswers: isNamed === true,
    // Where it does not say, it takes this one (OpenID Connect Discovery, section 3).
    takesBasicAuthentication: !Array.isArray(methods) || methods.includes("client_secret_basic"),
  };
}

function endpointIn(document: Record<string, unknown>, field: string): string {
  const value = document[field];
  if (typeof value !== "string") throw new Error(`The document has no ${field}.`);
  const problem = problemWithOutsideUrl(value);
  if (problem) throw new Error(`The ${field} will not do. ${problem}`);
  // To some of them only browsers go, so that no socket of ours finds out.
  const { protocol, hostname } = new URL(value);
  if (protocol === "http:" && !thisComputer.test(hostname)) throw new Error(`The ${field} is plain http.`);
  return value;
}

/** What a person came back with, and what was kept in their browser when they left. */
export type ProviderAnswer = {
  /** The parameters of the redirect, as they came. */
  parameters: URLSearchParams;
  state: string;
  nonce: string;
  codeVerifier: string;
  redirectUri: string;
};

export type ProviderTokens = { accessToken: string; idToken: string | null };

/** Takes the code of an answer to the token endpoint. Throws an IdentityServerFailure. */
export async function exchangeCode(
  server: IdentityServer,
  client: { id: string; secret: string },
  { parameters, state, nonce, codeVerifier, redirectUri }: ProviderAnswer,
): Promise<ProviderTokens> {
  const metadata = metadataOf(server);
  const self = clientOf(client.id);
  const authentication = server.takesBasicAuthentication
    ? oauth.ClientSecretBasic(client.secret)
    : oauth.ClientSecretPost(client.secret);
  return saying(async () => {
    const answer = oauth.validateAuthResponse(
      metadata,
      self,
      withoutUnknownIssuer(server, parameters),
      state,
    );
    const response = await oauth.authorizationCodeGrantRequest(
      ...([metadata, self, authentication, answer, redirectUri, codeVerifier] as const),
      guarded,
    );
    const isOpenId = server.jwksUrl !== null;
    const tokens = await oauth.processAuthorizationCodeResponse(
      ...([metadata, self, isOpenId ? response : await withoutIdToken(response)] as const),
      isOpenId ? { expectedNonce: nonce, requireIdToken: true } : {},
    );
    // RFC 6749, appendix A.12; no header could carry another.
    if (!/^[\x20-\x7e]+$/.test(tokens.access_token)) {
      throw new IdentityServerFailure(
        "answer",
        "The access token is not of the characters that one can have.",
      );
    }
    return { accessToken: tokens.access_token, idToken: isOpenId ? (tokens.id_token ?? null) : null };
  });
}

/** Nobody can judge one without an issuer and keys, and nobody relies on it: the library would refuse it all the same. */
async function withoutIdToken(response: Response): Promise<Response> {
  const { status, headers } = response;
  const json: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  const hasOne = typeof json === "object" && json !== null && "id_token" in json;
  return hasOne ? Response.json({ ...json, id_token: undefined }, { status, headers }) : response;
}

/** What the userinfo endpoint says, if there is one; of the same person as the ID token, where there is one. */
export async function fetchUserinfo(
  server: IdentityServer,
  clientId: string,
  accessToken: string,
  subject: string | null,
): Promise<Readonly<Record<string, unknown>> | null> {
  const { userinfoUrl } = server;
  if (userinfoUrl === null) return null;
  return saying(async () => {
    if (subject !== null) {
      const metadata = metadataOf(server);
      const self = clientOf(clientId);
      const response = await oauth.userInfoRequest(metadata, self, accessToken, guarded);
      return oauth.processUserInfoResponse(metadata, self, subject, response);
    }
    const url = new URL(userinfoUrl);
    const headers = new Headers({ Accept: "application/json" });
    const response = await oauth.protectedResourceRequest(accessToken, "GET", url, headers, null, guarded);
    const json: unknown = response.status === 200 ? await response.json().catch(() => null) : null;
    if (typeof json === "object" && json !== null && !Array.isArray(json)) {
      return json as Record<string, unknown>;
    }
    throw new IdentityServerFailure("answer", `Userinfo answered ${response.status} without a JSON object.`);
  });
}

function metadataOf(server: IdentityServer): oauth.AuthorizationServer {
  return {
    // Plain OAuth2 has no issuer; the library wants a name, and compares it with what only OpenID Connect says.
    issuer: server.issuer ?? new URL(server.tokenUrl).origin,
    token_endpoint: server.tokenUrl,
    ...(server.userinfoUrl === null ? {} : { userinfo_endpoint: server.userinfoUrl }),
    authorization_response_iss_parameter_supported: server.isNamedInAnswers,
  };
}

/** Its clock is the process's own; ours may have been moved. */
function clientOf(clientId: string): oauth.Client {
  return {
    client_id: clientId,
    [oauth.clockSkew]: Math.round((now().getTime() - Date.now()) / 1000),
    [oauth.clockTolerance]: 30,
  };
}

/** An issuer that an answer names can only be compared with one that is known. */
function withoutUnknownIssuer({ issuer }: IdentityServer, parameters: URLSearchParams): URLSearchParams {
  const kept = new URLSearchParams(parameters);
  if (issuer === null) kept.delete("iss");
  return kept;
}

/** Its requests go out our way. Which addresses may be plain http is decided there, too. */
const guarded = {
  [oauth.allowInsecureRequests]: true,
  [oauth.customFetch]: async (
    url: string,
    { method, headers, body }: { method: string; headers: Record<string, string>; body?: unknown },
  ): Promise<Response> => {
    const answer = await requestOutside(url, {
      ...{ method: method === "POST" ? "POST" : "GET", headers, ...answerLimits },
      body: body === undefined || body === null ? null : String(body),
    });
    // Often a gateway's words in place of the server's; from 600 on it is no status.
    if (answer.status >= 500) {
      throw new OutsideFailure(
        "status",
        `The status of the answer is ${answer.status}.`,
        String(answer.status),
      );
    }
    const isBodyless = answer.status === 204 || answer.status === 205;
    return new Response(isBodyless ? null : new Uint8Array(answer.body), {
      status: answer.status,
      headers: answer.headers,
    });
  },
};

/** What is thrown, as a failure that says why nobody is signed in. */
async function saying<Value>(run: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    throw failureOf(error);
  }
}

/** Why one of its documents or answers is not to be had. */
export function absenceOf({ reason, message }: DocumentUnavailable | OutsideFailure): IdentityServerFailure {
  const isAbsent = reason !== "url" && reason !== "address" && reason !== "document";
  return new IdentityServerFailure(isAbsent ? "unavailable" : "misconfigured", message);
}

function failureOf(error: unknown): unknown {
  if (error instanceof DocumentUnavailable || error instanceof OutsideFailure) return absenceOf(error);
  if (error instanceof oauth.AuthorizationResponseError) {
    const reason = error.error === "access_denied" ? "denied" : "refused";
    return new IdentityServerFailure(reason, `It answered with the error ${plain(error.error)}.`);
  }
  if (error instanceof oauth.ResponseBodyError) {
    const isOurFault = error.error === "invalid_client" || error.error === "unauthorized_client";
    const reason = isOurFault ? "misconfigured" : "refused";
    return new IdentityServerFailure(
      reason,
      `The token endpoint answered ${error.status} with the error ${plain(error.error)}.`,
    );
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    // RFC 6749, section 5.2: so it answers a client that showed a bad secret in the header.
    const isOurFault = error.cause.some(({ scheme }) => scheme === "basic");
    const reason = isOurFault ? "misconfigured" : "refused";
    return new IdentityServerFailure(reason, `It answered ${error.status} with a challenge.`);
  }
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    const isState = /"state" response parameter|"state" missing/.test(error.message);
    return new IdentityServerFailure(isState ? "state" : "answer", error.message);
  }
  return error;
}

/** A code that the other side chose, for the log: short, and of plain signs. */
function plain(code: string): string {
  return /^[\w.-]{1,64}$/.test(code) ? code : "(another text)";
}
