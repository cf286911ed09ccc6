// A terminal that stands on JMRTD alone: opens the card in a PC/SC reader, reads it, and
// says what holds (ICAO Doc 9303-11). One JSON object on standard output.
//
// Terminal KIND SECRET CSCA.der READING: KIND is `can` or `pin`, or `mrz` or `bac` with the secret
// NUMBER/BIRTH/EXPIRY; READING is `selected`, `short-ids` or `extended`. Where the card cannot be
// opened the program ends with status 1 and the reason on standard error.

import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.smartcardio.CardTerminal;
import javax.smartcardio.CardTerminals;
import javax.smartcardio.TerminalFactory;
import net.sf.scuba.smartcards.CommandAPDU;
import net.sf.scuba.smartcards.ResponseAPDU;
import net.sf.scuba.smartcards.TerminalCardService;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.jmrtd.BACKey;
import org.jmrtd.PACEKeySpec;
import org.jmrtd.PassportService;
import org.jmrtd.lds.ActiveAuthenticationInfo;
import org.jmrtd.lds.CardAccessFile;
import org.jmrtd.lds.ChipAuthenticationInfo;
import org.jmrtd.lds.ChipAuthenticationPublicKeyInfo;
import org.jmrtd.lds.LDSFileUtil;
import org.jmrtd.lds.PACEInfo;
import org.jmrtd.lds.SODFile;
import org.jmrtd.lds.SecurityInfo;
import org.jmrtd.lds.icao.COMFile;
import org.jmrtd.lds.icao.DG11File;
import org.jmrtd.lds.icao.DG12File;
import org.jmrtd.lds.icao.DG14File;
import org.jmrtd.lds.icao.DG15File;
import org.jmrtd.lds.icao.DG1File;
import org.jmrtd.lds.icao.DG2File;
import org.jmrtd.lds.icao.MRZInfo;
import org.jmrtd.lds.iso19794.FaceImageInfo;
import org.jmrtd.protocol.SecureMessagingWrapper;

public final class Terminal {
  private static final int WAIT_MILLISECONDS = 15000;
  private static final int POLL_MILLISECONDS = 100;
  private static final int EXTENDED_BLOCK = 4096;

  private final PassportService service;
  private final int block;
  private final Map<String, byte[]> files = new TreeMap<>();
  private final Map<String, String> checks = new TreeMap<>();
  private final Map<String, String> said = new TreeMap<>();

  private Terminal(PassportService service, int block) {
    this.service = service;
    this.block = block;
  }

  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    String reading = arguments[3];
    boolean extended = reading.equals("extended");
    int block = extended ? EXTENDED_BLOCK : PassportService.DEFAULT_MAX_BLOCKSIZE;
    int most =
        extended
            ? PassportService.EXTENDED_MAX_TRANCEIVE_LENGTH
            : PassportService.NORMAL_MAX_TRANCEIVE_LENGTH;
    PassportService service =
        new PassportService(
            new TerminalCardService(terminalWithCard()),
            most,
            block,
            reading.equals("short-ids"),
            true);
    service.open();
    Terminal terminal = new Terminal(service, block);
    terminal.open(arguments[0], arguments[1]);
    terminal.read();
    terminal.verify(arguments[2]);
    System.out.println(terminal.json());
    service.close();
  }

  private static CardTerminal terminalWithCard() throws Exception {
    CardTerminals terminals = TerminalFactory.getDefault().terminals();
    for (int waited = 0; waited < WAIT_MILLISECONDS; waited += POLL_MILLISECONDS) {
      for (CardTerminal terminal : terminals.list()) {
        if (terminal.isCardPresent()) {
          return terminal;
        }
      }
      Thread.sleep(POLL_MILLISECONDS);
    }
    throw new IllegalStateException("no card in any reader");
  }

  private void open(String kind, String secret) throws Exception {
    if (kind.equals("bac")) {
      service.sendSelectApplet(false);
      service.doBAC(zoneKey(secret));
      return;
    }
    byte[] content =
        service.getInputStream(PassportService.EF_CARD_ACCESS, block).readAllBytes();
    files.put("EF.CardAccess", content);
    for (SecurityInfo info :
        new CardAccessFile(new ByteArrayInputStream(content)).getSecurityInfos()) {
      if (info instanceof PACEInfo pace) {
        service.doPACE(
            key(kind, secret),
            pace.getObjectIdentifier(),
            PACEInfo.toParameterSpec(pace.getParameterId()),
            pace.getParameterId());
        service.sendSelectApplet(true);
        return;
      }
    }
    throw new IllegalStateException("EF.CardAccess offers no PACE");
  }

  private static PACEKeySpec key(String kind, String secret) throws Exception {
    return switch (kind) {
      case "can" -> PACEKeySpec.createCANKey(secret);
      case "pin" -> PACEKeySpec.createPINKey(secret);
      case "mrz" -> PACEKeySpec.createMRZKey(zoneKey(secret));
      default -> throw new IllegalArgumentException(kind);
    };
  }

  private static BACKey zoneKey(String secret) {
    String[] parts = secret.split("/");
    return new BACKey(parts[0], parts[1], parts[2]);
  }

  private byte[] fetch(short file) throws Exception {
    return service.getInputStream(file, block).readAllBytes();
  }

  private void read() throws Exception {
    files.put("EF.COM", fetch(PassportService.EF_COM));
    files.put("EF.SOD", fetch(PassportService.EF_SOD));
    for (int number : sod().getDataGroupHashes().keySet()) {
      files.put("DG" + number, fetch((short) (0x0100 + number)));
    }
  }

  private ByteArrayInputStream stream(String name) {
    return new ByteArrayInputStream(files.get(name));
  }

  private SODFile sod() throws Exception {
    return new SODFile(stream("EF.SOD"));
  }

  private interface Check {
    boolean holds() throws Exception;
  }

  private void check(String name, Check check) {
    try {
      checks.put(name, check.holds() ? "passed" : "failed");
    } catch (Exception problem) {
      checks.put(name, "failed: " + problem);
    }
  }

  private void verify(String rootPath) throws Exception {
    SODFile sod = sod();
    check("chain", () -> chains(sod, rootPath));
    check("signature", () -> signed(sod));
    for (Map.Entry<Integer, byte[]> entry : sod.getDataGroupHashes().entrySet()) {
      String name = "DG" + entry.getKey();
      check("hash." + name, () -> hashed(sod, files.get(name), entry.getValue()));
    }
    check("values", this::values);
    if (files.containsKey("DG15")) {
      check("active_authentication", this::authenticatesActively);
    }
    if (files.containsKey("DG14")) {
      check("chip_authentication", this::authenticatesChip);
    }
  }

  private static boolean chains(SODFile sod, String rootPath) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    X509Certificate root;
    try (FileInputStream file = new FileInputStream(rootPath)) {
      root = (X509Certificate) factory.generateCertificate(file);
    }
    PKIXParameters trust = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
    trust.setRevocationEnabled(false);
    CertPathValidator.getInstance("PKIX")
        .validate(factory.generateCertPath(List.of(sod.getDocSigningCertificate())), trust);
    return true;
  }

  private static boolean signed(SODFile sod) throws Exception {
    Signature signature = Signature.getInstance(sod.getDigestEncryptionAlgorithm());
    signature.initVerify(sod.getDocSigningCertificate());
    signature.update(sod.getEContent());
    return signature.verify(sod.getEncryptedDigest());
  }

  private static boolean hashed(SODFile sod, byte[] content, byte[] expected) throws Exception {
    byte[] found = MessageDigest.getInstance(sod.getDigestAlgorithm()).digest(content);
    return Arrays.equals(found, expected);
  }

  private boolean values() throws Exception {
    MRZInfo zone = new DG1File(stream("DG1")).getMRZInfo();
    said.put("document_number", zone.getDocumentNumber());
    said.put("primary_name", zone.getPrimaryIdentifier());
    said.put("secondary_name", zone.getSecondaryIdentifier());
    said.put("birth_date", zone.getDateOfBirth());
    said.put("expiry_date", zone.getDateOfExpiry());
    said.put("nationality", zone.getNationality());
    if (files.containsKey("DG2")) {
      FaceImageInfo face =
          new DG2File(stream("DG2")).getFaceInfos().get(0).getFaceImageInfos().get(0);
      said.put("face", face.getWidth() + "x" + face.getHeight() + " " + face.getMimeType());
      said.put("face_sha256", sha256(face.getImageInputStream().readAllBytes()));
    }
    if (files.containsKey("DG11")) {
      said.put("full_name", new DG11File(stream("DG11")).getNameOfHolder());
    }
    if (files.containsKey("DG12")) {
      DG12File document = new DG12File(stream("DG12"));
      said.put("authority", document.getIssuingAuthority());
      said.put("issued", document.getDateOfIssue());
    }
    List<Integer> listed = LDSFileUtil.getDataGroupNumbers(new COMFile(stream("EF.COM")));
    return Set.copyOf(listed).equals(sod().getDataGroupHashes().keySet());
  }

  private boolean authenticatesActively() throws Exception {
    PublicKey key = new DG15File(stream("DG15")).getPublicKey();
    List<ActiveAuthenticationInfo> infos =
        new DG14File(stream("DG14")).getActiveAuthenticationInfos();
    String named =
        ActiveAuthenticationInfo.lookupMnemonicByOID(infos.get(0).getSignatureAlgorithmOID());
    said.put("active_authentication", named);
    byte[] challenge = new byte[8];
    new SecureRandom().nextBytes(challenge);
    byte[] answer = service.doAA(key, null, named, challenge).getResponse();
    Signature signature = Signature.getInstance("SHA256withPLAIN-ECDSA");
    signature.initVerify(key);
    signature.update(challenge);
    return signature.verify(answer);
  }

  // What proves the chip is an answer under the new keys. JMRTD keeps what it has read, so the
  // command is sent beside it: READ BINARY of EF.COM by its short identifier.
  private boolean authenticatesChip() throws Exception {
    DG14File dg14 = new DG14File(stream("DG14"));
    ChipAuthenticationPublicKeyInfo key = dg14.getChipAuthenticationPublicKeyInfos().get(0);
    ChipAuthenticationInfo info = dg14.getChipAuthenticationInfos().get(0);
    SecureMessagingWrapper wrapper =
        service
            .doEACCA(
                key.getKeyId(),
                info.getObjectIdentifier(),
                key.getObjectIdentifier(),
                key.getSubjectPublicKey())
            .getWrapper();
    said.put("chip_authentication", info.getProtocolOIDString());
    CommandAPDU command = new CommandAPDU(0, 0xB0, 0x80 | PassportService.SFI_COM, 0, 2);
    ResponseAPDU answer = wrapper.unwrap(service.transmit(wrapper.wrap(command)));
    byte[] head = Arrays.copyOf(files.get("EF.COM"), 2);
    return answer.getSW() == 0x9000 && Arrays.equals(answer.getData(), head);
  }

  private static String sha256(byte[] content) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
  }

  private String json() throws Exception {
    Map<String, String> hashes = new TreeMap<>();
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      hashes.put(file.getKey(), sha256(file.getValue()));
    }
    return "{\"checks\":" + json(checks) + ",\"files\":" + json(hashes) + ",\"said\":"
        + json(said) + "}";
  }

  private static String json(Map<String, String> values) {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, String> entry : values.entrySet()) {
      text.append(text.isEmpty() ? "{" : ",");
      text.append(quoted(entry.getKey())).append(":").append(quoted(entry.getValue()));
    }
    return text.isEmpty() ? "{}" : text.append("}").toString();
  }

  private static String quoted(String value) {
    StringBuilder text = new StringBuilder("\"");
    for (char each : value.toCharArray()) {
      boolean plain = each >= ' ' && each != '"' && each != '\\' && each < 0x7f;
      text.append(plain ? String.valueOf(each) : String.format("\\u%04x", (int) each));
    }
    return text.append("\"").toString();
  }
}
