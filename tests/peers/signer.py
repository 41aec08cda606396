#!/usr/bin/env python3
"""Stands for a program that signs with a key in hardware; ed25519 by RFC 8032, section 6, slowly."""
import hashlib, json, sys

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(s, q):
    r = (0, 1, 1, 0)
    while s:
        if s & 1:
            r = add(r, q)
        q, s = add(q, q), s >> 1
    return r


def compress(q):
    z = pow(q[2], P - 2, P)
    x, y = q[0] * z % P, q[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def base():
    y = 4 * pow(5, P - 2, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    x = P - x if x & 1 else x
    return x, y, 1, x * y % P


def number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


if "--fail" in sys.argv and sys.argv[-1] == "sign":
    sys.exit("the token is not plugged in")
key = json.load(open("KEY_FILE"))
if sys.argv[-1] == "public":
    public = {"keytype": key["keytype"], "scheme": key["scheme"], "keyval": {"public": key["keyval"]["public"]}}
    print(json.dumps(public))
else:
    message = sys.stdin.buffer.read()
    half = hashlib.sha512(bytes.fromhex(key["keyval"]["private"])).digest()
    a = (int.from_bytes(half[:32], "little") & ((1 << 254) - 8)) | 1 << 254
    r = number(half[32:], message) % L
    point = compress(multiply(r, base()))
    s = (r + number(point, bytes.fromhex(key["keyval"]["public"]), message) * a) % L
    print((point + s.to_bytes(32, "little")).hex().upper())
