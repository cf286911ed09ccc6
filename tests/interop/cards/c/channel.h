/* Objects of bytes, and commands to a card, under secure messaging once `secured` is set.
 * Memory is given back when the program ends: it lives for one card. */

#ifndef CHANNEL_H
#define CHANNEL_H

#include <eac/eac.h>
#include <openssl/buffer.h>
#include <winscard.h>

enum { NO_LE = -1 };

typedef struct {
  const unsigned char *data;
  size_t length;
} Bytes;

extern SCARDHANDLE card;
extern EAC_CTX *context;
extern int secured;

/* Ends the program with `what` on standard error unless it holds. */
void require(int holds, const char *what);

Bytes of(const BUF_MEM *memory);
BUF_MEM *memory_of(Bytes bytes);
void append(BUF_MEM *to, const void *data, size_t length);
void append_padded(BUF_MEM *to, Bytes bytes);
void append_object(BUF_MEM *to, unsigned char tag, Bytes value);

/* The object at the start of `in`: its tag (one or two bytes) and value; `in` moves on. */
unsigned next_object(Bytes *in, Bytes *value);

/* The first object with that tag, or no bytes. */
Bytes object_in(Bytes in, unsigned tag);

Bytes transmit(const BUF_MEM *command);

/* 9303-11 9.8: DO'87', DO'97' and DO'8E' round the command. */
BUF_MEM *protect(const unsigned char header[4], Bytes data, int le);

/* The answer's data; `status` its status word. */
Bytes command(const unsigned char header[4], Bytes data, int le, unsigned *status);

/* The same where any status but 9000 ends the program. */
Bytes expect(const unsigned char header[4], Bytes data, int le, const char *what);

#endif
