// A stranger's wallet: protocols by @openid4vc/*, cards by @sd-jwt/sd-jwt-vc and an mdoc library.
import {
  calculateJwkThumbprint,
  clientAuthenticationAnonymous,
  clientAuthenticationClientAttestationJwt,
  createClientAttestationJwt,
  Oauth2Client,
} from '@openid4vc/oauth2'
import { createKeyAttestationJwt, Openid4vciClient } from '@openid4vc/openid4vci'
import { Openid4vpClient } from '@openid4vc/openid4vp'
import { DcqlQuery } from 'dcql'
import { callbacksFor, derOf, main, makeKey, publicPart } from './parts.mjs'
import * as sdJwt from './sd_jwt_vc.mjs'

const REDIRECT = 'http://127.0.0.1:1/back'
const mdocBy = (library) => import(library === 'animo' ? './mdoc_animo.mjs' : './mdoc_owf.mjs')
const inDays = (days) => new Date(Date.now() + days * 86_400_000)

// `provider`: {key, chain?} of a wallet provider that the issuer trusts; without it no attestation.
function signerOf(provider) {
  if (!provider.chain) return { method: 'custom', alg: 'ES256', publicJwk: publicPart(provider.key) }
  return { method: 'x5c', alg: 'ES256', x5c: provider.chain.map((pem) => Buffer.from(derOf(pem)).toString('base64')) }
}

async function walletOf(provider) {
  const instance = makeKey()
  const keys = [instance, ...(provider ? [provider.key] : [])]
  let clientAuthentication = clientAuthenticationAnonymous()
  if (provider) {
    const clientAttestationJwt = await createClientAttestationJwt({
      callbacks: callbacksFor(keys),
      clientId: 'stranger-wallet',
      confirmation: { jwk: publicPart(instance) },
      expiresAt: inDays(1),
      issuer: 'https://provider.example',
      signer: signerOf(provider),
    })
    const callbacks = callbacksFor(keys)
    clientAuthentication = clientAuthenticationClientAttestationJwt({ clientAttestationJwt, callbacks })
  }
  return { keys, callbacks: callbacksFor(keys, { clientAuthentication }), dpopKey: instance }
}

const dpopWith = (key) => ({ signer: { method: 'jwk', alg: 'ES256', publicJwk: publicPart(key) } })

// The library writes key attestations of the drafts' type; with `finalType` it signs 1.0's.
function attesting(key, finalType) {
  const callbacks = callbacksFor([key])
  const { signJwt } = callbacks
  const typ = { typ: 'key-attestation+jwt' }
  const signFinal = (signer, { header, payload }) => signJwt(signer, { header: { ...header, ...typ }, payload })
  return finalType ? { ...callbacks, signJwt: signFinal } : callbacks
}

async function proofsFor(client, wallet, { issuerMetadata, configurationId, nonce, deviceKeys, provider, proof, haip }) {
  const attest = (use) =>
    createKeyAttestationJwt({
      callbacks: attesting(provider.key, haip),
      attestedKeys: deviceKeys.map(publicPart),
      nonce,
      expiresAt: inDays(1),
      keyStorage: ['iso_18045_high'],
      userAuthentication: ['iso_18045_high'],
      signer: signerOf(provider),
      use,
    })
  if (proof === 'attestation') return { attestation: [await attest('proof_type.attestation')] }
  const keyAttestationJwt = proof === 'attested jwt' ? await attest('proof_type.jwt') : undefined
  const proving = keyAttestationJwt ? deviceKeys.slice(0, 1) : deviceKeys
  const jwts = []
  for (const key of proving) {
    const { jwt } = await client.createCredentialRequestJwtProof({
      issuerMetadata,
      credentialConfigurationId: configurationId,
      nonce,
      keyAttestationJwt,
      clientId: provider ? 'stranger-wallet' : undefined,
      signer: { method: 'jwk', alg: 'ES256', publicJwk: publicPart(key) },
    })
    jwts.push(jwt)
  }
  return { jwt: jwts }
}

async function collectWith(client, wallet, { issuerMetadata, offer, token, copies, provider, proof, haip }) {
  let dpop = token.dpop
  const collected = []
  for (const configurationId of offer.credential_configuration_ids) {
    const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata })
    const deviceKeys = Array.from({ length: copies }, makeKey)
    wallet.keys.push(...deviceKeys)
    const proofs = await proofsFor(client, wallet, { issuerMetadata, configurationId, nonce, deviceKeys, provider, proof, haip })
    const answer = await client.retrieveCredentials({
      issuerMetadata,
      accessToken: token.accessTokenResponse.access_token,
      credentialConfigurationId: configurationId,
      proofs,
      dpop,
    })
    dpop = { ...dpop, ...answer.dpop }
    const response = answer.credentialResponse
    const supported = issuerMetadata.credentialIssuer.credential_configurations_supported[configurationId]
    if (response.notification_id) {
      const notification = { notificationId: response.notification_id, event: 'credential_accepted' }
      await client.sendNotification({ issuerMetadata, notification, accessToken: token.accessTokenResponse.access_token, dpop })
    }
    collected.push({
      configurationId,
      format: supported.format,
      type: supported.doctype ?? supported.vct,
      credentials: response.credentials.map((one) => one.credential),
      deviceKeys,
    })
  }
  return collected
}

// Pre-authorized code with transaction code.
async function collect({ link, txCode, copies = 2, provider, proof = 'jwt' }) {
  const wallet = await walletOf(provider)
  const client = new Openid4vciClient({ callbacks: wallet.callbacks })
  const offer = await client.resolveCredentialOffer(link)
  const issuerMetadata = await client.resolveIssuerMetadata(offer.credential_issuer)
  const token = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer: offer,
    issuerMetadata,
    txCode,
    dpop: dpopWith(wallet.dpopKey),
  })
  const collected = await collectWith(client, wallet, { issuerMetadata, offer, token, copies, provider, proof })
  return {
    version: issuerMetadata.originalDraftVersion,
    tokenType: token.accessTokenResponse.token_type,
    cards: collected,
  }
}

// Authorization code: pushed request, PKCE, the page filled in as a browser would, then the token.
async function authorize({ link, txCode, copies = 2, provider, proof = 'jwt', haip = false }) {
  const wallet = await walletOf(provider)
  const client = new Openid4vciClient({ callbacks: wallet.callbacks })
  const offer = await client.resolveCredentialOffer(link)
  const issuerMetadata = await client.resolveIssuerMetadata(offer.credential_issuer)
  const supported = issuerMetadata.credentialIssuer.credential_configurations_supported
  const scope = offer.credential_configuration_ids.map((id) => supported[id].scope).join(' ')
  // not by Openid4vciClient.createAuthorizationRequestUrlFromOffer, which loses `state`
  const started = await new Oauth2Client({ callbacks: wallet.callbacks }).createAuthorizationRequestUrl({
    authorizationServerMetadata: issuerMetadata.authorizationServers[0],
    clientId: 'stranger-wallet',
    redirectUri: REDIRECT,
    scope,
    state: 'back-again',
    resource: offer.credential_issuer,
    additionalRequestPayload: { issuer_state: offer.grants.authorization_code.issuer_state },
    dpop: dpopWith(wallet.dpopKey),
  })
  const back = await fillIn(started.authorizationRequestUrl, txCode)
  const answer = client.parseAndVerifyAuthorizationResponseRedirectUrl({
    url: back,
    authorizationServerMetadata: issuerMetadata.authorizationServers[0],
  })
  const token = await client.retrieveAuthorizationCodeAccessTokenFromOffer({
    credentialOffer: offer,
    issuerMetadata,
    authorizationCode: answer.code,
    pkceCodeVerifier: started.pkce.codeVerifier,
    redirectUri: REDIRECT,
    dpop: { signer: started.dpop.signer, ...(started.dpop.nonce ? { nonce: started.dpop.nonce } : {}) },
  })
  const collected = await collectWith(client, wallet, { issuerMetadata, offer, token, copies, provider, proof, haip })
  return { state: answer.state, pushed: started.authorizationRequestUrl, cards: collected }
}

async function fillIn(url, txCode) {
  const page = await fetch(url)
  if (!page.ok) throw new Error(`authorization page: ${page.status} ${await page.text()}`)
  const html = await page.text()
  const form = new URLSearchParams({ tx_code: txCode })
  for (const [, name, value] of html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)) {
    form.set(name, value.replaceAll('&amp;', '&'))
  }
  const answer = await fetch(url.split('?')[0], { method: 'POST', body: form, redirect: 'manual' })
  if (answer.status !== 303) throw new Error(`authorization form: ${answer.status} ${await answer.text()}`)
  return answer.headers.get('location')
}

const treeOf = (paths) => {
  const tree = {}
  for (const path of paths) {
    let node = tree
    path.forEach((step, number) => {
      if (number === path.length - 1) node[step] = true
      else node = node[step] ??= {}
    })
  }
  return tree
}

async function present({ link, cards, anchors, issuers, mdoc = 'owf' }) {
  const keys = cards.flatMap((card) => card.deviceKeys)
  const callbacks = callbacksFor(keys, { anchors: anchors.map(derOf) })
  const client = new Openid4vpClient({ callbacks })
  const parsed = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: link })
  const resolved = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: parsed.params })
  const request = resolved.authorizationRequestPayload
  const [card] = cards
  const query = request.dcql_query.credentials.find(
    (one) => one.format === card.format && (one.meta.doctype_value ?? one.meta.vct_values[0]) === card.type,
  )
  DcqlQuery.validate(DcqlQuery.parse(request.dcql_query))
  const jwk = request.client_metadata?.jwks?.keys[0]
  const encrypted = request.response_mode === 'direct_post.jwt'
  const jwkThumbprint = encrypted
    ? await calculateJwkThumbprint({ jwk, hashAlgorithm: 'sha-256', hashCallback: callbacks.hash })
    : null
  const exchange = { clientId: request.client_id, nonce: request.nonce, jwkThumbprint, responseUri: request.response_uri }
  const paths = query.claims.map((claim) => claim.path)
  const presentation =
    card.format === 'mso_mdoc'
      ? await (await mdocBy(mdoc)).present({
          credential: card.credentials[0],
          docType: card.type,
          disclose: paths.reduce((found, [name, item]) => ({ ...found, [name]: [...(found[name] ?? []), item] }), {}),
          exchange,
          deviceKey: card.deviceKeys[0],
        })
      : await sdJwt.present({ credential: card.credentials[0], disclose: treeOf(paths), exchange, deviceKey: card.deviceKeys[0] })
  const response = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: request,
    authorizationResponsePayload: { vp_token: { [query.id]: [presentation] } },
    jarm: encrypted
      ? {
          encryption: { nonce: '' },
          serverMetadata: {
            authorization_signing_alg_values_supported: [],
            authorization_encryption_alg_values_supported: ['ECDH-ES'],
            authorization_encryption_enc_values_supported: ['A128GCM', 'A256GCM'],
          },
        }
      : undefined,
  })
  const sent = await client.submitOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: request,
    authorizationResponsePayload: response.authorizationResponsePayload,
    jarm: response.jarm,
  })
  return { version: resolved.version, prefix: resolved.client.prefix, mode: request.response_mode, status: sent.response.status }
}

// Every card of a collection, checked by the format's library.
async function check({ cards, issuers, mdoc = 'owf' }) {
  const anchors = issuers.map(derOf)
  const found = []
  for (const card of cards) {
    for (const credential of card.credentials) {
      found.push(
        card.format === 'mso_mdoc'
          ? await (await mdocBy(mdoc)).checkIssued({ credential, anchors })
          : await sdJwt.check({ credential, anchors }),
      )
    }
  }
  return found
}

await main({ collect, authorize, present, check })
