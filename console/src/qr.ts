// QR codes (ISO/IEC 18004): a text as bytes, error correction level M, versions 1 to 20, which is up to 666 bytes.

/** By version, from 1: check bytes of a block, and how many blocks there are (table 9 of the standard, level M). */
const checkBytes = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26]
const blockCounts = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16]

// Powers and logarithms in the field of 256 elements, by the polynomial 0x11d.
const power = new Uint8Array(255)
const log = new Uint8Array(256)
for (let i = 0, x = 1; i < 255; i++) {
  power[i] = x
  log[x] = i
  x = (x << 1) ^ (x & 0x80 ? 0x11d : 0)
}
const times = (a: number, b: number): number => (a && b ? power[(log[a]! + log[b]!) % 255]! : 0)

/** The modules of a QR code by row, true for dark. It throws when the text is too long. */
export function qr(text: string): boolean[][] {
  const data = new TextEncoder().encode(text)
  for (let version = 1; version <= checkBytes.length; version++) {
    if (data.length <= room(version)) return drawn(version, interleaved(version, stream(version, data)))
  }
  throw new RangeError(`${data.length} bytes: a QR code here holds ${room(checkBytes.length)}`)
}

/** Bytes of data and check together. */
function codewords(version: number): number {
  let modules = (16 * version + 128) * version + 64
  if (version >= 2) {
    const n = Math.floor(version / 7) + 2
    modules -= (25 * n - 10) * n - 55
    if (version >= 7) modules -= 36
  }
  return Math.floor(modules / 8)
}

const dataBytes = (version: number): number => codewords(version) - checkBytes[version - 1]! * blockCounts[version - 1]!
const countBits = (version: number): number => (version < 10 ? 8 : 16)
const room = (version: number): number => Math.floor((8 * dataBytes(version) - 4 - countBits(version)) / 8)

/** Mode, length, text, end and filling. */
function stream(version: number, data: Uint8Array): Uint8Array {
  const bits: number[] = []
  const push = (value: number, n: number) => { for (let i = n - 1; i >= 0; i--) bits.push((value >> i) & 1) }
  push(4, 4)
  push(data.length, countBits(version))
  for (const b of data) push(b, 8)
  const full = 8 * dataBytes(version)
  push(0, Math.min(4, full - bits.length))
  push(0, (8 - (bits.length % 8)) % 8)
  for (let filling = 0xec; bits.length < full; filling ^= 0xec ^ 0x11) push(filling, 8)
  return Uint8Array.from({ length: full / 8 }, (_, i) => bits.slice(8 * i, 8 * i + 8).reduce((byte, bit) => (byte << 1) | bit, 0))
}

/** Cuts the data into blocks, adds the check bytes of each, and deals all of them out in turn. */
function interleaved(version: number, data: Uint8Array): Uint8Array {
  const [check, count] = [checkBytes[version - 1]!, blockCounts[version - 1]!]
  const divisor = generator(check)
  const short = Math.floor(data.length / count)
  const longer = count - (data.length % count) // the blocks from here on have a byte more
  const blocks: Uint8Array[] = []
  const checks: Uint8Array[] = []
  for (let i = 0, at = 0; i < count; i++) {
    const block = data.slice(at, (at += short + (i >= longer ? 1 : 0)))
    blocks.push(block)
    checks.push(remainder(block, divisor))
  }
  const out: number[] = []
  for (let i = 0; i <= short; i++) for (const b of blocks) if (i < b.length) out.push(b[i]!)
  for (let i = 0; i < check; i++) for (const c of checks) out.push(c[i]!)
  return Uint8Array.from(out)
}

/** The polynomial (x - 1)(x - 2)(x - 4)... of a degree, without its leading 1. */
function generator(degree: number): Uint8Array {
  const out = new Uint8Array(degree)
  out[degree - 1] = 1
  for (let i = 0, root = 1; i < degree; i++, root = times(root, 2)) {
    for (let j = 0; j < degree; j++) out[j] = times(out[j]!, root) ^ (out[j + 1] ?? 0)
  }
  return out
}

function remainder(data: Uint8Array, divisor: Uint8Array): Uint8Array {
  const out = new Uint8Array(divisor.length)
  for (const b of data) {
    const factor = b ^ out[0]!
    out.copyWithin(0, 1)
    out[out.length - 1] = 0
    for (let i = 0; i < out.length; i++) out[i]! ^= times(divisor[i]!, factor)
  }
  return out
}

type Grid = (boolean | undefined)[][]

/** Lays everything out with the mask that disturbs a reader least. */
function drawn(version: number, bytes: Uint8Array): boolean[][] {
  const size = 17 + 4 * version
  const fixed: Grid = Array.from({ length: size }, () => Array<boolean | undefined>(size).fill(undefined))
  patterns(fixed, version)
  let best: boolean[][] = []
  let least = Infinity
  for (let mask = 0; mask < 8; mask++) {
    const grid = fixed.map((row) => [...row])
    format(grid, mask)
    fill(grid, fixed, bytes, mask)
    const done = grid.map((row) => row.map(Boolean))
    const cost = penalty(done)
    if (cost < least) [best, least] = [done, cost]
  }
  return best
}

/** What is the same for every text: corners, lines, alignment, and room for the format. */
function patterns(g: Grid, version: number): void {
  const size = g.length
  const set = (x: number, y: number, dark: boolean) => { if (x >= 0 && y >= 0 && x < size && y < size) g[y]![x] = dark }
  for (let i = 0; i < size; i++) {
    set(6, i, i % 2 === 0)
    set(i, 6, i % 2 === 0)
  }
  for (const [cx, cy] of [[3, 3], [size - 4, 3], [3, size - 4]] as const) {
    for (let dy = -4; dy <= 4; dy++) for (let dx = -4; dx <= 4; dx++) {
      const ring = Math.max(Math.abs(dx), Math.abs(dy))
      set(cx + dx, cy + dy, ring !== 2 && ring !== 4)
    }
  }
  const at = alignment(version)
  const last = at.length - 1
  at.forEach((cx, i) => at.forEach((cy, j) => {
    if ((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)) return
    for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) set(cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1)
  }))
  format(g, 0)
  if (version < 7) return
  const bits = (version << 12) | divided(version, 12, 0x1f25)
  for (let i = 0; i < 18; i++) {
    const [a, b, dark] = [size - 11 + (i % 3), Math.floor(i / 3), Boolean((bits >> i) & 1)]
    set(a, b, dark)
    set(b, a, dark)
  }
}

/** The middles of the alignment patterns along one side. */
function alignment(version: number): number[] {
  if (version === 1) return []
  const n = Math.floor(version / 7) + 2
  const step = 2 * Math.ceil((4 * version + 4) / (2 * n - 2))
  const out = [6]
  for (let at = 4 * version + 10; out.length < n; at -= step) out.splice(1, 0, at)
  return out
}

/** The remainder of a value by a polynomial of bits, the value shifted by its degree. */
function divided(value: number, degree: number, polynomial: number): number {
  let rest = value
  for (let i = 0; i < degree; i++) rest = (rest << 1) ^ ((rest >> (degree - 1)) * polynomial)
  return rest & ((1 << degree) - 1)
}

/** Level M is 00 in the format. */
function format(g: Grid, mask: number): void {
  const size = g.length
  const bits = ((mask << 10) | divided(mask, 10, 0x537)) ^ 0x5412
  const bit = (i: number) => Boolean((bits >> i) & 1)
  for (let i = 0; i < 15; i++) {
    const near = i < 6 ? i : i < 8 ? i + 1 : i === 8 ? 7 : 14 - i
    if (i < 8) g[near]![8] = bit(i)
    else g[8]![near] = bit(i)
    if (i < 8) g[8]![size - 1 - i] = bit(i)
    else g[size - 15 + i]![8] = bit(i)
  }
  g[size - 8]![8] = true
}

const masks: ((x: number, y: number) => number)[] = [
  (x, y) => (x + y) % 2, (_, y) => y % 2, (x) => x % 3, (x, y) => (x + y) % 3, (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3), (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
]

/** Writes the bits in columns of two, up and down in turn from the right. */
function fill(g: Grid, fixed: Grid, bytes: Uint8Array, mask: number): void {
  const size = g.length
  let i = 0
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5
    for (let k = 0; k < size; k++) {
      const y = ((right + 1) & 2) === 0 ? size - 1 - k : k
      for (const x of [right, right - 1]) {
        if (fixed[y]![x] !== undefined) continue
        const dark = i < 8 * bytes.length && ((bytes[i >> 3]! >> (7 - (i & 7))) & 1) === 1
        g[y]![x] = dark !== (masks[mask]!(x, y) === 0)
        i++
      }
    }
  }
}

/** How much a grid disturbs a reader: long runs, blocks, what looks like a corner, too much of one colour. */
function penalty(g: boolean[][]): number {
  const size = g.length
  let cost = 0
  let dark = 0
  for (let a = 0; a < size; a++) {
    for (const line of [g[a]!, g.map((row) => row[a]!)]) {
      const text = line.map(Number).join('')
      for (const run of text.match(/0{5,}|1{5,}/g) ?? []) cost += run.length - 2
      for (let i = 0; i + 11 <= size; i++) if (['10111010000', '00001011101'].includes(text.slice(i, i + 11))) cost += 40
    }
    for (let b = 0; b < size; b++) {
      if (g[a]![b]) dark++
      if (a + 1 < size && b + 1 < size && g[a]![b] === g[a + 1]![b] && g[a]![b] === g[a]![b + 1] && g[a]![b] === g[a + 1]![b + 1]) cost += 3
    }
  }
  return cost + 10 * Math.floor(Math.abs((20 * dark) / (size * size) - 10))
}
