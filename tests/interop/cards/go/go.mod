module mrc.interop/terminal

go 1.24

require github.com/smallstep/pkcs7 v0.2.3
