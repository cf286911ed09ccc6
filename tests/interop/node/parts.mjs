// What every stranger here needs: keys, JOSE and certificates by Node and jose, and the callbacks
// of @openid4vc. None of it knows our code.
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import * as jose from 'jose'

export const b64u = (bytes) => Buffer.from(bytes).toString('base64url')
export const fromB64u = (text) => new Uint8Array(Buffer.from(text, 'base64url'))
export const sha256 = (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest())
export const nowSeconds = () => Math.floor(Date.now() / 1000)
export const derOf = (pem) => new Uint8Array(new X509Certificate(pem).raw)

export function makeKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256' }
}

export const publicPart = ({ d, ...rest }) => rest

export async function signBytes(jwk, bytes) {
  const { alg, use, key_ops, kid, ...bare } = jwk
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await webcrypto.subtle.importKey('jwk', bare, algorithm, false, ['sign'])
  return new Uint8Array(await webcrypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes))
}

export async function verifyBytes(jwk, signature, bytes) {
  const { kty, crv, x, y } = jwk
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await webcrypto.subtle.importKey('jwk', { kty, crv, x, y }, algorithm, false, ['verify'])
  return webcrypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, bytes)
}

export async function signJwt(jwk, header, payload) {
  const key = await jose.importJWK(jwk, 'ES256')
  return new jose.CompactSign(new TextEncoder().encode(JSON.stringify(payload))).setProtectedHeader(header).sign(key)
}

export function certificateKey(der) {
  return { ...new X509Certificate(Buffer.from(der)).publicKey.export({ format: 'jwk' }), alg: 'ES256' }
}

// Leaf first, anchors trusted as they are: names, signatures and dates.
export function checkChain(chain, anchors, now = new Date()) {
  const links = chain.map((der) => new X509Certificate(Buffer.from(der)))
  const roots = anchors.map((der) => new X509Certificate(Buffer.from(der)))
  for (const link of links) {
    if (now < new Date(link.validFrom) || now > new Date(link.validTo)) throw new Error('certificate is not valid now')
  }
  const last = links.at(-1)
  const root = roots.find((one) => last.checkIssued(one) && last.verify(one.publicKey))
  if (!root) throw new Error('no anchor signed the chain')
  links.slice(0, -1).forEach((link, number) => {
    if (!link.verify(links[number + 1].publicKey)) throw new Error('broken chain')
  })
}

function nameField(text, field) {
  return text.split('\n').filter((line) => line.startsWith(`${field}=`)).map((line) => line.slice(field.length + 1))
}

export const x509 = {
  getIssuerNameField: ({ certificate, field }) => nameField(new X509Certificate(Buffer.from(certificate)).issuer, field),
  validateCertificateChain: ({ trustedCertificates, x5chain }) => checkChain(x5chain, trustedCertificates),
  verifyCertificateChain: ({ trustedCertificates, x5chain, now }) => checkChain(x5chain, trustedCertificates, now),
  getCertificateData: ({ certificate }) => {
    const found = new X509Certificate(Buffer.from(certificate))
    return {
      issuerName: found.issuer,
      subjectName: found.subject,
      serialNumber: found.serialNumber,
      thumbprint: found.fingerprint256,
      notBefore: new Date(found.validFrom),
      notAfter: new Date(found.validTo),
      pem: found.toString(),
    }
  },
}

// The callbacks of @openid4vc. `keys` are the private keys that may sign and decrypt.
export function callbacksFor(keys, { clientAuthentication = () => {}, anchors = [] } = {}) {
  const privateOf = (jwk) => {
    const found = keys.find((key) => key.x === jwk.x && key.y === jwk.y)
    if (!found) throw new Error('no such private key')
    return found
  }
  return {
    fetch,
    clientAuthentication,
    generateRandom: (length) => new Uint8Array(randomBytes(length)),
    hash: (data, algorithm) => new Uint8Array(createHash(algorithm.replace('sha-', 'sha')).update(data).digest()),
    signJwt: async (signer, { header, payload }) => {
      const jwk = signer.publicJwk ?? certificateKey(Buffer.from(signer.x5c[0], 'base64'))
      return { jwt: await signJwt(privateOf(jwk), header, payload), signerJwk: publicPart(jwk) }
    },
    verifyJwt: async (signer, { compact }) => {
      let jwk = signer.publicJwk
      if (signer.method === 'x5c') {
        const chain = signer.x5c.map((text) => new Uint8Array(Buffer.from(text, 'base64')))
        checkChain(chain, anchors)
        jwk = certificateKey(chain[0])
      }
      if (!jwk) return { verified: false }
      try {
        await jose.compactVerify(compact, await jose.importJWK(jwk, signer.alg))
        return { verified: true, signerJwk: jwk }
      } catch {
        return { verified: false }
      }
    },
    encryptJwe: async ({ publicJwk, alg, enc, apu, apv }, data) => {
      const header = { alg, enc, ...(publicJwk.kid ? { kid: publicJwk.kid } : {}) }
      const jwe = new jose.CompactEncrypt(new TextEncoder().encode(data)).setProtectedHeader(header)
      const parties = {}
      if (apu) parties.apu = fromB64u(apu)
      if (apv) parties.apv = fromB64u(apv)
      jwe.setKeyManagementParameters(parties)
      return { encryptionJwk: publicJwk, jwe: await jwe.encrypt(await jose.importJWK(publicJwk, alg)) }
    },
    decryptJwe: async (jwe, options) => {
      const { kid } = jose.decodeProtectedHeader(jwe)
      const jwk = options?.jwk ? privateOf(options.jwk) : keys.find((key) => key.kid === kid)
      if (!jwk) return { decrypted: false }
      const { plaintext } = await jose.compactDecrypt(jwe, await jose.importJWK(jwk, 'ECDH-ES'))
      return { decrypted: true, decryptionJwk: publicPart(jwk), payload: new TextDecoder().decode(plaintext) }
    },
    getX509CertificateMetadata: (certificate) => {
      const names = new X509Certificate(Buffer.from(certificate, 'base64')).subjectAltName?.split(', ') ?? []
      const of = (kind) => names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length))
      return { sanDnsNames: of('DNS:'), sanUriNames: of('URI:') }
    },
  }
}

// One task from standard input, one JSON answer on standard output.
export async function main(tasks) {
  const chunks = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  const { task, ...input } = JSON.parse(Buffer.concat(chunks).toString())
  try {
    process.stdout.write(JSON.stringify(await tasks[task](input)))
  } catch (error) {
    const answer = error.errorResponse ?? error.response?.credentialErrorResponseResult?.data
    process.stderr.write(`${error.stack}\n${JSON.stringify(answer ?? error.cause?.message ?? null)}\n`)
    process.exitCode = 1
  }
}
