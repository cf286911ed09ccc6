// Another country's office that stands on JMRTD alone: writes the files of a card (EF.COM, DG1,
// DG2, DG11, DG14, DG15 and an EF.SOD over them) into a folder, each named by its identifier.
//
// Issuer KEY.pk8 SIGNER.der FOLDER ALGORITHM [what=value ...]. `passport` is the number of one: DG1
// then has its two lines, and a later date of expiry, in place of an identity card's. `access` is an EF.CardAccess: DG14
// repeats its protocols (ICAO Doc 9303-10, 4.7.14). `chip` is the key for Chip Authentication that
// DG14 names, `active` the one of DG15, both SubjectPublicKeyInfo; `active-algorithm` is the object
// identifier of its ECDSA signatures. `jpeg` and `jpeg2000` are pictures for DG2, one
// face each; `iso39794` is `FORMAT,FILE` or `FORMAT,FILE,sized` for the newer record. DG2, DG14 and DG15 are there only where they are named.

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.sf.scuba.data.Gender;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.jmrtd.lds.ActiveAuthenticationInfo;
import org.jmrtd.lds.CardAccessFile;
import org.jmrtd.lds.ChipAuthenticationInfo;
import org.jmrtd.lds.ChipAuthenticationPublicKeyInfo;
import org.jmrtd.lds.LDSFileUtil;
import org.jmrtd.lds.SODFile;
import org.jmrtd.lds.SecurityInfo;
import org.jmrtd.lds.icao.COMFile;
import org.jmrtd.lds.icao.DG11File;
import org.jmrtd.lds.icao.DG14File;
import org.jmrtd.lds.icao.DG15File;
import org.jmrtd.lds.icao.DG1File;
import org.jmrtd.lds.icao.DG2File;
import org.jmrtd.lds.icao.MRZInfo;
import org.jmrtd.lds.iso19794.FaceImageInfo;
import org.jmrtd.lds.iso19794.FaceInfo;
import org.jmrtd.lds.iso39794.FaceImageDataBlock;
import org.jmrtd.lds.iso39794.FaceImageInformation2DBlock;
import org.jmrtd.lds.iso39794.FaceImageRepresentation2DBlock;
import org.jmrtd.lds.iso39794.FaceImageRepresentationBlock;
import org.jmrtd.lds.iso39794.VersionBlock;

public final class Issuer {
  private static final String HASH = "SHA-256";
  private static final String AES_128 = SecurityInfo.ID_CA_ECDH_AES_CBC_CMAC_128;
  private static final BigInteger CHIP_KEY = BigInteger.valueOf(0x41);
  private static final int WIDTH = 240;
  private static final int HEIGHT = 320;

  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    X509Certificate signer =
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(Files.newInputStream(Path.of(arguments[1])));
    PrivateKey key =
        KeyFactory.getInstance(signer.getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(Path.of(arguments[0]))));
    Path folder = Path.of(arguments[2]);
    Map<String, String> wanted = new HashMap<>();
    for (int at = 4; at < arguments.length; at++) {
      String[] parts = arguments[at].split("=", 2);
      wanted.put(parts[0], parts[1]);
    }
    Map<Integer, byte[]> groups = groups(wanted);
    Map<Integer, byte[]> hashes = new TreeMap<>();
    for (Map.Entry<Integer, byte[]> group : groups.entrySet()) {
      hashes.put(group.getKey(), MessageDigest.getInstance(HASH).digest(group.getValue()));
      write(folder, LDSFileUtil.lookupFIDByDataGroupNumber(group.getKey()), group.getValue());
    }
    int[] tags =
        groups.keySet().stream().mapToInt(LDSFileUtil::lookupTagByDataGroupNumber).toArray();
    write(folder, 0x011E, new COMFile("01", "07", "04", "00", "00", tags).getEncoded());
    write(folder, 0x011D, new SODFile(HASH, arguments[3], hashes, key, signer).getEncoded());
  }

  private static Map<Integer, byte[]> groups(Map<String, String> wanted) throws Exception {
    Map<Integer, byte[]> groups = new TreeMap<>();
    groups.put(1, new DG1File(zone(wanted)).getEncoded());
    groups.put(11, details().getEncoded());
    List<FaceInfo> faces = new ArrayList<>();
    for (String kind : List.of("jpeg", "jpeg2000")) {
      if (wanted.containsKey(kind)) {
        faces.add(face(kind, Files.readAllBytes(Path.of(wanted.get(kind)))));
      }
    }
    if (!faces.isEmpty()) {
      groups.put(2, new DG2File(faces).getEncoded());
    }
    if (wanted.containsKey("iso39794")) {
      groups.put(2, newerFace(wanted.get("iso39794")).getEncoded());
    }
    if (wanted.containsKey("access")) {
      groups.put(14, new DG14File(protocols(wanted)).getEncoded());
    }
    if (wanted.containsKey("active")) {
      groups.put(15, new DG15File(publicKey(wanted.get("active"))).getEncoded());
    }
    return groups;
  }

  private static List<SecurityInfo> protocols(Map<String, String> wanted) throws Exception {
    byte[] access = Files.readAllBytes(Path.of(wanted.get("access")));
    CardAccessFile offered = new CardAccessFile(new ByteArrayInputStream(access));
    List<SecurityInfo> infos = new ArrayList<>(offered.getSecurityInfos());
    if (wanted.containsKey("chip")) {
      infos.add(new ChipAuthenticationInfo(AES_128, 1, CHIP_KEY));
      infos.add(new ChipAuthenticationPublicKeyInfo(publicKey(wanted.get("chip")), CHIP_KEY));
    }
    if (wanted.containsKey("active-algorithm")) {
      infos.add(new ActiveAuthenticationInfo(wanted.get("active-algorithm")));
    }
    return infos;
  }

  /** A face with two feature points, which stand between its description and the picture. */
  private static FaceInfo face(String kind, byte[] picture) throws IOException {
    FaceImageInfo.FeaturePoint[] points = {
      new FaceImageInfo.FeaturePoint(1, 12, 1, 90, 140),
      new FaceImageInfo.FeaturePoint(1, 12, 2, 150, 140),
    };
    FaceImageInfo info =
        new FaceImageInfo(
            Gender.FEMALE,
            FaceImageInfo.EyeColor.BROWN,
            0,
            FaceImageInfo.HAIR_COLOR_BLACK,
            FaceImageInfo.EXPRESSION_NEUTRAL,
            new int[3],
            new int[3],
            FaceImageInfo.FACE_IMAGE_TYPE_FULL_FRONTAL,
            FaceImageInfo.IMAGE_COLOR_SPACE_RGB24,
            FaceImageInfo.SOURCE_TYPE_STATIC_PHOTO_DIGITAL_CAM,
            0,
            0,
            points,
            WIDTH,
            HEIGHT,
            new ByteArrayInputStream(picture),
            picture.length,
            kind.equals("jpeg")
                ? FaceImageInfo.IMAGE_DATA_TYPE_JPEG
                : FaceImageInfo.IMAGE_DATA_TYPE_JPEG2000);
    return new FaceInfo(List.of(info));
  }

  private static DG2File newerFace(String named) throws IOException {
    String[] parts = named.split(",");
    byte[] picture = Files.readAllBytes(Path.of(parts[1]));
    boolean sized = parts.length > 2;
    FaceImageInformation2DBlock information =
        new FaceImageInformation2DBlock(
            FaceImageInformation2DBlock.ImageDataFormatCode.valueOf(parts[0]),
            FaceImageInformation2DBlock.FaceImageKind2DCode.MRTD,
            null, null, null, null, null,
            sized ? new FaceImageInformation2DBlock.ImageSizeBlock(WIDTH, HEIGHT) : null,
            null, null, null);
    FaceImageRepresentationBlock representation =
        new FaceImageRepresentationBlock(
            BigInteger.ZERO,
            new FaceImageRepresentation2DBlock(picture, information, null),
            null, null, null, null, null, null, null, null);
    return DG2File.createISO39794DG2File(
        List.of(
            new FaceImageDataBlock(new VersionBlock(3, 2019), List.of(representation), null)));
  }

  private static PublicKey publicKey(String path) throws Exception {
    byte[] encoded = Files.readAllBytes(Path.of(path));
    String algorithm =
        SubjectPublicKeyInfo.getInstance(encoded).getAlgorithm().getAlgorithm().getId();
    return KeyFactory.getInstance(algorithm, BouncyCastleProvider.PROVIDER_NAME)
        .generatePublic(new X509EncodedKeySpec(encoded));
  }

  private static MRZInfo zone(Map<String, String> wanted) {
    if (wanted.containsKey("passport")) {
      return MRZInfo.createTD3MRZInfo(
          "P", "D", "MUSTERMANN", "ERIKA", wanted.get("passport"), "D", "640812", Gender.FEMALE,
          "361031", "");
    }
    return MRZInfo.createTD1MRZInfo(
        "ID", "D", "T22000129", "", "640812", Gender.FEMALE, "201031", "D", "", "MUSTERMANN",
        "ERIKA");
  }

  private static DG11File details() {
    return new DG11File(
        "MUSTERMANN<<ERIKA", List.of(), null, "19640812", List.of("BERLIN"), List.of(), null, null,
        null, null, null, List.of(), null);
  }

  private static void write(Path folder, int file, byte[] content) throws Exception {
    Files.write(folder.resolve(String.format("%04X.bin", file)), content);
  }
}
