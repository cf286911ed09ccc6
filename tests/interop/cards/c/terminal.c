/* A terminal over OpenPACE (PACE, Chip Authentication, secure messaging's cryptography), OpenSSL
 * (CMS, X.509) and pcsc-lite: opens the card in a PC/SC reader with CAN or PIN, reads it, and says
 * what holds (ICAO Doc 9303-11). One JSON object on standard output.
 *
 * terminal can|pin SECRET CSCA.der; where the card cannot be opened or read the program ends with
 * status 1 and the reason on standard error. It lives for one card: nothing is given back before
 * it ends. */

#include "channel.h"

#include <eac/ca.h>
#include <eac/objects.h>
#include <eac/pace.h>
#include <eac/ta.h>
#include <openssl/cms.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 15000, MOST_READ = 0xDF, MOST_FILE = 1 << 18, GROUPS = 17 };

static const char *names[GROUPS + 3];
static Bytes contents[GROUPS + 3];
static size_t file_count;
static int first_check = 1;

static Bytes read_file(unsigned id) {
  unsigned char number[2] = {(unsigned char)(id >> 8), (unsigned char)id};
  expect((unsigned char[]){0, 0xA4, 2, 0x0C}, (Bytes){number, 2}, NO_LE, "SELECT");
  BUF_MEM *file = BUF_MEM_new();
  size_t total = 8;
  while (file->length < total) {
    size_t at = file->length, left = total - at;
    unsigned char header[4] = {0, 0xB0, (unsigned char)(at >> 8), (unsigned char)at};
    int le = left < MOST_READ ? (int)left : MOST_READ;
    Bytes part = expect(header, (Bytes){NULL, 0}, le, "READ BINARY");
    require(part.length > 0, "an empty answer");
    append(file, part.data, part.length);
    if (at == 0) {
      unsigned char *head = (unsigned char *)file->data;
      size_t place = (head[0] & 0x1F) == 0x1F ? 2 : 1, length = head[place++];
      if (length & 0x80) {
        size_t count = length & 0x7F;
        require(count >= 1 && count <= 3, "a length of many bytes");
        for (length = 0; count > 0; count--) length = length << 8 | head[place++];
      }
      total = place + length;
      require(total <= MOST_FILE, "a file too large");
    }
  }
  file->length = total;
  return of(file);
}

static Bytes keep(const char *name, unsigned id) {
  names[file_count] = name;
  contents[file_count] = read_file(id);
  return contents[file_count++];
}

static Bytes authenticate(unsigned char class, unsigned char tag, const BUF_MEM *value,
                          unsigned char wanted) {
  BUF_MEM *inner = BUF_MEM_new(), *outer = BUF_MEM_new();
  if (value != NULL) append_object(inner, tag, of(value));
  append_object(outer, 0x7C, of(inner));
  Bytes answer = expect((unsigned char[]){class, 0x86, 0, 0}, of(outer), 0, "PACE is refused");
  Bytes found = object_in(object_in(answer, 0x7C), wanted);
  require(found.length > 0, "an answer of PACE without its object");
  return found;
}

/* 9303-11 4.4. Tries that are missing (63Cx) are a warning: TR-03110-3, B.1. */
static void open_with(enum s_type kind, const char *typed) {
  Bytes access = keep("EF.CardAccess", 0x011C);
  require(EAC_CTX_init_ef_cardaccess(access.data, access.length, context) && context->pace_ctx,
          "EF.CardAccess offers no PACE");
  PACE_SEC *secret = PACE_SEC_new(typed, strlen(typed), kind);
  require(secret != NULL, "password");
  const ASN1_OBJECT *protocol = OBJ_nid2obj(context->pace_ctx->protocol);
  BUF_MEM *template = BUF_MEM_new();
  append_object(template, 0x80, (Bytes){OBJ_get0_data(protocol), OBJ_length(protocol)});
  unsigned char number = (unsigned char)kind;
  unsigned status;
  append_object(template, 0x83, (Bytes){&number, 1});
  command((unsigned char[]){0, 0x22, 0xC1, 0xA4}, of(template), NO_LE, &status);
  require(status == 0x9000 || (status & 0xFFF0) == 0x63C0, "MSE:Set AT");

  BUF_MEM *nonce = memory_of(authenticate(0x10, 0, NULL, 0x80));
  require(PACE_STEP2_dec_nonce(context, secret, nonce), "nonce");
  BUF_MEM *mapping = PACE_STEP3A_generate_mapping_data(context);
  require(mapping != NULL, "mapping");
  Bytes theirs = authenticate(0x10, 0x81, mapping, 0x82);
  require(PACE_STEP3A_map_generator(context, memory_of(theirs)), "mapping");
  BUF_MEM *key = PACE_STEP3B_generate_ephemeral_key(context);
  require(key != NULL, "ephemeral key");
  BUF_MEM *other = memory_of(authenticate(0x10, 0x83, key, 0x84));
  require(PACE_STEP3B_compute_shared_secret(context, other), "shared secret");
  require(PACE_STEP3C_derive_keys(context), "keys");
  BUF_MEM *token = PACE_STEP3D_compute_authentication_token(context, other);
  require(token != NULL, "token");
  BUF_MEM *answer = memory_of(authenticate(0x00, 0x85, token, 0x86));
  require(PACE_STEP3D_verify_authentication_token(context, answer) == 1, "the chip's token");
  require(EAC_CTX_set_encryption_ctx(context, EAC_ID_PACE), "secure messaging");
  secured = 1;
}

static void tell(const char *name, int holds) {
  printf("%s\"%s\":\"%s\"", first_check ? "" : ",", name, holds ? "passed" : "failed");
  first_check = 0;
  ERR_clear_error();
}

static int chains(X509 *signer, const char *root_path) {
  FILE *file = fopen(root_path, "rb");
  require(file != NULL, "no CSCA");
  X509 *root = d2i_X509_fp(file, NULL);
  require(root != NULL, "CSCA");
  fclose(file);
  X509_STORE *store = X509_STORE_new();
  X509_STORE_CTX *chain = X509_STORE_CTX_new();
  X509_STORE_add_cert(store, root);
  require(X509_STORE_CTX_init(chain, store, signer, NULL), "chain");
  return X509_verify_cert(chain) == 1;
}

/* Says chain, signature and hashes; reads the data groups that the SOD lists. */
static void verify_files(Bytes sod, const char *root_path) {
  static char group_names[GROUPS][8];
  const unsigned char *at = object_in(sod, 0x77).data;
  require(at != NULL, "EF.SOD");
  CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)object_in(sod, 0x77).length);
  require(cms != NULL, "EF.SOD");
  BIO *out = BIO_new(BIO_s_mem());
  tell("signature", CMS_verify(cms, NULL, NULL, NULL, out, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY));
  STACK_OF(X509) *certificates = CMS_get1_certs(cms);
  require(sk_X509_num(certificates) == 1, "one document signer expected");
  tell("chain", chains(sk_X509_value(certificates, 0), root_path));

  ASN1_OCTET_STRING **content = CMS_get0_content(cms);
  require(content != NULL && *content != NULL, "EF.SOD without content");
  Bytes object = {(*content)->data, (size_t)(*content)->length}, value, list, entry;
  object = object_in(object, 0x30);
  next_object(&object, &value); /* version */
  const unsigned char *algorithm_at = object.data;
  X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &algorithm_at, (long)object.length);
  require(algorithm != NULL, "hash algorithm");
  next_object(&object, &value);
  next_object(&object, &list);
  while (list.length > 0) {
    next_object(&list, &entry);
    Bytes number = object_in(entry, 0x02), expected = object_in(entry, 0x04);
    require(number.length == 1 && number.data[0] < GROUPS, "a data group's number");
    char *name = group_names[number.data[0]], check[16];
    snprintf(name, sizeof group_names[0], "DG%d", number.data[0]);
    snprintf(check, sizeof check, "hash.%s", name);
    Bytes file = keep(name, 0x0100u + number.data[0]);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_Digest(file.data, file.length, digest, &length, EVP_get_digestbyobj(algorithm->algorithm),
               NULL);
    tell(check, length == expected.length && memcmp(digest, expected.data, length) == 0);
  }
}

static Bytes file_named(const char *name) {
  for (size_t i = 0; i < file_count; i++) {
    if (strcmp(names[i], name) == 0) return contents[i];
  }
  require(0, name);
  return (Bytes){NULL, 0};
}

/* 9303-11 6.1, with plain r || s and SHA-256. */
static int authenticates_actively(void) {
  Bytes group = object_in(file_named("DG15"), 0x6F);
  const unsigned char *at = group.data;
  EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)group.length);
  unsigned char challenge[8], *encoded = NULL;
  unsigned status;
  require(key != NULL && RAND_bytes(challenge, sizeof challenge) == 1, "DG15");
  Bytes answer =
      command((unsigned char[]){0, 0x88, 0, 0}, (Bytes){challenge, sizeof challenge}, 0, &status);
  if (status != 0x9000 || answer.length == 0 || answer.length % 2 != 0) return 0;
  int half = (int)answer.length / 2;
  ECDSA_SIG *signature = ECDSA_SIG_new();
  ECDSA_SIG_set0(signature, BN_bin2bn(answer.data, half, NULL),
                 BN_bin2bn(answer.data + half, half, NULL));
  int length = i2d_ECDSA_SIG(signature, &encoded);
  EVP_MD_CTX *verifier = EVP_MD_CTX_new();
  return EVP_DigestVerifyInit(verifier, NULL, EVP_sha256(), NULL, key) == 1 &&
         EVP_DigestVerify(verifier, encoded, (size_t)length, challenge, sizeof challenge) == 1;
}

static BUF_MEM *derive(const BUF_MEM *secret, unsigned char counter) {
  BUF_MEM *input = memory_of(of(secret));
  unsigned char number[4] = {0, 0, 0, counter}, digest[EVP_MAX_MD_SIZE];
  append(input, number, sizeof number);
  EVP_Digest(input->data, input->length, digest, NULL, EVP_sha1(), NULL);
  return memory_of((Bytes){digest, 16});
}

/* The uncompressed point of DG14's ChipAuthenticationPublicKeyInfo. */
static BUF_MEM *chip_point(void) {
  static const unsigned char wanted[] = {4, 0, 0x7F, 0, 7, 2, 2, 1, 2};
  Bytes infos = object_in(object_in(file_named("DG14"), 0x6E), 0x31), info;
  while (infos.length > 0) {
    next_object(&infos, &info);
    Bytes protocol = object_in(info, 0x06);
    if (protocol.length != sizeof wanted || memcmp(protocol.data, wanted, sizeof wanted) != 0)
      continue;
    Bytes point = object_in(object_in(info, 0x30), 0x03);
    require(point.length > 1, "the chip's key");
    return memory_of((Bytes){point.data + 1, point.length - 1});
  }
  require(0, "DG14 has no key for Chip Authentication");
  return NULL;
}

/* 9303-11 6.2 with AES-128, on the curve of PACE. The answer under the new keys is the proof. */
static int authenticates_chip(void) {
  int nid = NID_id_CA_ECDH_AES_CBC_CMAC_128;
  BUF_MEM *theirs = chip_point(), *template = BUF_MEM_new(), *inner = BUF_MEM_new();
  require(EAC_CTX_init_ca(context, nid, context->pace_ctx->id), "Chip Authentication");
  require(TA_STEP3_generate_ephemeral_key(context) != NULL, "ephemeral key");
  BUF_MEM *ours = CA_STEP2_get_eph_pubkey(context), *outer = BUF_MEM_new();
  require(ours && CA_STEP4_compute_shared_secret(context, theirs), "shared secret");
  const ASN1_OBJECT *protocol = OBJ_nid2obj(nid);
  append_object(template, 0x80, (Bytes){OBJ_get0_data(protocol), OBJ_length(protocol)});
  expect((unsigned char[]){0, 0x22, 0x41, 0xA4}, of(template), NO_LE, "MSE:Set AT");
  append_object(inner, 0x80, of(ours));
  append_object(outer, 0x7C, of(inner));
  expect((unsigned char[]){0, 0x86, 0, 0}, of(outer), 0, "GENERAL AUTHENTICATE");
  KA_CTX *agreed = context->ca_ctx->ka_ctx;
  agreed->k_enc = derive(agreed->shared_secret, 1);
  agreed->k_mac = derive(agreed->shared_secret, 2);
  require(EAC_CTX_set_encryption_ctx(context, EAC_ID_CA), "secure messaging");

  unsigned char id[2] = {0x01, 0x1E};
  BUF_MEM *asked =
      protect((unsigned char[]){0, 0xA4, 2, 0x0C}, (Bytes){id, sizeof id}, NO_LE);
  Bytes answer = transmit(asked);
  Bytes body = {answer.data, answer.length - 2}, mac = object_in(body, 0x8E);
  if (mac.length != EAC_AES_MAC_LENGTH) return 0;
  BUF_MEM *input = BUF_MEM_new();
  EAC_increment_ssc(context);
  append_padded(input, (Bytes){body.data, body.length - 2 - mac.length});
  return EAC_verify_authentication(context, input, memory_of(mac)) == 1;
}

static void connect_to_card(void) {
  SCARDCONTEXT service;
  DWORD length = SCARD_AUTOALLOCATE, protocol;
  char *readers = NULL;
  require(SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL, &service) == SCARD_S_SUCCESS,
          "no PC/SC service");
  require(SCardListReaders(service, NULL, (char *)&readers, &length) == SCARD_S_SUCCESS,
          "no reader");
  SCARD_READERSTATE state = {.szReader = readers, .dwCurrentState = SCARD_STATE_EMPTY};
  SCardGetStatusChange(service, 0, &state, 1);
  if (!(state.dwEventState & SCARD_STATE_PRESENT)) {
    state.dwCurrentState = state.dwEventState;
    SCardGetStatusChange(service, WAIT_MS, &state, 1);
  }
  require(SCardConnect(service, readers, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, &card,
                       &protocol) == SCARD_S_SUCCESS,
          "no card");
}

static void tell_files(void) {
  printf("},\"files\":{");
  for (size_t i = 0; i < file_count; i++) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length;
    EVP_Digest(contents[i].data, contents[i].length, digest, &length, EVP_sha256(), NULL);
    printf("%s\"%s\":\"", i == 0 ? "" : ",", names[i]);
    for (unsigned k = 0; k < length; k++) printf("%02x", digest[k]);
    printf("\"");
  }
  printf("},\"said\":{}}\n");
}

int main(int count, char **arguments) {
  static const unsigned char lds1[] = {0xA0, 0, 0, 2, 0x47, 0x10, 1};
  require(count == 4, "terminal can|pin SECRET CSCA.der");
  EAC_init();
  context = EAC_CTX_new();
  require(context != NULL, "OpenPACE");
  connect_to_card();
  open_with(strcmp(arguments[1], "pin") == 0 ? PACE_PIN : PACE_CAN, arguments[2]);
  expect((unsigned char[]){0, 0xA4, 4, 0x0C}, (Bytes){lds1, sizeof lds1}, NO_LE, "SELECT LDS1");
  keep("EF.COM", 0x011E);
  Bytes sod = keep("EF.SOD", 0x011D);
  printf("{\"checks\":{");
  verify_files(sod, arguments[3]);
  tell("active_authentication", authenticates_actively());
  tell("chip_authentication", authenticates_chip());
  tell_files();
  return 0;
}
