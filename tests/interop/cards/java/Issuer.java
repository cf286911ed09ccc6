// Another country's office that stands on JMRTD alone: writes the files of a card (EF.COM, DG1,
// DG11, DG14 and an EF.SOD over them) into a folder, each named by its identifier.
//
// Issuer KEY.pk8 SIGNER.der FOLDER ALGORITHM [EF.CardAccess [CHIP.spki]]: without EF.CardAccess
// there is no DG14; with it DG14 repeats its protocols (ICAO Doc 9303-10, 4.7.14), and names the
// chip's key for Chip Authentication where there is one.

import java.io.ByteArrayInputStream;
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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.sf.scuba.data.Gender;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.jmrtd.lds.CardAccessFile;
import org.jmrtd.lds.ChipAuthenticationInfo;
import org.jmrtd.lds.ChipAuthenticationPublicKeyInfo;
import org.jmrtd.lds.LDSFileUtil;
import org.jmrtd.lds.SODFile;
import org.jmrtd.lds.SecurityInfo;
import org.jmrtd.lds.icao.COMFile;
import org.jmrtd.lds.icao.DG11File;
import org.jmrtd.lds.icao.DG14File;
import org.jmrtd.lds.icao.DG1File;
import org.jmrtd.lds.icao.MRZInfo;

public final class Issuer {
  private static final String HASH = "SHA-256";
  private static final String AES_128 = SecurityInfo.ID_CA_ECDH_AES_CBC_CMAC_128;
  private static final BigInteger CHIP_KEY = BigInteger.valueOf(0x41);

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
    Map<Integer, byte[]> groups = new TreeMap<>();
    groups.put(1, new DG1File(zone()).getEncoded());
    groups.put(11, details().getEncoded());
    if (arguments.length > 4) {
      byte[] access = Files.readAllBytes(Path.of(arguments[4]));
      CardAccessFile offered = new CardAccessFile(new ByteArrayInputStream(access));
      List<SecurityInfo> infos = new ArrayList<>(offered.getSecurityInfos());
      if (arguments.length > 5) {
        infos.add(new ChipAuthenticationInfo(AES_128, 1, CHIP_KEY));
        infos.add(new ChipAuthenticationPublicKeyInfo(chipKey(arguments[5]), CHIP_KEY));
      }
      groups.put(14, new DG14File(infos).getEncoded());
    }
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

  private static PublicKey chipKey(String path) throws Exception {
    return KeyFactory.getInstance("EC", BouncyCastleProvider.PROVIDER_NAME)
        .generatePublic(new X509EncodedKeySpec(Files.readAllBytes(Path.of(path))));
  }

  private static MRZInfo zone() {
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
