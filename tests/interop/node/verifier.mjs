// A stranger's verifier: @openid4vc/openid4vp and dcql; cards by @owf/mdoc and @sd-jwt/sd-jwt-vc.
import { randomUUID } from 'node:crypto'
import { calculateJwkThumbprint } from '@openid4vc/oauth2'
import { calculateX509HashClientIdPrefixValue, Openid4vpVerifier } from '@openid4vc/openid4vp'
import { DcqlQuery } from 'dcql'
import { callbacksFor, derOf, makeKey, publicPart } from './parts.mjs'
import * as mdoc from './mdoc_owf.mjs'
import * as sdJwt from './sd_jwt_vc.mjs'
import { serve } from './server.mjs'

await serve(async ({ url, reader, issuers }) => {
  const anchors = issuers.map(derOf)
  const chain = [Buffer.from(derOf(reader.certificate)).toString('base64')]
  const asked = new Map()

  async function ask({ body: { query, mode = 'direct_post.jwt', prefix = 'x509_hash', method, algorithms = [-7, -9] } }) {
    const id = randomUUID()
    DcqlQuery.validate(DcqlQuery.parse(query))
    const encryptionKey = { ...makeKey(), use: 'enc', alg: 'ECDH-ES', kid: id }
    const callbacks = callbacksFor([reader.key, encryptionKey])
    const name =
      prefix === 'x509_hash' ? await calculateX509HashClientIdPrefixValue({ x509Certificate: chain[0], hash: callbacks.hash }) : 'localhost'
    const request = {
      response_type: 'vp_token',
      response_mode: mode,
      client_id: `${prefix}:${name}`,
      response_uri: `${url}/response/${id}`,
      nonce: randomUUID(),
      state: id,
      dcql_query: query,
      client_metadata: {
        ...(mode === 'direct_post.jwt' ? { jwks: { keys: [publicPart(encryptionKey)] } } : {}),
        encrypted_response_enc_values_supported: ['A128GCM', 'A256GCM'],
        vp_formats_supported: {
          'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] },
          mso_mdoc: { issuerauth_alg_values: algorithms, deviceauth_alg_values: algorithms },
        },
      },
    }
    const make = (walletNonce) =>
      new Openid4vpVerifier({ callbacks }).createOpenId4vpAuthorizationRequest({
        authorizationRequestPayload: { ...request, ...(walletNonce ? { wallet_nonce: walletNonce } : {}) },
        jar: { requestUri: `${url}/request/${id}`, expiresInSeconds: 120, jwtSigner: { method: 'x5c', alg: 'ES256', x5c: chain } },
        ...(walletNonce ? { wallet: { expectedNonce: walletNonce } } : {}),
      })
    const made = await make()
    const link = method === 'post' ? `${made.authorizationRequest}&request_uri_method=post` : made.authorizationRequest
    asked.set(id, { request, callbacks, encryptionKey, make })
    return { body: { id, link } }
  }

  async function requestObject({ last, body }) {
    const made = await asked.get(last).make(body.wallet_nonce)
    return { type: 'application/oauth-authz-req+jwt', body: made.jar.authorizationRequestJwt }
  }

  async function response({ last, body }) {
    const one = asked.get(last)
    if (body.error) one.outcome = { error: body.error, description: body.error_description }
    else one.outcome = await judge(one, body)
    return { body: {} }
  }

  async function judge({ request, callbacks, encryptionKey }, authorizationResponse) {
    const parsed = await new Openid4vpVerifier({ callbacks }).parseOpenid4vpAuthorizationResponse({
      authorizationResponse,
      authorizationRequestPayload: request,
      callbacks,
    })
    const encrypted = request.response_mode === 'direct_post.jwt'
    const exchange = {
      clientId: request.client_id,
      nonce: request.nonce,
      responseUri: request.response_uri,
      jwkThumbprint: encrypted
        ? await calculateJwkThumbprint({ jwk: publicPart(encryptionKey), hashAlgorithm: 'sha-256', hashCallback: callbacks.hash })
        : null,
    }
    const found = {}
    for (const [id, presentations] of Object.entries(parsed.dcql.presentations)) {
      const { format } = request.dcql_query.credentials.find((one) => one.id === id)
      for (const presentation of presentations) {
        found[id] =
          format === 'mso_mdoc'
            ? await mdoc.checkPresented({ presentation, exchange, anchors })
            : await sdJwt.check({ credential: presentation, anchors, exchange })
      }
    }
    return { presentations: found, encrypted: parsed.jarm !== undefined }
  }

  return {
    told: {},
    routes: {
      'POST /ask': ask,
      'GET /request/*': requestObject,
      'POST /request/*': requestObject,
      'POST /response/*': response,
      'GET /outcome/*': ({ last }) => ({ body: asked.get(last).outcome ?? {} }),
    },
  }
})
