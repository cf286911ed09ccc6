// SD-JWT VC by @sd-jwt/sd-jwt-vc, with the status list read by @sd-jwt/jwt-status-list.
import { createHash, randomBytes } from 'node:crypto'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { b64u, certificateKey, checkChain, fromB64u, nowSeconds, signBytes, verifyBytes } from './parts.mjs'

const hasher = (data, algorithm) =>
  new Uint8Array(createHash(algorithm.replace('-', '')).update(typeof data === 'string' ? data : Buffer.from(data)).digest())
const text = (value) => new TextEncoder().encode(value)
const signerOf = (jwk) => async (data) => b64u(await signBytes(jwk, text(data)))
const partsOf = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url').toString())

function verifierFor(anchors) {
  return async (data, signature) => {
    const chain = partsOf(data).x5c.map((der) => new Uint8Array(Buffer.from(der, 'base64')))
    checkChain(chain, anchors)
    return verifyBytes(certificateKey(chain[0]), fromB64u(signature), text(data))
  }
}

const kbVerifier = async (data, signature, payload) => verifyBytes(payload.cnf.jwk, fromB64u(signature), text(data))
const common = { hasher, hashAlg: 'sha-256', saltGenerator: (length) => b64u(randomBytes(length)) }

export async function issue({ claims, signingKey, certificates, deviceKey, vct, iss, days }) {
  const instance = new SDJwtVcInstance({ ...common, signer: signerOf(signingKey), signAlg: 'ES256' })
  const iat = nowSeconds()
  const body = { ...claims, vct, iss, iat, exp: iat + days * 86_400, cnf: { jwk: deviceKey } }
  const header = { x5c: certificates.map((der) => Buffer.from(der).toString('base64')) }
  return instance.issue(body, { _sd: Object.keys(claims) }, { header })
}

export async function present({ credential, disclose, exchange, deviceKey }) {
  const instance = new SDJwtVcInstance({ ...common, kbSigner: signerOf(deviceKey), kbSignAlg: 'ES256' })
  const kb = { payload: { aud: exchange.clientId, nonce: exchange.nonce, iat: nowSeconds() } }
  return instance.present(credential, disclose, { kb })
}

const fetchStatusList = async (uri) => {
  const answer = await fetch(uri, { headers: { accept: 'application/statuslist+jwt' } })
  if (!answer.ok) throw new Error(`status list: ${answer.status}`)
  return answer.text()
}

export async function check({ credential, anchors, exchange }) {
  const instance = new SDJwtVcInstance({
    ...common,
    verifier: verifierFor(anchors),
    kbVerifier,
    statusListFetcher: fetchStatusList,
    statusValidator: async (status) => {
      if (status !== 0) throw new Error(`status is ${status}`)
    },
  })
  const options = exchange ? { keyBindingNonce: exchange.nonce } : undefined
  const { payload, header, kb } = await instance.verify(credential, options)
  if (exchange && kb?.payload.aud !== exchange.clientId) throw new Error('another audience')
  return { claims: payload, typ: header.typ, keyBinding: kb !== undefined }
}
