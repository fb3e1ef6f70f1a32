//! base64, and md5sum and its kin.

use super::Opts;
use super::stream::{Filter, Flow, MAX_SLURP, Style, read, slurp};
use crate::ctx::{Act, Ctx};

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn base64(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "dw:");
    if opts.rest.len() > 1 {
        return Act::Exit(super::usage(cx));
    }
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
        let bytes = inputs.pop().map(|(_, b)| b).unwrap_or_default();
        let mut out = Vec::new();
        if opts.has('d') {
            let mut acc = 0u32;
            let mut bits = 0;
            for b in bytes.iter().filter(|b| !b.is_ascii_whitespace()) {
                if *b == b'=' {
                    break;
                }
                let Some(v) = BASE64.iter().position(|c| c == b) else {
                    cx.out_bytes(&out);
                    cx.complain("truncated input");
                    return 1;
                };
                acc = acc << 6 | v as u32;
                bits += 6;
                if bits >= 8 {
                    bits -= 8;
                    out.push((acc >> bits) as u8);
                }
            }
            cx.out_bytes(&out);
            return 0;
        }
        let width = opts.value('w').and_then(|w| w.parse::<usize>().ok()).unwrap_or(76);
        let mut column = 0;
        for chunk in bytes.chunks(3) {
            let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
            for i in 0..4 {
                out.push(if i <= chunk.len() { BASE64[(n >> (18 - 6 * i)) as usize & 63] } else { b'=' });
                column += 1;
                if column == width {
                    out.push(b'\n');
                    column = 0;
                }
            }
        }
        if column > 0 && width > 0 {
            out.push(b'\n');
        }
        cx.out_bytes(&out);
        0
    })
}

fn md5(data: &[u8]) -> Vec<u8> {
    // The constants are floor(2^32 · |sin(i)|), from RFC 1321.
    const K: [u32; 64] = [
        0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
        0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
        0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
        0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
        0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
        0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
        0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
        0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
    ];
    const S: [u32; 16] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
    let mut h: [u32; 4] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
    for block in padded(data, false).chunks(64) {
        let m: Vec<u32> = block.chunks(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        let [mut a, mut b, mut c, mut d] = h;
        for i in 0..64 {
            let (f, g) = match i / 16 {
                0 => (b & c | !b & d, i),
                1 => (d & b | !d & c, (5 * i + 1) % 16),
                2 => (b ^ c ^ d, (3 * i + 5) % 16),
                _ => (c ^ (b | !d), 7 * i % 16),
            };
            let f = f.wrapping_add(a).wrapping_add(K[i]).wrapping_add(m[g]);
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(f.rotate_left(S[i / 16 * 4 + i % 4]));
        }
        for (h, v) in h.iter_mut().zip([a, b, c, d]) {
            *h = h.wrapping_add(v);
        }
    }
    h.iter().flat_map(|w| w.to_le_bytes()).collect()
}

/// The padding that MD5 and SHA share.
fn padded(data: &[u8], big: bool) -> Vec<u8> {
    let mut all = data.to_vec();
    all.push(0x80);
    while all.len() % 64 != 56 {
        all.push(0);
    }
    let bits = (data.len() as u64).wrapping_mul(8);
    all.extend(if big { bits.to_be_bytes() } else { bits.to_le_bytes() });
    all
}

fn sha1(data: &[u8]) -> Vec<u8> {
    let mut h: [u32; 5] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
    for block in padded(data, true).chunks(64) {
        let mut w: Vec<u32> = block.chunks(4).map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]])).collect();
        for i in 16..80 {
            w.push((w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = h;
        for (i, word) in w.iter().enumerate() {
            let (f, k) = match i / 20 {
                0 => (b & c | !b & d, 0x5a827999),
                1 => (b ^ c ^ d, 0x6ed9eba1),
                2 => (b & c | b & d | c & d, 0x8f1bbcdc),
                _ => (b ^ c ^ d, 0xca62c1d6u32),
            };
            let t = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, t);
        }
        for (h, v) in h.iter_mut().zip([a, b, c, d, e]) {
            *h = h.wrapping_add(v);
        }
    }
    h.iter().flat_map(|w| w.to_be_bytes()).collect()
}

fn sha256(data: &[u8]) -> Vec<u8> {
    // The first 32 bits of the fractional parts of roots of primes (FIPS 180-4), worked out in integers.
    let root = |p: u64, cube: bool| -> u32 {
        let (mut low, mut high) = (0u128, 1u128 << 40);
        let target = u128::from(p) << if cube { 96 } else { 64 };
        while high - low > 1 {
            let mid = (low + high) / 2;
            let power = if cube { mid * mid * mid } else { mid * mid };
            if power <= target { low = mid } else { high = mid }
        }
        low as u32
    };
    let mut primes: Vec<u64> = Vec::new();
    let mut n = 2;
    while primes.len() < 64 {
        if primes.iter().all(|p| n % p != 0) {
            primes.push(n);
        }
        n += 1;
    }
    let k: Vec<u32> = primes.iter().map(|p| root(*p, true)).collect();
    let mut h: Vec<u32> = primes[..8].iter().map(|p| root(*p, false)).collect();
    for block in padded(data, true).chunks(64) {
        let mut w: Vec<u32> = block.chunks(4).map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]])).collect();
        for i in 16..64 {
            let (x, y) = (w[i - 15], w[i - 2]);
            let s0 = x.rotate_right(7) ^ x.rotate_right(18) ^ x >> 3;
            let s1 = y.rotate_right(17) ^ y.rotate_right(19) ^ y >> 10;
            w.push(w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1));
        }
        let mut v = h.clone();
        for i in 0..64 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let ch = v[4] & v[5] ^ !v[4] & v[6];
            let t1 = v[7].wrapping_add(s1).wrapping_add(ch).wrapping_add(k[i]).wrapping_add(w[i]);
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let t2 = s0.wrapping_add(v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]);
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(t1);
            v[0] = t1.wrapping_add(t2);
        }
        for (h, v) in h.iter_mut().zip(v) {
            *h = h.wrapping_add(v);
        }
    }
    h.iter().flat_map(|w| w.to_be_bytes()).collect()
}

fn sha512(data: &[u8]) -> Vec<u8> {
    // The first 64 bits of the fractional parts of roots of primes: bit by bit, over integers of 32-bit digits.
    let mut primes: Vec<u64> = Vec::new();
    let mut n = 2;
    while primes.len() < 80 {
        if primes.iter().all(|p| n % p != 0) {
            primes.push(n);
        }
        n += 1;
    }
    let k: Vec<u64> = primes.iter().map(|p| root64(*p, 3)).collect();
    let mut h: Vec<u64> = primes[..8].iter().map(|p| root64(*p, 2)).collect();
    let mut all = data.to_vec();
    all.push(0x80);
    while all.len() % 128 != 112 {
        all.push(0);
    }
    all.extend((data.len() as u128 * 8).to_be_bytes());
    for block in all.chunks(128) {
        let word = |c: &[u8]| c.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        let mut w: Vec<u64> = block.chunks(8).map(word).collect();
        for i in 16..80 {
            let (x, y) = (w[i - 15], w[i - 2]);
            let s0 = x.rotate_right(1) ^ x.rotate_right(8) ^ x >> 7;
            let s1 = y.rotate_right(19) ^ y.rotate_right(61) ^ y >> 6;
            w.push(w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1));
        }
        let mut v = h.clone();
        for i in 0..80 {
            let s1 = v[4].rotate_right(14) ^ v[4].rotate_right(18) ^ v[4].rotate_right(41);
            let ch = v[4] & v[5] ^ !v[4] & v[6];
            let t1 = v[7].wrapping_add(s1).wrapping_add(ch).wrapping_add(k[i]).wrapping_add(w[i]);
            let s0 = v[0].rotate_right(28) ^ v[0].rotate_right(34) ^ v[0].rotate_right(39);
            let t2 = s0.wrapping_add(v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]);
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(t1);
            v[0] = t1.wrapping_add(t2);
        }
        for (h, v) in h.iter_mut().zip(v) {
            *h = h.wrapping_add(v);
        }
    }
    h.iter().flat_map(|w| w.to_be_bytes()).collect()
}

/// The first 64 bits after the point of a square or cube root.
fn root64(prime: u64, power: usize) -> u64 {
    // Digits of 32 bits, the lowest first; wide enough for the cube of 5 and 64 bits.
    let times = |a: &[u64; 8], b: &[u64; 8]| {
        let mut out = [0u64; 8];
        for i in 0..8 {
            let mut carry = 0;
            for j in 0..8 - i {
                let sum = out[i + j] + a[i] * b[j] + carry;
                out[i + j] = sum & 0xffff_ffff;
                carry = sum >> 32;
            }
        }
        out
    };
    let mut target = [0; 8];
    target[2 * power] = prime;
    let mut root = 0u128;
    for bit in (0..70).rev() {
        let next = root | 1 << bit;
        let mut digits = [0u64; 8];
        for (i, d) in digits.iter_mut().enumerate().take(4) {
            *d = (next >> (32 * i)) as u64 & 0xffff_ffff;
        }
        let mut product = times(&digits, &digits);
        if power == 3 {
            product = times(&product, &digits);
        }
        if product.iter().rev().le(target.iter().rev()) {
            root = next;
        }
    }
    root as u64
}

fn hash(name: &str, data: &[u8]) -> String {
    let bytes = match name {
        "md5sum" => md5(data),
        "sha1sum" => sha1(data),
        "sha512sum" => sha512(data),
        _ => sha256(data),
    };
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The sum of each file as it has been read.
#[derive(Clone, Debug)]
struct Sums {
    name: String,
    bytes: Vec<u8>,
}

impl Filter for Sums {
    fn begin(&mut self, _: &mut Ctx<'_>, name: &str) {
        self.name = name.to_string();
    }
    fn data(&mut self, _: &mut Ctx<'_>, data: &[u8]) -> Flow {
        if self.bytes.len() < MAX_SLURP {
            self.bytes.extend_from_slice(data);
        }
        Flow::More
    }
    fn end(&mut self, cx: &mut Ctx<'_>) -> Flow {
        let bytes = std::mem::take(&mut self.bytes);
        cx.charge((bytes.len() / 512) as u32);
        let line = [&hash(&cx.name(), &bytes), "  ", &self.name, "\n"].concat();
        cx.out(&line);
        Flow::More
    }
    fn boxed(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

pub(crate) fn sums(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "cswbt");
    if !opts.has('c') {
        return read(
            opts.rest,
            false,
            Style::CantOpen,
            Box::new(Sums { name: String::new(), bytes: Vec::new() }),
        );
    }
    slurp(opts.rest.clone(), opts, Style::CantOpen, |cx, opts, inputs| {
        let tool = cx.name();
        let mut code = 0;
        let (mut bad, mut all) = (0, 0);
        let list: Vec<u8> = inputs.iter().flat_map(|(_, b)| b.clone()).collect();
        for line in String::from_utf8_lossy(&list).lines() {
            let Some((sum, name)) = line.split_once("  ") else { continue };
            all += 1;
            let ok = cx.read_all(name).is_ok_and(|b| hash(&tool, &b) == sum);
            if !ok {
                bad += 1;
                code = 1;
            }
            if !opts.has('s') {
                cx.out(&[name, if ok { ": OK\n" } else { ": FAILED\n" }].concat());
            }
        }
        if bad > 0 && !opts.has('s') {
            cx.complain(&format!("WARNING: {bad} of {all} computed checksums did NOT match"));
        }
        code
    })
}
