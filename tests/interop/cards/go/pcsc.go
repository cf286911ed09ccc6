package main

/*
#cgo pkg-config: libpcsclite
#include <stdlib.h>
#include <winscard.h>
*/
import "C"

import (
	"fmt"
	"strings"
	"time"
	"unsafe"
)

const (
	waited   = 15 * time.Second
	interval = 100 * time.Millisecond
)

// reader is a connection to the card in a PC/SC reader.
type reader struct{ card C.SCARDHANDLE }

// connect waits for a card in any reader.
func connect() (*reader, error) {
	var service C.SCARDCONTEXT
	if code := C.SCardEstablishContext(C.SCARD_SCOPE_USER, nil, nil, &service); code != 0 {
		return nil, fmt.Errorf("no PC/SC service: %08x", uint32(code))
	}
	for end := time.Now().Add(waited); time.Now().Before(end); time.Sleep(interval) {
		for _, name := range readers(service) {
			var made reader
			var protocol C.DWORD
			text := C.CString(name)
			code := C.SCardConnect(service, text, C.SCARD_SHARE_SHARED, C.SCARD_PROTOCOL_T1,
				&made.card, &protocol)
			C.free(unsafe.Pointer(text))
			if code == 0 {
				return &made, nil
			}
		}
	}
	return nil, fmt.Errorf("no card in any reader")
}

func readers(service C.SCARDCONTEXT) []string {
	var names [1024]C.char
	length := C.DWORD(len(names))
	if C.SCardListReaders(service, nil, &names[0], &length) != 0 {
		return nil
	}
	whole := C.GoStringN(&names[0], C.int(length))
	return strings.FieldsFunc(whole, func(each rune) bool { return each == 0 })
}

func (r *reader) transmit(command []byte) ([]byte, error) {
	answer := make([]byte, 65538)
	length := C.DWORD(len(answer))
	code := C.SCardTransmit(r.card, &C.g_rgSCardT1Pci, (*C.BYTE)(&command[0]),
		C.DWORD(len(command)), nil, (*C.BYTE)(&answer[0]), &length)
	if code != 0 || length < 2 {
		return nil, fmt.Errorf("the card did not answer: %08x", uint32(code))
	}
	return answer[:length], nil
}
