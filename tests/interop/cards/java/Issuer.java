// Another country's office that stands on JMRTD alone: writes the files of a card (EF.COM, DG1,
// DG11, DG14 and an EF.SOD over them) into a folder, each named by its identifier.
//
// Issuer KEY.pk8 SIGNER.der FOLDER ALGORITHM [EF.CardAccess]: without EF.CardAccess there is no
// DG14; with it DG14 repeats its protocols (ICAO Doc 9303-10, 4.7.14).

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.sf.scuba.data.Gender;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.jmrtd.lds.CardAccessFile;
import org.jmrtd.lds.LDSFileUtil;
import org.jmrtd.lds.SODFile;
import org.jmrtd.lds.icao.COMFile;
import org.jmrtd.lds.icao.DG11File;
import org.jmrtd.lds.icao.DG14File;
import org.jmrtd.lds.icao.DG1File;
import org.jmrtd.lds.icao.MRZInfo;

public final class Issuer {
  private static final String HASH = "SHA-256";

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
      groups.put(14, new DG14File(offered.getSecurityInfos()).getEncoded());
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
