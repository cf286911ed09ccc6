// ISO mdoc by @owf/mdoc. Never loaded beside mdoc_animo.mjs: both register tags in one cbor-x.
import { randomBytes } from 'node:crypto'
import * as owf from '@owf/mdoc'
import { b64u, certificateKey, fromB64u, sha256, signBytes, verifyBytes, x509 } from './parts.mjs'

const bytesOf = async (sign1) => sign1.toBeSigned

export const context = {
  crypto: {
    random: (length) => new Uint8Array(randomBytes(length)),
    digest: ({ bytes }) => sha256(bytes),
    calculateEphemeralMacKey: () => { throw new Error('no MAC here') },
  },
  cose: {
    sign1: {
      sign: ({ toBeSigned, key }) => signBytes(key.jwk, toBeSigned),
      verify: async ({ sign1, key }) => verifyBytes(key.jwk, sign1.signature, await bytesOf(sign1)),
    },
    mac0: { sign: () => { throw new Error('no MAC here') }, verify: () => false },
  },
  x509: { ...x509, getPublicKey: ({ certificate }) => owf.CoseKey.fromJwk(certificateKey(certificate)) },
}

function collect() {
  const failed = []
  const passed = []
  const onCheck = ({ status, check, reason }) => (status === 'PASSED' ? passed : failed).push(reason ? `${check}: ${reason}` : check)
  return { failed, passed, onCheck }
}

const plain = (namespaces) =>
  Object.fromEntries([...namespaces].map(([name, items]) => [name, items.map((item) => item.elementIdentifier)]))

export async function checkIssued({ credential, anchors }) {
  const issuerSigned = owf.IssuerSigned.fromEncodedForOid4Vci(credential)
  const { failed, passed, onCheck } = collect()
  await issuerSigned.verify({ verificationCallback: onCheck, trustedCertificates: anchors }, context)
  const { docType } = issuerSigned.issuerAuth.mobileSecurityObject
  return { failed, passed: passed.length, docType, elements: plain(issuerSigned.issuerNamespaces.issuerNamespaces) }
}

export async function issue({ docType, claims, deviceKey, signingKey, certificates, days, status }) {
  const signed = new Date(Math.floor(Date.now() / 1000) * 1000)
  const issuer = new owf.Issuer(docType, context)
  for (const [name, values] of Object.entries(claims)) issuer.addIssuerNamespace(name, values)
  const issuerSigned = await issuer.sign({
    signingKey: owf.CoseKey.fromJwk(signingKey),
    algorithm: owf.SignatureAlgorithm.ES256,
    digestAlgorithm: 'SHA-256',
    validityInfo: { signed, validFrom: signed, validUntil: new Date(signed.getTime() + days * 86_400_000) },
    deviceKeyInfo: { deviceKey: owf.DeviceKey.fromJwk(deviceKey) },
    certificates,
  })
  return issuerSigned.encodedForOid4Vci
}

export async function transcriptFor({ clientId, nonce, jwkThumbprint, responseUri }) {
  const options = { clientId, nonce, responseUri, jwkThumbprint: jwkThumbprint ? fromB64u(jwkThumbprint) : null }
  return owf.SessionTranscript.forOid4Vp(options, context)
}

export async function present({ credential, docType, disclose, exchange, deviceKey }) {
  const wanted = Object.fromEntries(
    Object.entries(disclose).map(([name, items]) => [name, Object.fromEntries(items.map((item) => [item, false]))]),
  )
  const itemsRequest = owf.ItemsRequest.create({ docType, namespaces: wanted })
  const response = await owf.Holder.createDeviceResponseForDeviceRequest(
    {
      deviceRequest: owf.DeviceRequest.create({ docRequests: [owf.DocRequest.create({ itemsRequest })] }),
      sessionTranscript: await transcriptFor(exchange),
      issuerSigned: [owf.IssuerSigned.fromEncodedForOid4Vci(credential)],
      signature: { signingKey: owf.CoseKey.fromJwk(deviceKey) },
    },
    context,
  )
  return response.encodedForOid4Vp
}

export async function checkPresented({ presentation, exchange, anchors }) {
  const deviceResponse = owf.DeviceResponse.fromEncodedForOid4Vp(presentation)
  const { failed, passed, onCheck } = collect()
  const sessionTranscript = await transcriptFor(exchange)
  await owf.Verifier.verifyDeviceResponse({ deviceResponse, sessionTranscript, trustedCertificates: anchors, onCheck }, context)
  const [document] = deviceResponse.documents
  return {
    failed,
    passed: passed.length,
    docType: document.docType,
    elements: plain(document.issuerSigned.issuerNamespaces.issuerNamespaces),
  }
}
