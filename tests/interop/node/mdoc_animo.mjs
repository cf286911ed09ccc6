// ISO mdoc by @animo-id/mdoc. Never loaded beside mdoc_owf.mjs: both register tags in one cbor-x.
import { randomBytes } from 'node:crypto'
import * as animo from '@animo-id/mdoc'
import { b64u, certificateKey, fromB64u, sha256, signBytes, verifyBytes, x509 } from './parts.mjs'

export const context = {
  crypto: {
    random: (length) => new Uint8Array(randomBytes(length)),
    digest: ({ bytes }) => sha256(bytes),
    calculateEphemeralMacKeyJwk: () => { throw new Error('no MAC here') },
  },
  cose: {
    sign1: {
      sign: ({ sign1, jwk }) => signBytes(jwk, sign1.getRawSigningData().data),
      verify: ({ sign1, jwk, options }) => {
        const { data, signature } = sign1.getRawVerificationData(options)
        return verifyBytes(jwk, signature, data)
      },
    },
    mac0: { sign: () => { throw new Error('no MAC here') }, verify: () => false },
  },
  x509: { ...x509, getPublicKey: ({ certificate }) => certificateKey(certificate) },
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
  const document = animo.parseIssuerSigned(fromB64u(credential))
  const { failed, passed, onCheck } = collect()
  const verifier = new animo.Verifier()
  const { issuerAuth, nameSpaces } = document.issuerSigned
  await verifier.verifyIssuerSignature({ trustedCertificates: anchors, issuerAuth, disableCertificateChainValidation: false, onCheckG: onCheck }, context)
  await verifier.verifyData({ mdoc: document, onCheckG: onCheck }, context)
  return { failed, passed: passed.length, docType: document.docType, elements: plain(nameSpaces) }
}

export async function issue({ docType, claims, deviceKey, signingKey, certificates, days }) {
  const signed = new Date(Math.floor(Date.now() / 1000) * 1000)
  const document = new animo.Document(docType, context)
  for (const [name, values] of Object.entries(claims)) document.addIssuerNameSpace(name, values)
  document.useDigestAlgorithm('SHA-256')
  document.addValidityInfo({ signed, validFrom: signed, validUntil: new Date(signed.getTime() + days * 86_400_000) })
  document.addDeviceKeyInfo({ deviceKey })
  const issued = await document.sign({ issuerPrivateKey: signingKey, issuerCertificate: certificates[0], alg: 'ES256' }, context)
  return b64u(animo.cborEncode(issued.prepare().get('issuerSigned')))
}

// OpenID4VP 1.0, B.2.6.1; the library itself knows the drafts' transcript only.
export function transcriptFor({ clientId, nonce, jwkThumbprint, responseUri }) {
  const info = animo.cborEncode([clientId, nonce, jwkThumbprint ? fromB64u(jwkThumbprint) : null, responseUri])
  return animo.cborEncode(animo.DataItem.fromData([null, null, ['OpenID4VPHandover', sha256(info)]]))
}

export async function present({ credential, docType, disclose, exchange, deviceKey }) {
  const document = animo.parseIssuerSigned(fromB64u(credential))
  const wanted = Object.fromEntries(
    Object.entries(disclose).map(([name, items]) => [name, Object.fromEntries(items.map((item) => [item, false]))]),
  )
  const response = await animo.DeviceResponse.from(new animo.MDoc([document]))
    .usingDeviceRequest(animo.DeviceRequest.from('1.0', [{ itemsRequestData: { docType, nameSpaces: wanted } }]))
    .usingSessionTranscriptBytes(transcriptFor(exchange))
    .authenticateWithSignature(deviceKey, 'ES256')
    .sign(context)
  return b64u(response.encode())
}

export async function checkPresented({ presentation, exchange, anchors }) {
  const { failed, passed, onCheck } = collect()
  const found = await new animo.Verifier().verifyDeviceResponse(
    {
      encodedDeviceResponse: fromB64u(presentation),
      encodedSessionTranscript: transcriptFor(exchange),
      trustedCertificates: anchors,
      onCheck,
    },
    context,
  )
  const [document] = found.documents
  return { failed, passed: passed.length, docType: document.docType, elements: plain(document.issuerSigned.nameSpaces) }
}
