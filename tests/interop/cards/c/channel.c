#include "channel.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

SCARDHANDLE card;
EAC_CTX *context;
int secured;

void require(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "%s\n", what);
  ERR_print_errors_fp(stderr);
  exit(1);
}

Bytes of(const BUF_MEM *memory) {
  return (Bytes){(const unsigned char *)memory->data, memory->length};
}

BUF_MEM *memory_of(Bytes bytes) {
  BUF_MEM *memory = BUF_MEM_new();
  require(memory && BUF_MEM_grow(memory, bytes.length), "memory");
  memcpy(memory->data, bytes.data, bytes.length);
  return memory;
}

void append(BUF_MEM *to, const void *data, size_t length) {
  size_t old = to->length;
  require(BUF_MEM_grow(to, old + length) != 0, "memory");
  memcpy(to->data + old, data, length);
}

void append_object(BUF_MEM *to, unsigned char tag, Bytes value) {
  unsigned char head[3] = {tag, 0x81, (unsigned char)value.length};
  require(value.length < 256, "a value too long for one command");
  if (value.length < 128) head[1] = head[2];
  append(to, head, value.length < 128 ? 2 : 3);
  append(to, value.data, value.length);
}

unsigned next_object(Bytes *in, Bytes *value) {
  const unsigned char *at = in->data, *end = in->data + in->length;
  require(in->length >= 2, "a truncated object");
  unsigned tag = *at++;
  if ((tag & 0x1F) == 0x1F) tag = tag << 8 | *at++;
  require(at < end, "a truncated object");
  size_t length = *at++;
  if (length & 0x80) {
    size_t count = length & 0x7F;
    require(count >= 1 && count <= 3 && at + count <= end, "a length of many bytes");
    for (length = 0; count > 0; count--) length = length << 8 | *at++;
  }
  require(length <= (size_t)(end - at), "a truncated object");
  *value = (Bytes){at, length};
  *in = (Bytes){at + length, (size_t)(end - at) - length};
  return tag;
}

Bytes object_in(Bytes in, unsigned tag) {
  Bytes value;
  while (in.length > 0) {
    if (next_object(&in, &value) == tag) return value;
  }
  return (Bytes){NULL, 0};
}

Bytes transmit(const BUF_MEM *command) {
  static unsigned char answer[MAX_BUFFER_SIZE];
  DWORD length = sizeof answer;
  LONG code = SCardTransmit(card, SCARD_PCI_T1, (const unsigned char *)command->data,
                            command->length, NULL, answer, &length);
  require(code == SCARD_S_SUCCESS && length >= 2, "the card did not answer");
  return (Bytes){answer, length};
}

void append_padded(BUF_MEM *to, Bytes bytes) {
  BUF_MEM *padded = EAC_add_iso_pad(context, memory_of(bytes));
  require(padded != NULL, "padding");
  append(to, padded->data, padded->length);
}

BUF_MEM *protect(const unsigned char header[4], Bytes data, int le) {
  unsigned char head[4] = {header[0] | 0x0C, header[1], header[2], header[3]};
  unsigned char expected = (unsigned char)le, zero = 0;
  BUF_MEM *body = BUF_MEM_new(), *input = BUF_MEM_new(), *command = BUF_MEM_new();
  require(EAC_increment_ssc(context), "send sequence counter");
  if (data.length > 0) {
    BUF_MEM *padded = BUF_MEM_new(), *sealed = BUF_MEM_new();
    append_padded(padded, data);
    append(sealed, "\x01", 1);
    BUF_MEM *cipher = EAC_encrypt(context, padded);
    require(cipher != NULL, "encryption");
    append(sealed, cipher->data, cipher->length);
    append_object(body, 0x87, of(sealed));
  }
  if (le != NO_LE) append_object(body, 0x97, (Bytes){&expected, 1});
  append_padded(input, (Bytes){head, sizeof head});
  if (body->length > 0) append_padded(input, of(body));
  BUF_MEM *mac = EAC_authenticate(context, input);
  require(mac != NULL, "authentication");
  append_object(body, 0x8E, of(mac));
  require(body->length < 256, "a command too long");
  unsigned char length = (unsigned char)body->length;
  append(command, head, sizeof head);
  append(command, &length, 1);
  append(command, body->data, body->length);
  append(command, &zero, 1);
  return command;
}

/* The plain answer with its status word; ends the program where the MAC does not hold. */
static Bytes unprotect(Bytes answer) {
  Bytes body = {answer.data, answer.length - 2};
  Bytes mac = object_in(body, 0x8E), status = object_in(body, 0x99);
  Bytes sealed = object_in(body, 0x87);
  require(EAC_increment_ssc(context), "send sequence counter");
  require(mac.length == EAC_AES_MAC_LENGTH && status.length == 2, "an answer without protection");
  BUF_MEM *input = BUF_MEM_new(), *plain = BUF_MEM_new();
  append_padded(input, (Bytes){body.data, body.length - 2 - mac.length});
  require(EAC_verify_authentication(context, input, memory_of(mac)) == 1,
          "an answer under other keys");
  if (sealed.length > 1) {
    BUF_MEM *padded = EAC_decrypt(context, memory_of((Bytes){sealed.data + 1, sealed.length - 1}));
    require(padded != NULL, "decryption");
    BUF_MEM *opened = EAC_remove_iso_pad(padded);
    require(opened != NULL, "padding");
    append(plain, opened->data, opened->length);
  }
  append(plain, status.data, status.length);
  return of(plain);
}

Bytes command(const unsigned char header[4], Bytes data, int le, unsigned *status) {
  Bytes answer;
  if (secured) {
    answer = unprotect(transmit(protect(header, data, le)));
  } else {
    BUF_MEM *plain = BUF_MEM_new();
    unsigned char length = (unsigned char)data.length, expected = (unsigned char)le;
    append(plain, header, 4);
    if (data.length > 0) append(plain, &length, 1), append(plain, data.data, data.length);
    if (le != NO_LE) append(plain, &expected, 1);
    answer = of(memory_of(transmit(plain)));
  }
  size_t end = answer.length - 2;
  *status = (unsigned)(answer.data[end] << 8 | answer.data[end + 1]);
  return (Bytes){answer.data, end};
}

Bytes expect(const unsigned char header[4], Bytes data, int le, const char *what) {
  unsigned status;
  Bytes answer = command(header, data, le, &status);
  if (status != 0x9000) fprintf(stderr, "%04X: ", status);
  require(status == 0x9000, what);
  return answer;
}
