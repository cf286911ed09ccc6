// A stranger's issuer: the server's half of @openid4vc, cards by @owf/mdoc and @sd-jwt/sd-jwt-vc.
import { randomUUID } from 'node:crypto'
import { Oauth2AuthorizationServer, Oauth2ResourceServer } from '@openid4vc/oauth2'
import { Openid4vciIssuer } from '@openid4vc/openid4vci'
import { callbacksFor, derOf, makeKey, publicPart } from './parts.mjs'
import * as mdoc from './mdoc_owf.mjs'
import * as sdJwt from './sd_jwt_vc.mjs'
import { serve } from './server.mjs'

const TX_CODE = '271828'
const DOCTYPE = 'org.example.library.1'
const NAMESPACE = 'org.example.library'
const VCT = 'https://library.example/card'
const CLAIMS = { holder: 'Ada Lovelace', branch: 'Söul 서울', member_since: 1843 }
const PROOFS = { jwt: { proof_signing_alg_values_supported: ['ES256'] } }
const DISPLAY = [{ name: 'Library card', locale: 'en' }]

const metadataOf = (url, plain) => ({
  credential_issuer: url,
  credential_endpoint: `${url}/credential`,
  nonce_endpoint: `${url}/nonce`,
  ...(plain ? {} : { notification_endpoint: `${url}/notification`, batch_credential_issuance: { batch_size: 3 } }),
  display: [{ name: 'Library of strangers', locale: 'en' }],
  credential_configurations_supported: {
    library_mdoc: {
      format: 'mso_mdoc',
      doctype: DOCTYPE,
      scope: 'library_mdoc',
      cryptographic_binding_methods_supported: ['cose_key'],
      credential_signing_alg_values_supported: [-7],
      proof_types_supported: PROOFS,
      credential_metadata: { display: DISPLAY, claims: Object.keys(CLAIMS).map((name) => ({ path: [NAMESPACE, name] })) },
    },
    library_sd_jwt: {
      format: 'dc+sd-jwt',
      vct: VCT,
      scope: 'library_sd_jwt',
      cryptographic_binding_methods_supported: ['jwk'],
      credential_signing_alg_values_supported: ['ES256'],
      proof_types_supported: PROOFS,
      credential_metadata: { display: DISPLAY, claims: Object.keys(CLAIMS).map((name) => ({ path: [name] })) },
    },
  },
})

const serverMetadataOf = (url, plain, browser) => ({
  issuer: url,
  token_endpoint: `${url}/token`,
  jwks_uri: `${url}/jwks`,
  ...(browser
    ? {
        authorization_endpoint: `${url}/authorize`,
        pushed_authorization_request_endpoint: `${url}/par`,
        require_pushed_authorization_requests: true,
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
      }
    : {}),
  grant_types_supported: ['urn:ietf:params:oauth:grant-type:pre-authorized_code', 'authorization_code'],
  'pre-authorized_grant_anonymous_access_supported': true,
  ...(plain ? {} : { dpop_signing_alg_values_supported: ['ES256'] }),
})

// `broken`: the credential endpoint answers 500 with an error code that no standard gives it.
// `browser`: the holder says yes on a page of the issuer (authorization code, PAR, PKCE, iss).
// `plain`: bearer tokens, one copy, no notifications and no transaction code, as the standard allows.
await serve(async ({ url, documentSigner, sdJwtSigner, plain = false, broken = false, browser = false }) => {
  const tokenKey = { ...makeKey(), kid: 'tokens' }
  const callbacks = callbacksFor([tokenKey])
  const issuer = new Openid4vciIssuer({ callbacks })
  const server = new Oauth2AuthorizationServer({ callbacks })
  const resources = new Oauth2ResourceServer({ callbacks })
  const credentialIssuer = issuer.createCredentialIssuerMetadata(metadataOf(url, plain))
  const serverMetadata = server.createAuthorizationServerMetadata(serverMetadataOf(url, plain, browser))
  const issuerMetadata = {
    originalDraftVersion: 'V1',
    credentialIssuer,
    authorizationServers: [serverMetadata],
    knownCredentialConfigurations: issuer.getKnownCredentialConfigurationsSupported(credentialIssuer),
  }
  const code = randomUUID()
  const nonces = new Set()
  const notified = []
  const made = await issuer.createCredentialOffer({
    issuerMetadata,
    credentialConfigurationIds: Object.keys(credentialIssuer.credential_configurations_supported),
    grants: browser ? { authorization_code: { issuer_state: 'counter 7' } } : {
      'urn:ietf:params:oauth:grant-type:pre-authorized_code': {
        'pre-authorized_code': code,
        ...(plain ? {} : { tx_code: { input_mode: 'numeric', length: TX_CODE.length } }),
      },
    },
  })

  async function token({ body, request }) {
    const parsed = server.parseAccessTokenRequest({ accessTokenRequest: body, request })
    const { dpop } = browser ? { dpop: await tokenForCode({ parsed, request }) } : await server.verifyPreAuthorizedCodeAccessTokenRequest({
      authorizationServerMetadata: serverMetadata,
      grant: parsed.grant,
      accessTokenRequest: parsed.accessTokenRequest,
      request,
      expectedPreAuthorizedCode: code,
      expectedTxCode: plain ? undefined : TX_CODE,
      dpop: plain ? undefined : { required: true, jwt: parsed.dpop?.jwt, allowedSigningAlgs: ['ES256'] },
    })
    const answer = await server.createAccessTokenResponse({
      audience: url,
      authorizationServer: url,
      subject: code,
      expiresInSeconds: 300,
      dpop: dpop && { jwk: dpop.jwk },
      signer: { method: 'jwk', alg: 'ES256', publicJwk: publicPart(tokenKey), kid: tokenKey.kid },
    })
    return { body: answer }
  }

  // The holder's yes: one request at a time, its code once.
  const asked = new Map()
  async function push({ body, request }) {
    const { authorizationRequest, dpop } = await server.parsePushedAuthorizationRequest({ authorizationRequest: body, request })
    const verified = await server.verifyPushedAuthorizationRequest({
      authorizationRequest,
      authorizationServerMetadata: serverMetadata,
      request,
      dpop: { required: true, ...dpop, allowedSigningAlgs: ['ES256'] },
    })
    const requestUri = `urn:ietf:params:oauth:request_uri:${randomUUID()}`
    asked.set(requestUri, { ...authorizationRequest, jkt: verified.dpop.jwkThumbprint })
    const { pushedAuthorizationResponse } = server.createPushedAuthorizationResponse({ requestUri, expiresInSeconds: 60 })
    return { status: 201, body: pushedAuthorizationResponse }
  }

  const askedFor = (params) => {
    const found = asked.get(params.get('request_uri'))
    if (!found || found.client_id !== params.get('client_id')) throw new Error('no such request')
    return found
  }

  function page({ query }) {
    const wanted = askedFor(query)
    const fields = ['client_id', 'request_uri'].map((name) => `<input type="hidden" name="${name}" value="${query.get(name)}">`)
    const body = `<!doctype html><title>Library</title><h1>Card for ${wanted.client_id}?</h1><form method="post">${fields.join('')}
      <button name="answer" value="yes">Yes</button><button name="answer" value="no">No</button></form>`
    return { type: 'text/html', body }
  }

  function answered({ body }) {
    const wanted = askedFor(new URLSearchParams(body))
    const back = new URL(wanted.redirect_uri)
    back.searchParams.set('state', wanted.state)
    back.searchParams.set('iss', url)
    if (body.answer === 'yes') {
      wanted.code = randomUUID()
      back.searchParams.set('code', wanted.code)
    } else back.searchParams.set('error', 'access_denied')
    return { status: 303, type: 'text/plain', headers: { location: back.href }, body: '' }
  }

  async function tokenForCode({ parsed, request }) {
    const wanted = [...asked.values()].find((one) => one.code && one.code === parsed.grant.code)
    if (!wanted || parsed.accessTokenRequest.redirect_uri !== wanted.redirect_uri) throw new Error('no such code')
    const expectedCode = wanted.code
    wanted.code = undefined
    const { dpop } = await server.verifyAuthorizationCodeAccessTokenRequest({
      authorizationServerMetadata: serverMetadata,
      grant: parsed.grant,
      accessTokenRequest: parsed.accessTokenRequest,
      request,
      expectedCode,
      pkce: {
        codeChallenge: wanted.code_challenge,
        codeChallengeMethod: wanted.code_challenge_method,
        codeVerifier: parsed.pkceCodeVerifier,
      },
      dpop: { required: true, jwt: parsed.dpop?.jwt, allowedSigningAlgs: ['ES256'], expectedJwkThumbprint: wanted.jkt },
    })
    return dpop
  }

  async function nonce() {
    const cNonce = randomUUID()
    nonces.add(cNonce)
    return { body: issuer.createNonceResponse({ cNonce }) }
  }

  async function credential({ body, request }) {
    if (broken) throw Object.assign(new Error('out of order'), { status: 500 })
    await resources.verifyResourceRequest({ request, resourceServer: url, authorizationServers: [serverMetadata], ...(plain ? { allowedAuthenticationSchemes: ['Bearer'] } : {}) })
    const parsed = issuer.parseCredentialRequest({ issuerMetadata, credentialRequest: body })
    const keys = []
    for (const jwt of parsed.proofs.jwt) {
      const expectedNonce = JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url')).nonce
      if (!nonces.has(expectedNonce)) throw new Error('not a nonce of ours')
      const { signer } = await issuer.verifyCredentialRequestJwtProof({ issuerMetadata, jwt, expectedNonce })
      keys.push(signer.publicJwk)
    }
    const isMdoc = parsed.credentialConfigurationId === 'library_mdoc'
    const credentials = await Promise.all(keys.map((deviceKey) => (isMdoc ? issueMdoc(deviceKey) : issueSdJwt(deviceKey))))
    const answer = issuer.createCredentialResponse({
      credentialRequest: parsed,
      credentials: credentials.map((one) => ({ credential: one })),
      notificationId: plain ? undefined : randomUUID(),
    })
    return { body: answer }
  }

  const issueMdoc = (deviceKey) =>
    mdoc.issue({
      docType: DOCTYPE,
      claims: { [NAMESPACE]: CLAIMS },
      deviceKey,
      signingKey: documentSigner.key,
      certificates: [derOf(documentSigner.certificate)],
      days: 7,
    })
  const issueSdJwt = ({ kty, crv, x, y }) =>
    sdJwt.issue({
      claims: CLAIMS,
      vct: VCT,
      iss: url,
      deviceKey: { kty, crv, x, y },
      signingKey: sdJwtSigner.key,
      certificates: [derOf(sdJwtSigner.certificate)],
      days: 7,
    })

  return {
    told: { link: made.credentialOffer, txCode: TX_CODE },
    routes: {
      'GET /.well-known/openid-credential-issuer': () => ({ body: credentialIssuer }),
      'GET /.well-known/oauth-authorization-server': () => ({ body: serverMetadata }),
      'GET /jwks': () => ({ body: { keys: [publicPart(tokenKey)] } }),
      'POST /token': token,
      ...(browser ? { 'POST /par': push, 'GET /authorize': page, 'POST /authorize': answered } : {}),
      'POST /nonce': nonce,
      'POST /credential': credential,
      'POST /notification': ({ body }) => {
        notified.push(body.event)
        return { status: 204, type: 'text/plain' }
      },
      'GET /notified': () => ({ body: notified }),
    },
  }
})
