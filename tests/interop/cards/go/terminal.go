// A terminal in Go: opens the card in a PC/SC reader with its CAN (PACE on P-256), reads it, and
// says what holds (ICAO Doc 9303-11). Curves, hashes, certificates and CMS are Go's standard
// library's and smallstep/pkcs7's; the protocol on top is ours. One JSON object on standard output.
//
// terminal CAN CSCA.der; where the card cannot be opened or read the program ends with status 1
// and the reason on standard error.
package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"

	"github.com/smallstep/pkcs7"
)

const mostRead = 0xDF

var (
	lds1    = []byte{0xA0, 0, 0, 2, 0x47, 0x10, 1}
	pace    = []byte{4, 0, 0x7F, 0, 7, 2, 2, 4, 2, 2} // id-PACE-ECDH-GM-AES-CBC-CMAC-128
	chip    = []byte{4, 0, 0x7F, 0, 7, 2, 2, 3, 2, 2} // id-CA-ECDH-AES-CBC-CMAC-128
	chipKey = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 1, 2}
	all     = []byte{0}
	curve   = elliptic.P256()
)

// judgement is what the program prints.
type judgement struct {
	Checks map[string]string `json:"checks"`
	Files  map[string]string `json:"files"`
	Said   map[string]string `json:"said"`
}

type terminal struct {
	channel
	judgement
	files map[string][]byte
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "terminal CAN CSCA.der")
		os.Exit(1)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(can, rootPath string) error {
	card, err := connect()
	if err != nil {
		return err
	}
	t := &terminal{channel: channel{reader: card}, files: map[string][]byte{}}
	t.judgement = judgement{map[string]string{}, map[string]string{}, map[string]string{}}
	if err := t.keep("EF.CardAccess", 0x011C); err != nil {
		return err
	}
	if err := t.open(can); err != nil {
		return fmt.Errorf("PACE: %w", err)
	}
	if _, err := t.send([4]byte{0, 0xA4, 4, 0x0C}, lds1, nil); err != nil {
		return err
	}
	if err := errors.Join(t.keep("EF.COM", 0x011E), t.keep("EF.SOD", 0x011D)); err != nil {
		return err
	}
	if err := t.verify(rootPath); err != nil {
		return err
	}
	t.check("active_authentication", t.authenticateActively())
	t.check("chip_authentication", t.authenticateChip())
	return json.NewEncoder(os.Stdout).Encode(t.judgement)
}

func (t *terminal) check(name string, err error) {
	t.Checks[name] = "passed"
	if err != nil {
		t.Checks[name] = "failed: " + err.Error()
	}
}

func (t *terminal) keep(name string, id uint16) error {
	if _, err := t.send([4]byte{0, 0xA4, 2, 0x0C}, []byte{byte(id >> 8), byte(id)}, nil); err != nil {
		return err
	}
	var file []byte
	for total := 8; len(file) < total; {
		at := len(file)
		part, err := t.send([4]byte{0, 0xB0, byte(at >> 8), byte(at)}, nil,
			[]byte{byte(min(mostRead, total-at))})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if len(part) == 0 {
			return fmt.Errorf("%s: an empty answer", name)
		}
		file = append(file, part...)
		if at == 0 {
			length, start, err := header(file)
			if err != nil {
				return err
			}
			total = start + length
		}
	}
	digest := sha256.Sum256(file)
	t.files[name], t.Files[name] = file, hex.EncodeToString(digest[:])
	return nil
}

func scalar() (*big.Int, error) {
	private, err := rand.Int(rand.Reader, new(big.Int).Sub(curve.Params().N, big.NewInt(1)))
	if err != nil {
		return nil, err
	}
	return private.Add(private, big.NewInt(1)), nil
}

func (t *terminal) step(class byte, tag byte, value []byte, wanted byte) ([]byte, error) {
	var object []byte
	if value != nil {
		object = tlv(tag, value)
	}
	answer, err := t.send([4]byte{class, 0x86, 0, 0}, tlv(0x7C, object), all)
	if err != nil {
		return nil, err
	}
	return find(find(answer, 0x7C), wanted), nil
}

// point is a point of the curve: another one's is refused.
func point(encoded []byte) (x, y *big.Int, err error) {
	if x, y = elliptic.Unmarshal(curve, encoded); x == nil {
		err = errors.New("no point of the curve")
	}
	return x, y, err
}

// open is 9303-11 4.4 with the CAN and generic mapping, steps numbered as there.
func (t *terminal) open(can string) error {
	if !bytes.Contains(t.files["EF.CardAccess"], tlv(6, pace)) {
		return errors.New("EF.CardAccess does not offer what this terminal speaks")
	}
	template := append(tlv(0x80, pace), tlv(0x83, []byte{2})...)
	if _, err := t.send([4]byte{0, 0x22, 0xC1, 0xA4}, template, nil); err != nil {
		return err
	}
	sealed, err := t.step(0x10, 0, nil, 0x80) // 1
	if err != nil {
		return err
	}
	if len(sealed) != aes.BlockSize {
		return errors.New("a nonce of another length")
	}
	password, err := derive([]byte(can), 3)
	if err != nil {
		return err
	}
	nonce := make([]byte, len(sealed)) // 2
	cipher.NewCBCDecrypter(password, make([]byte, aes.BlockSize)).CryptBlocks(nonce, sealed)

	mapping, err := scalar() // 3.a
	if err != nil {
		return err
	}
	x, y := curve.ScalarBaseMult(mapping.Bytes())
	theirs, err := t.step(0x10, 0x81, elliptic.Marshal(curve, x, y), 0x82)
	if err != nil {
		return err
	}
	if x, y, err = point(theirs); err != nil {
		return err
	}
	hx, hy := curve.ScalarMult(x, y, mapping.Bytes())
	sx, sy := curve.ScalarBaseMult(nonce)
	gx, gy := curve.Add(sx, sy, hx, hy)

	private, err := scalar() // 3.b
	if err != nil {
		return err
	}
	x, y = curve.ScalarMult(gx, gy, private.Bytes())
	ours := elliptic.Marshal(curve, x, y)
	if theirs, err = t.step(0x10, 0x83, ours, 0x84); err != nil {
		return err
	}
	if x, y, err = point(theirs); err != nil {
		return err
	}
	if bytes.Equal(ours, theirs) {
		return errors.New("our own key sent back")
	}
	shared, _ := curve.ScalarMult(x, y, private.Bytes())
	secret := shared.FillBytes(make([]byte, 32))
	return t.confirm(secret, ours, theirs) // 3.c, 3.d
}

func (t *terminal) confirm(secret, ours, theirs []byte) error {
	mac, err := derive(secret, 2)
	if err != nil {
		return err
	}
	token := func(key []byte) []byte { // over an object whose tag has two bytes, 7F49
		return cmac(mac, append([]byte{0x7F}, tlv(0x49, tlv(6, pace), tlv(0x86, key))...))
	}
	answer, err := t.step(0, 0x85, token(theirs), 0x86)
	if err != nil {
		return err
	}
	if !bytes.Equal(answer, token(ours)) {
		return errors.New("the chip's token")
	}
	return t.protect(secret)
}

// securityObject is LDSSecurityObject (9303-10 4.6.2.3).
type securityObject struct {
	Version int
	Hash    struct {
		Algorithm  asn1.ObjectIdentifier
		Parameters asn1.RawValue `asn1:"optional"`
	}
	Groups []struct {
		Number int
		Hash   []byte
	}
}

// verify says chain, signature and hashes, and reads the data groups that the SOD lists.
func (t *terminal) verify(rootPath string) error {
	signed, err := pkcs7.Parse(find(t.files["EF.SOD"], 0x77))
	if err != nil {
		return err
	}
	encoded, err := os.ReadFile(rootPath)
	if err != nil {
		return err
	}
	root, err := x509.ParseCertificate(encoded)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	t.check("signature", signed.Verify())
	_, err = signed.GetOnlySigner().Verify(
		x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	t.check("chain", err)
	var object securityObject
	if _, err := asn1.Unmarshal(signed.Content, &object); err != nil {
		return err
	}
	for _, group := range object.Groups {
		name := fmt.Sprintf("DG%d", group.Number)
		if err := t.keep(name, 0x0100|uint16(group.Number)); err != nil {
			return err
		}
		digest := sha256.Sum256(t.files[name])
		if err = nil; !bytes.Equal(digest[:], group.Hash) {
			err = errors.New("another hash")
		}
		t.check("hash."+name, err)
	}
	return nil
}

// authenticateActively is 9303-11 6.1 with plain r || s and SHA-256.
func (t *terminal) authenticateActively() error {
	parsed, err := x509.ParsePKIXPublicKey(find(t.files["DG15"], 0x6F))
	if err != nil {
		return err
	}
	challenge := make([]byte, 8)
	if _, err := rand.Read(challenge); err != nil {
		return err
	}
	answer, err := t.send([4]byte{0, 0x88, 0, 0}, challenge, all)
	if err != nil {
		return err
	}
	key, known := parsed.(*ecdsa.PublicKey)
	half, digest := len(answer)/2, sha256.Sum256(challenge)
	r, s := new(big.Int).SetBytes(answer[:half]), new(big.Int).SetBytes(answer[half:])
	if !known || !ecdsa.Verify(key, digest[:], r, s) {
		return errors.New("the chip does not have DG15's key")
	}
	return nil
}

// chipPoint is the key that DG14 names for Chip Authentication.
func (t *terminal) chipPoint() (x, y *big.Int, err error) {
	var infos []asn1.RawValue
	if _, err := asn1.UnmarshalWithParams(find(t.files["DG14"], 0x6E), &infos, "set"); err != nil {
		return nil, nil, err
	}
	for _, each := range infos {
		var info struct {
			Protocol asn1.ObjectIdentifier
			Key      struct {
				Algorithm asn1.RawValue
				Point     asn1.BitString
			}
			ID int `asn1:"optional"`
		}
		if _, err := asn1.Unmarshal(each.FullBytes, &info); err == nil && info.Protocol.Equal(chipKey) {
			return point(info.Key.Point.Bytes)
		}
	}
	return nil, nil, errors.New("DG14 has no key for Chip Authentication")
}

// authenticateChip is 9303-11 6.2. The next answer, under the new keys, is the proof.
func (t *terminal) authenticateChip() error {
	x, y, err := t.chipPoint()
	if err != nil {
		return err
	}
	private, err := scalar()
	if err != nil {
		return err
	}
	ox, oy := curve.ScalarBaseMult(private.Bytes())
	ours := elliptic.Marshal(curve, ox, oy)
	if _, err := t.send([4]byte{0, 0x22, 0x41, 0xA4}, tlv(0x80, chip), nil); err != nil {
		return err
	}
	if _, err := t.send([4]byte{0, 0x86, 0, 0}, tlv(0x7C, tlv(0x80, ours)), all); err != nil {
		return err
	}
	shared, _ := curve.ScalarMult(x, y, private.Bytes())
	if err := t.protect(shared.FillBytes(make([]byte, 32))); err != nil {
		return err
	}
	_, err = t.send([4]byte{0, 0xA4, 2, 0x0C}, []byte{0x01, 0x1E}, nil)
	return err
}
