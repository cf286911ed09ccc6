package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
)

const macBytes = 8

// tlv is one object of BER-TLV, its tag in one or two bytes.
func tlv(tag byte, parts ...[]byte) []byte {
	value := bytes.Join(parts, nil)
	switch {
	case len(value) < 0x80:
		return append([]byte{tag, byte(len(value))}, value...)
	case len(value) < 0x100:
		return append([]byte{tag, 0x81, byte(len(value))}, value...)
	}
	return append([]byte{tag, 0x82, byte(len(value) >> 8), byte(len(value))}, value...)
}

// header is the length of an object's content and the place where that begins.
func header(data []byte) (length, start int, err error) {
	if len(data) < 2 {
		return 0, 0, errors.New("a truncated object")
	}
	start = 1
	if data[0]&0x1F == 0x1F {
		start = 2
	}
	length, start = int(data[start]), start+1
	if length < 0x80 {
		return length, start, nil
	}
	count := length & 0x7F
	if count == 0 || count > 3 || start+count > len(data) {
		return 0, 0, errors.New("a length of many bytes")
	}
	length = 0
	for _, each := range data[start : start+count] {
		length = length<<8 | int(each)
	}
	return length, start + count, nil
}

// find is the content of the first object with that tag, nil where there is none.
func find(data []byte, tag byte) []byte {
	for len(data) > 0 {
		length, start, err := header(data)
		if err != nil || start+length > len(data) {
			return nil
		}
		if data[0] == tag {
			return data[start : start+length]
		}
		data = data[start+length:]
	}
	return nil
}

// statusError is an answer of the card that is not 9000.
type statusError struct {
	status  uint16
	command byte
}

func (e statusError) Error() string { return fmt.Sprintf("INS %02X: %04X", e.command, e.status) }

// channel sends commands, under secure messaging (9303-11 9.8) once it has keys.
type channel struct {
	reader     *reader
	encryption cipher.Block
	mac        cipher.Block
	counter    uint64
}

func derive(secret []byte, counter byte) (cipher.Block, error) {
	digest := sha1.Sum(append(bytes.Clone(secret), 0, 0, 0, counter))
	return aes.NewCipher(digest[:aes.BlockSize])
}

// protect starts secure messaging with keys from that secret.
func (c *channel) protect(secret []byte) (err error) {
	if c.encryption, err = derive(secret, 1); err == nil {
		c.mac, err = derive(secret, 2)
	}
	c.counter = 0
	return err
}

// cmac is RFC 4493.
func cmac(block cipher.Block, message []byte) []byte {
	double := func(in []byte) []byte {
		out := make([]byte, len(in))
		for i := range in {
			out[i] = in[i] << 1
			if i+1 < len(in) {
				out[i] |= in[i+1] >> 7
			}
		}
		out[len(out)-1] ^= 0x87 * (in[0] >> 7)
		return out
	}
	key := make([]byte, aes.BlockSize)
	block.Encrypt(key, key)
	key = double(key)
	if len(message) == 0 || len(message)%aes.BlockSize != 0 {
		key, message = double(key), pad(message)
	}
	sum := make([]byte, aes.BlockSize)
	for at := 0; at < len(message); at += aes.BlockSize {
		subtle.XORBytes(sum, sum, message[at:at+aes.BlockSize])
		if at+aes.BlockSize == len(message) {
			subtle.XORBytes(sum, sum, key)
		}
		block.Encrypt(sum, sum)
	}
	return sum[:macBytes]
}

func pad(data []byte) []byte {
	padded := append(bytes.Clone(data), 0x80)
	return append(padded, make([]byte, (aes.BlockSize-len(padded)%aes.BlockSize)%aes.BlockSize)...)
}

func (c *channel) next() (counter, vector []byte) {
	c.counter++
	counter, vector = make([]byte, aes.BlockSize), make([]byte, aes.BlockSize)
	binary.BigEndian.PutUint64(counter[8:], c.counter)
	c.encryption.Encrypt(vector, counter)
	return counter, vector
}

// send is the answer's data; le is nil for a command that expects none.
func (c *channel) send(head [4]byte, data, le []byte) ([]byte, error) {
	answer, status, err := c.exchange(head, data, le)
	if err == nil && status != 0x9000 {
		err = statusError{status, head[1]}
	}
	return answer, err
}

func (c *channel) exchange(head [4]byte, data, le []byte) ([]byte, uint16, error) {
	command := head[:]
	if c.mac != nil {
		command = c.sealed(head, data, le)
	} else {
		if len(data) > 0 {
			command = append(append(command, byte(len(data))), data...)
		}
		command = append(command, le...)
	}
	answer, err := c.reader.transmit(command)
	if err != nil {
		return nil, 0, err
	}
	if c.mac != nil {
		return c.opened(answer[:len(answer)-2])
	}
	end := len(answer) - 2
	return answer[:end], binary.BigEndian.Uint16(answer[end:]), nil
}

func (c *channel) sealed(head [4]byte, data, le []byte) []byte {
	counter, vector := c.next()
	head[0] |= 0x0C
	var body []byte
	if len(data) > 0 {
		plain := pad(data)
		cipher.NewCBCEncrypter(c.encryption, vector).CryptBlocks(plain, plain)
		body = tlv(0x87, []byte{1}, plain)
	}
	if le != nil {
		body = append(body, tlv(0x97, le)...)
	}
	input := append(counter, pad(head[:])...)
	if len(body) > 0 {
		input = append(input, pad(body)...)
	}
	body = append(body, tlv(0x8E, cmac(c.mac, input))...)
	return append(append(append(head[:], byte(len(body))), body...), 0)
}

func (c *channel) opened(body []byte) ([]byte, uint16, error) {
	counter, vector := c.next()
	mac, status, sealed := find(body, 0x8E), find(body, 0x99), find(body, 0x87)
	if len(mac) != macBytes || len(status) != 2 {
		return nil, 0, errors.New("an answer without protection")
	}
	input := append(counter, pad(body[:len(body)-2-macBytes])...)
	if !bytes.Equal(cmac(c.mac, input), mac) {
		return nil, 0, errors.New("an answer under other keys")
	}
	if len(sealed) < 1+aes.BlockSize || len(sealed)%aes.BlockSize != 1 {
		return nil, binary.BigEndian.Uint16(status), nil
	}
	plain := bytes.Clone(sealed[1:])
	cipher.NewCBCDecrypter(c.encryption, vector).CryptBlocks(plain, plain)
	return plain[:bytes.LastIndexByte(plain, 0x80)], binary.BigEndian.Uint16(status), nil
}
