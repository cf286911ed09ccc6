// Format libraries as oracles: strangers read and check what we wrote, and write what we read.
import * as jose from 'jose'
import { derOf, fromB64u, b64u, main, nowSeconds, publicPart, signBytes, signJwt, certificateKey } from './parts.mjs'

const mdocBy = (library) => import(library === 'animo' ? './mdoc_animo.mjs' : './mdoc_owf.mjs')

async function issueMdoc({ library, docType, claims, deviceKey, signer }) {
  const { issue } = await mdocBy(library)
  return issue({ docType, claims, deviceKey, signingKey: signer.key, certificates: [derOf(signer.certificate)], days: 7 })
}

async function checkMdoc({ library, credential, anchors }) {
  return (await mdocBy(library)).checkIssued({ credential, anchors: anchors.map(derOf) })
}

async function checkResponse({ library, presentation, exchange, anchors }) {
  return (await mdocBy(library)).checkPresented({ presentation, exchange, anchors: anchors.map(derOf) })
}

async function issueSdJwt({ claims, vct, deviceKey, signer }) {
  const { issue } = await import('./sd_jwt_vc.mjs')
  const certificates = [derOf(signer.certificate)]
  return issue({ claims, vct, iss: 'https://stranger.example', deviceKey, signingKey: signer.key, certificates, days: 7 })
}

async function checkSdJwt({ credential, exchange, anchors }) {
  return (await import('./sd_jwt_vc.mjs')).check({ credential, exchange, anchors: anchors.map(derOf) })
}

async function readStatusJwt({ token }) {
  const { getListFromStatusListJWT } = await import('@sd-jwt/jwt-status-list')
  return getListFromStatusListJWT(token).statusList
}

async function writeStatusJwt({ uri, statuses, signer }) {
  const { createHeaderAndPayload, StatusList } = await import('@sd-jwt/jwt-status-list')
  const payload = { sub: uri, iat: nowSeconds(), exp: nowSeconds() + 600, ttl: 60 }
  const made = createHeaderAndPayload(new StatusList(statuses, 2), payload, { alg: 'ES256', typ: 'statuslist+jwt' })
  return signJwt(signer.key, made.header, made.payload)
}

async function readStatusCwt({ token }) {
  const { StatusListCwt } = await import('@owf/token-status-list')
  const read = StatusListCwt.fromToken(fromB64u(token))
  const { payload } = read
  return { uri: payload.subject, ttl: payload.timeToLive, statuses: payload.statusList.statusList }
}

async function writeStatusCwt({ uri, statuses, signer }) {
  const { StatusList, StatusListCwt, StatusListCbor } = await import('@owf/token-status-list')
  const { CoseKey } = await import('@owf/cose')
  const list = new StatusList(statuses, 2, `${uri}/all`)
  const token = new StatusListCwt({
    payload: { subject: uri, statusList: StatusListCbor.create({ statusList: list, bits: 2, list: statuses, aggregationUri: `${uri}/all` }), expirationTime: new Date(Date.now() + 600_000), timeToLive: 60 },
    protectedHeaders: new Map([[1, -7]]),
  })
  const signingKey = CoseKey.fromJwk(signer.key)
  const sign = async ({ toBeSigned }) => signBytes(signer.key, toBeSigned)
  return b64u(await token.signAndEncode({ signingKey, algorithm: -7 }, { sign }))
}

async function decrypt({ jwe, key }) {
  const { plaintext } = await jose.compactDecrypt(jwe, await jose.importJWK(key, 'ECDH-ES'))
  return new TextDecoder().decode(plaintext)
}

await main({ issueMdoc, checkMdoc, checkResponse, issueSdJwt, checkSdJwt, readStatusJwt, writeStatusJwt, readStatusCwt, writeStatusCwt, decrypt })
