// A chip's Active Authentication (ICAO Doc 9303-11, 6.1), by Bouncy Castle: signs one challenge a
// line, hexadecimal, and answers in a line.
//
// Signer KEY.pk8 ALGORITHM: RSA with ISO/IEC 9796-2 scheme 1 as `RSA/SHA-256`, or `RSA/SHA-1/implicit`
// for the trailer BC; else the name of a signature of the provider.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.digests.SHA1Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.engines.RSAEngine;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.signers.ISO9796d2Signer;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

public final class Signer {
  private static final Provider PROVIDER = new BouncyCastleProvider();

  public static void main(String[] arguments) throws Exception {
    byte[] key = Files.readAllBytes(Path.of(arguments[0]));
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      byte[] signature = sign(key, arguments[1], HexFormat.of().parseHex(line));
      System.out.println(HexFormat.of().formatHex(signature));
    }
  }

  private static byte[] sign(byte[] key, String algorithm, byte[] challenge) throws Exception {
    if (algorithm.startsWith("RSA/")) {
      return recoverable(key, algorithm, challenge);
    }
    String kind = PrivateKeyInfo.getInstance(key).getPrivateKeyAlgorithm().getAlgorithm().getId();
    PrivateKey decoded =
        KeyFactory.getInstance(kind, PROVIDER).generatePrivate(new PKCS8EncodedKeySpec(key));
    Signature signature = Signature.getInstance(algorithm, PROVIDER);
    signature.initSign(decoded);
    signature.update(challenge);
    return signature.sign();
  }

  /** The chip's own random part fills what the signature can carry; the challenge follows it. */
  private static byte[] recoverable(byte[] key, String algorithm, byte[] challenge)
      throws Exception {
    boolean implicit = algorithm.endsWith("/implicit");
    Digest digest = digest(algorithm.split("/")[1]);
    RSAKeyParameters decoded = (RSAKeyParameters) PrivateKeyFactory.createKey(key);
    int size = (decoded.getModulus().bitLength() + 7) / 8;
    byte[] own = new byte[size - digest.getDigestSize() - (implicit ? 2 : 3)];
    new SecureRandom().nextBytes(own);
    ISO9796d2Signer signer = new ISO9796d2Signer(new RSAEngine(), digest, implicit);
    signer.init(true, decoded);
    signer.update(own, 0, own.length);
    signer.update(challenge, 0, challenge.length);
    return signer.generateSignature();
  }

  private static Digest digest(String name) {
    return switch (name) {
      case "SHA-1" -> new SHA1Digest();
      case "SHA-256" -> new SHA256Digest();
      case "SHA-384" -> new SHA384Digest();
      case "SHA-512" -> new SHA512Digest();
      default -> throw new IllegalArgumentException(name);
    };
  }
}
